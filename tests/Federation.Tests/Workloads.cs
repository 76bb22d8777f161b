using Federation.Configuration;
using Federation.Findings;
using Federation.Templates;

namespace Federation.Tests;

/// <summary>The guide's workload, for tests that need any workload.</summary>
internal static class Workloads
{
    public static Cluster Main { get; } = new("main", "acme-prod", "asia-south1-a", "main");

    public static Account Data { get; } = new("data", "111122223333", "ap-south-1");

    public static Workload Reader(string name = "reader") =>
        new()
        {
            Name = name,
            Cluster = Main,
            Account = Data,
            Namespace = "team",
            ServiceAccount = name,
            Role = new Role { Name = name, Description = $"Assumed by {name}." },
            Verify = new Verification { Image = "example.test/aws-cli:1", Run = "aws s3 ls" },
            Location = new SourceLocation("federation.yaml", 1, 1),
        };

    public static RenderedWorkload Unrendered(Workload workload) =>
        new()
        {
            Workload = workload,
            Namespace = [],
            ServiceAccount = [],
            ValidationPod = [],
            TrustPolicy = [],
            PermissionsPolicies = new Dictionary<string, System.Text.Json.Nodes.JsonObject>(StringComparer.Ordinal),
            Files = [],
        };

    public static FederationConfiguration Federation(params IReadOnlyList<Workload> workloads) =>
        new()
        {
            Name = "federation",
            Clusters = [Main],
            Accounts = [Data],
            Workloads = workloads,
        };
}
