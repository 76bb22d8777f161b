using System.Text;
using Federation.Configuration;
using Federation.Planning;
using Federation.Resources;
using Federation.Templates;
using k8s;
using k8s.Models;

namespace Federation.Kubernetes.Tests;

/// <summary>A federation of one cluster, to be varied, with its documents rendered from the built-in templates.</summary>
internal static class Given
{
    /// <summary>The built-in ones, parsed once.</summary>
    public static readonly TemplateSet Templates = TemplateSet.Load(overrideDirectory: null);

    public static readonly Cluster Cluster = new("main", "acme-prod", "asia-south1-a", "main");

    public static readonly Account Account = new("data", "123456789012", "ap-south-1");

    /// <summary>The longest pause between two tries of a call; a try itself may take longer.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    public static readonly string Identity =
        """{"UserId":"AROA:exports","Account":"123456789012","Arn":"arn:aws:sts::123456789012:assumed-role/gke-exports/exports"}""";

    public static Workload Workload(string name = "exports") =>
        new()
        {
            Name = name,
            Cluster = Cluster,
            Account = Account,
            Namespace = "reports",
            ServiceAccount = "reader",
            Role = new() { Name = "gke-exports", Description = "For exports." },
            Verify = new() { Image = "registry.example/aws:1" },
            Location = new("federation.yaml", 1, 1),
        };

    public static DesiredInput Input(params IReadOnlyList<Workload> workloads) => InputOf("acme", workloads);

    /// <summary>The input of the federation of that name.</summary>
    public static DesiredInput InputOf(string federation, params IReadOnlyList<Workload> workloads)
    {
        var configuration = Configuration(workloads) with { Name = federation };
        var renderer = new Renderer(configuration, Templates, path => throw new FileNotFoundException(path));
        return new DesiredInput(
            configuration,
            [.. workloads.Select(renderer.Render)],
            new Dictionary<string, ClusterFacts>(StringComparer.Ordinal)
        );
    }

    /// <summary>The role that is rendered for <c>--preflight</c>.</summary>
    public static V1Role PreflightRole(Workload workload)
    {
        var renderer = new Renderer(Configuration([workload]), Templates, path => throw new FileNotFoundException(path))
        {
            Preflight = true,
        };
        var file = renderer.Render(workload).Files.Single(file => file.Path == "preflight-role.yaml");
        return KubernetesYaml.Deserialize<V1Role>(Encoding.UTF8.GetString(file.Content.Span));
    }

    /// <summary>The cloud under test. It reads the kubeconfigs when it first needs them.</summary>
    public static KubernetesCloud Cloud(
        LiveCluster cluster,
        IClusterDirectory? directory = null,
        TimeProvider? time = null,
        params IReadOnlyList<Workload> workloads
    ) =>
        new(
            Configuration(workloads is [] ? [Workload()] : workloads),
            directory ?? new FactsOf(new ClusterFacts("id", "RUNNING", null, [], null)),
            cluster.Endpoints,
            time ?? cluster.Time
        );

    /// <summary>The cloud of the federation of that name.</summary>
    public static KubernetesCloud CloudOf(string federation, LiveCluster cluster) =>
        new(
            Configuration([Workload()]) with
            {
                Name = federation,
            },
            new FactsOf(new ClusterFacts("id", "RUNNING", null, [], null)),
            cluster.Endpoints,
            cluster.Time
        );

    /// <summary>The cloud of a federation without a name.</summary>
    public static KubernetesCloud UnnamedCloud(LiveCluster cluster, Workload workload) =>
        new(
            Configuration([workload]) with
            {
                Name = "federation",
                HasDefaultName = true,
            },
            new FactsOf(new ClusterFacts("id", "RUNNING", null, [], null)),
            cluster.Endpoints,
            cluster.Time
        );

    /// <summary>The cloud under test, which tries again without a pause, however the test moves its own clock.</summary>
    public static KubernetesCloud CloudWithoutPauses(LiveCluster cluster) =>
        Cloud(cluster, time: new HurriedTime(cluster.Time.GetUtcNow(), LongestPause));

    public static async Task<Plan> PlanAsync(KubernetesCloud cloud, DesiredInput input)
    {
        var adopting = input
            .Workloads.Select(rendered => rendered.Workload)
            .Where(workload => workload.Adopt)
            .Select(workload => workload.Name)
            .ToHashSet(StringComparer.Ordinal);
        DesiredResource[] desired = [.. cloud.Desire(input).Select(resource => Planner.WithAdoption(resource, adopting))];
        return Planner.Plan(desired, await cloud.ReadAsync(desired, TestContext.Current.CancellationToken));
    }

    public static Task<IReadOnlyList<StepProgress>> ApplyAsync(KubernetesCloud cloud, Plan plan) =>
        PlanExecution.RunAsync(
            plan,
            new Dictionary<string, ICloud>(StringComparer.Ordinal) { [cloud.Name] = cloud },
            4,
            _ => { },
            TestContext.Current.CancellationToken
        );

    /// <summary>Plans and applies, and expects all of it to succeed.</summary>
    public static async Task<Plan> ConvergeAsync(KubernetesCloud cloud, DesiredInput input)
    {
        var plan = await PlanAsync(cloud, input);
        Assert.Empty(plan.Findings);
        Assert.All(await ApplyAsync(cloud, plan), progress => Assert.Equal(StepState.Done, progress.State));
        return plan;
    }

    private static FederationConfiguration Configuration(IReadOnlyList<Workload> workloads) =>
        new()
        {
            Name = "acme",
            Clusters = [.. workloads.Select(workload => workload.Cluster).Prepend(Cluster).Distinct()],
            Accounts = [Account],
            Workloads = workloads,
        };
}

/// <summary>What GKE knows of every cluster, as the test sets it.</summary>
internal sealed class FactsOf(ClusterFacts facts) : IClusterDirectory
{
    public Task<IReadOnlyDictionary<string, ClusterFacts>> ReadClustersAsync(
        IReadOnlyCollection<Cluster> clusters,
        CancellationToken cancellationToken
    ) =>
        Task.FromResult<IReadOnlyDictionary<string, ClusterFacts>>(
            clusters.ToDictionary(cluster => cluster.Key, _ => facts, StringComparer.Ordinal)
        );

    public Task<string> GetAccessTokenAsync(CancellationToken cancellationToken) => Task.FromResult(LiveCluster.AdministratorToken);
}
