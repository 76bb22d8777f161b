using System.Text;
using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Findings;
using Federation.Resources;
using Federation.Sandbox.Hosting;

namespace Federation.Kubernetes.Tests;

/// <summary>Which cluster is reached, and whether it is the configured one.</summary>
public sealed class ConnectionTests
{
    private const string OtherIssuer = "https://container.googleapis.com/v1/projects/acme-test/locations/europe-west1/clusters/other";

    private static readonly ClusterFacts Elsewhere = new(
        "id",
        "RUNNING",
        null,
        ["192.0.2.7"],
        "-----BEGIN CERTIFICATE-----\nelsewhere\n-----END CERTIFICATE-----\n"
    );

    [Fact]
    public async Task A_cluster_that_names_the_configured_issuer_is_confirmed_without_asking_GKE()
    {
        await using var cluster = await LiveCluster.StartAsync();
        Assert.Empty(await ConfirmAsync(cluster, Elsewhere));
    }

    [Fact]
    public async Task A_kubeconfig_that_leads_to_another_cluster_is_refused()
    {
        await using var cluster = await LiveCluster.StartAsync(OtherIssuer);

        var finding = Assert.Single(await ConfirmAsync(cluster, Elsewhere));

        Assert.Equal(FindingCodes.KubeconfigWrongCluster, finding.Code);
        Assert.Equal((Given.Cluster.Issuer, OtherIssuer), (finding.Expected, finding.Actual));
        Assert.Contains($"context {Given.Cluster.DefaultContext} leads to {cluster.Server}", finding.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_right_cluster_by_its_authority_with_another_issuer_is_an_issuer_mismatch()
    {
        await using var cluster = await LiveCluster.StartAsync(OtherIssuer);

        var finding = Assert.Single(await ConfirmAsync(cluster, Elsewhere with { CaCertificate = cluster.AuthorityPem }));

        Assert.Equal((FindingCodes.IssuerMismatch, Given.Cluster.Issuer, OtherIssuer), (finding.Code, finding.Expected, finding.Actual));
    }

    [Fact]
    public async Task A_kubeconfig_that_leads_to_another_cluster_of_the_federation_is_refused_even_if_both_have_one_authority()
    {
        var other = new Cluster("other", "acme-test", "europe-west1", "other");
        await using var cluster = await LiveCluster.StartAsync(other.Issuer);
        using var cloud = Given.Cloud(
            cluster,
            new FactsOf(Elsewhere with { CaCertificate = cluster.AuthorityPem }),
            workloads: [Given.Workload(), Given.Workload("far") with { Cluster = other }]
        );

        var finding = Assert.Single(await cloud.ConfirmAsync(Given.Input(Given.Workload()), TestContext.Current.CancellationToken));

        Assert.Equal(
            (FindingCodes.KubeconfigWrongCluster, Given.Cluster.Issuer, other.Issuer),
            (finding.Code, finding.Expected, finding.Actual)
        );
    }

    [Fact]
    public async Task The_right_cluster_by_its_endpoint_with_another_issuer_is_an_issuer_mismatch()
    {
        await using var cluster = await LiveCluster.StartAsync(OtherIssuer);
        Assert.Equal(
            FindingCodes.IssuerMismatch,
            Assert.Single(await ConfirmAsync(cluster, Elsewhere with { Endpoints = [cluster.HostAndPort] })).Code
        );
    }

    [Fact]
    public async Task An_authority_that_does_not_fit_is_said_with_the_certificate_and_the_way_to_the_right_one()
    {
        await using var cluster = await LiveCluster.StartAsync();
        using var another = CertificateAuthority.Create(["127.0.0.1"]);
        var kubeconfig = cluster.Kubeconfig();
        kubeconfig["clusters"]![0]!["cluster"]!["certificate-authority-data"] = Convert.ToBase64String(
            Encoding.UTF8.GetBytes(another.RootPem)
        );
        cluster.Use(kubeconfig);

        var refused = await Assert.ThrowsAsync<FindingException>(() => ConfirmAsync(cluster, Elsewhere));

        var finding = Assert.Single(refused.Findings);
        Assert.Equal((FindingCodes.CertificateNotTrusted, "CN=sandbox"), (finding.Code, finding.Actual));
        Assert.Contains(
            "it comes from an authority that is not trusted here (subject CN=sandbox, ",
            finding.Cause,
            StringComparison.Ordinal
        );
        Assert.Contains("gcloud container clusters get-credentials main", finding.Fix, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost", null, "localhost")]
    [InlineData("127.0.0.1", "another.example", "another.example")]
    public async Task A_certificate_for_another_name_is_refused_also_from_the_authority_of_the_cluster(
        string host,
        string? serverName,
        string expected
    )
    {
        await using var cluster = await LiveCluster.StartAsync();
        var kubeconfig = cluster.Kubeconfig();
        var entry = kubeconfig["clusters"]![0]!["cluster"]!;
        entry["server"] = cluster.Server.Replace("127.0.0.1", host, StringComparison.Ordinal);
        entry["tls-server-name"] = serverName;
        cluster.Use(kubeconfig);

        var refused = await Assert.ThrowsAsync<FindingException>(() => ConfirmAsync(cluster, Elsewhere));

        var finding = Assert.Single(refused.Findings);
        Assert.Equal(FindingCodes.CertificateNotTrusted, finding.Code);
        Assert.Contains("not trusted: it is for ", finding.Cause, StringComparison.Ordinal);
        Assert.Contains($"not for {expected} (", finding.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_name_of_the_kubeconfig_is_the_one_that_the_certificate_must_be_for()
    {
        await using var cluster = await LiveCluster.StartAsync();
        var kubeconfig = cluster.Kubeconfig();
        var entry = kubeconfig["clusters"]![0]!["cluster"]!;
        entry["server"] = cluster.Server.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        entry["tls-server-name"] = "127.0.0.1";
        cluster.Use(kubeconfig);

        Assert.Empty(await ConfirmAsync(cluster, Elsewhere));
    }

    [Fact]
    public async Task Credentials_that_the_cluster_does_not_accept_are_not_reported_as_a_wrong_cluster()
    {
        await using var cluster = await LiveCluster.StartAsync();
        cluster.Use(cluster.Kubeconfig("expired-token"));

        var refused = await Assert.ThrowsAsync<FindingException>(() => ConfirmAsync(cluster, Elsewhere));

        Assert.Equal(FindingCodes.KubernetesPermissionDenied, Assert.Single(refused.Findings).Code);
        Assert.DoesNotContain("expired-token", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_access_through_Google_no_kubeconfig_is_needed()
    {
        await using var cluster = await LiveCluster.StartAsync();
        cluster.UseFiles(Path.Combine(Path.GetTempPath(), "no-such-kubeconfig"));
        var workload = Given.Workload() with { Cluster = Given.Cluster with { Access = ClusterAccess.Google } };

        Assert.Empty(
            await ConfirmAsync(
                cluster,
                Elsewhere with
                {
                    Endpoints = [cluster.HostAndPort],
                    CaCertificate = cluster.AuthorityPem,
                },
                workload
            )
        );
    }

    [Fact]
    public async Task A_missing_context_is_named_with_the_contexts_that_the_kubeconfig_has()
    {
        await using var cluster = await LiveCluster.StartAsync();
        var workload = Given.Workload() with { Cluster = Given.Cluster with { Context = "staging" } };

        var refused = await Assert.ThrowsAsync<FindingException>(() => ConfirmAsync(cluster, Elsewhere, workload));

        var finding = Assert.Single(refused.Findings);
        Assert.Equal((FindingCodes.KubeconfigWrongCluster, "staging"), (finding.Code, finding.Expected));
        Assert.Contains($"no context staging; it has {Given.Cluster.DefaultContext}", finding.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_any_kubeconfig_the_finding_says_how_to_get_one()
    {
        await using var cluster = await LiveCluster.StartAsync();
        cluster.UseFiles(Path.Combine(Path.GetTempPath(), "no-such-kubeconfig"));

        var refused = await Assert.ThrowsAsync<FindingException>(() => ConfirmAsync(cluster, Elsewhere));

        var finding = Assert.Single(refused.Findings);
        Assert.Equal(FindingCodes.KubeconfigWrongCluster, finding.Code);
        Assert.Contains(
            "gcloud container clusters get-credentials main --location asia-south1-a --project acme-prod",
            finding.Fix,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Several_kubeconfigs_are_read_as_one_and_the_first_to_name_a_thing_wins()
    {
        await using var cluster = await LiveCluster.StartAsync();
        var contextAndCluster = cluster.Kubeconfig();
        contextAndCluster.Remove("users");
        contextAndCluster.Remove("current-context");
        var userAndStaleCluster = cluster.Kubeconfig();
        userAndStaleCluster.Remove("contexts");
        userAndStaleCluster["clusters"]![0]!["cluster"] = new JsonObject { ["server"] = "https://127.0.0.1:1" };
        cluster.Use(contextAndCluster, userAndStaleCluster);

        Assert.Empty(await ConfirmAsync(cluster, Elsewhere));
    }

    [Fact]
    public async Task An_authority_file_is_looked_for_beside_the_kubeconfig_that_names_it()
    {
        await using var cluster = await LiveCluster.StartAsync();
        var kubeconfig = cluster.Kubeconfig();
        var folder = Path.GetDirectoryName(cluster.Endpoints.KubeConfigs!.Value[0])!;
        await File.WriteAllTextAsync(Path.Combine(folder, "ca.pem"), cluster.AuthorityPem, TestContext.Current.CancellationToken);
        kubeconfig["clusters"]![0]!["cluster"] = new JsonObject { ["server"] = cluster.Server, ["certificate-authority"] = "ca.pem" };
        cluster.Use(kubeconfig);

        Assert.Empty(await ConfirmAsync(cluster, Elsewhere));
    }

    [Fact]
    public async Task A_sandbox_reaches_a_cluster_on_this_machine()
    {
        await using var cluster = await LiveCluster.StartAsync();
        cluster.UseAsSandbox();
        Assert.Empty(await ConfirmAsync(cluster, Elsewhere));
    }

    [Theory]
    [InlineData("https://192.0.2.7")]
    [InlineData("https://main.example:6443")]
    public async Task A_sandbox_calls_no_other_machine_and_starts_no_plugin_for_one(string server)
    {
        await using var cluster = await LiveCluster.StartAsync();
        var kubeconfig = cluster.Kubeconfig();
        kubeconfig["clusters"]![0]!["cluster"] = new JsonObject { ["server"] = server };
        kubeconfig["users"]![0]!["user"] = new JsonObject
        {
            ["exec"] = new JsonObject { ["apiVersion"] = "client.authentication.k8s.io/v1", ["command"] = "no-such-plugin" },
        };
        cluster.Use(kubeconfig);
        cluster.UseAsSandbox();

        var finding = Assert.Single((await Assert.ThrowsAsync<FindingException>(() => ConfirmAsync(cluster, Elsewhere))).Findings);

        Assert.Equal((FindingCodes.EndpointUnreachable, server), (finding.Code, finding.Actual));
    }

    [Fact]
    public async Task A_sandbox_calls_no_other_machine_that_gke_names()
    {
        await using var cluster = await LiveCluster.StartAsync();
        cluster.UseAsSandbox();
        var workload = Given.Workload() with { Cluster = Given.Cluster with { Access = ClusterAccess.Google } };

        var refused = await Assert.ThrowsAsync<FindingException>(() => ConfirmAsync(cluster, Elsewhere, workload));

        var finding = Assert.Single(refused.Findings);
        Assert.Equal((FindingCodes.EndpointUnreachable, "https://192.0.2.7"), (finding.Code, finding.Actual));
    }

    [Fact]
    public async Task The_context_that_gcloud_writes_is_preferred_to_the_current_one()
    {
        await using var cluster = await LiveCluster.StartAsync();
        var kubeconfig = cluster.Kubeconfig();
        kubeconfig["current-context"] = "elsewhere";
        kubeconfig["contexts"]!
            .AsArray()
            .Add(
                new JsonObject
                {
                    ["name"] = "elsewhere",
                    ["context"] = new JsonObject { ["cluster"] = "elsewhere", ["user"] = "elsewhere" },
                }
            );
        cluster.Use(kubeconfig);

        Assert.Empty(await ConfirmAsync(cluster, Elsewhere));
    }

    [Theory]
    [InlineData("clusters: [")]
    [InlineData("contexts: 5")]
    [InlineData("""{"contexts":[{"name":"gke_acme-prod_asia-south1-a_main","context":{"cluster":"absent","user":"absent"}}]}""")]
    [InlineData(
        """
            {"contexts":[{"name":"gke_acme-prod_asia-south1-a_main","context":{"cluster":"c","user":"u"}}],
             "clusters":[{"name":"c","cluster":{"server":"https://127.0.0.1:1","certificate-authority-data":"%"}}],
             "users":[{"name":"u","user":{}}]}
            """
    )]
    public async Task A_kubeconfig_that_cannot_be_used_is_reported(string content)
    {
        await using var cluster = await LiveCluster.StartAsync();
        await File.WriteAllTextAsync(cluster.Endpoints.KubeConfigs!.Value[0], content, TestContext.Current.CancellationToken);

        var refused = await Assert.ThrowsAsync<FindingException>(() => ConfirmAsync(cluster, Elsewhere));

        Assert.Equal(FindingCodes.KubeconfigWrongCluster, Assert.Single(refused.Findings).Code);
    }

    private static async Task<IReadOnlyList<Finding>> ConfirmAsync(LiveCluster cluster, ClusterFacts facts, Workload? workload = null)
    {
        using var cloud = Given.Cloud(cluster, new FactsOf(facts));
        return await cloud.ConfirmAsync(Given.Input(workload ?? Given.Workload()), TestContext.Current.CancellationToken);
    }
}
