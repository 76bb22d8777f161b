using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Diagnosis;
using Federation.Findings;
using Federation.Planning;
using k8s;
using k8s.Models;
using Microsoft.AspNetCore.Http;

namespace Federation.Kubernetes.Tests;

/// <summary>The finding for each way in which an API server refuses to write. The answers were recorded.</summary>
public sealed class RefusalTests : IAsyncLifetime
{
    /// <summary>
    /// The answer: its HTTP status, its message, and the reason of its one cause (null: it has none). Then the expected finding: its
    /// code, and words of its cause.
    /// </summary>
    public static TheoryData<int, string, string?, string, string> Refusals =>
        new()
        {
            {
                403,
                "serviceaccounts \"reader\" is forbidden: User \"ci\" cannot patch resource \"serviceaccounts\" in API group \"\" "
                    + "in the namespace \"reports\"",
                null,
                FindingCodes.KubernetesPermissionDenied,
                "User \"ci\" cannot patch"
            },
            {
                422,
                "ValidatingAdmissionPolicy 'labels' with binding 'all' denied request: an owner label is required",
                null,
                FindingCodes.KubernetesRefused,
                "an owner label is required"
            },
            { 400, "admission webhook \"policy.example\" denied the request: no", null, FindingCodes.KubernetesRefused, "policy.example" },
            {
                409,
                "admission webhook \"policy.example\" denied the request: conflict of interests",
                null,
                FindingCodes.KubernetesRefused,
                "conflict of interests"
            },
            {
                500,
                "Internal error occurred: failed calling webhook \"policy.example\": connection refused",
                null,
                FindingCodes.KubernetesRefused,
                "could not reach that webhook"
            },
            {
                403,
                "serviceaccounts \"reader\" is forbidden: exceeded quota: small, requested: count/serviceaccounts=1, "
                    + "used: count/serviceaccounts=5, limited: count/serviceaccounts=5",
                null,
                FindingCodes.KubernetesRefused,
                "requests count/serviceaccounts=1; used: count/serviceaccounts=5; limit: count/serviceaccounts=5"
            },
            {
                403,
                "serviceaccounts \"reader\" is forbidden: unable to create new content in namespace reports because it is being terminated",
                "NamespaceTerminating",
                FindingCodes.NamespaceMissing,
                "is being deleted"
            },
            { 404, "namespaces \"reports\" not found", null, FindingCodes.NamespaceMissing, "namespaces \"reports\" not found" },
            {
                422,
                "ServiceAccount \"reader\" is invalid: metadata.labels: Invalid value: \"-\": a valid label must …",
                null,
                FindingCodes.KubernetesRefused,
                "is invalid"
            },
            {
                403,
                "serviceaccounts \"reader\" is forbidden: [maximum cpu usage per Container is 1, but limit is 2]",
                null,
                FindingCodes.KubernetesRefused,
                "maximum cpu usage"
            },
            {
                403,
                "serviceaccounts \"reader\" is forbidden: violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false",
                null,
                FindingCodes.KubernetesRefused,
                "restricted:latest"
            },
            {
                500,
                "failed to create typed patch object (reports/reader; /v1, Kind=ServiceAccount): .role: field not declared in schema",
                null,
                FindingCodes.KubernetesRefused,
                ".role: field not declared in schema"
            },
            { 429, "Too many requests, please try again later.", null, FindingCodes.Throttled, "still throttles" },
            { 503, "the server is currently unable to handle the request", null, FindingCodes.EndpointUnreachable, "HTTP 503" },
        };

