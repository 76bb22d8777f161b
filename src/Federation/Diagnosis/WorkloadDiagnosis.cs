using Federation.Findings;

namespace Federation.Diagnosis;

/// <summary>What is wrong with one workload, and how far its token would get.</summary>
/// <param name="Findings">The first error is the root cause: what fails first on the way from the cluster to AWS.</param>
/// <param name="Chain">Every link of that way.</param>
public sealed record WorkloadDiagnosis(IReadOnlyList<Finding> Findings, IReadOnlyList<ChainLink> Chain)
{
    /// <summary>What could not be read and therefore not be judged.</summary>
    public IReadOnlyList<Finding> Unread { get; init; } = [];

    /// <summary>The first error; null if there is none.</summary>
    public Finding? RootCause => Findings.FirstOrDefault(finding => finding.Severity == Severity.Error);

    /// <summary>The first error that was seen, as opposed to something that could not be read.</summary>
    public Finding? SeenCause => Findings.FirstOrDefault(finding => finding.Severity == Severity.Error && !Unread.Contains(finding));

    /// <summary>The same without what could not be read.</summary>
    public WorkloadDiagnosis WithoutUnread() =>
        this with
        {
            Findings = [.. Findings.Where(finding => !Unread.Any(unread => unread.Code == finding.Code && unread.Cause == finding.Cause))],
            Unread = [],
        };

    /// <summary>The findings about tokens that were seen.</summary>
    public IReadOnlyList<Finding> OfTokens { get; init; } = [];

    /// <summary>The same with only the findings about tokens that were seen.</summary>
    public WorkloadDiagnosis OnlyTokens() => this with { Findings = [.. Findings.Intersect(OfTokens)] };

    /// <summary>The same after a check that failed in a way that is not in the evidence.</summary>
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
