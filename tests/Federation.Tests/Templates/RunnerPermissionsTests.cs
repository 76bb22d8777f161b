using System.Text;
using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Templates;

namespace Federation.Tests.Templates;

/// <summary>What the runner must be allowed to do is rendered for the accounts, projects and clusters of the federation.</summary>
public sealed class RunnerPermissionsTests
{
    private const string Role = "arn:aws:iam::012345678901:role/gke/exports-reader";

    [Fact]
    public void There_is_a_document_for_each_place_and_level() =>
        Assert.Equal(
            [
                "aws/data/apply.json",
                "aws/data/prune.json",
                "aws/data/read.json",
                "google/acme-prod/apply.yaml",
                "google/acme-prod/prune.yaml",
                "google/acme-prod/read.yaml",
                "kubernetes/main/apply.yaml",
                "kubernetes/main/exec.yaml",
                "kubernetes/main/prune.yaml",
                "kubernetes/main/read.yaml",
            ],
            Render(Sample.Workload).Keys
        );

    [Fact]
    public void Only_the_roles_of_the_configuration_may_be_written() =>
        Assert.Equal([Role], Resources(Render(Sample.Workload)["aws/data/apply.json"], "Roles"));

    [Fact]
    public void A_role_is_read_by_its_name_while_it_has_no_path_yet() =>
        Assert.Equal(
            ["arn:aws:iam::012345678901:role/exports-reader", Role],
            Resources(Render(Sample.Workload)["aws/data/read.json"], "Roles")
        );

    [Fact]
    public void What_is_owned_elsewhere_may_be_read_and_not_written()
    {
        var files = Render(Sample.Workload with { Existing = ExistingResources.Role });

        Assert.Contains(Role, Resources(files["aws/data/read.json"], "Roles"));
        Assert.Equal(["Providers"], Statements(files["aws/data/apply.json"]).Select(statement => (string)statement["Sid"]!));
        Assert.DoesNotContain(
            "aws/data/apply.json",
            Render(Sample.Workload with { Existing = ExistingResources.Role | ExistingResources.Provider }).Keys
        );
    }

    [Fact]
    public void An_account_or_cluster_without_workloads_is_still_read_and_pruned()
    {
        var configuration = Sample.Configuration(Sample.Workload) with
        {
            Accounts = [Sample.Workload.Account, new Account("former", "999999999999", "cn-north-1")],
            Clusters = [Sample.Workload.Cluster, new Cluster("former", "acme-test", "europe-west1", "former")],
        };

        var files = Render(configuration);

        Assert.DoesNotContain("aws/former/apply.json", files.Keys);
        Assert.Contains("arn:aws-cn:iam::999999999999:role/*", files["aws/former/prune.json"], StringComparison.Ordinal);
        Assert.Contains("google/acme-test/prune.yaml", files.Keys);
        Assert.Contains("kubernetes/former/prune.yaml", files.Keys);
    }

    [Fact]
    public void A_policy_that_would_be_too_long_is_parted_and_no_role_is_lost()
    {
        Workload[] workloads =
        [
            .. Enumerable
                .Range(0, 300)
                .Select(number =>
                    Sample.Workload with
                    {
                        Name = $"w{number}",
                        Role = Sample.Workload.Role with { Name = $"role-{number}" },
                    }
                ),
        ];

        var parts = Render(workloads).Where(file => file.Key.StartsWith("aws/data/apply", StringComparison.Ordinal)).ToList();

        Assert.True(parts.Count > 1);
        Assert.All(parts, part => Assert.InRange(part.Value.Count(character => !char.IsWhiteSpace(character)), 1, 6144));
        Assert.Equal(
            workloads.Select(workload => workload.RoleArn).Order(StringComparer.Ordinal),
            parts.SelectMany(part => Resources(part.Value, "Roles")).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void Many_clusters_part_a_policy_too_even_where_no_role_is_to_be_written()
    {
        Workload[] workloads =
        [
            .. Enumerable
                .Range(0, 100)
                .Select(number =>
                    Sample.Workload with
                    {
                        Name = $"w{number}",
                        Cluster = new Cluster($"c{number}", "acme-prod", "asia-south1-a", $"cluster-{number}"),
                        Existing = ExistingResources.Role,
                    }
                ),
        ];

        var parts = Render(workloads).Where(file => file.Key.StartsWith("aws/data/apply", StringComparison.Ordinal)).ToList();

        Assert.All(parts, part => Assert.InRange(part.Value.Count(character => !char.IsWhiteSpace(character)), 1, 6144));
        Assert.Equal(
            workloads.Select(workload => workload.ProviderArn).Order(StringComparer.Ordinal),
            parts.SelectMany(part => Resources(part.Value, "Providers")).Order(StringComparer.Ordinal)
        );
    }

    private static SortedDictionary<string, string> Render(params Workload[] workloads) => Render(Sample.Configuration(workloads));

    private static SortedDictionary<string, string> Render(FederationConfiguration configuration)
    {
        var (files, findings) = RunnerPermissions.Render(configuration, TemplateSet.Load(overrideDirectory: null));
        Assert.Empty(findings);
        return new(files.ToDictionary(file => file.Path, file => Encoding.UTF8.GetString(file.Content.Span)), StringComparer.Ordinal);
    }

    private static IEnumerable<JsonNode> Statements(string policy) => JsonNode.Parse(policy)!["Statement"]!.AsArray().OfType<JsonNode>();

    private static IEnumerable<string> Resources(string policy, string sid) =>
        Statements(policy).Single(statement => (string)statement["Sid"]! == sid)["Resource"]!.AsArray().Select(one => (string)one!);
}
