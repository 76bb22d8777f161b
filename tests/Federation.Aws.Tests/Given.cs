using System.Text.Json.Nodes;
using Federation.Calls;
using Federation.Configuration;
using Federation.Planning;
using Federation.Resources;
using Federation.Templates;

namespace Federation.Aws.Tests;

/// <summary>A federation of one account and one cluster, to be varied.</summary>
internal static class Given
{
    public const string ListBuckets =
        """{ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*" } }""";

    public static readonly Cluster Cluster = new("main", "acme-prod", "asia-south1-a", "main");

    public static readonly Account Account = new("data", "123456789012", "ap-south-1");

    /// <summary>No live cloud; AWS at an address of this machine.</summary>
    public static CloudEndpoints CloudsAt(Uri aws) =>
        new()
        {
            IsSandbox = true,
            Aws = new AwsEndpoint(aws, "AKIAIOSFODNN7EXAMPLE", "secret", Path.Join(AppContext.BaseDirectory, "no-credentials")),
        };

    /// <summary>An address where nothing listens.</summary>
    public static CloudEndpoints Nowhere { get; } = CloudsAt(new Uri("http://127.0.0.1:1"));

    public static Workload Workload(string name = "exports") =>
        new()
        {
            Name = name,
            Cluster = Cluster,
            Account = Account,
            Namespace = name,
            ServiceAccount = "runner",
            Role = new() { Name = "gke-exports", Description = "For exports." },
            Verify = new() { Image = "aws" },
            Location = new("federation.yaml", 1, 1),
        };

    public static RenderedWorkload Rendered(Workload workload, params (string Name, string Document)[] permissions) =>
        new()
        {
            Workload = workload,
            Namespace = [],
            ServiceAccount = [],
            ValidationPod = [],
            TrustPolicy = Trust(workload),
            PermissionsPolicies = permissions.ToDictionary(
                policy => policy.Name,
                policy => JsonNode.Parse(policy.Document)!.AsObject(),
                StringComparer.Ordinal
            ),
            Files = [],
        };

    public static DesiredInput Input(params RenderedWorkload[] workloads) =>
        new(
            Configuration(workloads),
            workloads,
            workloads
                .Select(rendered => rendered.Workload.Cluster)
                .Distinct()
                .ToDictionary(cluster => cluster.Key, Facts, StringComparer.Ordinal)
        );

    public static FederationConfiguration Configuration(params RenderedWorkload[] workloads) =>
        new()
        {
            Name = "acme",
            Clusters = [Cluster],
            Accounts = [Account],
            Workloads = [.. workloads.Select(rendered => rendered.Workload)],
        };

    public static ClusterFacts Facts(Cluster cluster) => new($"id-of-{cluster.Name}", "RUNNING", cluster.WorkloadPool, [], null);

    public static async Task ConfirmAsync(AwsCloud cloud, params RenderedWorkload[] workloads) =>
        Assert.Empty(await cloud.ConfirmAsync(Input(workloads), TestContext.Current.CancellationToken));

    public static async Task<Plan> PlanAsync(AwsCloud cloud, params RenderedWorkload[] workloads)
    {
        var desired = cloud.Desire(Input(workloads));
        return Planner.Plan(desired, await cloud.ReadAsync(desired, TestContext.Current.CancellationToken));
    }

    /// <summary>Plans and applies, and expects all of it to succeed.</summary>
    public static async Task<Plan> ConvergeAsync(AwsCloud cloud, params RenderedWorkload[] workloads)
    {
        var plan = await PlanAsync(cloud, workloads);
        Assert.Empty(plan.Findings);
        var progress = await ApplyAsync(cloud, plan);
        Assert.Empty(progress.SelectMany(one => one.Findings).Select(finding => finding.Cause));
        Assert.All(progress, one => Assert.Equal(StepState.Done, one.State));
        return plan;
    }

    public static Task<IReadOnlyList<StepProgress>> ApplyAsync(AwsCloud cloud, Plan plan) =>
        PlanExecution.RunAsync(
            plan,
            new Dictionary<string, ICloud>(StringComparer.Ordinal) { [cloud.Name] = cloud },
            4,
            _ => { },
            TestContext.Current.CancellationToken
        );

    private static JsonObject Trust(Workload workload) =>
        new()
        {
            ["Version"] = "2012-10-17",
            ["Statement"] = new JsonArray(
                new JsonObject
                {
                    ["Sid"] = TrustSid.Of("acme", workload),
                    ["Effect"] = "Allow",
                    ["Principal"] = new JsonObject { ["Federated"] = workload.ProviderArn },
                    ["Action"] = "sts:AssumeRoleWithWebIdentity",
                    ["Condition"] = new JsonObject
                    {
                        ["StringEquals"] = new JsonObject
                        {
                            [workload.Cluster.IssuerPath + ":aud"] = workload.Audience,
                            [workload.Cluster.IssuerPath + ":sub"] = workload.Subject,
                        },
                    },
                }
            ),
        };
}

/// <summary>What GKE says of the clusters, as the test has it.</summary>
internal sealed class Directory(Func<Cluster, ClusterFacts>? facts = null) : IClusterDirectory
{
    public Task<IReadOnlyDictionary<string, ClusterFacts>> ReadClustersAsync(
        IReadOnlyCollection<Cluster> clusters,
        CancellationToken cancellationToken
    ) =>
        Task.FromResult<IReadOnlyDictionary<string, ClusterFacts>>(
            clusters.ToDictionary(cluster => cluster.Key, facts ?? Given.Facts, StringComparer.Ordinal)
        );

    public Task<string> GetAccessTokenAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}
