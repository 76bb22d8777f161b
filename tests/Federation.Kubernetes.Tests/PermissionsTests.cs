using System.Text;
using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Planning;
using Federation.Templates;
using k8s;
using k8s.Models;

namespace Federation.Kubernetes.Tests;

/// <summary>
/// The cluster roles that are rendered for the runner allow all that planning, diagnosing, applying, proving and deleting call,
/// and nothing that none of them needs.
/// </summary>
public sealed class PermissionsTests : IAsyncLifetime
{
    /// <summary>What lets every service account, but no person and no machine, read the issuer's documents.</summary>
    private const string IssuerDiscovery = "system:service-account-issuer-discovery";

    private static readonly IReadOnlyList<V1PolicyRule> Rules = [.. Render("read", "apply", "prune")];

    private LiveCluster _cluster = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>A verb, and a resource or path.</summary>
    public static TheoryData<string, string> Permissions =>
        [
            .. Rules
                .SelectMany(Each)
                .Distinct()
                // Whether its refusal, a warning, comes before the pod's end is a race; WatchTests hold it.
                .Where(one => one != ("watch", "events"))
                .OrderBy(one => one.On, StringComparer.Ordinal)
                .ThenBy(one => one.Verb, StringComparer.Ordinal),
        ];

    public async ValueTask InitializeAsync()
    {
        _cluster = await LiveCluster.StartAsync();
        await _cluster.Administrator.DeleteClusterRoleBindingAsync(IssuerDiscovery, cancellationToken: Cancelled);
        await _cluster.Administrator.CreateNamespaceAsync(
            new V1Namespace { Metadata = new() { Name = "runner" } },
            cancellationToken: Cancelled
        );
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task What_is_rendered_is_enough()
    {
        await _cluster.AllowEverywhereAsync(Rules);

        Assert.Empty(await RunAsync());
    }

    [Fact]
    public async Task Read_is_enough_for_a_plan_and_a_diagnosis()
    {
        await _cluster.AllowEverywhereAsync(Rules);
        Assert.Empty(await ConvergeAsync());
        await _cluster.AllowEverywhereAsync(Render("read"));

        Assert.Empty(await ConvergeAsync());
        Assert.Empty(await DiagnoseAsync());
        Assert.Equal(2, (await FindAsync()).Count);
    }

    [Fact]
    public async Task All_that_a_plan_may_not_read_is_told_at_once()
    {
        await _cluster.AllowEverywhereAsync([Rule(("get", "/.well-known/openid-configuration"))]);
        using var cloud = Given.Cloud(_cluster);

        var refused = await Assert.ThrowsAsync<FindingException>(() => Given.PlanAsync(cloud, Given.Input(Given.Workload())));

        Assert.Equal(2, refused.Findings.Count);
        Assert.Contains("get namespaces/reports", refused.Findings[0].Cause, StringComparison.Ordinal);
        Assert.Contains("get serviceaccounts/reader", refused.Findings[1].Cause, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Permissions))]
    public async Task Without_any_one_permission_something_fails_and_names_it(string verb, string on)
    {
        var granted = Rules.SelectMany(Each).Where(one => one != (verb, on) && (verb != "list" || one.On != "*"));
        await _cluster.AllowEverywhereAsync(granted.Select(Rule));

        var finding = (await RunAsync())[0];

        // Without the discovery document it is not certain which cluster it is: that is a stop of its own.
        Assert.Equal(on.StartsWith('/') ? FindingCodes.KubeconfigWrongCluster : FindingCodes.KubernetesPermissionDenied, finding.Code);
        Assert.Contains($"{verb} ", finding.Cause, StringComparison.Ordinal);
        Assert.Contains(on == "*" ? "" : on.Split('/')[0], finding.Cause, StringComparison.Ordinal);
    }

    /// <summary>Does all that the tool does in a cluster, up to the first step that is not allowed.</summary>
    private async Task<IReadOnlyList<Finding>> RunAsync()
    {
        foreach (var step in (Func<Task<IReadOnlyList<Finding>>>[])[ConvergeAsync, ProveAsync, DiagnoseAsync, DeleteAsync])
        {
            try
            {
                if (await step() is [_, ..] refused)
                {
                    return refused;
                }
            }
            catch (FindingException refused)
            {
                return refused.Findings;
            }
        }

        return [];
    }

    private async Task<IReadOnlyList<Finding>> ConvergeAsync()
    {
        using var cloud = Given.Cloud(_cluster);
        var input = Given.Input(Given.Workload());
        var plan = await Given.PlanAsync(cloud, input);
        return [.. plan.Findings, .. (await Given.ApplyAsync(cloud, plan)).SelectMany(one => one.Findings)];
    }

    private async Task<IReadOnlyList<Finding>> ProveAsync()
    {
        using var cloud = Given.Cloud(_cluster);
        var request = new GateRequest(Given.Input(Given.Workload()).Workloads[0], "r1", TimeSpan.Zero, TimeSpan.Zero);
        var proving = new ValidationGate(cloud, _cluster.Time).ProveAsync(request, _ => { }, Cancelled);
        var created = _cluster.PodAsync();
        if (await Task.WhenAny(proving, created) == created)
        {
            _cluster.End(await created, exitCode: 0, Given.Identity, "a line");
        }

        return (await proving).Diagnosis.Findings;
    }

