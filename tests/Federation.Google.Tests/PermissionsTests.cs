using System.Text;
using Federation.Configuration;
using Federation.Findings;
using Federation.Planning;
using Federation.Templates;

namespace Federation.Google.Tests;

/// <summary>
/// The custom roles that are rendered for the runner allow all that planning, diagnosing, applying and deleting call, and nothing
/// that none of them needs.
/// </summary>
public sealed class PermissionsTests : IAsyncLifetime
{
    private static readonly IReadOnlyDictionary<string, string[]> Roles = Render(Given.Workload());

    private readonly ImpatientTime _time = new();
    private LiveGoogle _google = null!;

    public static TheoryData<string> Permissions =>
        [.. Roles.Values.SelectMany(permissions => permissions).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    public async ValueTask InitializeAsync() => _google = await LiveGoogle.StartAsync();

    public ValueTask DisposeAsync() => _google.DisposeAsync();

    [Fact]
    public async Task What_is_rendered_is_enough()
    {
        _google.Limit(Roles.Values.SelectMany(permissions => permissions));

        Assert.Empty(await RunAsync());
    }

    [Fact]
    public async Task Read_is_enough_where_nothing_is_to_be_written()
    {
        using var cloud = new GoogleCloud(_google.Endpoints, _time);
        await Given.ConvergeAsync(cloud, Given.Input(Given.Workload()));
        _google.Limit(Roles["read"]);

        Assert.Empty(await ReadAsync());
        Assert.NotEmpty(await FindAsync());
    }

    [Fact]
    public void Without_a_Google_service_account_nothing_is_to_be_applied() =>
        Assert.DoesNotContain("apply", Render(Given.Workload() with { GoogleServiceAccount = null }).Keys);

    [Theory]
    [MemberData(nameof(Permissions))]
    public async Task Without_any_one_permission_something_fails_and_names_it(string permission)
    {
        _google.Limit(Roles.Values.SelectMany(permissions => permissions).Where(one => one != permission));

        var finding = (await RunAsync())[0];

        Assert.Equal(FindingCodes.GooglePermissionDenied, finding.Code);
        Assert.Contains(permission, finding.Cause, StringComparison.Ordinal);
    }

    /// <summary>Does all that the tool does in Google's projects, up to the first step that is not allowed.</summary>
    private async Task<IReadOnlyList<Finding>> RunAsync()
    {
        try
        {
            using var cloud = new GoogleCloud(_google.Endpoints, _time);
            var applied = await Given.ApplyAsync(cloud, Given.Input(Given.Workload()));
            return applied.SelectMany(one => one.Findings).ToList() is [_, ..] failed ? failed
                : await ReadAsync() is [_, ..] unread ? unread
                : [.. (await Given.ApplyAsync(cloud, Planner.Delete(await FindAsync()))).SelectMany(one => one.Findings)];
        }
        catch (FindingException refused)
        {
            return refused.Findings;
        }
    }

    /// <summary>Plans, and looks for a cluster that there is and one that there is not.</summary>
    private async Task<IReadOnlyList<Finding>> ReadAsync()
    {
        using var cloud = new GoogleCloud(_google.Endpoints, _time);
        try
        {
            await Given.PlanAsync(cloud, Given.Input(Given.Workload()));
            await cloud.ReadClustersAsync([Given.Cluster], TestContext.Current.CancellationToken);
            await cloud.ReadClustersAsync([Given.Cluster with { Key = "absent", Name = "absent" }], TestContext.Current.CancellationToken);
            return [];
        }
        catch (FindingException refused)
        {
            return [.. refused.Findings.Where(finding => finding.Code != FindingCodes.ClusterNotFound)];
        }
    }

    private async Task<List<Observation>> FindAsync()
    {
        using var cloud = new GoogleCloud(_google.Endpoints, _time);
        return await cloud
            .FindOwnedAsync(Given.Input(Given.Workload()).Configuration, TestContext.Current.CancellationToken)
            .ToListAsync(TestContext.Current.CancellationToken);
    }

    private static Dictionary<string, string[]> Render(Workload workload)
    {
        var (files, findings) = RunnerPermissions.Render(Given.Input(workload).Configuration, Given.Templates);
        Assert.Empty(findings);
        return files
            .Where(file => file.Path.StartsWith("google/", StringComparison.Ordinal))
            .ToDictionary(
                file => Path.GetFileNameWithoutExtension(file.Path),
                file =>
                    Encoding
                        .UTF8.GetString(file.Content.Span)
                        .Split('\n')
                        .Where(line => line.StartsWith("- ", StringComparison.Ordinal))
                        .Select(line => line["- ".Length..])
                        .ToArray(),
                StringComparer.Ordinal
            );
    }
}
