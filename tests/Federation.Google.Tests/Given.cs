using Federation.Configuration;
using Federation.Planning;
using Federation.Resources;
using Federation.Templates;

namespace Federation.Google.Tests;

/// <summary>A federation of one cluster whose workload has a Google service account, to be varied.</summary>
internal static class Given
{
    public const string AccountId = "exports-reader";
    public const string AccountResource = "projects/acme-prod/serviceAccounts/exports-reader@acme-prod.iam.gserviceaccount.com";
    public const string Role = "roles/iam.workloadIdentityUser";
    public const string Member = "serviceAccount:acme-prod.svc.id.goog[reports/reader]";

    /// <summary>The built-in ones, parsed once.</summary>
    public static readonly TemplateSet Templates = TemplateSet.Load(overrideDirectory: null);

    public static readonly Cluster Cluster = new("main", "acme-prod", "asia-south1-a", "main");

    public static readonly Account Account = new("data", "123456789012", "ap-south-1");

    public static Workload Workload(string name = "exports") =>
        new()
        {
            Name = name,
            Cluster = Cluster,
            Account = Account,
            Namespace = "reports",
            ServiceAccount = "reader",
            GoogleServiceAccount = AccountId,
            Role = new() { Name = "gke-exports", Description = "For exports." },
            Verify = new() { Image = "aws" },
            Location = new("federation.yaml", 1, 1),
        };

    public static DesiredInput Input(params IReadOnlyList<Workload> workloads) => Input("acme", workloads);

    /// <param name="federation">The federation's name.</param>
    public static DesiredInput Input(string federation, params IReadOnlyList<Workload> workloads)
    {
        var clusters = workloads.Select(workload => workload.Cluster).Distinct().ToArray();
        var configuration = new FederationConfiguration
        {
            Name = federation,
            Clusters = clusters,
            Accounts = [Account],
            Workloads = workloads,
        };
        var renderer = new Renderer(configuration, Templates, path => throw new FileNotFoundException(path));
        return new DesiredInput(
            configuration,
            [.. workloads.Select(renderer.Render)],
            new Dictionary<string, ClusterFacts>(StringComparer.Ordinal)
        );
    }

    public static async Task<Plan> PlanAsync(GoogleCloud cloud, DesiredInput input)
    {
        var desired = cloud.Desire(input);
        return Planner.Plan(desired, await cloud.ReadAsync(desired, TestContext.Current.CancellationToken));
    }

    /// <summary>Plans and applies, and expects all of it to succeed.</summary>
    public static async Task<Plan> ConvergeAsync(GoogleCloud cloud, DesiredInput input)
    {
        var plan = await PlanAsync(cloud, input);
        Assert.Empty(plan.Findings);
        Assert.All(await ApplyAsync(cloud, plan), one => Assert.Equal((StepState.Done, 0), (one.State, one.Findings.Count)));
        return plan;
    }

    /// <summary>Plans and applies.</summary>
    public static async Task<IReadOnlyList<StepProgress>> ApplyAsync(GoogleCloud cloud, DesiredInput input) =>
        await ApplyAsync(cloud, await PlanAsync(cloud, input));

    public static Task<IReadOnlyList<StepProgress>> ApplyAsync(GoogleCloud cloud, Plan plan) =>
        PlanExecution.RunAsync(
            plan,
            new Dictionary<string, ICloud>(StringComparer.Ordinal) { [cloud.Name] = cloud },
            4,
            _ => { },
            TestContext.Current.CancellationToken
        );
}
