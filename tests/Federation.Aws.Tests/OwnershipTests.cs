using Federation.Configuration;
using Federation.Findings;
using Federation.Planning;
using Federation.Resources;
using Federation.Templates;

namespace Federation.Aws.Tests;

/// <summary>What carries the federation's mark is found and deleted, and nothing else.</summary>
public sealed class OwnershipTests : IAsyncLifetime
{
    private const string ReadOnly = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";

    private static readonly Workload Workload = Given.Workload() with
    {
        Role = new()
        {
            Name = "gke-exports",
            Description = "For exports.",
            PermissionsBoundary = ReadOnly,
            Policies = [new PolicyReference.Managed(ReadOnly, new("federation.yaml", 1, 1))],
        },
    };

    private static readonly RenderedWorkload Rendered = Given.Rendered(Workload, ("s3-list-buckets", Given.ListBuckets));

    private const string MarkXml =
        "<Tags><member><Key>federation:tool</Key><Value>gke-to-aws-federation</Value></member>"
        + "<member><Key>federation:name</Key><Value>acme</Value></member></Tags>";

    private static readonly string RoleXml =
        "<Path>/</Path><RoleName>gke-exports</RoleName><RoleId>AROA1</RoleId><Arn>a</Arn><AssumeRolePolicyDocument>"
        + $"{Uri.EscapeDataString(Rendered.TrustPolicy.ToJsonString())}</AssumeRolePolicyDocument>{MarkXml}";

    private LiveAws _aws = null!;
    private AwsCloud _cloud = null!;

    public async ValueTask InitializeAsync()
    {
        _aws = await LiveAws.StartAsync();
        _cloud = _aws.Cloud();
    }

    public async ValueTask DisposeAsync()
    {
        _cloud.Dispose();
        await _aws.DisposeAsync();
    }

    [Fact]
    public async Task Roles_and_providers_are_found_by_the_mark_alone()
    {
        await Given.ConvergeAsync(_cloud, Rendered);
        await _aws.ProvideAsync("https://token.actions.githubusercontent.com");
        await CreateRoleAsync("theirs", new Mark("other", []));
        await CreateRoleAsync("unmarked", mark: null);

        var found = await FindAsync();

        Assert.Equal(
            ["aws/123456789012/oidc-provider/" + Given.Cluster.IssuerPath, "aws/123456789012/role/gke-exports"],
            found.Select(one => one.Id.Value)
        );
        var role = found[1];
        Assert.True(role.Ours);
        Assert.Equal(["exports"], role.Workloads);
        Assert.Equal([found[0].Id], role.DependsOn);
        Assert.All(found, one => Assert.Equal(["projects/acme-prod/locations/asia-south1-a/clusters/main"], one.Clusters));
        Assert.Contains(role.Fields!.Values, field => field.Key.StartsWith("inlinePolicies[s3-list-buckets]", StringComparison.Ordinal));
        Assert.Contains($"managedPolicies[{ReadOnly}]", role.Fields.Values.Keys);
    }

    [Fact]
    public async Task Another_accounts_resources_are_not_listed()
    {
        var elsewhere = Given.Configuration() with { Accounts = [Given.Account with { Id = "999999999999" }] };

        var refused = await Assert.ThrowsAsync<FindingException>(() => FindAsync(elsewhere));

        Assert.Equal("FED8003", Assert.Single(refused.Findings).Code);
    }

    [Fact]
    public async Task Roles_are_deleted_with_their_policies_and_before_their_provider()
    {
        await Given.ConvergeAsync(_cloud, Rendered);
        var found = await FindAsync();
        _aws.Forget();

        Assert.All(await DeleteAsync(found), one => Assert.Equal((StepState.Done, 0), (one.State, one.Findings.Count)));

        Assert.Empty(await FindAsync(_aws.Cloud()));
        Assert.Equal(
            ["iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:DeleteRole", "iam:DeleteOpenIDConnectProvider"],
            _aws.Operations.Where(operation => operation.StartsWith("iam:De", StringComparison.Ordinal))
        );
    }

