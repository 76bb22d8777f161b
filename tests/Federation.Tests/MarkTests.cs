using System.Collections.Immutable;
using System.Text.RegularExpressions;
using CsCheck;
using Federation.Configuration;
using Federation.Findings;
using Federation.Resources;
using Federation.Templates;

namespace Federation.Tests.Planning;

public sealed partial class MarkTests
{
    private static readonly Gen<string> Name = Gen.Char['a', 'z'].Array[1, 63].Select(letters => new string(letters));

    [Fact]
    public void Tags_and_labels_say_the_same_in_two_alphabets()
    {
        var mark = new Mark("acme", ["reports", "exports"]);

        Assert.Equal("exports reports", mark.Tags["federation:workload"]);
        Assert.Equal("exports_reports", mark.Labels["federation/workload"]);
        Assert.Equal(Mark.Tool, mark.Tags["federation:tool"]);
        Assert.Equal("acme", mark.Labels["federation/name"]);
    }

    [Fact]
    public void A_mark_is_known_again_whatever_the_workloads_and_not_on_another_federations_resource()
    {
        var mark = new Mark("acme", ["exports"]);

        Assert.True(mark.IsOn(new Mark("acme", ["reports"]).Tags));
        Assert.True(mark.IsOn(new Mark("acme", ["reports"]).Labels));
        Assert.False(mark.IsOn(new Mark("other", ["exports"]).Tags));
        Assert.False(mark.IsOn(ImmutableDictionary<string, string>.Empty.Add("federation:name", "acme")));
    }

    [Fact]
    public void However_many_workloads_share_a_resource_every_tag_and_label_is_valid() =>
        Gen.Select(Name, Name.Array[1, 40])
            .Sample(
                (federation, workloads) =>
                {
                    var mark = new Mark(federation, workloads);
                    Assert.All(mark.Tags.Values, value => Assert.Matches(TagValue(), value));
                    Assert.All(mark.Labels.Values, value => Assert.Matches(LabelValue(), value));
                    Assert.Equal(mark.Labels, new Mark(federation, [.. workloads.Reverse()]).Labels);
                }
            );

    [Theory]
    [InlineData("main", IdentityKind.Cluster, "FederationMain")]
    [InlineData("prod-eu_2", IdentityKind.Cluster, "FederationProdEu2")]
    [InlineData("main", IdentityKind.Google, "FederationMainGoogleMyGsa")]
    public void A_trust_statement_is_named_after_the_issuer_it_trusts(string cluster, IdentityKind identity, string sid) =>
        Assert.Equal(sid, TrustSid.Of(Workload(cluster, identity)));

    [Fact]
    public void The_cluster_tag_keeps_within_an_IAM_tag_key() =>
        Assert.Equal("federation:cluster:acme-prod/asia-south1-a/main", Mark.ClusterTag("acme-prod", "asia-south1-a", "main"));

    private static Workload Workload(string cluster, IdentityKind identity) =>
        new()
        {
            Name = "exports",
            Cluster = new Cluster(cluster, "acme-prod", "asia-south1-a", "main"),
            Account = new Account("data", "111122223333", "ap-south-1"),
            Namespace = "exports",
            ServiceAccount = "exporter",
            GoogleServiceAccount = "my-gsa",
            Identity = identity,
            Role = new Role { Name = "exports", Description = "Exports." },
            Verify = new Verification { Image = "aws" },
            Location = new SourceLocation("federation.yaml", 1, 1),
        };

    [GeneratedRegex(@"^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TagValue();

    [GeneratedRegex("^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LabelValue();
}
