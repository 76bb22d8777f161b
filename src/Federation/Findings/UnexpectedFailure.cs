namespace Federation.Findings;

/// <summary>An unforeseen exception as a finding (FED8017).</summary>
public static class UnexpectedFailure
{
    /// <param name="doing">What was being done, as in "reading the cluster main".</param>
    public static Finding While(string doing, Exception fault) =>
        new()
        {
            Code = FindingCodes.UnexpectedFailure,
            Cause = $"Something went wrong that this tool does not know, while {doing}: {Describe(fault)}",
            Fix =
                "Run it again with --verbosity=diagnostic, which shows where it happened. If it happens again, please report it with that "
                + "output; it holds no secret of this tool's, but read it first.",
        };

    /// <summary>The messages of the exception and of its causes, on one line.</summary>
    private static string Describe(Exception fault)
    {
        var messages = new List<string>();
        for (Exception? current = fault; current is not null; current = current.InnerException)
        {
            var message = current.Message.ReplaceLineEndings(" ");
            if (!messages.Exists(said => said.Contains(message, StringComparison.Ordinal)))
            {
                messages.Add(message);
            }
        }

        return $"{fault.GetType().Name}: {string.Join(" ", messages)}";
    }
}
