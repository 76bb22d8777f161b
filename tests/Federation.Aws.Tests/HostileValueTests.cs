using Amazon.IdentityManagement.Model;
using Federation.Findings;
using Federation.Planning;
using Federation.Policies;
using Federation.Templates;

namespace Federation.Aws.Tests;

/// <summary>
/// Values at IAM's limits, and with every character that means something on the way to IAM and back (form encoding, XML, JSON, the
/// URL encoding of the documents that IAM returns), arrive as they are, and a second plan finds them unchanged.
/// </summary>
public sealed class HostileValueTests : IAsyncLifetime
{
    private const string Meaningful = "%25 %2B+&amp;<>\"'\\/=?#;,:@{}[]$|`~^\u00e9\u00fc\u00ff";

    private LiveAws _aws = null!;

    public async ValueTask InitializeAsync() => _aws = await LiveAws.StartAsync();

    public ValueTask DisposeAsync() => _aws.DisposeAsync();

    [Fact]
    public async Task Every_character_and_the_longest_values_go_there_and_back()
    {
        var description = Repeat(Meaningful, 1000);
        var workload = Given.Workload() with
        {
            Role = new()
            {
                Name = new string('r', 59) + "+=,.@",
                Path = $"/{new string('p', 510)}/",
                Description = description,
                MaxSessionDuration = TimeSpan.FromHours(12),
            },
        };
        var policy = new PolicyDocument
        {
            Statements =
            [
                new PolicyStatement
                {
                    Sid = "Hostile",
                    Effect = PolicyEffect.Allow,
                    Actions = ["s3:GetObject"],
                    Resources = ["arn:aws:s3:::bucket/" + Meaningful + "\u6f22\ud83d\ude00"],
                    Conditions = [new("StringEquals", "aws:PrincipalTag/" + "a b=c", [Repeat(Meaningful, 4000)])],
                },
            ],
        };
        var rendered = Given.Rendered(workload, (new string('n', 123) + "+=,.@", policy.ToJson()));

        await ConvergeAsync(rendered);

        var plan = await PlanAsync(rendered);
        Assert.All(plan.Steps, step => Assert.Equal((StepAction.Unchanged, 0), (step.Action, step.Fields.Count)));
        var role = (await _aws.Iam.GetRoleAsync(new() { RoleName = workload.Role.Name })).Role;
        Assert.Equal((description, workload.Role.Path), (role.Description, role.Path));
    }

    [Fact]
    public async Task Tags_of_others_up_to_the_limit_of_fifty_stay_and_more_is_a_quota_that_is_named()
    {
        var rendered = Given.Rendered(Given.Workload());
        await ConvergeAsync(rendered);
        var ours = (await TagsAsync()).Count;
        await TagAsync(ours, 50);

        await ConvergeAsync(Given.Rendered(Given.Workload() with { Audience = "other" }));

        Assert.Equal(50, (await TagsAsync()).Count);
        Assert.Equal(50 - ours, (await TagsAsync()).Count(tag => tag.StartsWith("team-", StringComparison.Ordinal)));

        await _aws.Iam.DeleteRoleAsync(new() { RoleName = "gke-exports" });
        await _aws.CreateRoleAsync(Given.Workload());
        await TagAsync((await TagsAsync()).Count, 50);
        using var cloud = _aws.Cloud();
        await Given.ConfirmAsync(cloud, rendered);
        var adopting = new HashSet<string>(StringComparer.Ordinal) { rendered.Workload.Name };
        DesiredResource[] desired = [.. cloud.Desire(Given.Input(rendered)).Select(one => Planner.WithAdoption(one, adopting))];
        var plan = Planner.Plan(desired, await cloud.ReadAsync(desired, TestContext.Current.CancellationToken));
        var finding = (await Given.ApplyAsync(cloud, plan)).SelectMany(one => one.Findings).First();

        Assert.Equal(FindingCodes.QuotaExceeded, finding.Code);
        Assert.Contains("iam:TagRole", finding.Cause, StringComparison.Ordinal);
    }

    private async Task TagAsync(int from, int to) =>
        await _aws.Iam.TagRoleAsync(
            new()
            {
                RoleName = "gke-exports",
                Tags = [.. Enumerable.Range(from, to - from).Select(number => new Tag { Key = $"team-{number}", Value = "\u00e9 +=@:/" })],
            }
        );

    private async Task<IReadOnlyList<string>> TagsAsync() =>
        [.. (await _aws.Iam.GetRoleAsync(new() { RoleName = "gke-exports" })).Role.Tags.Select(tag => tag.Key)];

    private async Task ConvergeAsync(RenderedWorkload rendered)
    {
        using var cloud = _aws.Cloud();
        await Given.ConfirmAsync(cloud, rendered);
        await Given.ConvergeAsync(cloud, rendered);
    }

    private async Task<Plan> PlanAsync(RenderedWorkload rendered)
    {
        using var cloud = _aws.Cloud();
        await Given.ConfirmAsync(cloud, rendered);
        return await Given.PlanAsync(cloud, rendered);
    }

    private static string Repeat(string text, int length) => string.Concat(Enumerable.Repeat(text, length / text.Length + 1))[..length];
}
