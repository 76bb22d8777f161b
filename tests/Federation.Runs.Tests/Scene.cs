using System.Collections.Concurrent;
using Federation.Calls;
using Federation.Configuration;
using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using Federation.Planning;
using Federation.Reporting;
using Federation.Resources;
using Federation.Tests.Planning;
using Microsoft.Extensions.Time.Testing;

namespace Federation.Runs.Tests;

/// <summary>A run on fakes: clouds that are dictionaries, evidence that is given, a gate that passes, a clock that is moved.</summary>
internal sealed class Scene : IDisposable
{
    public static readonly ResourceId Role = ResourceId.Aws("111122223333", ResourceKind.Role, "reader");

    private readonly string _folder = Directory.CreateTempSubdirectory("federation-runs-").FullName;

    public Scene()
    {
        Directory.CreateDirectory(Output);
        File.WriteAllText(
            ConfigurationPath,
            """
            clusters:
              main: { project: acme-prod, location: asia-south1-a, name: main }
            accounts:
              data: { id: "111122223333", region: ap-south-1 }
            workloads:
              - name: reader
                namespace: team
                serviceAccount: reader
                role: { name: reader, policies: [s3-list-buckets] }
            """
        );
        Cloud = new FakeCloud("aws", [new FakeResource(Role, Fields.Empty.With("path", "/")) { Workloads = ["reader"] }]);
        Sessions = new FakeSessions(this, Time);
        Options = new RunOptions
        {
            Target = "Verify",
            Output = Output,
            Configuration = () => new ConfigurationFile(ConfigurationPath, "federation.yaml", IsExample: false),
            UsesClouds = true,
            HasReport = true,
        };
    }

    public string Output => Path.Combine(_folder, "artifacts");

    public string ReportPath => Path.Combine(Output, "report.json");

    public string ConfigurationPath => Path.Combine(_folder, "federation.yaml");

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    public FakeCloud Cloud { get; set; }

    /// <summary>What was live when the validation pod ran.</summary>
    public IReadOnlyDictionary<ResourceId, Fields> LiveAtGate { get; private set; } = new Dictionary<ResourceId, Fields>();

    public FakeSessions Sessions { get; }

    public RunOptions Options { get; set; }

    public ConcurrentQueue<RunEvent> Events { get; } = new();

    /// <summary>What each reading of the evidence makes of what is known; the last one stays.</summary>
    public Queue<Func<WorkloadEvidence, WorkloadEvidence>> Readings { get; } = new();

    public int TimesRead { get; private set; }

    public List<GateRequest> Proved { get; } = [];

    public Exception? GateFails { get; set; }

    /// <summary>No validation pod comes to an end.</summary>
    public bool IsGateEndless { get; set; }

    public FederationRun Run(CancellationToken cancellationToken = default) =>
        new(Options, Sessions, [new Recorder(Events)], Time, cancellationToken);

    public IReadOnlyList<string> Codes =>
        [.. Events.OfType<RunEvent.Found>().SelectMany(found => found.Findings).Select(finding => finding.Code)];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private sealed class Recorder(ConcurrentQueue<RunEvent> events) : IRunObserver
    {
        public void On(RunEvent happened) => events.Enqueue(happened);
    }

    internal sealed class FakeSessions(Scene scene, TimeProvider time) : Sessions(time), IEvidenceSource, IGate
    {
        public int TimesOpened { get; private set; }

        public Exception? Fails { get; set; }

        public override string Cloud => "sandbox";

        public override Task<Session> OpenAsync(
            FederationConfiguration configuration,
            RunOptions options,
            CancellationToken cancellationToken
        )
        {
            TimesOpened++;
            return Fails is null
                ? Task.FromResult(new Session(new CloudEndpoints(), [scene.Cloud], scene.Cloud, this, this))
                : Task.FromException<Session>(Fails);
        }

        public Task<WorkloadEvidence[]> ReadAsync(
            IReadOnlyList<WorkloadEvidence> workloads,
            EvidenceScope scope,
            CancellationToken cancellationToken
        )
        {
            scene.TimesRead++;
            var read = scene.Readings.Count > 1 ? scene.Readings.Dequeue() : scene.Readings.FirstOrDefault() ?? (evidence => evidence);
            return Task.FromResult(workloads.Select(read).ToArray());
        }

        public async Task<GateResult> ProveAsync(GateRequest request, Action<string> log, CancellationToken cancellationToken)
        {
            scene.Proved.Add(request);
            scene.LiveAtGate = new Dictionary<ResourceId, Fields>(scene.Cloud.Live);
            log("the pod says something");
            if (scene.IsGateEndless)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            }

            return scene.GateFails is null
                ? new GateResult(
                    request.Evidence!,
                    new WorkloadDiagnosis([], []),
                    $"arn:aws:sts::111122223333:assumed-role/reader/x",
                    PodKept: false
                )
                : throw scene.GateFails;
        }
    }
}

/// <summary>Evidence that something is wrong.</summary>
internal static class Evidence
{
    /// <summary>The role is not there.</summary>
    public static WorkloadEvidence WithoutRole(WorkloadEvidence evidence) =>
        evidence with
        {
            Aws = evidence.Aws with { Role = Reading.Of<RoleEvidence>(null) },
        };

    public static WorkloadEvidence AsItIs(WorkloadEvidence evidence) => evidence;
}
