using Federation.Configuration;
using Federation.Findings;

namespace Federation.Runs;

/// <summary>Why a run stops that neither a cloud nor the configuration by itself stops.</summary>
internal static class RunFindings
{
    /// <summary>Nothing is deleted by a mark that may be on what somebody else made (FED1001).</summary>
    public static Finding Unnamed(ConfigurationFile file, FederationConfiguration configuration) =>
        new()
        {
            Code = FindingCodes.ConfigurationInvalid,
            Cause =
                "What would be deleted is known by the federation's name in its mark, and this configuration gives no name. "
                + $"Another repository that gives none is called {configuration.Name} as well, and its resources would be deleted too.",
            Fix =
                $"If no other federation in these accounts, projects and clusters is called so, write `name: {configuration.Name}` into "
                + "the configuration. Otherwise look at what --target=Plan lists, and delete by hand.",
            Location = new SourceLocation(file.Shown, 1, 1),
        };

    /// <summary>The plan is not the one that was reviewed (FED8011).</summary>
    public static Finding Stale(ReviewedPlan reviewed, IReadOnlyList<string> differences) =>
        new()
        {
            Code = FindingCodes.PlanStale,
            Cause =
                $"What would be done now is not what was reviewed in {reviewed.Path}: {Wording.Some(differences, most: 10)}. "
                + "Nothing was changed.",
            Fix = "Plan again, with the same arguments, and have the new plan reviewed.",
        };

    /// <summary>The run took longer than it may (FED8018).</summary>
    /// <param name="doing">What was being done, as in "applying the plan".</param>
    /// <param name="reached">How far the run came, in sentences.</param>
    public static Finding TimedOut(RunOptions options, string doing, string reached) =>
        new()
        {
            Code = FindingCodes.RunTimedOut,
            Cause =
                $"The run had not ended after {Wording.Duration(options.Timeout!.Value)}, which is all that it may take (--timeout). "
                + $"It was {doing}. {reached}".TrimEnd(),
            Fix = "Run it again: it goes on from what was done. Or give it longer with --timeout.",
        };
}
