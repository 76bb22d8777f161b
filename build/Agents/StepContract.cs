using System.Text.Json;
using System.Text.Json.Nodes;
using Build.Targets;
using Federation.Reporting;

namespace Build.Agents;

/// <summary>An input of the step, which is an argument of the host.</summary>
/// <param name="Name">Its name in the action, and the argument's: kebab case.</param>
/// <param name="Default">What it is where the workflow does not say; empty: the argument is left out.</param>
/// <param name="Description">One sentence, for the action, the task and the documentation.</param>
/// <param name="Allowed">The values there are, if they can be listed; the host refuses any other.</param>
public sealed record StepInput(string Name, string Default, string Description, IReadOnlyList<string>? Allowed = null)
{
    /// <summary>A switch of the host.</summary>
    public bool IsSwitch => Allowed is ["false", "true"];

    /// <summary>Its name in the Azure task: camel case.</summary>
    public string Variable => StepContract.CamelCase(Name);

    /// <summary>The environment variable that hands it to the host's shell.</summary>
    public string Environment => $"INPUT_{Name.Replace('-', '_').ToUpperInvariant()}";
}

/// <summary>An output of the step.</summary>
/// <param name="Name">Its name in the action: kebab case.</param>
/// <param name="Value">Out of the report and the report's path.</param>
public sealed record StepOutput(string Name, string Description, Func<Report, string, string?> Value)
{
    /// <summary>Its name in the Azure task: camel case.</summary>
    public string Variable => StepContract.CamelCase(Name);
}

/// <summary>
/// The inputs and outputs of the step, in GitHub Actions and in Azure Pipelines alike. action.yml, the task's task.json,
/// the steps template and the tables of their documentation are held to it: one more is one more line here.
/// </summary>
public static class StepContract
{
    /// <summary>The input that every step has; where its variable is set, the host runs as a step.</summary>
    public static readonly StepInput Target = new("target", TargetTable.Default.Name, "What to do.", TargetTable.NamesInStep);

    public static readonly IReadOnlyList<StepInput> Inputs =
    [
        Target,
        new("config", "federation.yaml", "The federation. A file that is not there is an error, never a sandbox run."),
        new("cloud", "live", "Which clouds.", ["live", "sandbox"]),
        new("workload", "", "The workloads to write and verify, as globs with commas between them; all when empty."),
        new(
            "preflight",
            "false",
            "Verify and Diagnose also try the exchange from the runner, with a token requested for the service account.",
            ["false", "true"]
        ),
        new(
            "mode",
            "converge",
            "What may be written: create-only leaves what is there as it is, observe writes nothing but the validation pod.",
            ["converge", "create-only", "observe"]
        ),
        new(
            "adopt",
            "false",
            "Takes over what is there without this federation's mark, for all selected workloads. Plan says what, field by field.",
            ["false", "true"]
        ),
        new(
            "prune",
            "false",
            "Also deletes what carries this federation's mark and is no longer configured. Plan lists it.",
            ["false", "true"]
        ),
        new("force", "false", "Lets the step delete more than 20 resources, or more than a third of the federation's.", ["false", "true"]),
        new("plan", "", "A plan.json that was reviewed: the step stops before it writes if the plan of now is another."),
        new("plan-checksum", "", "The checksum of that plan, from the output of the step that made it; needed with plan."),
        new("fail-on-drift", "false", "Fails a Plan that has changes.", ["false", "true"]),
        new("timeout", "", "The most that the whole run may take, as in 10m; no bound when empty. Each call has a bound of its own."),
        new("parallelism", "16", "Calls, and validation pods, at a time: 1 to 256."),
        new("templates", "", "A folder whose files win over the built-in templates."),
        new("output", "artifacts", "Where documents and report.json go."),
        new("verbosity", "normal", "How much is said.", ["quiet", "minimal", "normal", "verbose", "diagnostic"]),
        new(
            "write-on-pull-request",
            "false",
            "Lets Verify and Apply write to live clouds for a pull request; without it they plan.",
            ["false", "true"]
        ),
    ];