    /// <summary>Reads so many workloads that they are listed, a pod that failed, and a pod by its name.</summary>
    private async Task<IReadOnlyList<Finding>> DiagnoseAsync()
    {
        await FailAsync("app");
        var workloads = Enumerable
            .Range(0, 40)
            .Select(i => Given.Workload($"w{i}") with { ServiceAccount = i == 0 ? "reader" : $"ksa-{i}" });
        var many = await ReadAsync(new EvidenceScope(), [.. workloads]);
        var named = await ReadAsync(new EvidenceScope(Pod: "reports/app"), [Given.Workload()]);
        return
        [
            .. many.Concat(named)
                .SelectMany(evidence =>
                    (Finding?[])
                        [
                            evidence.Issuer!.Refused,
                            evidence.Namespace?.Refused,
                            evidence.ServiceAccount?.Refused,
                            evidence.Pods?.Refused,
                            .. evidence.Pods?.Found?.SelectMany(pod => pod.Refused) ?? [],
                        ]
                )
                .OfType<Finding>(),
        ];
    }

    private async Task<IReadOnlyList<Finding>> DeleteAsync()
    {
        foreach (var pod in (await _cluster.Administrator.ListNamespacedPodAsync("reports", cancellationToken: Cancelled)).Items)
        {
            await _cluster.Administrator.DeleteNamespacedPodAsync(
                pod.Name(),
                "reports",
                gracePeriodSeconds: 0,
                cancellationToken: Cancelled
            );
        }

        foreach (var map in (await _cluster.Administrator.ListNamespacedConfigMapAsync("reports", cancellationToken: Cancelled)).Items)
        {
            await _cluster.Administrator.DeleteNamespacedConfigMapAsync(map.Name(), "reports", cancellationToken: Cancelled);
        }

        using var cloud = Given.Cloud(_cluster);
        return [.. (await Given.ApplyAsync(cloud, Planner.Delete(await FindAsync()))).SelectMany(one => one.Findings)];
    }

    private async Task<IEnumerable<KubernetesEvidence>> ReadAsync(
        EvidenceScope scope,
        params IReadOnlyList<Configuration.Workload> workloads
    )
    {
        using var cloud = Given.Cloud(_cluster, workloads: workloads);
        var evidence = workloads
            .Select(workload => Given.Input(workload).Workloads[0])
            .Select(one => WorkloadEvidence.FromDocuments(one, [one]));
        return (await new KubernetesEvidenceReader(cloud).ReadAsync([.. evidence], scope, Cancelled)).Values;
    }

    private async Task<List<Observation>> FindAsync()
    {
        using var cloud = Given.Cloud(_cluster);
        return await cloud.FindOwnedAsync(Given.Input(Given.Workload()).Configuration, Cancelled).ToListAsync(Cancelled);
    }

    /// <summary>A pod of the workload that has failed, and takes a variable from a config map.</summary>
    private async Task FailAsync(string name)
    {
        var core = _cluster.Administrator.CoreV1;
        await core.CreateNamespacedConfigMapAsync(
            new V1ConfigMap { Metadata = new() { Name = "aws" } },
            "reports",
            cancellationToken: Cancelled
        );
        await core.CreateNamespacedPodAsync(
            new V1Pod
            {
                Metadata = new() { Name = name },
                Spec = new()
                {
                    ServiceAccountName = "reader",
                    Containers =
                    [
                        new()
                        {
                            Name = "main",
                            Image = "a:1",
                            EnvFrom = [new() { ConfigMapRef = new() { Name = "aws" } }],
                        },
                    ],
                },
            },
            "reports",
            cancellationToken: Cancelled
        );
        _cluster.End(await _cluster.PodAsync(), exitCode: 1);
    }

    private static IEnumerable<V1PolicyRule> Render(params string[] levels)
    {
        var configuration = Given.Input(Given.Workload()).Configuration;
        var (files, findings) = RunnerPermissions.Render(configuration, Given.Templates);
        Assert.Empty(findings);
        foreach (var level in levels)
        {
            var yaml = Encoding.UTF8.GetString(files.Single(file => file.Path == $"kubernetes/main/{level}.yaml").Content.Span);
            var roles = yaml.Contains("kind: List", StringComparison.Ordinal)
                ? KubernetesYaml.Deserialize<V1ClusterRoleList>(yaml).Items
                : [KubernetesYaml.Deserialize<V1ClusterRole>(yaml)];
            foreach (var rule in roles.SelectMany(role => role.Rules))
            {
                yield return rule;
            }
        }
    }

    private static IEnumerable<(string Verb, string On)> Each(V1PolicyRule rule) =>
        rule.Verbs.SelectMany(verb => (rule.Resources ?? rule.NonResourceURLs).Select(on => (verb, on)));

    private static V1PolicyRule Rule((string Verb, string On) one) =>
        one.On.StartsWith('/')
            ? new() { Verbs = [one.Verb], NonResourceURLs = [one.On] }
            : new()
            {
                Verbs = [one.Verb],
                Resources = [one.On],
                ApiGroups = [one.On == "*" ? "*" : ""],
            };
}