    [Fact]
    public async Task What_is_gone_already_counts_as_deleted()
    {
        await Given.ConvergeAsync(_cloud, Rendered);
        var found = await FindAsync();
        Assert.All(await DeleteAsync(found), one => Assert.Equal(StepState.Done, one.State));
        using var another = _aws.Cloud();

        Assert.All(await DeleteAsync(found, another), one => Assert.Equal((StepState.Done, 0), (one.State, one.Findings.Count)));
    }

    [Fact]
    public async Task A_role_that_was_recreated_since_it_was_read_stays()
    {
        await CreateRoleAsync("gke-exports", new Mark("acme", []));
        var found = await FindAsync();
        await _aws.Iam.DeleteRoleAsync(new() { RoleName = "gke-exports" });
        await CreateRoleAsync("gke-exports", new Mark("acme", []));

        await KeptAsync(found, "created by somebody else or for another federation");
    }

    [Fact]
    public async Task A_role_that_lost_the_mark_stays_as_it_is()
    {
        await Given.ConvergeAsync(_cloud, Rendered);
        var found = await FindAsync();
        await _aws.Iam.UntagRoleAsync(new() { RoleName = "gke-exports", TagKeys = ["federation:name"] });

        await KeptAsync([found[1]], "for another federation");
        Assert.Equal(["s3-list-buckets"], (await _aws.Iam.ListRolePoliciesAsync(new() { RoleName = "gke-exports" })).PolicyNames);
    }

    [Fact]
    public async Task A_role_to_which_others_added_a_policy_since_it_was_read_stays_as_it_is()
    {
        await Given.ConvergeAsync(_cloud, Rendered);
        var found = await FindAsync();
        await _aws.Iam.PutRolePolicyAsync(
            new()
            {
                RoleName = "gke-exports",
                PolicyName = "theirs",
                PolicyDocument = Given.ListBuckets,
            }
        );

        await KeptAsync([found[1]], "inlinePolicies[theirs]");
        Assert.Equal(2, (await _aws.Iam.ListRolePoliciesAsync(new() { RoleName = "gke-exports" })).PolicyNames.Count);
    }

