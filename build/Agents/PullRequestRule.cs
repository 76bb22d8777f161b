using Build.Host;
using Build.Targets;
using Federation.Findings;
using Federation.Runs;

namespace Build.Agents;

/// <summary>
/// Nothing is written to a live cloud for a pull request, which nobody has accepted yet: what would write plans instead, and
/// says so. The outcome is then <c>planned</c>, never <c>verified</c>.
/// </summary>
internal static class PullRequestRule
{
    /// <summary>The argument that lifts it.</summary>
    public const string Argument = "write-on-pull-request";

    /// <exception cref="FindingException">A target writes, and nothing can stand for it (FED8013).</exception>
    public static CommandLine Apply(CommandLine line, IBuildAgent agent)
    {
        if (!agent.IsPullRequest || line.Has(Argument) || line.ValueOf("cloud") == Sessions.Sandbox)
        {
            return line;
        }

        var asked = line.Targets.Select(name => TargetTable.Find(name)!).ToArray();
        if (Array.Find(asked, target => TargetTable.OnPullRequest(target) is null) is { } refused)
        {
            throw new FindingException(
                new Finding
                {
                    Code = FindingCodes.ArgumentInvalid,
                    Cause = $"{refused.Name} writes to live clouds, and this run is for a pull request.",
                    Fix = $"Run it once the change is accepted, or set {Argument} to true.",
                }
            );
        }

        if (Array.Find(asked, target => target.Writes) is not { } writing)
        {
            return line;
        }

        agent.Notice(
            $"{writing.Name} only plans here",
            "This run is for a pull request, so nothing is written to a live cloud, not even a validation pod: what follows is the plan, "
                + $"and proves nothing yet. {writing.Name} runs once the change is accepted; {Argument}: true lets it run here."
        );
        return line.With(name => TargetTable.OnPullRequest(TargetTable.Find(name)!)!.Name);
    }
}
