using Federation.Findings;

namespace Federation.Planning;

/// <summary>What was read, or the findings that say why it was not: one failed reading must not hide what the others found.</summary>
internal static class Collected
{
    /// <param name="doing">What was being done, as in "reading from aws".</param>
    public static async Task<(T? Result, IReadOnlyList<Finding> Findings)> FromAsync<T>(string doing, Func<Task<T>> read)
        where T : class
    {
        try
        {
            return (await read(), []);
        }
        catch (FindingException refused)
        {
            return (null, refused.Findings);
        }
        catch (Exception unforeseen) when (unforeseen is not OperationCanceledException)
        {
            // Any exception: one cloud's failure must not hide the others' findings.
            return (null, [UnexpectedFailure.While(doing, unforeseen)]);
        }
    }
}
