using System.Globalization;
using System.Text;
using Build.Host;
using Build.Targets;
using Federation.Configuration;
using Federation.Files;
using Federation.Findings;
using Federation.Planning;
using Federation.Runs;

namespace Build;

/// <summary>The arguments of the product's targets, as what a run is asked for. All of them are checked at once.</summary>
internal sealed class RunArguments
{
    private const string StandardInput = "-";

    private static readonly Dictionary<string, PlanMode> Modes = new(StringComparer.Ordinal)
    {
        ["converge"] = PlanMode.Converge,
        ["create-only"] = PlanMode.CreateOnly,
        ["observe"] = PlanMode.Observe,
    };

    private readonly ILookup<string, string> _values;
    private readonly HostEnvironment _environment;
    private readonly List<Finding> _findings = [];

    /// <param name="line">The command line, whose argument names are checked.</param>
    /// <param name="isUnattended">A machine started the run, and nobody watches.</param>
    /// <exception cref="FindingException">FED8013 for each value that is wrong.</exception>
    public RunArguments(CommandLine line, HostEnvironment environment, bool isUnattended, Func<Finding, Finding> advise)
    {
        _values = line.Values;
        _environment = environment;
        var targets = line.Targets.Select(name => TargetTable.Find(name)!).ToArray();
        var (error, evidence, pod) = (Value("error"), Value("evidence"), Value("pod"));
        var isOffline = error is not null || (evidence is not null && File.Exists(evidence));
        var (config, cloud) = (Value("config"), Choice("cloud", Sessions.Live, Sessions.Sandbox));
        var isPlanOnly = targets.Contains(TargetTable.Row<Targets.Plan>()) && !Array.Exists(targets, target => target.Writes);
        var destroy = TargetTable.Row<Destroy>();
        if (targets.Contains(destroy) && Array.Find(targets, target => target.Writes && target != destroy) is { } other)
        {
            Invalid($"{destroy.Name} deletes what {other.Name} makes.", "Give one of the two targets.");
        }

        CheckDiagnosis(targets, error, evidence);
        CheckPod(pod);
        if (Value("templates") is { } templates && !Directory.Exists(templates))
        {
            Invalid($"--templates={templates}: there is no such folder.", "Give a folder that holds your own templates.");
        }

        Overrides = new SandboxOverrides
        {
            Port = Number("port", 0, least: 1, most: 65_000),
            Latency = Number("latency", 0, least: 0, most: 60_000) is var milliseconds and > 0
                ? TimeSpan.FromMilliseconds(milliseconds)
                : null,
            Weather = Weather(Value("faults")),
            Issuers = Value("issuer"),
            IssuerAuthorityFile = ExistingFile("issuer-ca"),
            Variables = environment.Names,
            NoProxy = environment.Variable("NO_PROXY") ?? environment.Variable("no_proxy"),
        };
        Run = new RunOptions
        {
            Target = targets.LastOrDefault(target => target.HasReport)?.Name ?? targets[^1].Name,
            Output = Value("output") ?? "artifacts",
            Configuration = () => ConfigurationFile.Find(config, mayBeExample: cloud != Sessions.Live, isUnattended),
            Templates = Value("templates"),
            Workloads = Value("workload"),
            Mode = Choice("mode", [.. Modes.Keys]) is { } mode ? Modes[mode] : PlanMode.Converge,
            Adopt = Has("adopt"),
            SavesPlan = isPlanOnly,
            Destroys = targets.Contains(destroy),
            Proves = targets.Contains(TargetTable.Row<Verify>()),
            LeftBehind = Prune(isPlanOnly),
            Force = Has("force"),
            Reviewed = Reviewed(isUnattended),
            FailOnDrift = Has("fail-on-drift") && !Array.Exists(targets, target => target.Writes),
            Timeout = Duration("timeout"),
            Parallelism = Number("parallelism", 16, least: 1, most: 256),
            Preflight = Has("preflight"),
            Pod = pod,
            Evidence = evidence,
            Error = error,
            Token = Value("token-file") is { } token ? TokenIn(token) : null,
            UsesClouds = Array.Exists(targets, target => target.UsesClouds && !(target.CanBeOffline && isOffline)),
            Packages = HostPackages.Side,
            HasReport = Array.Exists(targets, target => target.HasReport),
            Advise = advise,
        };
        if (_findings.Count > 0)
        {
            throw new FindingException([.. _findings.Select(advise)]);
        }

        // Decided once, for every target of the line: a session is opened of these clouds or of none.
        var isSandbox =
            cloud == Sessions.Sandbox || (cloud is null && config is null && ConfigurationFile.IsExampleCalledFor(isUnattended));
        Clouds = isSandbox
            ? new SandboxSessions(Overrides, environment.Time)
            : new LiveSessions(() => environment.LiveEndpoints, environment.Time);
    }

    public RunOptions Run { get; }

    /// <summary>What a sandbox is told beside the configuration.</summary>
    public SandboxOverrides Overrides { get; }

    /// <summary>Opens the clouds that <c>--cloud</c> asks for.</summary>
    public Sessions Clouds { get; }

