using System.Text;
using Federation.Configuration;
using Federation.Findings;
using Federation.Planning;
using Federation.Policies;
using Federation.Resources;
using Federation.Templates;

namespace Federation.Aws.Tests;

/// <summary>
/// The IAM policies that are rendered for the runner allow all that planning, diagnosing, applying and deleting call, and nothing
/// that none of them needs.
/// </summary>
public sealed class PermissionsTests : IAsyncLifetime
{
    private const string ReadOnly = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";

    private static readonly IReadOnlyDictionary<string, PolicyDocument> Policies = Render();

    private LiveAws _aws = null!;
    private Account _runner = null!;

    public static TheoryData<string> Actions =>
        [
            .. Policies
                .Values.SelectMany(policy => policy.Statements)
                .SelectMany(statement => statement.Actions!)
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal),
        ];

    public async ValueTask InitializeAsync()
    {
        _aws = await LiveAws.StartAsync();
        _runner = await _aws.AsRunnerAsync();
    }

    public ValueTask DisposeAsync() => _aws.DisposeAsync();

    [Fact]
    public async Task What_is_rendered_is_enough()
    {
        await _aws.AllowAsync([.. Policies.Values]);

        Assert.Empty(await RunAsync());
    }

    [Fact]
    public async Task Read_is_enough_for_a_plan_and_a_diagnosis()
    {
        await _aws.AllowAsync([.. Policies.Values]);
        Assert.Empty(await ConvergeAsync(One));
        await _aws.AllowAsync([Policies["read"]]);

        Assert.Empty(await ConvergeAsync(One));
        Assert.Equal(2, (await FindAsync()).Count);
    }

    [Theory]
    [InlineData("acme", true)]
    [InlineData("another", false)]
    [InlineData(null, false)]
    public void Only_a_role_with_the_mark_of_the_federation_may_be_deleted(string? federation, bool mayBe)
    {
        IReadOnlyDictionary<string, string> tags = federation is null ? new Dictionary<string, string>() : new Mark(federation, []).Tags;
        var request = new PolicyRequest(
            "iam:DeleteRole",
            "arn:aws:iam::123456789012:role/any",
            tags.ToDictionary(
                tag => "aws:ResourceTag/" + tag.Key,
                IReadOnlyList<string> (tag) => [tag.Value],
                StringComparer.OrdinalIgnoreCase
            )
        );

        Assert.Equal(mayBe, PolicyEvaluator.Evaluate(request, [.. Policies.Select(one => new NamedPolicy(one.Key, one.Value))]).IsAllowed);
    }

    [Theory]
    [MemberData(nameof(Actions))]
    public async Task Without_any_one_action_something_fails_and_names_it(string action)
    {
        await _aws.AllowAsync([.. Policies.Values.Select(policy => Without(policy, action))]);

        var finding = (await RunAsync())[0];

        Assert.Equal(FindingCodes.AwsPermissionDenied, finding.Code);
        Assert.Contains(action, finding.Cause, StringComparison.Ordinal);
    }

    private RenderedWorkload One => Given.Rendered(Given.Workload() with { Account = _runner });

    /// <summary>Does all that the tool does in AWS, up to the first step that is not allowed.</summary>
    private async Task<IReadOnlyList<Finding>> RunAsync()
    {
        var workload = Given.Workload() with { Account = _runner };
        RenderedWorkload[][] steps =
        [
            [Given.Rendered(Bounded(workload))],
            [Given.Rendered(Bounded(workload), [.. Enumerable.Range(0, 4).Select(number => (Long(number), Given.ListBuckets))])],
            [Given.Rendered(workload with { Audience = "other", Role = workload.Role with { Description = "Changed." } })],
            [Given.Rendered(Bounded(workload), ("s3-list-buckets", Given.ListBuckets))],
        ];
        foreach (var step in steps)
        {
            if (await ConvergeAsync(step) is [_, ..] refused)
            {
                return refused;
            }
        }

        return await DeleteAsync() is [_, ..] kept
            ? kept
            : await ConvergeAsync([.. Many().Select(one => Given.Rendered(one with { Account = _runner }))]);
    }

    /// <summary>Converges, and reads the evidence of a diagnosis.</summary>
    /// <returns>What was refused.</returns>
    private async Task<IReadOnlyList<Finding>> ConvergeAsync(params RenderedWorkload[] workloads)
    {
        using var cloud = _aws.Cloud();
        try
        {
            await Given.ConfirmAsync(cloud, workloads);
            var progress = await Given.ApplyAsync(cloud, await Given.PlanAsync(cloud, workloads));
            if (progress.SelectMany(one => one.Findings).ToList() is [_, ..] failed)
            {
                return failed;
            }

            var evidence = (await LiveAws.ReadAllAsync(cloud, [.. workloads.Select(one => one.Workload)])).Values;
            return
            [
                .. evidence
                    .SelectMany(one =>
                        (Finding?[])
                            [
                                one.Providers!.Refused,
                                one.Role!.Refused,
                                one.Role.Found?.Policies?.Refused,
                                one.Role.Found?.Boundary?.Refused,
                            ]
                    )
                    .OfType<Finding>(),
            ];
        }
        catch (FindingException refused)
        {
            return refused.Findings;
        }
    }

    private async Task<IReadOnlyList<Finding>> DeleteAsync()
    {
        using var cloud = _aws.Cloud();
        try
        {
            var progress = await Given.ApplyAsync(cloud, Planner.Delete(await FindAsync()));
            return [.. progress.SelectMany(one => one.Findings)];
        }
        catch (FindingException refused)
        {
            return refused.Findings;
        }
    }

    private async Task<List<Observation>> FindAsync()
    {
        using var cloud = _aws.Cloud();
        var configuration = Given.Configuration(One) with { Accounts = [_runner] };
        return await cloud
            .FindOwnedAsync(configuration, TestContext.Current.CancellationToken)
            .ToListAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>So many that they are read in batches.</summary>
    private static IEnumerable<Workload> Many() =>
        Enumerable
            .Range(1, 17)
            .Select(number => Given.Workload($"w{number}"))
            .Select(one => one with { Role = one.Role with { Name = one.Name } });

    private static string Long(int number) => $"policy-{number}-{new string('x', 100)}";

    private static Workload Bounded(Workload workload) =>
        workload with
        {
            Role = workload.Role with
            {
                PermissionsBoundary = ReadOnly,
                Policies = [new PolicyReference.Managed(ReadOnly, workload.Location)],
            },
        };

    private static Dictionary<string, PolicyDocument> Render()
    {
        var configuration = Given.Configuration([.. Many().Prepend(Given.Workload()).Select(workload => Given.Rendered(workload))]);
        var (files, findings) = RunnerPermissions.Render(configuration, TemplateSet.Load(overrideDirectory: null));
        Assert.Empty(findings);
        return files
            .Where(file => file.Path.StartsWith("aws/", StringComparison.Ordinal))
            .ToDictionary(
                file => Path.GetFileNameWithoutExtension(file.Path),
                file => PolicyDocument.Parse(Encoding.UTF8.GetString(file.Content.Span)),
                StringComparer.Ordinal
            );
    }

    private static PolicyDocument Without(PolicyDocument policy, string action) =>
        policy with
        {
            Statements =
            [
                .. policy
                    .Statements.Select(statement => statement with { Actions = [.. statement.Actions!.Where(one => one != action)] })
                    .Where(statement => statement.Actions!.Count > 0),
            ],
        };
}
