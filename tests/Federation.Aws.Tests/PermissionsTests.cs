using System.Text.RegularExpressions;
using Federation.Configuration;
using Federation.Templates;

namespace Federation.Aws.Tests;

/// <summary>The README's table "What the runner needs" is what planning, applying and diagnosing call, no less and no more.</summary>
public sealed partial class PermissionsTests
{
    private const string ReadOnly = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";

    /// <summary>IAM asks for it when a provider is created with tags; it is no call of its own.</summary>
    private const string AskedWithTags = "iam:TagOpenIDConnectProvider";

    private static readonly string[] Listed =
    [
        .. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "README.md"))
            .Where(line => line.StartsWith("| AWS, ", StringComparison.Ordinal))
            .SelectMany(line => Action().Matches(line))
            .Select(match => match.Value)
            .Distinct()
            .Order(StringComparer.Ordinal),
    ];

    [Fact]
    public async Task A_runner_with_the_listed_permissions_can_do_all_that_is_called_and_nothing_else_is_listed()
    {
        await using var aws = await LiveAws.StartAsync();
        var runner = await aws.AsRunnerAsync(Listed);
        var workload = Given.Workload() with { Account = runner };
        RenderedWorkload[] many =
        [
            .. Enumerable
                .Range(1, 17)
                .Select(number => Given.Workload($"w{number}"))
                .Select(one => Given.Rendered(one with { Account = runner, Role = one.Role with { Name = one.Name } })),
        ];
        aws.Forget();

        await ConvergeAsync(aws, Given.Rendered(Bounded(workload)));
        await ConvergeAsync(
            aws,
            Given.Rendered(Bounded(workload), [.. Enumerable.Range(0, 4).Select(number => (Long(number), Given.ListBuckets))])
        );
        await ConvergeAsync(
            aws,
            Given.Rendered(workload with { Audience = "other", Role = workload.Role with { Description = "Changed." } })
        );
        await ConvergeAsync(aws, Given.Rendered(Bounded(workload)));
        await ConvergeAsync(aws, many);

        Assert.Equal(
            Listed.Except([AskedWithTags]),
            aws.Operations.Where(operation => operation.StartsWith("iam:", StringComparison.Ordinal))
                .Distinct()
                .Order(StringComparer.Ordinal)
        );
    }

    /// <summary>Converges, and reads the evidence of a diagnosis, which no refusal may be in.</summary>
    private static async Task ConvergeAsync(LiveAws aws, params RenderedWorkload[] workloads)
    {
        using var cloud = aws.Cloud();
        await Given.ConfirmAsync(cloud, workloads);
        await Given.ConvergeAsync(cloud, workloads);
        foreach (var evidence in (await LiveAws.ReadAllAsync(cloud, [.. workloads.Select(one => one.Workload)])).Values)
        {
            Assert.Null(evidence.Providers!.Refused);
            Assert.Null(evidence.Role!.Refused);
            Assert.Null(evidence.Role.Found!.Policies!.Refused);
            Assert.Null(evidence.Role.Found.Boundary?.Refused);
        }
    }

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

    [GeneratedRegex("iam:[A-Za-z]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Action();
}
