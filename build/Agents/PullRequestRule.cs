using Build.Host;
using Federation.Findings;

namespace Build.Agents;

/// <summary>
/// Nothing is written to a live cloud for a pull request, which nobody has accepted yet: what would write plans, and
/// says so. The answer is then <c>planned</c>, never <c>verified</c>.
/// </summary>
internal static class PullRequestRule
{
    /// <summary>The argument that lifts it.</summary>
    public const string Argument = "write-on-pull-request";

    private const string Plan = "Plan";

    /// <summary>What has a part that only reads, the plan: a validation pod is written as well.</summary>
    private static readonly string[] Planned = ["Verify", "Apply"];

    /// <summary>What writes to no cloud. A target that stands in neither list writes, for all that is known here.</summary>
    private static readonly string[] Harmless = ["Render", Plan, "Diagnose", "Token", "Sandbox", "Compile", "Test", "Benchmark", "Pack"];

    /// <exception cref="FindingException">A target only writes (FED8013).</exception>
    public static CommandLine Apply(CommandLine line, IBuildAgent agent)
    {
        if (!agent.IsPullRequest || line.Has(Argument) || line.ValueOf("cloud") == TargetOptions.Sandbox)
        {
            return line;
        }

        if (line.Targets.FirstOrDefault(target => !In(Planned, target) && !In(Harmless, target)) is { } writes)
        {
            throw new FindingException(
                new Finding
                {
                    Code = FindingCodes.ArgumentInvalid,
                    Cause = $"{writes} writes to live clouds, and this run is for a pull request.",
                    Fix = $"Run it once the change is accepted, or set {Argument} to true.",
                }
            );
        }

        if (line.Targets.FirstOrDefault(target => In(Planned, target)) is not { } asked)
        {
            return line;
        }

        agent.Notice(
            $"{asked} only plans here",
            $"This run is for a pull request, so nothing is written to a live cloud, not even a validation pod: what follows is the plan, and proves nothing yet. {asked} runs once the change is accepted; {Argument}: true lets it run here."
        );
        return line.With(target => In(Planned, target) ? Plan : target);
    }

    private static bool In(string[] targets, string target) => targets.Contains(target, StringComparer.OrdinalIgnoreCase);
}
