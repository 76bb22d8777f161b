using Build.Host;
using Federation.Findings;
using Federation.Reporting;

namespace Build.Agents;

/// <summary>
/// Where a run happens: under the agent of a continuous integration service, or in a terminal. Everything that the host
/// knows of such services is in this folder.
/// </summary>
public interface IBuildAgent
{
    /// <summary>Where the host writes. Whatever is written here stays text: none of it can be a command to the agent.</summary>
    Terminal Terminal { get; }

    /// <summary>A machine started the run, and nobody watches it.</summary>
    bool IsUnattended { get; }

    /// <summary>The run is the step of a workflow, whose author wrote inputs and no arguments.</summary>
    bool IsStep { get; }

    /// <summary>The run is for a change that nobody has accepted yet.</summary>
    bool IsPullRequest { get; }

    /// <summary>Opens a part of the log, closing the one before.</summary>
    void Begin(string phase);

    /// <summary>Closes the part of the log that is open, if one is.</summary>
    void End();

    /// <summary>Tells how much of the work under way is done.</summary>
    void Progress(string work, int done, int all);

    /// <summary>Shows something that must not be missed, and that is not an error.</summary>
    void Notice(string title, string message);

    /// <summary>The finding, with the fix that applies where the run happens.</summary>
    Finding Advise(Finding finding);

    /// <summary>Tells how the run ended: by annotations, summary and outputs, where there are such.</summary>
    void Conclude(Conclusion conclusion);
}

/// <summary>How a run ended.</summary>
/// <param name="Report">Null where the run ended before there was anything to report.</param>
/// <param name="ReportPath">Where the report is.</param>
/// <param name="Findings">What ended the run, the root cause first.</param>
public sealed record Conclusion(Report? Report, string? ReportPath, IReadOnlyList<Finding> Findings)
{
    /// <param name="findings">What ended the run.</param>
    internal static Conclusion Of(Ending ending, IReadOnlyList<Finding> findings) =>
        new(ending.Reported?.Report, ending.Reported?.Path, findings);

    /// <summary>Every finding, the root cause first; each once.</summary>
    public IReadOnlyList<ReportedFinding> All =>
        [
            .. (
                (IEnumerable<ReportedFinding>)
                    [
                        .. Findings.Select(ReportedFinding.From),
                        .. Report?.Findings ?? [],
                        .. Report?.Workloads.SelectMany(workload => workload.Findings) ?? [],
                    ]
            )
                .Distinct()
                .OrderByDescending(finding => finding.Severity),
        ];
}
