using Build.Agents;

namespace Build.Host;

/// <summary>One argument: <c>--Name=Value</c>, or a switch where <paramref name="Value"/> is null.</summary>
/// <param name="Meaning">One line of <c>--help</c>.</param>
internal sealed record Argument(string Name, string? Value, string Meaning, char? Letter = null, bool Repeatable = false);

/// <summary>Every argument there is; the host refuses any other before it does anything.</summary>
internal static class Arguments
{
    public static readonly Argument Target = new(
        "target",
        "TARGET",
        "what to do; may be given several times (Verify)",
        't',
        Repeatable: true
    );
    public static readonly Argument Verbosity = new("verbosity", "LEVEL", "quiet, minimal, normal, verbose or diagnostic (normal)", 'v');
    public static readonly Argument Help = new("help", null, "shows this", 'h');

    public static readonly IReadOnlyList<Argument> All =
    [
        Target,
        new("config", "FILE", "the federation (federation.yaml in the current folder)"),
        new("cloud", "live|sandbox", "which clouds (live whenever a configuration is given or found)"),
        new("workload", "GLOB[,…]", "the workloads to write and verify (all)"),
        new("output", "DIR", "where results go (artifacts)"),
        new("templates", "DIR", "files there win over the built-in ones"),
        new("mode", "converge|create-only|observe", "what may be written; observe writes nothing but the validation pod (converge)"),
        new("adopt", null, "takes over what is there without this federation's mark, for all selected workloads (off)"),
        new("prune", null, "also deletes what carries this federation's mark and is no longer configured (off: Plan lists it)"),
        new("force", null, "lets a run delete more than 20 resources, or more than a third of the federation's"),
        new("plan", "FILE", "a plan.json that was reviewed: stops where the plan of now is another"),
        new("plan-checksum", "HEX", "the SHA-256 of that file, from whoever reviewed it"),
        new("fail-on-drift", null, "fails a plan that has changes"),
        new(PullRequestRule.Argument, null, "lets a pull request write to live clouds (off: it plans)"),
        new("parallelism", "N", "calls at a time (16)"),
        new("timeout", "DURATION", "the most that the whole run may take, as in 10m (no bound; each call has its own)"),
        new("preflight", null, "tries the exchange from here, with a token requested for the service account"),
        new("pod", "NAMESPACE/NAME", "a pod to look at, its token included (Diagnose, Token)"),
        new("evidence", "FILE", "where the evidence is saved; Diagnose judges a file that is there (OUTPUT/evidence.json)"),
        new("error", "TEXT", "an error text or a pod's log to explain, with no access to anything (Diagnose)"),
        new("token-file", "FILE", "a token to look at, - for standard input (Diagnose, Token)"),
        new("port", "N", "the sandbox's first port (any free ones)"),
        new("latency", "MS", "milliseconds the sandbox adds to every call (0)"),
        new("faults", "FAULT[,…]", "what the sandbox gets wrong (nothing), such as storm:20%,seed:7"),
        new("issuer", "HOST:PORT:HOST:PORT[,…]", "where the sandbox finds another issuer than its own, as curl's --connect-to"),
        new("issuer-ca", "FILE", "a PEM file of trust anchors for such an issuer"),
        new("runtime", "RID[,…]", "the systems that Pack makes archives for (all)"),
        new("stand-ins", null, "lets Pack make archives of a host that is built on stand-ins, for trying them out"),
        new("repository", "URL", "the repository that will release Pack's archives (none)"),
        new("filter", "TEXT", "the tests whose full name contains it (all)"),
        Verbosity,
        new("working", "DIR", "the folder to work in (the current one)", 'w'),
        new("exclusive", null, "runs the target without those it depends on", 'e'),
        new("dryrun", null, "names the targets that would run, in their order"),
        new("tree", null, "shows which target depends on which"),
        new("description", null, "lists the targets"),
        new("version", null, "shows the version"),
        new("info", null, "shows what this runs on"),
        Help,
    ];
}
