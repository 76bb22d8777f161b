using Federation.Findings;

namespace Federation.Diagnosis;

/// <summary>What is wrong with one workload, and how far a token of its would come.</summary>
/// <param name="Findings">The first error is the root cause: what the cluster or STS would meet first.</param>
/// <param name="Chain">Every link of the token's way.</param>
public sealed record WorkloadDiagnosis(IReadOnlyList<Finding> Findings, IReadOnlyList<ChainLink> Chain)
{
    /// <summary>What could not be read, and so could not be judged.</summary>
    public IReadOnlyList<Finding> Unread { get; init; } = [];

    /// <summary>The one thing that is wrong; null if nothing is, as far as could be seen.</summary>
    public Finding? RootCause => Findings.FirstOrDefault(finding => finding.Severity == Severity.Error);

    /// <summary>The one thing that was seen to be wrong, whatever could not be read.</summary>
    public Finding? SeenCause => Findings.FirstOrDefault(finding => finding.Severity == Severity.Error && !Unread.Contains(finding));

    /// <summary>Without what could not be read.</summary>
    public WorkloadDiagnosis OfSeen() =>
        this with
        {
            Findings = [.. Findings.Where(finding => !Unread.Any(unread => unread.Code == finding.Code && unread.Cause == finding.Cause))],
            Unread = [],
        };

    /// <summary>Those of the findings that are about a token that was seen.</summary>
    public IReadOnlyList<Finding> OfTokens { get; init; } = [];

    /// <summary>What concerns the tokens that were seen, and nothing else.</summary>
    public WorkloadDiagnosis OfToken() => this with { Findings = [.. Findings.Intersect(OfTokens)] };

    /// <summary>As this, and the check failed in a way that is not in the evidence.</summary>
    public WorkloadDiagnosis WithFailedCheck(Finding finding) =>
        this with
        {
            Findings = [finding, .. Findings],
            Chain =
            [
                .. Chain.Select(link =>
                    link.Link == "check"
                        ? link with
                        {
                            State = LinkState.Broken,
                            Expected = finding.Expected ?? link.Expected,
                            Actual = finding.Actual,
                        }
                        : link
                ),
            ],
        };
}
