using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Amazon.IdentityManagement;
using Amazon.Runtime;
using Federation.Calls;
using Federation.Configuration;
using Federation.Findings;
using Federation.Planning;
using Federation.Policies;
using Federation.Templates;

namespace Federation.Aws.Tests;

/// <summary>
/// Against moto, an IAM emulator by others. It needs python3 with moto's server, and cannot add a client id to a
/// provider (https://docs.getmoto.org: not implemented), which <see cref="FaultTests"/> does.
/// </summary>
public sealed class MotoTests(MotoTests.Moto moto) : IClassFixture<MotoTests.Moto>
{
    [Fact]
    public async Task What_was_applied_is_read_back_and_a_second_plan_is_empty()
    {
        var clouds = await moto.ResetAsync();
        var workload = Given.Workload();
        workload = workload with
        {
            Role = workload.Role with
            {
                Path = "/federation/",
                MaxSessionDuration = TimeSpan.FromHours(2),
                Policies = [new PolicyReference.Managed("arn:aws:iam::aws:policy/ReadOnlyAccess", workload.Location)],
            },
        };
        RenderedWorkload[] workloads = [Given.Rendered(workload, ("s3-list-buckets", Given.ListBuckets))];

        var first = await ConvergeAsync(clouds, workloads);
        var again = await ConvergeAsync(clouds, workloads);

        Assert.Equal([StepAction.Create, StepAction.Create], first.Plan.Steps.Select(change => change.Action));
        Assert.All(first.Progress, progress => Assert.Equal(StepState.Done, progress.State));
        Assert.Empty(again.Plan.Findings);
        Assert.False(again.Plan.HasChanges, string.Join('\n', again.Plan.Steps.SelectMany(change => change.Fields)));
        // Who am I, the provider, the role, its two listings and its policy.
        Assert.Equal(6, again.Calls);
    }