    /// <summary>There even where nothing was done.</summary>
    public static readonly StepOutput Outcome = new(
        "outcome",
        "How it ended: rendered, planned, applied, verified, diagnosed, destroyed, drifted, failed, invalid or interrupted.",
        (report, _) => Lower(report.Outcome)
    );

    /// <summary>There even where nothing was done.</summary>
    public static readonly StepOutput Verified = new(
        "verified",
        "true where this run proved every workload that it was for, else false: the condition of a deployment.",
        (report, _) => IsTrue(report.Outcome == Federation.Reporting.Outcome.Verified)
    );

    public static readonly IReadOnlyList<StepOutput> Outputs =
    [
        Outcome,
        Verified,
        new(
            "role-arn",
            "The role's ARN, where the run was for a single workload and proved it; else empty.",
            (report, _) => report.Workloads is [{ Outcome: Federation.Reporting.Outcome.Verified } only] ? only.RoleArn : null
        ),
        new(
            "role-arns",
            "A JSON object: the ARN of each role whose workload was proved in this run, by the workload's name.",
            (report, _) => RolesOf(report.Workloads.Where(workload => workload.Outcome == Federation.Reporting.Outcome.Verified))
        ),
        new(
            "planned-role-arns",
            "A JSON object: the ARN that each workload's role has or will have, proved or not, by the workload's name.",
            (report, _) => RolesOf(report.Workloads)
        ),
        new(
            "provider-arns",
            "A JSON object: the ARN of each workload's OIDC provider, by the workload's name.",
            (report, _) => Object(report.Workloads.Select(workload => (workload.Name, JsonValue.Create(workload.ProviderArn)!)))
        ),
        new(
            "changes",
            "A JSON object: how many resources are created, updated, unchanged and deleted; planned, where nothing is written.",
            (report, _) => Counts(ChangeCounts.Of(report))
        ),
        new(
            "findings",
            "A JSON array: the codes of all findings, each once, the root cause first.",
            (report, path) =>
                new JsonArray([
                    .. new Conclusion(report, path, [])
                        .All.Select(finding => JsonValue.Create(finding.Code))
                        .DistinctBy(code => code!.GetValue<string>(), StringComparer.Ordinal),
                ]).ToJsonString()
        ),
        new("plan", "The path of plan.json, where the step made a plan to review.", (report, _) => Absolute(report.Plan)),
        new("plan-checksum", "The SHA-256 of plan.json, for the step that carries it out.", (report, _) => report.PlanChecksum),
        new("report", "The path of report.json.", (_, path) => Absolute(path)),
        new(
            "evidence",
            "The path of evidence.json, with no secret in it, where a run that failed or diagnosed read some: for a bug report, "
                + "or --target=Diagnose --evidence.",
            (report, _) => Absolute(report.Evidence)
        ),
    ];

    /// <summary>An enumeration's value as the report writes it.</summary>
    internal static string Lower<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    internal static string CamelCase(string kebab) =>
        string.Concat(kebab.Split('-').Select((word, index) => index == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..]));

    internal static string IsTrue(bool value) => value ? "true" : "false";

    /// <summary>A later step may work in another folder.</summary>
    private static string? Absolute(string? path) => path is null ? null : Path.GetFullPath(path);

    private static string RolesOf(IEnumerable<WorkloadReport> workloads) =>
        Object(workloads.Select(workload => (workload.Name, JsonValue.Create(workload.RoleArn)!)));

    private static string Counts(ChangeCounts counts) =>
        Object([
            ("created", JsonValue.Create(counts.Created)),
            ("updated", JsonValue.Create(counts.Updated)),
            ("unchanged", JsonValue.Create(counts.Unchanged)),
            ("deleted", JsonValue.Create(counts.Deleted)),
        ]);

    private static string Object(IEnumerable<(string Name, JsonValue Value)> members)
    {
        var json = new JsonObject();
        foreach (var (name, value) in members)
        {
            json[name] = value;
        }

        return json.ToJsonString();
    }
}
