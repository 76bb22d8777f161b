using Federation.Configuration;
using Federation.Resources;
using Federation.Templates;

namespace Federation.Aws.Tests;

/// <summary>What roles and providers a federation wants, with no call made.</summary>
public sealed class DesiredTests
{
    private static readonly string Main = TrustSid.Of("acme", Given.Workload());

    private const string Issuer = "container.googleapis.com/v1/projects/acme-prod/locations/asia-south1-a/clusters/main";

    [Fact]
    public void A_workload_wants_the_provider_of_its_issuer_and_its_role_after_it()
    {
        using var cloud = Cloud();

        var desired = cloud.Desire(Given.Input(Given.Rendered(Given.Workload(), ("s3-list-buckets", Given.ListBuckets))));

        Assert.Equal(
            [$"aws/123456789012/oidc-provider/{Issuer}", "aws/123456789012/role/gke-exports"],
            desired.Select(resource => resource.Id.Value)
        );
        Assert.Equal([desired[0].Id], desired[1].DependsOn);
        Assert.Equal(new Dictionary<string, string> { ["clientIds[sts.amazonaws.com]"] = "sts.amazonaws.com" }, desired[0].Fields.Values);
        Assert.Equal(
            new SortedDictionary<string, string>(StringComparer.Ordinal)
            {
                ["description"] = "For exports.",
                ["inlinePolicies[s3-list-buckets].#1.Action[s3:listallmybuckets]"] = "s3:listallmybuckets",
                ["inlinePolicies[s3-list-buckets].#1.Effect"] = "Allow",
                ["inlinePolicies[s3-list-buckets].#1.Resource[*]"] = "*",
                ["inlinePolicies[s3-list-buckets].Version"] = "2012-10-17",
                ["maxSessionDuration"] = "3600s",
                ["path"] = "/",
                ["tags[federation:cluster:acme-prod/asia-south1-a/main]"] = "id-of-main",
                ["tags[federation:identities]"] = "B6E51E91",
                ["tags[federation:name]"] = "acme",
                ["tags[federation:policies]"] = "s3-list-buckets",
                ["tags[federation:statements]"] = Main,
                ["tags[federation:tool]"] = Mark.Tool,
                ["tags[federation:workload]"] = "exports",
                [$"trustPolicy.{Main}.Action[sts:assumerolewithwebidentity]"] = "sts:assumerolewithwebidentity",
                [$"trustPolicy.{Main}.Condition.StringEquals.{Issuer}:aud[sts.amazonaws.com]"] = "sts.amazonaws.com",
                [$"trustPolicy.{Main}.Condition.StringEquals.{Issuer}:sub[system:serviceaccount:exports:runner]"] =
                    "system:serviceaccount:exports:runner",
                [$"trustPolicy.{Main}.Effect"] = "Allow",
                [$"trustPolicy.{Main}.Principal.Federated[arn:aws:iam::123456789012:oidc-provider/{Issuer}]"] =
                    $"arn:aws:iam::123456789012:oidc-provider/{Issuer}",
                ["trustPolicy.Version"] = "2012-10-17",
            },
            desired[1].Fields.Values
        );
    }

    [Fact]
    public void Workloads_that_share_a_role_share_one_statement_for_each_issuer()
    {
        using var cloud = Cloud();
        var elsewhere = Given.Workload("reports") with { Cluster = new("edge", "acme-edge", "europe-west1", "edge") };

        var role = Assert.Single(
            cloud
                .Desire(
                    Given.Input(
                        Given.Rendered(Given.Workload("imports")),
                        Given.Rendered(Given.Workload("exports")),
                        Given.Rendered(elsewhere)
                    )
                )
                .OfType<Role>()
        );

        Assert.Equal(["imports", "exports", "reports"], role.Workloads);
        Assert.Equal(2, role.DependsOn.Count);
        Assert.Collection(
            role.State.Trust.Statements,
            edge => Assert.Equal(TrustSid.Of("acme", elsewhere), edge.Sid),
            main =>
            {
                Assert.Equal(Main, main.Sid);
                Assert.Equal(
                    ["system:serviceaccount:exports:runner", "system:serviceaccount:imports:runner"],
                    Assert.Single(main.Conditions, condition => condition.Key.EndsWith(":sub", StringComparison.Ordinal)).Values
                );
            }
        );
    }

    [Fact]
    public void The_Google_identity_needs_no_provider_and_its_service_account_first()
    {
        using var cloud = Cloud();
        var workload = Given.Workload() with { Identity = IdentityKind.Google, GoogleServiceAccount = "exporter" };

        var role = Assert.IsType<Role>(Assert.Single(cloud.Desire(Given.Input(Given.Rendered(workload)))));

        Assert.Equal([ResourceId.Google("acme-prod", ResourceKind.GoogleServiceAccount, "exporter")], role.DependsOn);
    }

    [Fact]
    public void Only_the_trust_is_compared_of_a_role_that_is_owned_elsewhere()
    {
        using var cloud = Cloud();

        var role = Assert.Single(
            cloud.Desire(Given.Input(Given.Rendered(Given.Workload() with { Existing = ExistingResources.Role }))).OfType<Role>()
        );

        Assert.All(role.Fields.Values.Keys, path => Assert.StartsWith("trustPolicy.", path, StringComparison.Ordinal));
    }

    [Fact]
    public void The_register_of_many_policies_fits_into_tags_and_reads_back()
    {
        var mark = new Mark("acme", []);
        var inline = Enumerable.Range(0, 20).Select(n => $"policy,with-a-rather-long-name-{n}").ToArray();
        string[] managed = ["arn:aws:iam::aws:policy/service-role/ReadOnly", "arn:aws-us-gov:iam::123456789012:policy/own"];

        var tags = PolicyRegister.Of(inline, managed).Write();
        var register = PolicyRegister.On(mark.Tags.AddRange(tags), mark);

        Assert.True(tags.Count > 1);
        Assert.All(tags.Values, value => Assert.InRange(value.Length, 1, 256));
        Assert.All(inline, name => Assert.True(register.HasInline(name)));
        Assert.All(managed, arn => Assert.True(register.HasManaged(arn)));
        Assert.False(register.HasInline("another"));
        Assert.False(register.HasManaged("arn:aws:iam::aws:policy/AdministratorAccess"));
        Assert.Empty(PolicyRegister.On(new Mark("other", []).Tags.AddRange(tags), mark).Entries);
    }

    private static AwsCloud Cloud() => new(Given.Configuration(), new Directory(), Given.Nowhere, TimeProvider.System);
}
