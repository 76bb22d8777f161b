using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Federation.Diagnosis;
using Federation.Findings;
using Federation.Planning;

namespace Federation.Reporting;

/// <summary>How a run, or one workload in it, ended.</summary>
public enum Outcome
{
    Rendered,
    Planned,
    Applied,
    Verified,
    Diagnosed,
    Destroyed,
    Drifted,
    Failed,
    Skipped,
    Invalid,
    Interrupted,
}

/// <summary>The whole of <c>report.json</c>. Field names are stable; new ones may be added.</summary>
public sealed record Report
{
    public string Schema { get; init; } = "federation-report/1";

    public required string Target { get; init; }

    /// <summary><c>live</c> or <c>sandbox</c>.</summary>
    public required string Cloud { get; init; }

    /// <summary>The packages that the host is built on: <c>published</c> or <c>stand-ins</c>.</summary>
    public string? Packages { get; init; }

    public required Outcome Outcome { get; init; }

    public required long DurationMilliseconds { get; init; }

    /// <summary>Calls made, by cloud.</summary>
    public IReadOnlyDictionary<string, int> Calls { get; init; } = new SortedDictionary<string, int>(StringComparer.Ordinal);

    /// <summary>Every overridden endpoint, by the variable that overrides it.</summary>
    public IReadOnlyDictionary<string, string> Endpoints { get; init; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The path of the evidence that the run read, without secrets; null if it saved none.</summary>
    public string? Evidence { get; init; }

    /// <summary>The path of the plan that the run saved for a review; null if it saved none.</summary>
    public string? Plan { get; init; }

    /// <summary>The SHA-256 of that file, in lower-case hexadecimal digits.</summary>
    public string? PlanChecksum { get; init; }

    /// <summary>Findings that belong to no workload.</summary>
    public IReadOnlyList<ReportedFinding> Findings { get; init; } = [];

    public IReadOnlyList<WorkloadReport> Workloads { get; init; } = [];

    /// <summary>The changes that concern no workload of the run, such as deletions of what is no longer configured.</summary>
    public IReadOnlyList<ReportedChange> Changes { get; init; } = [];

    /// <summary>The phases of the run as a whole.</summary>
    public IReadOnlyList<Phase> Phases { get; init; } = [];

    /// <summary>
    /// Does not escape non-ASCII text and characters such as <c>&lt;</c>: a report is read by people, never embedded in a page.
    /// </summary>
    private static readonly ReportJson Readable = new(
        new JsonSerializerOptions(ReportJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }
    );

    /// <summary>The report as indented JSON with a final line feed.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Readable.Report) + "\n";
}

public sealed record WorkloadReport
{
    public required string Name { get; init; }

    public required Outcome Outcome { get; init; }

    public required string RoleArn { get; init; }

    public required string ProviderArn { get; init; }

    public required string Issuer { get; init; }

    public required string Subject { get; init; }

    public required string Audience { get; init; }

    /// <summary>The role session that the validation pod reported; null if it reported none.</summary>
    public string? AssumedRoleArn { get; init; }

    public IReadOnlyList<ReportedChange> Changes { get; init; } = [];

    /// <summary>The chain from the cluster to the check, link by link.</summary>
    public IReadOnlyList<ChainLink> Chain { get; init; } = [];

    public IReadOnlyList<ReportedFinding> Findings { get; init; } = [];

    public IReadOnlyList<Phase> Phases { get; init; } = [];
}

/// <summary>The result of a change.</summary>
public enum ChangeState
{
    /// <summary>Not carried out, because the target only plans, or there is nothing to write.</summary>
    Planned,
    Done,

    /// <summary>It was to be deleted and was not, because others use it.</summary>
    Kept,
    Failed,

    /// <summary>
    /// Not started, because something that it depends on failed or the run ended before, or because it takes old access away and
    /// its turn has not come (FED8019).
    /// </summary>
    NotReached,
}

/// <summary>One step of the plan, under each workload that it is done for.</summary>
/// <param name="Stage">A move has two steps for one resource.</param>
public sealed record ReportedChange(
    string Resource,
    Stage Stage,
    StepAction Action,
    IReadOnlyList<FieldChange> Fields,
    StepReason Reason,
    ChangeState State
)
{
    internal static ReportedChange From(Step step, ChangeState state) =>
        new(step.Resource.Value, step.Stage, step.Action, step.Action == StepAction.Unchanged ? [] : step.Fields, step.Reason, state);
}

/// <param name="DiffersAt">
/// The index of the first character in which expected and actual differ; null if they are not two values of one kind.
/// </param>
public sealed record ReportedFinding(
    string Code,
    Severity Severity,
    string Title,
    string Cause,
    string Fix,
    string? Resource,
    string? Expected,
    string? Actual,
    string? File,
    int? Line,
    int? Column,
    int? DiffersAt
)
{
    public static ReportedFinding From(Finding finding) =>
        new(
            finding.Code,
            finding.Severity,
            finding.Title,
            finding.Cause,
            finding.Fix,
            finding.Resource,
            finding.Expected,
            finding.Actual,
            finding.Location?.File,
            finding.Location?.Line,
            finding.Location?.Column,
            Difference.At(finding.Expected, finding.Actual)
        );
}

/// <summary>The parts of a run that take time, as the report and the console name them.</summary>
public enum RunPhase
{
    Render,
    Plan,
    Apply,
    Verify,

    /// <summary>Old access is taken away, after the gate.</summary>
    Narrow,

    /// <summary>Evidence is read for a diagnosis.</summary>
    Read,
    Diagnose,
}

/// <summary>A part of a run and how long it took.</summary>
public sealed record Phase(RunPhase Name, long Milliseconds);

[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters = [
        typeof(CamelCaseEnum<Outcome>),
        typeof(CamelCaseEnum<Stage>),
        typeof(CamelCaseEnum<StepAction>),
        typeof(CamelCaseEnum<StepReason>),
        typeof(CamelCaseEnum<ChangeState>),
        typeof(CamelCaseEnum<Severity>),
        typeof(CamelCaseEnum<LinkState>),
        typeof(JsonStringEnumConverter<RunPhase>),
    ]
)]
[JsonSerializable(typeof(Report))]
internal sealed partial class ReportJson : JsonSerializerContext;