    [Fact]
    public async Task A_role_in_an_instance_profile_stays_as_it_is()
    {
        using var endpoint = new Endpoint(request =>
            request["Action"] switch
            {
                "GetRole" => Answer.Ok("GetRole", $"<Role>{RoleXml}</Role>"),
                "ListInstanceProfilesForRole" => Answer.Ok(
                    "ListInstanceProfilesForRole",
                    "<InstanceProfiles><member><InstanceProfileName>web</InstanceProfileName></member></InstanceProfiles>"
                ),
                var action => Answer.Ok(action),
            }
        );
        using var cloud = new AwsCloud(Given.Configuration(), new Directory(), endpoint.Clouds, new ImpatientTime());
        var live = await cloud.Accounts.For(Given.Account).Roles.FindAsync("gke-exports", TestContext.Current.CancellationToken);

        await KeptAsync([RoleObservation.OfOwned(Given.Account, live!)], "the instance profiles web", cloud);

        Assert.DoesNotContain(endpoint.Actions, action => action.StartsWith("De", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_provider_that_a_role_of_somebody_else_trusts_stays()
    {
        await Given.ConvergeAsync(_cloud, Rendered);
        await CreateRoleAsync("theirs", mark: null);

        var ended = await DeleteAsync(await FindAsync());

        Assert.Equal([StepState.Done, StepState.Kept], ended.Select(one => one.State));
        var finding = Assert.Single(ended[1].Findings);
        Assert.Equal("FED8009", finding.Code);
        Assert.EndsWith("was not deleted: roles of the account trust it: theirs.", finding.Cause, StringComparison.Ordinal);
        Assert.Single((await _aws.Iam.ListOpenIDConnectProvidersAsync(new())).OpenIDConnectProviderList);
    }

    [Fact]
    public async Task A_role_that_this_run_deleted_does_not_keep_its_provider_although_IAM_still_lists_it()
    {
        using var endpoint = new Endpoint(request =>
            request["Action"] switch
            {
                "GetRole" => Answer.Ok("GetRole", $"<Role>{RoleXml}</Role>"),
                "ListRoles" => Answer.Ok("ListRoles", $"<Roles><member>{RoleXml}</member></Roles>"),
                "GetOpenIDConnectProvider" => Answer.Ok("GetOpenIDConnectProvider", $"<Url>{Given.Cluster.IssuerPath}</Url>{MarkXml}"),
                var action => Answer.Ok(action),
            }
        );
        using var cloud = new AwsCloud(Given.Configuration(), new Directory(), endpoint.Clouds, new ImpatientTime());
        var account = cloud.Accounts.For(Given.Account);
        var role = await account.Roles.FindAsync("gke-exports", TestContext.Current.CancellationToken);
        var provider = await account.Providers.FindAsync(Workload.ProviderArn, TestContext.Current.CancellationToken);

        await KeptAsync([ProviderObservation.OfOwned(Given.Account, provider!)], "trust it: gke-exports", cloud);
        var ended = await DeleteAsync(
            [ProviderObservation.OfOwned(Given.Account, provider!), RoleObservation.OfOwned(Given.Account, role!)],
            cloud
        );

        Assert.All(ended, one => Assert.Equal((StepState.Done, 0), (one.State, one.Findings.Count)));
        Assert.Equal("DeleteOpenIDConnectProvider", endpoint.Actions.Last());
    }

    [Fact]
    public void A_trust_in_a_provider_with_a_longer_name_does_not_count()
    {
        var trust = """{"Statement":{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::1:oidc-provider/a/clusters/main2"}}}""";

        Assert.False(ProviderArn.IsIn(trust, "arn:aws:iam::1:oidc-provider/a/clusters/main"));
        Assert.True(ProviderArn.IsIn(trust.Replace("/", "\\/", StringComparison.Ordinal), "arn:aws:iam::1:oidc-provider/a/clusters/main2"));
    }

    private async Task CreateRoleAsync(string name, Mark? mark) =>
        await _aws.Iam.CreateRoleAsync(
            new()
            {
                RoleName = name,
                AssumeRolePolicyDocument = Rendered.TrustPolicy.ToJsonString(),
                Tags = IamTags.Write(mark is null ? [] : mark.Tags),
            }
        );

    private Task<List<Observation>> FindAsync(AwsCloud? cloud = null) => FindAsync(Given.Configuration(Rendered), cloud);

    private async Task<List<Observation>> FindAsync(FederationConfiguration configuration, AwsCloud? cloud = null)
    {
        var found = new List<Observation>();
        await foreach (var one in (cloud ?? _cloud).FindOwnedAsync(configuration, TestContext.Current.CancellationToken))
        {
            found.Add(one);
        }

        return found;
    }

    private Task<IReadOnlyList<StepProgress>> DeleteAsync(IReadOnlyCollection<Observation> observed, AwsCloud? cloud = null) =>
        Given.ApplyAsync(cloud ?? _cloud, Planner.Delete(observed));

    private async Task KeptAsync(IReadOnlyCollection<Observation> observed, string why, AwsCloud? cloud = null)
    {
        var one = Assert.Single(await DeleteAsync(observed, cloud));
        var finding = Assert.Single(one.Findings);
        Assert.Equal((StepState.Kept, "FED8009", observed.Single().Id.Value), (one.State, finding.Code, finding.Resource));
        Assert.Equal(Severity.Warning, finding.Severity);
        Assert.Contains(why, finding.Cause, StringComparison.Ordinal);
    }
}
