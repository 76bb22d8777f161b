using System.Globalization;
using Cake.Core;
using Federation.Configuration;
using Federation.Findings;
using Federation.Sandbox;

namespace Build;

/// <summary>The product's arguments, as the design's table has them, checked all at once.</summary>
public sealed class TargetOptions
{
    public const string Live = "live";
    public const string Sandbox = "sandbox";

    private readonly string? _workloads;
    private readonly Lazy<ConfigurationFile> _configuration;

    /// <param name="unattended">A machine started the run, and nobody reads along.</param>
    /// <exception cref="FindingException">FED8013 for each value that is wrong.</exception>
    public TargetOptions(ICakeArguments arguments, bool unattended)
    {
        var findings = new List<Finding>();
        Target = arguments.GetArguments("target").LastOrDefault() ?? "Verify";
        Output = Value("output") ?? "artifacts";
        Templates = Value("templates");
        FailOnDrift = arguments.HasArgument("fail-on-drift");
        _workloads = Value("workload");
        Parallelism = Number("parallelism", 16, least: 1, most: 256);
        Port = Number("port", 0, least: 1, most: 65_000);
        Latency = Number("latency", 0, least: 0, most: 60_000) is var milliseconds and > 0 ? TimeSpan.FromMilliseconds(milliseconds) : null;
        Faults = Value("faults")?.Split(',', StringSplitOptions.TrimEntries).Select(Fault).ToArray();
        Preflight = arguments.HasArgument("preflight");
        Evidence = Value("evidence");
        Error = Value("error");
        Pod = Value("pod");
        TokenFile = Value("token-file") is { } token ? TokenIn(token) : null;
        if (Pod is not null && Pod.Split('/') is not [{ Length: > 0 }, { Length: > 0 }])
        {
            findings.Add(Invalid($"--pod={Pod} does not name a pod.", "Give its namespace and name, as in --pod=team/reader-7c5d."));
        }

        if (Error is not null && Target != "Diagnose")
        {
            findings.Add(Invalid($"--error explains a text, and --target={Target} does something else.", "Give --target=Diagnose."));
        }

        if (
            Evidence is not null
            && Target == "Diagnose"
            && Path.GetDirectoryName(Path.GetFullPath(Evidence)) is { } folder
            && !Directory.Exists(folder)
        )
        {
            findings.Add(
                Invalid(
                    $"--evidence={Evidence}: there is no folder {folder}, neither to read the file from nor to write it to.",
                    "Give a file in a folder that is there."
                )
            );
        }

        if (Templates is not null && !Directory.Exists(Templates))
        {
            findings.Add(Invalid($"--templates={Templates}: there is no such folder.", "Give a folder that holds your own templates."));
        }

        var cloud = Value("cloud");
        if (cloud is not (null or Live or Sandbox))
        {
            findings.Add(Invalid($"--cloud={cloud}: there is no such cloud.", "Give live or sandbox."));
        }

        if (findings.Count > 0)
        {
            throw new FindingException(findings);
        }

        _configuration = new Lazy<ConfigurationFile>(() => ConfigurationFile.Find(Value("config"), cloud, unattended));
        Cloud = cloud ?? (Value("config") is null && ConfigurationFile.IsExampleCalledFor(unattended) ? Sandbox : Live);

        TokenText? TokenIn(string path)
        {
            try
            {
                return new TokenText(path, path == TokenText.StandardInput ? Console.In.ReadToEnd() : File.ReadAllText(path));
            }
            catch (Exception unread) when (unread is IOException or UnauthorizedAccessException)
            {
                findings.Add(Invalid($"--token-file={path}: {unread.Message}", "Give a file that holds a token, or - for standard input."));
                return null;
            }
        }

        string? Value(string name) => arguments.GetArguments(name).LastOrDefault();

        SandboxFault Fault(string text)
        {
            if (!SandboxFault.TryParse(text, out var fault))
            {
                findings.Add(
                    Invalid(
                        $"--faults: {text} is no fault.",
                        $"Give, with commas between, any of {SandboxFault.Names}; with :N for every Nth call (iam-propagation:N for N seconds)."
                    )
                );
            }

            return fault;
        }

        int Number(string name, int otherwise, int least, int most)
        {
            if (Value(name) is not { } text)
            {
                return otherwise;
            }

            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
            {
                return number;
            }

            findings.Add(
                Invalid(
                    $"--{name}={text} is not a whole number from {least} to {most}.",
                    $"Leave it out for {(otherwise == 0 ? "the default" : otherwise)}."
                )
            );
            return otherwise;
        }
    }

    public string Target { get; }

    /// <exception cref="FindingException">There is none (FED1001).</exception>
    public ConfigurationFile Configuration => _configuration.Value;

    /// <summary><see cref="Live"/> or <see cref="Sandbox"/>.</summary>
    public string Cloud { get; }

    public string Output { get; }

    public string? Templates { get; }

    public bool FailOnDrift { get; }

    public int Parallelism { get; }

    /// <summary>The exchange is tried from here too.</summary>
    public bool Preflight { get; }

    /// <summary>A pod that was asked for, <c>NAMESPACE/NAME</c>.</summary>
    public string? Pod { get; }

    /// <summary>The file of the evidence, if one was named.</summary>
    public string? Evidence { get; }

    /// <summary>A text to explain.</summary>
    public string? Error { get; }

    /// <summary>A token to look at.</summary>
    internal TokenText? TokenFile { get; }

    /// <summary>A diagnosis of what is at hand already: nothing is read, no configuration either.</summary>
    public bool IsOffline => Target == "Diagnose" && (Error is not null || (Evidence is not null && File.Exists(Evidence)));

    /// <summary>The first port of the sandbox; 0: any free ones.</summary>
    public int Port { get; }

    /// <summary>Added to every call of the sandbox; none: what the configuration says.</summary>
    public TimeSpan? Latency { get; }

    /// <summary>What the sandbox gets wrong; none: what the configuration says.</summary>
    public IReadOnlyList<SandboxFault>? Faults { get; }

    /// <summary>The target calls clouds.</summary>
    public bool NeedsClouds => Target is "Plan" or "Apply" or "Verify" or "Token" || (Target == "Diagnose" && !IsOffline);

    /// <summary>The target ends in a report.</summary>
    public bool HasReport => Target is "Render" or "Plan" or "Apply" or "Verify" or "Diagnose";

    /// <exception cref="FindingException">A glob matches no workload (FED8013).</exception>
    public IReadOnlyList<Workload> Select(IReadOnlyList<Workload> workloads) => WorkloadSelection.Match(workloads, _workloads);

    /// <summary>The embedded clouds that a federation needs.</summary>
    public SandboxOptions ForSandbox(FederationConfiguration configuration) =>
        new()
        {
            Clusters = configuration.Clusters,
            Accounts = configuration.Accounts,
            Buckets = configuration.Sandbox.Buckets,
            Images = configuration.Sandbox.Images,
            Latency = Latency ?? configuration.Sandbox.Latency,
            Faults = Faults ?? configuration.Sandbox.Faults,
            HostAws = configuration.Sandbox.HostAws,
            Port = Port,
            Directory = Path.Combine(Output, "sandbox"),
        };

    private static Finding Invalid(string cause, string fix) =>
        new()
        {
            Code = FindingCodes.ArgumentInvalid,
            Cause = cause,
            Fix = fix,
        };
}

/// <summary>The text of a token, which is a secret, and where it is from.</summary>
internal sealed record TokenText(string Path, string Text)
{
    public const string StandardInput = "-";

    public bool IsStandardInput => Path == StandardInput;

    public override string ToString() => Path;
}
