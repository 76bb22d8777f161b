using System.Text.Json.Nodes;
using CsCheck;
using Federation.Configuration;
using Federation.Findings;
using Federation.Templates;

namespace Federation.Tests.Templates;

public sealed class TrustSidTests
{
    private static readonly Gen<string> Name = Gen.Char["ab-1"].Array[1, 8].Select(letters => new string(letters));

    [Theory]
    [InlineData("acme", "main", "FederationAcmeMain")]
    [InlineData("acme-data", "prod-eu_2", "FederationAcmeDataProdEu2")]
    [InlineData("a-rather-long-name-of-a-federation", "a-rather-long-key-of-a-cluster", "FederationARatherLongNameOARatherLongKeyOf")]
    public void A_statement_is_named_after_its_federation_and_the_issuer_it_trusts(string federation, string cluster, string name)
    {
        var sid = TrustSid.Of(federation, Workload(cluster));

        Assert.Equal(name, sid[..^8]);
        Assert.Matches("^[A-Za-z0-9]+[0-9A-F]{8}$", sid);
    }

    [Fact]
    public void Values_that_look_alike_are_distinguished() =>
        Gen.Select(Name, Name, Name, Name)
            .Where((federation, cluster, otherFederation, otherCluster) => (federation, cluster) != (otherFederation, otherCluster))
            .Sample(
                (federation, cluster, otherFederation, otherCluster) =>
                    Assert.NotEqual(
                        TrustSid.Of(federation, Workload(cluster)),
                        TrustSid.Of(otherFederation, Workload(otherCluster)),
                        StringComparer.OrdinalIgnoreCase
                    )
            );

    [Fact]
    public void Every_statement_of_a_template_gets_a_Sid_of_the_federation_and_is_known_by_its_former_one()
    {
        var workload = Workload("main");
        var own = TrustSid.Of("acme", workload);
        var trust = JsonNode
            .Parse(
                $$"""{"Statement":[{"Sid":"{{own}}"},{"Sid":"{{own}}Office"},{"Sid":"OfficeOnly"},{"Sid":"FederationOffice"},"""
                    + """{"Effect":"Deny"}]}"""
            )!
            .AsObject();

        TrustSid.Sign(trust, "acme", workload);

        var sids = trust["Statement"]!.AsArray().Select(statement => statement!["Sid"]!.GetValue<string>()).ToArray();
        Assert.Equal([own, own + "Office"], sids[..2]);
        Assert.Equal(["FederationAcmeOfficeOnly", "FederationAcmeFederationOffice", "FederationAcme"], sids[2..].Select(sid => sid[..^8]));
        Assert.Equal(
            ["FederationMain", "FederationMainOffice", "FederationOfficeOnly", "FederationOffice", "Federation"],
            sids.Select(sid => TrustSid.FormerOf("acme", workload, sid))
        );
    }

    [Fact]
    public void The_statement_for_a_Google_service_account_names_it()
    {
        var workload = Workload("main") with { Identity = IdentityKind.Google };

        Assert.StartsWith("FederationAcmeMainGoogleMyGsa", TrustSid.Of("acme", workload), StringComparison.Ordinal);
        Assert.Equal("FederationMainGoogleMyGsa", TrustSid.FormerOf(workload));
    }

    private static Workload Workload(string cluster) =>
        new()
        {
            Name = "exports",
            Cluster = new Cluster(cluster, "acme-prod", "asia-south1-a", "main"),
            Account = new Account("data", "111122223333", "ap-south-1"),
            Namespace = "exports",
            ServiceAccount = "exporter",
            GoogleServiceAccount = "my-gsa",
            Role = new Role { Name = "exports", Description = "Exports." },
            Verify = new Verification { Image = "aws" },
            Location = new SourceLocation("federation.yaml", 1, 1),
        };
}
