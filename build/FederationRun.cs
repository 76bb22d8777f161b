using Build.Agents;
using Build.Host;
using Federation.Aws;
using Federation.Calls;
using Federation.Configuration;
using Federation.Findings;
using Federation.Google;
using Federation.Kubernetes;
using Federation.Planning;
using Federation.Reporting;
using Federation.Sandbox;
using Federation.Templates;

namespace Build;

/// <summary>
/// What the product's targets share in one run. Each part is found when a target first needs it: Render asks no
/// cloud, and Plan no gate.
/// </summary>
public sealed partial class FederationRun(TargetOptions options, Screen screen, IBuildAgent agent, TimeProvider time) : IAsyncDisposable
{
    private TemplateSet? _templates;
    private RenderedWorkload[] _documents = [];
    private Task<SandboxClouds>? _sandbox;
    private KubernetesCloud? _kubernetes;
    private GoogleCloud? _google;
    private AwsCloud? _aws;
    private IReadOnlyList<ICloud> _clouds = [];
    private Convergence? _convergence;
    private EvidenceCollection? _evidence;
    private long? _written;
    private bool _interrupted;
    private bool _outputIsWritable;

    /// <summary>The id of this run, in the names of its pods: unique enough among runs at one time.</summary>
    private readonly string _id = Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(4));

    public RunRecord Record { get; } = new(options.Target, options.Cloud, time, agent.Advise);

    public FederationConfiguration? Configuration { get; private set; }

    public Plan? Plan { get; private set; }

    /// <summary>What this run came to if nothing goes wrong.</summary>
    private Outcome _reached = Outcome.Rendered;

    /// <summary>Reads the configuration and renders every document; writes those of the selected workloads.</summary>
    public async Task RenderAsync(CancellationToken cancellationToken)
    {
        var configuration = Open(cancellationToken);
        var selected = Record.Workloads;
        var keep = options.Target != "Render";
        await Record.PhaseAsync(
            "Render",
            () =>
            {
                var written = 0;
                using var output = RenderedOutput.Open(options.Output, configuration);
                var documents = new RenderedWorkload[configuration.Workloads.Count];
                var places = configuration
                    .Workloads.Select((workload, index) => (workload.Name, index))
                    .ToDictionary(pair => pair.Name, pair => pair.index, StringComparer.Ordinal);
                var names = selected.Select(workload => workload.Name).ToHashSet(StringComparer.Ordinal);
                var renderer = new Renderer(configuration, _templates!, path => File.ReadAllBytes(options.Configuration.Beside(path)))
                {
                    Preflight = options.Preflight,
                };
                var findings = renderer.RenderAll(
                    keep ? configuration.Workloads : selected,
                    rendered =>
                    {
                        if (names.Contains(rendered.Workload.Name))
                        {
                            output.Write(rendered);
                            Interlocked.Add(ref written, rendered.Files.Count);
                        }

                        if (keep)
                        {
                            documents[places[rendered.Workload.Name]] = rendered;
                        }
                    },
                    cancellationToken
                );
                screen.Warn(findings);
                Meet(findings);
                output.RemoveForgotten();
                _documents = documents;
                screen.Rendered(selected.Count, written, Path.Combine(options.Output, "rendered"));
                return Task.FromResult(written);
            }
        );
    }

    /// <summary>Compares the documents with what is live.</summary>
    public async Task PlanAsync(CancellationToken cancellationToken)
    {
        await RenderedAsync(cancellationToken);
        _reached = Outcome.Planned;
        var plan = await Record.PhaseAsync(
            "Plan",
            async () =>
            {
                var convergence = await ConvergenceAsync(cancellationToken);
                return await convergence.PlanAsync(cancellationToken);
            }
        );
        Plan = plan;
        Record.NotePlan(plan);
        screen.Planned(plan);
        Stop(plan.Findings);
        if (options.FailOnDrift && options.Target == "Plan" && plan.HasChanges)
        {
            _reached = Outcome.Drifted;
            throw new TargetFailedException(ExitCodes.No);
        }
    }

    /// <summary>Carries the plan out.</summary>
    public async Task ApplyAsync(CancellationToken cancellationToken)
    {
        if (Plan is null)
        {
            await PlanAsync(cancellationToken);
        }

        var plan = Plan!;
        _reached = Outcome.Applied;
        var results = await Record.PhaseAsync(
            "Apply",
            () =>
                screen.ApplyingAsync(
                    plan,
                    report =>
                        PlanExecution.RunAsync(
                            plan,
                            _clouds.ToDictionary(cloud => cloud.Name, StringComparer.Ordinal),
                            options.Parallelism,
                            report,
                            cancellationToken
                        )
                )
        );
        _written = time.GetTimestamp();
        cancellationToken.ThrowIfCancellationRequested();
        Meet([.. results.SelectMany(result => result.Findings)]);
    }

    /// <summary>Runs the sandbox until it is told to stop.</summary>
    public async Task ServeSandboxAsync(CancellationToken cancellationToken)
    {
        var configuration = Open(cancellationToken);
        await using var sandbox = await StartSandboxAsync(configuration, cancellationToken);
        var environment = await sandbox.WriteEnvironmentAsync(Path.Combine(options.Output, "sandbox"), cancellationToken);
        screen.Serving(environment);
        await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        screen.Say("The sandbox has stopped.");
    }

    /// <summary>Notes what ended the run before its time, if something did, and writes the report.</summary>
    /// <returns>The report and where it is, if the target ends in one.</returns>
    public (Report Report, string Path)? Close(Exception? ending)
    {
        _interrupted = ending is OperationCanceledException;
        if (ending is FindingException { Findings: var findings })
        {
            Record.Note(findings.Except(Record.Findings));
        }

        if (options.HasReport && _outputIsWritable)
        {
            var report = Record.ToReport(
                ending is null or FindingException or OperationCanceledException or TargetFailedException ? _reached : Outcome.Failed,
                _interrupted,
                new SortedDictionary<string, int>(
                    _clouds.ToDictionary(cloud => cloud.Name, cloud => cloud.Calls, StringComparer.Ordinal),
                    StringComparer.Ordinal
                ),
                Endpoints.Overridden()
            );
            var path = Path.Combine(options.Output, "report.json");
            File.WriteAllText(path, report.ToJson());
            screen.Ended(Record, report, path);
            return (report, path);
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        _evidence?.Dispose();
        _aws?.Dispose();
        _kubernetes?.Dispose();
        _google?.Dispose();
        if (_sandbox is not null)
        {
            await (await _sandbox).DisposeAsync();
        }
    }

    private FederationConfiguration Open(CancellationToken cancellationToken)
    {
        if (Configuration is not null)
        {
            return Configuration;
        }

        ClaimOutput();
        var file = options.Configuration;
        IReadOnlyList<Finding> faults = [];
        try
        {
            _templates = TemplateSet.Load(options.Templates);
        }
        catch (FindingException unusable)
        {
            // What is wrong with the configuration is told in the same run.
            faults = unusable.Findings;
        }

        var result = ConfigurationReader.Read(file.Shown, file.Read(), _templates?.Policies, path => File.Exists(file.Beside(path)));
        screen.Warn(result.Findings);
        Meet([.. result.Findings, .. faults]);
        Configuration = result.Configuration!;
        Record.Workloads = options.Select(Configuration.Workloads);
        screen.Opened(
            file,
            Record.Workloads.Count,
            Configuration.Workloads.Count,
            options.Target switch
            {
                "Render" => "documents only",
                "Sandbox" => "sandbox",
                _ => options.Cloud,
            }
        );
        if (options is { Cloud: TargetOptions.Sandbox, NeedsClouds: true })
        {
            // While the documents are rendered, the clouds get ready.
            _sandbox = StartSandboxAsync(Configuration, cancellationToken);
        }

        return Configuration;
    }

    /// <summary>An output that cannot be written is a wrong argument and no verdict: it is told before anything is called.</summary>
    private void ClaimOutput()
    {
        try
        {
            Directory.CreateDirectory(options.Output);
            using var probe = new FileStream(
                Path.Combine(options.Output, $".{_id}"),
                FileMode.CreateNew,
                FileAccess.Write,
                FileShare.None,
                bufferSize: 1,
                FileOptions.DeleteOnClose
            );
            _outputIsWritable = true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new FindingException(
                new Finding
                {
                    Code = FindingCodes.ArgumentInvalid,
                    Cause = $"--output={options.Output}: nothing can be written there. {refused.Message}",
                    Fix = "Give a folder that you may write to; it is made if it is not there.",
                },
                refused
            );
        }
    }

    /// <summary>The documents, which a target that is run by itself (<c>--exclusive</c>) needs all the same.</summary>
    private Task RenderedAsync(CancellationToken cancellationToken) =>
        Configuration is null ? RenderAsync(cancellationToken) : Task.CompletedTask;

    private async Task<SandboxClouds> StartSandboxAsync(FederationConfiguration configuration, CancellationToken cancellationToken) =>
        await SandboxClouds.StartAsync(options.ForSandbox(configuration), time, cancellationToken);

    private async Task<Convergence> ConvergenceAsync(CancellationToken cancellationToken)
    {
        if (_convergence is not null)
        {
            return _convergence;
        }

        AwsEndpoint? aws = null;
        if (_sandbox is not null)
        {
            var sandbox = await _sandbox;
            Endpoints.Enter(sandbox);
            aws = new AwsEndpoint(
                new Uri(sandbox.Environment["AWS_ENDPOINT_URL"]),
                sandbox.Environment["AWS_ACCESS_KEY_ID"],
                sandbox.Environment["AWS_SECRET_ACCESS_KEY"],
                sandbox.Environment["AWS_SHARED_CREDENTIALS_FILE"]
            );
        }

        screen.Overridden(Endpoints.Overridden());
        var endpoints = CloudEndpoints.FromEnvironment(
            Environment.GetEnvironmentVariable,
            Environment.GetEnvironmentVariables().Keys.Cast<string>()
        ) with
        {
            IsSandbox = _sandbox is not null,
            Aws = aws,
        };
        _google = new GoogleCloud(endpoints, time);
        _kubernetes = new KubernetesCloud(Configuration!, _google, endpoints, time);
        _aws = new AwsCloud(Configuration!, _google, endpoints, time);
        _clouds = [_google, _kubernetes, _aws];
        _evidence = new EvidenceCollection(_google, _kubernetes, _aws, options);
        return _convergence = new Convergence(
            Configuration!,
            _documents,
            Record.Workloads.Select(workload => workload.Name).ToHashSet(StringComparer.Ordinal),
            _clouds,
            _google
        );
    }

    /// <summary>Notes findings, shows those that stop nothing, and stops at an error.</summary>
    private void Meet(IReadOnlyList<Finding> findings)
    {
        Record.Note(findings);
        Stop(findings);
    }

    private static void Stop(IReadOnlyList<Finding> findings)
    {
        if (findings.Any(finding => finding.Severity == Severity.Error))
        {
            // What workloads share is wrong once.
            throw new FindingException([.. findings.Distinct()]);
        }
    }
}
