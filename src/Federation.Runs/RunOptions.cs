using System.Security.Cryptography;
using Federation.Findings;
using Federation.Planning;

namespace Federation.Runs;

/// <summary>What a run is asked for, whatever asked: every value is checked already, but what needs a file or a cloud.</summary>
public sealed record RunOptions
{
    /// <summary>The id of the run, the last part of its pods' names: unique enough among runs at one time.</summary>
    public string Id { get; init; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));

    /// <summary>The target that the report is about.</summary>
    public required string Target { get; init; }

    /// <summary>Where everything is written; created if it is absent.</summary>
    public required string Output { get; init; }

    /// <summary>Finds the configuration when it is first needed.</summary>
    public required Func<ConfigurationFile> Configuration { get; init; }

    /// <summary>A folder whose files win over the built-in templates.</summary>
    public string? Templates { get; init; }

    /// <summary>The workloads to write and verify, as globs with commas between them; null: all.</summary>
    public string? Workloads { get; init; }

    /// <summary>The selected workloads take over what is there without this federation's mark, whatever they say themselves.</summary>
    public bool Adopt { get; init; }

    /// <summary>What is written at all.</summary>
    public PlanMode Mode { get; init; }

    /// <summary>The plan is to delete the selected workloads' resources, or the whole federation's.</summary>
    public bool Destroys { get; init; }

    /// <summary>The run has a gate: old access goes after it, not before.</summary>
    public bool Proves { get; init; }

    /// <summary>What is done about resources of this federation that are no longer configured.</summary>
    public LeftBehindPolicy LeftBehind { get; init; }

    /// <summary>Resources are to be deleted because they carry the federation's mark.</summary>
    internal bool DeletesByMark => Destroys || LeftBehind == LeftBehindPolicy.Delete;

    /// <summary>However much is to be deleted, it is (FED8012).</summary>
    public bool Force { get; init; }

    /// <summary>The plan is written to the output, to be reviewed.</summary>
    public bool SavesPlan { get; init; }

    /// <summary>A plan that was reviewed: the run goes on only if its own plan is the same (FED8011).</summary>
    public ReviewedPlan? Reviewed { get; init; }

    /// <summary>A plan that has changes ends the run with exit code 1.</summary>
    public bool FailOnDrift { get; init; }

    /// <summary>The most that the whole run may take; null: no bound. Each call has its own.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Calls, and validation pods, at a time.</summary>
    public int Parallelism { get; init; } = 16;

    /// <summary>The exchange is tried from here too.</summary>
    public bool Preflight { get; init; }

    /// <summary>A pod to look at, <c>NAMESPACE/NAME</c>.</summary>
    public string? Pod { get; init; }

    /// <summary>The file of the evidence: judged where it is there and no cloud is read, otherwise written.</summary>
    public string? Evidence { get; init; }

    /// <summary>A text to explain.</summary>
    public string? Error { get; init; }

    /// <summary>A token to look at.</summary>
    public TokenText? Token { get; init; }

    /// <summary>
    /// Some of the run's stages need clouds: they are opened while the documents are rendered, and the documents of all
    /// workloads are kept.
    /// </summary>
    public bool UsesClouds { get; init; }

    /// <summary>Which packages the host is built on, for the report: <c>published</c> or <c>stand-ins</c>.</summary>
    public string? Packages { get; init; }

    /// <summary>The run ends in a report.</summary>
    public bool HasReport { get; init; }

    /// <summary>Gives a finding the fix that holds where the run happens.</summary>
    public Func<Finding, Finding> Advise { get; init; } = finding => finding;
}

/// <summary>A plan that somebody reviewed, and the path of its file.</summary>
public sealed record ReviewedPlan(string Path, PlanFile Plan);

/// <summary>The text of a token, which is a secret, and where it is from.</summary>
public sealed record TokenText(string Source, string Text)
{
    /// <summary>Without the secret.</summary>
    public override string ToString() => Source;
}