    private LiveCluster _cluster = null!;
    private KubernetesCloud _cloud = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _cluster = await LiveCluster.StartAsync();
        _cloud = Given.CloudWithoutPauses(_cluster);
    }

    public async ValueTask DisposeAsync()
    {
        _cloud.Dispose();
        await _cluster.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_service_account_that_is_refused_says_why_and_the_other_changes_are_done(
        int status,
        string message,
        string? reason,
        string code,
        string said
    )
    {
        var input = Given.Input(Given.Workload(), Given.Workload("imports") with { Namespace = "loads" });
        var plan = await Given.PlanAsync(_cloud, input);
        _cluster.Interference = (context, handle) =>
            context.Request.Path.Value!.EndsWith("/reports/serviceaccounts/reader", StringComparison.Ordinal)
                ? RefuseAsync(context, status, message, reason)
                : handle(context);

        var progress = await Given.ApplyAsync(_cloud, plan);

        var failed = Assert.Single(progress, one => one.State != StepState.Done);
        Assert.Equal((StepState.Failed, "kubernetes/main/reports/service-account/reader"), (failed.State, failed.Step.Resource.Value));
        var finding = Assert.Single(failed.Findings);
        Assert.Equal((code, "kubernetes/main/reports/service-account/reader"), (finding.Code, finding.Resource));
        Assert.Contains(said, finding.Cause, StringComparison.Ordinal);
        Assert.Equal(4, progress.Count);
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_pod_that_is_refused_says_why(int status, string message, string? reason, string code, string said)
    {
        await Given.ConvergeAsync(_cloud, Given.Input(Given.Workload()));
        _cluster.Interference = (context, handle) =>
            context.Request.Method == "POST" ? RefuseAsync(context, status, message, reason) : handle(context);

        var refused = await Assert.ThrowsAsync<FindingException>(() =>
            new ValidationGate(_cloud, _cluster.Time).ProveAsync(
                new GateRequest(Given.Input(Given.Workload()).Workloads[0], "r1", TimeSpan.Zero, TimeSpan.Zero),
                _ => { },
                Cancelled
            )
        );

        var finding = Assert.Single(refused.Findings);
        Assert.Equal(code == FindingCodes.KubernetesRefused ? FindingCodes.PodRejected : code, finding.Code);
        Assert.Contains(said, finding.Cause, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(418, "", "HTTP 418")]
    [InlineData(404, "<html><title>Page not found</title><body>What a pity.</body></html>", "HTTP 404, beginning with \"Page not found\"")]
    [InlineData(403, """{"error":"not a Status"}""", "not a Status")]
    [InlineData(200, "{}", "without a kind")]
    [InlineData(200, "null", "beginning with \"null\"")]
    public async Task An_answer_of_another_server_is_neither_a_refusal_nor_an_absence(int status, string body, string said)
    {
        _cluster.Interference = (context, _) =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync(body, Cancelled);
        };

        var refused = await Assert.ThrowsAsync<FindingException>(() =>
            _cloud.ReadAsync([_cloud.Desire(Given.Input(Given.Workload()))[0]], Cancelled)
        );

        var finding = Assert.Single(refused.Findings);
        Assert.Equal(FindingCodes.AnswerUnreadable, finding.Code);
        Assert.Contains(said, finding.Cause, StringComparison.Ordinal);
        Assert.Contains("get namespaces/reports", finding.Cause, StringComparison.Ordinal);
        Assert.DoesNotContain("pity", finding.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_namespace_that_is_being_deleted_stops_the_plan_before_anything_is_written()
    {
        var input = Given.Input(Given.Workload());
        await Given.ConvergeAsync(_cloud, input);
        await _cluster.Administrator.DeleteNamespaceAsync("reports", cancellationToken: Cancelled);
        using var cloud = Given.CloudWithoutPauses(_cluster);

        var finding = Assert.Single((await Given.PlanAsync(cloud, input)).Findings);

        Assert.Equal((FindingCodes.NamespaceMissing, Severity.Error), (finding.Code, finding.Severity));
        Assert.Equal(("Active", "Terminating"), (finding.Expected, finding.Actual));
    }

    [Fact]
    public async Task A_namespace_that_is_deleted_after_the_plan_is_reported_by_the_write()
    {
        await _cluster.Administrator.CreateNamespaceAsync(
            new V1Namespace { Metadata = new() { Name = "reports" } },
            cancellationToken: Cancelled
        );
        var plan = await Given.PlanAsync(_cloud, Given.Input(Given.Workload() with { Existing = ExistingResources.Namespace }));
        await _cluster.Administrator.DeleteNamespaceAsync("reports", cancellationToken: Cancelled);

        var failed = Assert.Single(await Given.ApplyAsync(_cloud, plan), one => one.State == StepState.Failed);

        Assert.Equal(FindingCodes.NamespaceMissing, Assert.Single(failed.Findings).Code);
        Assert.Contains("is being deleted", failed.Findings[0].Cause, StringComparison.Ordinal);
    }

    private static Task RefuseAsync(HttpContext context, int status, string message, string? reason)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(
            new JsonObject
            {
                ["kind"] = "Status",
                ["apiVersion"] = "v1",
                ["metadata"] = new JsonObject(),
                ["status"] = "Failure",
                ["message"] = message,
                ["details"] = reason is null
                    ? null
                    : new JsonObject { ["causes"] = new JsonArray(new JsonObject { ["reason"] = reason, ["message"] = message }) },
                ["code"] = status,
            }.ToJsonString(),
            Cancelled
        );
    }
}