    private void CheckDiagnosis(TargetRow[] targets, string? error, string? evidence)
    {
        var diagnose = TargetTable.Row<Diagnose>();
        if (error is not null && !targets.Contains(diagnose))
        {
            Invalid(
                $"--error explains a text, and {string.Join(", ", targets.Select(target => target.Name))} does something else.",
                $"Give --target={diagnose.Name}."
            );
        }

        if (
            evidence is not null
            && targets.Contains(diagnose)
            && Path.GetDirectoryName(Path.GetFullPath(evidence)) is { } folder
            && !Directory.Exists(folder)
        )
        {
            Invalid(
                $"--evidence={evidence}: there is no folder {folder}, neither to read the file from nor to write it to.",
                "Give a file in a folder that is there."
            );
        }
    }

    private void CheckPod(string? pod)
    {
        if (pod is not null && pod.Split('/') is not [{ Length: > 0 }, { Length: > 0 }])
        {
            Invalid($"--pod={pod} does not name a pod.", "Give its namespace and name, as in --pod=team/reader-7c5d.");
        }
    }

    /// <summary>A run that only plans lists what was left behind: there is time for the calls, and somebody reads it.</summary>
    private LeftBehindPolicy Prune(bool isPlanOnly)
    {
        if (!Has("prune"))
        {
            return isPlanOnly ? LeftBehindPolicy.Report : LeftBehindPolicy.Ignore;
        }

        if (Value("workload") is { } selection)
        {
            Invalid(
                $"--prune deletes what no workload needs, and --workload={selection} names workloads.",
                "Prune the whole federation, without --workload."
            );
        }

        return LeftBehindPolicy.Delete;
    }

    private ReviewedPlan? Reviewed(bool isUnattended)
    {
        var (path, checksum) = (Value("plan"), Value("plan-checksum"));
        if (path is null)
        {
            if (checksum is not null)
            {
                Invalid($"--plan-checksum={checksum} says of no plan that it was reviewed.", "Give the plan too, with --plan=FILE.");
            }

            return null;
        }

        if (checksum is null && isUnattended)
        {
            Invalid(
                $"--plan={path}: nothing says that this is the plan that was reviewed, and nobody watches.",
                "Give the checksum that Plan printed, from a place that only the reviewer can write to, with --plan-checksum=HEX."
            );
        }

        try
        {
            var content = InputFile.ReadGiven("plan", path);
            if (checksum is not null && !string.Equals(checksum, PlanFile.ChecksumOf(content), StringComparison.OrdinalIgnoreCase))
            {
                Invalid(
                    $"--plan={path} has the checksum {PlanFile.ChecksumOf(content)}, and {checksum} was reviewed.",
                    "Give the plan.json of the same Plan as the checksum."
                );
                return null;
            }

            return new ReviewedPlan(path, PlanFile.Parse(content, path));
        }
        catch (FindingException unusable)
        {
            _findings.AddRange(unusable.Findings);
            return null;
        }
    }

    private TokenText? TokenIn(string path)
    {
        if (path == StandardInput)
        {
            return new TokenText("standard input", _environment.Input.ReadToEnd());
        }

        try
        {
            return new TokenText(path, Encoding.UTF8.GetString(InputFile.ReadGiven("token-file", path, mayBeEmpty: true)));
        }
        catch (FindingException unreadable)
        {
            _findings.AddRange(unreadable.Findings);
            return null;
        }
    }

    private SandboxWeather? Weather(string? faults)
    {
        var texts = faults?.Split(',', StringSplitOptions.TrimEntries) ?? [];
        if (Array.Find(texts, text => !SandboxWeather.Accepts(text)) is { } wrong)
        {
            Invalid(
                $"--faults: {wrong} is not a fault.",
                $"Give, with commas between, {SandboxWeather.Usage}. NAME is one of {SandboxWeather.Names}."
            );
            return null;
        }

        return faults is null ? null : SandboxWeather.Parse(texts);
    }

    private string? ExistingFile(string name)
    {
        var path = Value(name);
        if (path is not null && !File.Exists(path))
        {
            Invalid($"--{name}={path}: there is no such file.", "Give the path of a file that is there.");
        }

        return path;
    }

    private string? Choice(string name, params string[] choices)
    {
        var value = Value(name);
        if (value is null || choices.Contains(value, StringComparer.Ordinal))
        {
            return value;
        }

        Invalid($"--{name}={value} is not one of the values there are.", $"Give {string.Join(" or ", choices)}.");
        return null;
    }

    private int Number(string name, int otherwise, int least, int most)
    {
        if (Value(name) is not { } text)
        {
            return otherwise;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
        {
            return number;
        }

        Invalid(
            $"--{name}={text} is not a whole number from {least} to {most}.",
            $"Leave it out for {(otherwise == 0 ? "the default" : otherwise)}."
        );
        return otherwise;
    }

    private TimeSpan? Duration(string name)
    {
        if (Value(name) is not { } text)
        {
            return null;
        }

        if (DurationText.TryParse(text, out var duration, out _) && duration > TimeSpan.Zero && duration <= TimeSpan.FromDays(1))
        {
            return duration;
        }

        Invalid($"--{name}={text} is not a duration of at most 24h.", "Write it as in 90s, 10m or 1h30m.");
        return null;
    }

    private string? Value(string name) => _values[name].LastOrDefault();

    private bool Has(string name) => _values.Contains(name);

    private void Invalid(string cause, string fix) =>
        _findings.Add(
            new Finding
            {
                Code = FindingCodes.ArgumentInvalid,
                Cause = cause,
                Fix = fix,
            }
        );
}
