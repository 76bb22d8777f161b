using System.Collections.Immutable;
using Federation.Planning;
using Federation.Templates;

namespace Federation.Aws.Tests;

/// <summary>A write whose answer was lost, or that another run of the same federation makes at the same time, is done.</summary>
public sealed class LostAnswerTests : IAsyncLifetime
{
    private static readonly RenderedWorkload Rendered = Given.Rendered(Given.Workload(), ("s3-list-buckets", Given.ListBuckets));

    private LiveAws _aws = null!;

    public async ValueTask InitializeAsync() => _aws = await LiveAws.StartAsync();

    public ValueTask DisposeAsync() => _aws.DisposeAsync();

    [Fact]
    public async Task Two_first_runs_at_once_both_end_well()
    {
        using var one = _aws.Cloud();
        using var other = _aws.Cloud();
        var plans = (await Given.PlanAsync(one, Rendered), await Given.PlanAsync(other, Rendered));

        var ended = await Task.WhenAll(Given.ApplyAsync(one, plans.Item1), Given.ApplyAsync(other, plans.Item2));

        Assert.Empty(ended.SelectMany(progress => progress).SelectMany(step => step.Findings).Select(finding => finding.Cause));
        await ConvergedAsync();
    }

    [Fact]
    public async Task A_role_that_was_created_without_its_policies_is_completed()
    {
        using var cloud = _aws.Cloud();
        var plan = await Given.PlanAsync(cloud, Rendered);
        var role = plan.Steps.Select(step => step.After).OfType<Role>().Single();
        await _aws.ProvideAsync(Given.Cluster.Issuer, "sts.amazonaws.com");
        await _aws.Iam.CreateRoleAsync(
            new()
            {
                RoleName = role.Name,
                Description = role.State.Description,
                AssumeRolePolicyDocument = role.State.Trust.ToMinifiedJson(),
                Tags = IamTags.Write(role.State.Tags),
            }
        );

        var ended = await Given.ApplyAsync(cloud, plan);

        Assert.Empty(ended.SelectMany(step => step.Findings).Select(finding => finding.Cause));
        await ConvergedAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_role_that_somebody_else_created_since_the_plan_is_not_touched(bool ofAnotherFederation)
    {
        using var cloud = _aws.Cloud();
        var plan = await Given.PlanAsync(cloud, Rendered);
        await _aws.CreateRoleAsync(Given.Workload());
        if (ofAnotherFederation)
        {
            await _aws.Iam.TagRoleAsync(new() { RoleName = "gke-exports", Tags = [new() { Key = "federation:name", Value = "another" }] });
        }

        var ended = await Given.ApplyAsync(cloud, plan);

        Assert.Equal("FED8009", Assert.Single(ended.SelectMany(step => step.Findings)).Code);
        Assert.Empty((await _aws.Iam.ListRolePoliciesAsync(new() { RoleName = "gke-exports" })).PolicyNames ?? []);
    }

    [Fact]
    public async Task A_policy_that_is_gone_already_counts_as_deleted()
    {
        using var cloud = _aws.Cloud();
        await Given.ConvergeAsync(cloud, Rendered);
        var plan = await Given.PlanAsync(cloud, Given.Rendered(Given.Workload()));
        await _aws.Iam.DeleteRolePolicyAsync(new() { RoleName = "gke-exports", PolicyName = "s3-list-buckets" });

        var ended = await Given.ApplyAsync(cloud, plan);

        Assert.All(ended, step => Assert.Equal(StepState.Done, step.State));
    }

    [Fact]
    public async Task A_role_whose_creation_was_answered_by_a_cut_is_read_until_it_is_visible_and_completed()
    {
        var asked = new Dictionary<string, int>(StringComparer.Ordinal);
        using var endpoint = new Endpoint(request =>
            (request["Action"], asked[request["Action"]] = asked.GetValueOrDefault(request["Action"]) + 1) switch
            {
                ("CreateRole", 1) => Answer.BrokenOff,
                ("CreateRole", _) => Answer.Error(409, "EntityAlreadyExists"),
                ("GetRole", 1) => Answer.Error(404, "NoSuchEntity", "The role with name gke-exports cannot be found."),
                ("GetRole", _) => Answer.Ok(
                    "GetRole",
                    Answer.Role(Rendered.TrustPolicy.ToJsonString(), Mark().Select(tag => (tag.Key, tag.Value)))
                ),
                var (action, _) => Answer.Ok(action),
            }
        );
        using var cloud = new AwsCloud(Given.Configuration(), new Directory(), endpoint.Clouds, new ImpatientTime());
        var role = cloud.Desire(Given.Input(Rendered)).OfType<Role>().Single();

        await cloud.ApplyAsync(
            Assert.Single(Planner.Plan([role], [new Observation(role.Id, Fields: null)]).Steps),
            TestContext.Current.CancellationToken
        );

        Assert.Contains("PutRolePolicy", endpoint.Actions);
        Assert.Equal((2, 2), (asked["CreateRole"], asked["GetRole"]));
    }

    private static ImmutableSortedDictionary<string, string> Mark() => new Resources.Mark("acme", ["exports"]).Tags;

    private async Task ConvergedAsync()
    {
        using var later = _aws.Cloud();
        Assert.All((await Given.PlanAsync(later, Rendered)).Steps, step => Assert.Equal(StepAction.Unchanged, step.Action));
    }
}
