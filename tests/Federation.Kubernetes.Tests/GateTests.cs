using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Policies;
using k8s;
using k8s.Models;
using Microsoft.AspNetCore.Http;

namespace Federation.Kubernetes.Tests;

/// <summary>What the gate says for each way in which a validation pod can end, or not end.</summary>
public sealed class GateTests : IAsyncLifetime
{
    /// <summary>The pod's own deadline, and the half minute its kubelet gets to report it.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(330);

    private readonly List<string> _log = [];
    private LiveCluster _cluster = null!;
    private KubernetesCloud _cloud = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _cluster = await LiveCluster.StartAsync();
        _cloud = Given.CloudWithoutPauses(_cluster);
        await Given.ConvergeAsync(_cloud, Given.Input(Given.Workload()));
    }

    public async ValueTask DisposeAsync()
    {
        _cloud.Dispose();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task A_pod_that_succeeded_as_the_role_proves_the_workload()
    {
        var proving = ProveAsync(Request());
        var pod = await _cluster.PodAsync();
        Assert.Equal("exports-verify-r1", (string?)pod["metadata"]!["name"]);
        _cluster.End(pod, exitCode: 0, Given.Identity, "first line", "last line");

        var result = await proving;
        Assert.True(result.Passed);
        Assert.Equal("arn:aws:sts::123456789012:assumed-role/gke-exports/exports", result.AssumedRoleArn);
        Assert.Equal(["first line", "last line"], _log);
        Assert.False(result.PodKept);
        Assert.Empty(await _cluster.PodNamesAsync());
    }

    [Fact]
    public async Task The_pod_gets_the_times_that_it_may_wait()
    {
        var proving = ProveAsync(Request() with { IdentityWait = TimeSpan.FromSeconds(45), CheckWait = TimeSpan.FromSeconds(20) });
        var pod = await _cluster.PodAsync();
        _cluster.End(pod, exitCode: 0, Given.Identity);
        await proving;

        var variables = pod["spec"]!["containers"]![0]!["env"]!
            .AsArray()
            .ToDictionary(variable => (string)variable!["name"]!, variable => (string?)variable!["value"], StringComparer.Ordinal);
        Assert.Equal(("45", "20"), (variables["FEDERATION_IDENTITY_WAIT_SECONDS"], variables["FEDERATION_CHECK_WAIT_SECONDS"]));
    }

    [Fact]
    public async Task A_pod_that_succeeded_under_another_identity_proves_nothing()
    {
        var proving = ProveAsync(Request());
        _cluster.End(await _cluster.PodAsync(), exitCode: 0, """{"Arn":"arn:aws:iam::123456789012:user/somebody"}""");

        var finding = Assert.Single((await proving).Diagnosis.Findings);
        Assert.Equal((FindingCodes.PodEnvironmentWrong, "arn:aws:iam::123456789012:user/somebody"), (finding.Code, finding.Actual));
    }

    [Fact]
    public async Task The_words_of_STS_in_the_log_decide_why_there_was_no_identity()
    {
        var proving = ProveAsync(Request());
        _cluster.End(
            await _cluster.PodAsync(),
            CheckVerdict.IdentityRefused,
            message: null,
            "An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: "
                + "No OpenIDConnect provider found in your account for "
                + Given.Cluster.Issuer,
            "AWS gave no identity."
        );

        Assert.Equal(FindingCodes.ProviderMissing, Assert.Single((await proving).Diagnosis.Findings).Code);
    }

    [Fact]
    public async Task A_log_that_an_overloaded_server_refuses_is_requested_again()
    {
        var refused = 0;
        _cluster.Interference = (context, handle) =>
        {
            if (!context.Request.Path.Value!.EndsWith("/log", StringComparison.Ordinal) || Interlocked.Increment(ref refused) > 1)
            {
                return handle(context);
            }

            context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            return Task.CompletedTask;
        };
        var proving = ProveAsync(Request());
        _cluster.End(await _cluster.PodAsync(), exitCode: 0, Given.Identity, "the only line");

        await _cluster.Time.StartedAsync(PodLogReader.Pause);
        _cluster.Time.Advance(PodLogReader.Pause);

        Assert.True((await proving).Passed);
        Assert.Equal(2, refused);
        Assert.Equal(["the only line"], _log);
    }

    [Fact]
    public async Task A_pod_that_was_created_although_the_answer_was_lost_is_not_reported_as_rejected()
    {
        _cluster.Interference = LosingTheAnswerTo("POST", times: 1);
        var proving = ProveAsync(Request());
        _cluster.End(await _cluster.PodAsync(), exitCode: 0, Given.Identity);

        Assert.True((await proving).Passed);
        Assert.Empty(await _cluster.PodNamesAsync());
    }

    [Fact]
    public async Task A_pod_whose_creation_was_never_answered_is_deleted()
    {
        _cluster.Interference = async (context, handle) =>
        {
            await handle(context);
            if (context.Request.Method == "POST")
            {
                context.Abort();
                _cluster.Interference = (later, handleLater) =>
                {
                    if (later.Request.Method != "DELETE")
                    {
                        later.Abort();
                        return Task.CompletedTask;
                    }

                    return handleLater(later);
                };
            }
        };

        var refused = await Assert.ThrowsAsync<FindingException>(() =>
            new ValidationGate(_cloud, _cluster.Time).ProveAsync(Request(), _log.Add, Cancelled)
        );

        Assert.Equal(FindingCodes.EndpointUnreachable, Assert.Single(refused.Findings).Code);
        _cluster.Interference = null;
        Assert.Empty(await _cluster.PodNamesAsync());
    }

    [Theory]
    [InlineData(StatusCodes.Status500InternalServerError)]
    [InlineData(StatusCodes.Status429TooManyRequests)]
    [InlineData(StatusCodes.Status403Forbidden)]
    [InlineData(0)]
    public async Task A_pod_that_cannot_be_deleted_is_a_warning_beside_the_verdict(int status)
    {
        _cluster.Interference = (context, handle) =>
        {
            if (context.Request.Method != "DELETE")
            {
                return handle(context);
            }

            if (status == 0)
            {
                context.Abort();
            }

            context.Response.StatusCode = status;
            return Task.CompletedTask;
        };
        var proving = ProveAsync(Request());
        _cluster.End(await _cluster.PodAsync(), exitCode: 0, Given.Identity);

        var result = await proving;
        Assert.True(result.Passed);
        Assert.True(result.PodKept);
        var finding = Assert.Single(result.Diagnosis.Findings);
        Assert.Equal(Severity.Warning, finding.Severity);
        Assert.Contains("reports/exports-verify-r1 could not be deleted", finding.Cause, StringComparison.Ordinal);
        Assert.Equal("kubectl delete pod -n reports exports-verify-r1", finding.Fix);
    }

    [Fact]
    public async Task The_gate_does_not_wait_for_an_image_that_does_not_exist()
    {
        var proving = ProveAsync(Request());
        _cluster.Report(
            await _cluster.PodAsync(),
            Waiting("ErrImagePull", "failed to resolve reference: registry.example/aws:1: not found")
        );

        var finding = Assert.Single((await proving).Diagnosis.Findings);
        Assert.Equal((FindingCodes.ImagePullFailed, "registry.example/aws:1"), (finding.Code, finding.Actual));
    }

    [Fact]
    public async Task The_gate_gives_up_at_the_second_back_off_if_the_registry_cannot_be_reached()
    {
        var proving = ProveAsync(Request());
        var pod = await _cluster.PodAsync();
        _cluster.Report(pod, Waiting("ImagePullBackOff", "Back-off pulling image: dial tcp 192.0.2.1:443: i/o timeout"));
        _cluster.Kubelet.RecordEvent(pod, "Normal", "BackOff", "Back-off pulling image");
        _cluster.Kubelet.RecordEvent(pod, "Normal", "BackOff", "Back-off pulling image");

        Assert.Equal(FindingCodes.ImagePullFailed, Assert.Single((await proving).Diagnosis.Findings).Code);
    }

    [Fact]
    public async Task The_gate_gives_up_after_two_minutes_if_no_node_takes_the_pod()
    {
        var proving = ProveAsync(Request());
        _cluster.Report(await _cluster.PodAsync(), Unschedulable);
        await _cluster.Time.StartedAsync(PodVerdict.SchedulingGrace);
        _cluster.Time.Advance(PodVerdict.SchedulingGrace - TimeSpan.FromSeconds(1));
        Assert.False(proving.IsCompleted);
        _cluster.Time.Advance(TimeSpan.FromSeconds(1));

        var finding = Assert.Single((await proving).Diagnosis.Findings);
        Assert.Equal(FindingCodes.PodUnschedulable, finding.Code);
        Assert.Contains("0/1 nodes are available", finding.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_gate_gives_up_at_once_if_no_node_will_be_added_for_the_pod()
    {
        var proving = ProveAsync(Request());
        var pod = await _cluster.PodAsync();
        _cluster.Report(pod, Unschedulable);
        _cluster.Kubelet.RecordEvent(pod, "Normal", "NotTriggerScaleUp", "pod didn't trigger scale-up");

        Assert.Equal(FindingCodes.PodUnschedulable, Assert.Single((await proving).Diagnosis.Findings).Code);
    }

    [Fact]
    public async Task A_pod_that_somebody_else_deletes_ends_the_wait_and_is_not_called_kept()
    {
        var proving = ProveAsync(Request());
        await _cluster.PodAsync();
        await _cluster.Administrator.DeleteNamespacedPodAsync(
            "exports-verify-r1",
            "reports",
            gracePeriodSeconds: 0,
            cancellationToken: Cancelled
        );
        var result = await proving;

        var finding = Assert.Single(result.Diagnosis.Findings);
        Assert.Equal(FindingCodes.PodTimedOut, finding.Code);
        Assert.Contains("deleted by somebody else", finding.Cause, StringComparison.Ordinal);
        Assert.False(result.PodKept);
    }

    [Fact]
    public async Task The_gate_gives_up_half_a_minute_after_the_deadline_of_the_pod()
    {
        var proving = ProveAsync(Request());
        await _cluster.PodAsync();
        await _cluster.Time.StartedAsync(Deadline);
        _cluster.Time.Advance(Deadline - TimeSpan.FromSeconds(1));
        Assert.False(proving.IsCompleted);
        _cluster.Time.Advance(TimeSpan.FromSeconds(1));

        var finding = Assert.Single((await proving).Diagnosis.Findings);
        Assert.Equal(FindingCodes.PodTimedOut, finding.Code);
        Assert.Contains("within 330 s", finding.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pod_that_the_namespace_does_not_admit_is_reported_in_the_words_of_the_server()
    {
        await _cluster.Administrator.PatchNamespaceAsync(
            new V1Patch("""{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":"restricted"}}}""", V1Patch.PatchType.MergePatch),
            "reports",
            cancellationToken: Cancelled
        );
        var request = Request();
        request.Documents.ValidationPod["spec"]!["containers"]![0]!["securityContext"] = new JsonObject { ["privileged"] = true };

        var rejected = await Assert.ThrowsAsync<FindingException>(() => ProveAsync(request));

        var finding = Assert.Single(rejected.Findings);
        Assert.Equal(FindingCodes.PodRejected, finding.Code);
        Assert.Contains("violates PodSecurity", finding.Actual, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_denied_check_is_not_retried_if_the_existing_policies_deny_it()
    {
        var request = Request() with { CheckWait = TimeSpan.FromSeconds(60) };
        var known = WorkloadEvidence.FromDocuments(request.Documents, [request.Documents]);
        var role = new RoleEvidence(request.Workload.RoleArn)
        {
            MaxSessionDuration = TimeSpan.FromHours(1),
            TrustPolicy = known.TrustPolicy,
            Policies = Reading.Of<IReadOnlyList<NamedPolicy>>([]),
        };
        var proving = ProveAsync(
            request with
            {
                Evidence = known with { Aws = new AwsEvidence { Role = Reading.Of<RoleEvidence>(role) } },
            }
        );

        _cluster.Run(await _cluster.PodAsync(), "An error occurred (AccessDenied) when calling the ListBuckets operation: Access Denied");

        var finding = (await proving).Diagnosis.RootCause!;
        Assert.Equal((FindingCodes.PermissionMissing, "s3:ListAllMyBuckets on *"), (finding.Code, finding.Expected));
    }

    [Fact]
    public async Task The_built_in_pod_is_admitted_under_the_restricted_Pod_Security_standard()
    {
        await _cluster.Administrator.PatchNamespaceAsync(
            new V1Patch("""{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":"restricted"}}}""", V1Patch.PatchType.MergePatch),
            "reports",
            cancellationToken: Cancelled
        );

        var proving = ProveAsync(Request());
        _cluster.End(await _cluster.PodAsync(), exitCode: 0, Given.Identity);

        Assert.True((await proving).Passed);
    }

    [Fact]
    public async Task An_identity_that_may_not_create_pods_learns_which_permission_it_lacks()
    {
        var token = await _cluster.Administrator.CreateNamespacedServiceAccountTokenAsync(
            new Authenticationv1TokenRequest
            {
                Spec = new V1TokenRequestSpec { Audiences = [], ExpirationSeconds = 3600 },
            },
            "reader",
            "reports",
            cancellationToken: Cancelled
        );
        _cluster.Use(_cluster.Kubeconfig(token.Status.Token));
        using var cloud = Given.Cloud(_cluster);

        var refused = await Assert.ThrowsAsync<FindingException>(() =>
            new ValidationGate(cloud, _cluster.Time).ProveAsync(Request(), _log.Add, Cancelled)
        );

        var finding = Assert.Single(refused.Findings);
        Assert.Equal(FindingCodes.KubernetesPermissionDenied, finding.Code);
        Assert.Contains(
            """User "system:serviceaccount:reports:reader" cannot create resource "pods" """.TrimEnd(),
            finding.Cause,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain(token.Status.Token, refused.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(KeepPod.Never, 0, false)]
    [InlineData(KeepPod.Never, 1, false)]
    [InlineData(KeepPod.OnFailure, 0, false)]
    [InlineData(KeepPod.OnFailure, 1, true)]
    [InlineData(KeepPod.Always, 0, true)]
    [InlineData(KeepPod.Always, 1, true)]
    public async Task The_pod_is_kept_or_deleted_as_the_workload_says(KeepPod keep, int exitCode, bool stays)
    {
        var proving = ProveAsync(Request(keep));
        _cluster.End(await _cluster.PodAsync(), exitCode, Given.Identity);

        Assert.Equal(stays, (await proving).PodKept);
        Assert.Equal(stays ? ["exports-verify-r1"] : [], await _cluster.PodNamesAsync());
    }

    [Theory]
    [InlineData(KeepPod.Never)]
    [InlineData(KeepPod.OnFailure)]
    public async Task Cancellation_deletes_the_pod_before_it_ends_the_wait(KeepPod keep)
    {
        using var interruption = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var proving = new ValidationGate(_cloud, _cluster.Time).ProveAsync(Request(keep), _log.Add, interruption.Token);
        await _cluster.PodAsync();
        await _cluster.Time.StartedAsync(Deadline);
        await interruption.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => proving);
        Assert.Empty(await _cluster.PodNamesAsync());
    }

    [Theory]
    [InlineData(KeepPod.OnFailure, "", 11, true)]
    [InlineData(KeepPod.Never, "", 11, true)]
    [InlineData(KeepPod.OnFailure, "", 9, false)]
    [InlineData(KeepPod.Always, "", 11, false)]
    [InlineData(KeepPod.OnFailure, "Succeeded", 0, true)]
    [InlineData(KeepPod.OnFailure, "Failed", 0, true)]
    [InlineData(KeepPod.Always, "Succeeded", 0, false)]
    public async Task A_pod_of_a_killed_run_is_deleted_by_the_next_run_once_it_has_ended_or_is_past_its_deadline(
        KeepPod keep,
        string phase,
        int minutes,
        bool goes
    )
    {
        var killed = await _cluster.Administrator.CreateNamespacedPodAsync(
            PodOf(Request() with { Run = "killed" }),
            "reports",
            cancellationToken: Cancelled
        );
        var another = PodOf(Request() with { Run = "other" });
        another.Metadata.Labels["federation/name"] = "another";
        await _cluster.Administrator.CreateNamespacedPodAsync(another, "reports", cancellationToken: Cancelled);
        if (phase.Length > 0)
        {
            _cluster.Report(await PodAsync(killed.Name()), $$"""{"phase":"{{phase}}"}""");
        }

        _cluster.Time.Advance(TimeSpan.FromMinutes(minutes));

        var proving = ProveAsync(Request(keep));
        _cluster.End(await PodAsync("exports-verify-r1"), exitCode: 0, Given.Identity);
        Assert.True((await proving).Passed);
        var left = await _cluster.PodNamesAsync();
        Assert.Equal(!goes, left.Contains("exports-verify-killed"));
        Assert.Contains("exports-verify-other", left);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_pod_that_failed_earlier_is_deleted_after_a_later_one_ended(int exitCode)
    {
        var failing = ProveAsync(Request());
        _cluster.End(await _cluster.PodAsync(), exitCode: 3, Given.Identity);
        Assert.True((await failing).PodKept);

        var proving = ProveAsync(Request() with { Run = "r2" });
        _cluster.End(await PodAsync("exports-verify-r2"), exitCode, Given.Identity);

        await proving;
        Assert.Equal(exitCode == 0 ? [] : ["exports-verify-r2"], await _cluster.PodNamesAsync());
    }

    [Fact]
    public async Task A_pod_of_a_killed_run_that_ends_during_the_next_run_is_deleted_by_it()
    {
        await _cluster.Administrator.CreateNamespacedPodAsync(
            PodOf(Request() with { Run = "killed" }),
            "reports",
            cancellationToken: Cancelled
        );
        var killed = await PodAsync("exports-verify-killed");

        var proving = ProveAsync(Request());
        var pod = await PodAsync("exports-verify-r1");
        _cluster.End(killed, exitCode: 0, Given.Identity);
        _cluster.End(pod, exitCode: 0, Given.Identity);

        Assert.True((await proving).Passed);
        Assert.Empty(await _cluster.PodNamesAsync());
    }

    [Fact]
    public async Task A_quota_that_this_run_used_up_itself_when_an_answer_was_lost_is_no_refusal()
    {
        var losing = LosingTheAnswerTo("POST", times: 1);
        var asked = 0;
        _cluster.Interference = (context, handle) =>
        {
            if (context.Request.Method != "POST" || Interlocked.Increment(ref asked) == 1)
            {
                return losing(context, handle);
            }

            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return context.Response.WriteAsync(
                """
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","reason":"Forbidden","code":403,
                 "message":"exceeded quota: one, requested: count/pods=1, used: count/pods=1, limited: count/pods=1"}
                """,
                Cancelled
            );
        };
        var proving = ProveAsync(Request());
        _cluster.End(await _cluster.PodAsync(), exitCode: 0, Given.Identity);

        Assert.True((await proving).Passed);
    }

    [Fact]
    public async Task A_pod_of_another_federation_that_has_the_name_is_not_taken_for_the_one_of_this_run()
    {
        var another = PodOf(Request());
        another.Metadata.Labels["federation/name"] = "another";
        await _cluster.Administrator.CreateNamespacedPodAsync(another, "reports", cancellationToken: Cancelled);
        _cluster.Interference = LosingTheAnswerTo("POST", times: 1);

        var refused = await Assert.ThrowsAsync<FindingException>(() => ProveAsync(Request()));

        Assert.Equal(FindingCodes.PodRejected, Assert.Single(refused.Findings).Code);
        Assert.Equal(["exports-verify-r1"], await _cluster.PodNamesAsync());
    }

    /// <summary>The pod of a name, as its kubelet sees it.</summary>
    private async Task<JsonObject> PodAsync(string name)
    {
        await foreach (var happened in _cluster.Kubelet.WatchPodsAsync(Cancelled))
        {
            if ((string?)happened.Pod["metadata"]!["name"] == name)
            {
                return happened.Pod;
            }
        }

        throw new InvalidOperationException($"There is no pod {name}.");
    }

    private static V1Pod PodOf(GateRequest request)
    {
        var document = request.Documents.ValidationPod.DeepClone();
        document["metadata"]!["name"] = request.PodName;
        return KubernetesJson.Deserialize<V1Pod>(document.ToJsonString());
    }

    private const string Unschedulable = """
        {"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable",
         "message":"0/1 nodes are available: 1 Insufficient cpu."}]}
        """;

    private static string Waiting(string reason, string message) =>
        new JsonObject
        {
            ["phase"] = "Pending",
            ["containerStatuses"] = new JsonArray(
                new JsonObject
                {
                    ["name"] = "verify",
                    ["image"] = "registry.example/aws:1",
                    ["imageID"] = "",
                    ["ready"] = false,
                    ["restartCount"] = 0,
                    ["state"] = new JsonObject
                    {
                        ["waiting"] = new JsonObject { ["reason"] = reason, ["message"] = message },
                    },
                }
            ),
        }.ToJsonString();

    private static GateRequest Request(KeepPod keep = KeepPod.OnFailure)
    {
        var workload = Given.Workload();
        return new GateRequest(
            Given.Input(workload with { Verify = workload.Verify with { Keep = keep } }).Workloads[0],
            "r1",
            TimeSpan.Zero,
            TimeSpan.Zero
        );
    }

    /// <summary>The server carries out the request, and the connection is cut before its answer.</summary>
    private static Func<HttpContext, RequestDelegate, Task> LosingTheAnswerTo(string method, int times) =>
        async (context, handle) =>
        {
            if (context.Request.Method != method || Interlocked.Decrement(ref times) < 0)
            {
                await handle(context);
                return;
            }

            context.Response.Body = Stream.Null;
            await handle(context);
            context.Abort();
        };

    private Task<GateResult> ProveAsync(GateRequest request) =>
        new ValidationGate(_cloud, _cluster.Time).ProveAsync(request, _log.Add, Cancelled);
}