    [Fact]
    public async Task What_differs_is_changed_and_what_belongs_to_others_stays()
    {
        var clouds = await moto.ResetAsync();
        var workload = Given.Workload();
        await ConvergeAsync(clouds, [Given.Rendered(workload, ("old", Given.ListBuckets), ("kept", Given.ListBuckets))]);
        using var iam = moto.Client();
        var trust = PolicyDocument.Parse(
            Uri.UnescapeDataString((await iam.GetRoleAsync(new() { RoleName = "gke-exports" })).Role.AssumeRolePolicyDocument)
        );
        var theirs = new PolicyStatement
        {
            Sid = "Theirs",
            Effect = PolicyEffect.Allow,
            Principals = new Dictionary<string, IReadOnlyList<string>> { ["AWS"] = ["arn:aws:iam::123456789012:root"] },
            Actions = ["sts:AssumeRole"],
        };
        await iam.UpdateAssumeRolePolicyAsync(
            new() { RoleName = "gke-exports", PolicyDocument = new PolicyDocument { Statements = [theirs, .. trust.Statements] }.ToJson() }
        );
        await iam.PutRolePolicyAsync(
            new()
            {
                RoleName = "gke-exports",
                PolicyName = "theirs",
                PolicyDocument = Given.ListBuckets,
            }
        );
        await iam.TagRoleAsync(new() { RoleName = "gke-exports", Tags = [new() { Key = "cost-centre", Value = "42" }] });

        var changed = workload with
        {
            ServiceAccount = "other",
            Role = workload.Role with
            {
                Description = "Changed.",
                PermissionsBoundary = "arn:aws:iam::aws:policy/ReadOnlyAccess",
                Policies = [new PolicyReference.Managed("arn:aws:iam::aws:policy/ReadOnlyAccess", workload.Location)],
            },
        };
        RenderedWorkload[] workloads =
        [
            Given.Rendered(changed, ("kept", Given.ListBuckets.Replace("ListAllMyBuckets", "GetObject", StringComparison.Ordinal))),
        ];
        var run = await ConvergeAsync(clouds, workloads);
        var again = await ConvergeAsync(clouds, workloads);

        Assert.All(run.Progress, progress => Assert.Equal(StepState.Done, progress.State));
        Assert.False(again.Plan.HasChanges, string.Join('\n', again.Plan.Steps.SelectMany(change => change.Fields)));
        var role = (await iam.GetRoleAsync(new() { RoleName = "gke-exports" })).Role;
        Assert.Equal("Changed.", role.Description);
        Assert.Contains(role.Tags, tag => tag.Key == "cost-centre");
        var statements = PolicyDocument.Parse(Uri.UnescapeDataString(role.AssumeRolePolicyDocument)).Statements;
        Assert.Equal(["Theirs", TrustSid.Of("acme", workload)], statements.Select(statement => statement.Sid));
        Assert.Equal(
            ["kept", "theirs"],
            (await iam.ListRolePoliciesAsync(new() { RoleName = "gke-exports" })).PolicyNames.Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task A_role_that_is_not_ours_is_left_alone_unless_adopted()
    {
        var clouds = await moto.ResetAsync();
        using var iam = moto.Client();
        await iam.CreateRoleAsync(
            new()
            {
                RoleName = "gke-exports",
                AssumeRolePolicyDocument =
                    """{"Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}""",
            }
        );

        var refused = await ConvergeAsync(clouds, [Given.Rendered(Given.Workload())]);
        var adopted = await ConvergeAsync(clouds, [Given.Rendered(Given.Workload() with { Adopt = true })]);

        Assert.Equal("FED8009", Assert.Single(refused.Plan.Findings).Code);
        Assert.Empty(adopted.Plan.Findings);
        Assert.Equal(
            2,
            PolicyDocument
                .Parse(Uri.UnescapeDataString((await iam.GetRoleAsync(new() { RoleName = "gke-exports" })).Role.AssumeRolePolicyDocument))
                .Statements.Count
        );
    }

    [Fact]
    public async Task Many_roles_are_read_with_the_account_in_a_few_calls()
    {
        var clouds = await moto.ResetAsync();
        RenderedWorkload[] workloads =
        [
            .. Enumerable
                .Range(1, 30)
                .Select(n => Given.Workload($"w{n}"))
                .Select(workload =>
                    Given.Rendered(
                        workload with
                        {
                            Role = workload.Role with { Name = workload.Name },
                        },
                        ("s3-list-buckets", Given.ListBuckets)
                    )
                ),
        ];
        await ConvergeAsync(clouds, workloads);

        var again = await ConvergeAsync(clouds, workloads);

        Assert.False(again.Plan.HasChanges, string.Join('\n', again.Plan.Steps.SelectMany(change => change.Fields)));
        Assert.Equal(31, again.Plan.Steps.Count);
        Assert.InRange(again.Calls, 4, 8);
    }

    private static async Task<(Plan Plan, IReadOnlyList<StepProgress> Progress, int Calls)> ConvergeAsync(
        CloudEndpoints clouds,
        RenderedWorkload[] workloads
    )
    {
        var configuration = Given.Configuration(workloads);
        using var cloud = new AwsCloud(configuration, new Directory(), clouds, TimeProvider.System);
        var convergence = new Convergence(
            configuration,
            workloads,
            workloads.Select(rendered => rendered.Workload.Name).ToHashSet(StringComparer.Ordinal),
            [cloud],
            new Directory(),
            LeftBehindPolicy.Ignore
        );
        var plan = await convergence.PlanAsync(TestContext.Current.CancellationToken);
        var calls = cloud.Calls;
        var progress = plan.Findings.Any(finding => finding.Severity == Severity.Error)
            ? []
            : await PlanExecution.RunAsync(
                plan,
                new Dictionary<string, ICloud>(StringComparer.Ordinal) { [cloud.Name] = cloud },
                4,
                _ => { },
                TestContext.Current.CancellationToken
            );
        return (plan, progress, calls);
    }

    /// <summary>One server for the class; each test begins with an empty account.</summary>
    public sealed class Moto : IAsyncLifetime
    {
        private readonly HttpClient _http = new();
        private Process? _process;

        public async ValueTask InitializeAsync()
        {
            if (!IsInstalled())
            {
                return;
            }

            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            _http.BaseAddress = new Uri($"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}");
            probe.Stop();
            var start = Python("-m", "moto.server", "-H", "127.0.0.1", "-p", _http.BaseAddress.Port.ToString(CultureInfo.InvariantCulture));
            start.Environment["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true";
            _process = Process.Start(start)!;
            var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _process.ErrorDataReceived += (_, line) =>
            {
                if (line.Data?.Contains("Running on", StringComparison.Ordinal) == true)
                {
                    ready.TrySetResult();
                }
            };
            _process.BeginErrorReadLine();
            _process.BeginOutputReadLine();
            await ready.Task.WaitAsync(TimeSpan.FromMinutes(2));
        }

        internal async Task<CloudEndpoints> ResetAsync()
        {
            Assert.SkipUnless(_process is not null, "python3 with moto[server] is not installed.");
            using var reset = await _http.PostAsync(
                new Uri("/moto-api/reset", UriKind.Relative),
                content: null,
                TestContext.Current.CancellationToken
            );
            reset.EnsureSuccessStatusCode();
            return Given.CloudsAt(_http.BaseAddress!);
        }

        internal AmazonIdentityManagementServiceClient Client() =>
            new(
                new BasicAWSCredentials("AKIAIOSFODNN7EXAMPLE", "secret"),
                new AmazonIdentityManagementServiceConfig { ServiceURL = _http.BaseAddress!.AbsoluteUri }
            );

        public async ValueTask DisposeAsync()
        {
            _http.Dispose();
            if (_process is null)
            {
                return;
            }

            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        private static bool IsInstalled()
        {
            try
            {
                using var process = Process.Start(Python("-c", "import moto.server, flask"))!;
                process.StandardError.ReadToEnd();
                process.WaitForExit();
                return process.ExitCode == 0;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return false;
            }
        }

        private static ProcessStartInfo Python(params string[] arguments) =>
            new("python3", arguments)
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
                UseShellExecute = false,
            };
    }
}
