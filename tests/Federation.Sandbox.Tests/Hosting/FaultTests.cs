using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Amazon.IdentityManagement;
using Amazon.IdentityManagement.Model;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.SecurityToken.Model;
using Federation.Configuration;
using Microsoft.Extensions.Time.Testing;

namespace Federation.Sandbox.Tests.Hosting;

/// <summary>The faults that a sandbox can be asked to show, as clients meet them.</summary>
public sealed class FaultTests
{
    private static readonly HttpClient Client = new();

    [Theory]
    [InlineData("aws-throttling:2", "Throttling", HttpStatusCode.BadRequest)]
    [InlineData("aws-unavailable:2", "ServiceUnavailable", HttpStatusCode.ServiceUnavailable)]
    public async Task Every_second_call_of_the_query_protocol_fails(string fault, string code, HttpStatusCode status)
    {
        await using var sandbox = await WithAsync(fault);
        using var sts = sandbox.Sts();

        for (var round = 0; round < 2; round++)
        {
            await sts.GetCallerIdentityAsync(new GetCallerIdentityRequest(), TestContext.Current.CancellationToken);
            var refusal = await Assert.ThrowsAnyAsync<AmazonServiceException>(() =>
                sts.GetCallerIdentityAsync(new GetCallerIdentityRequest())
            );
            Assert.Equal((code, status), (refusal.ErrorCode, refusal.StatusCode));
        }
    }

    [Fact]
    public async Task S3_throttles_in_its_own_words()
    {
        await using var sandbox = await WithAsync("aws-throttling:1");
        using var s3 = sandbox.S3();

        var refusal = await Assert.ThrowsAsync<AmazonS3Exception>(() => s3.ListBucketsAsync(TestContext.Current.CancellationToken));

        Assert.Equal(("SlowDown", HttpStatusCode.ServiceUnavailable), (refusal.ErrorCode, refusal.StatusCode));
    }

    [Theory]
    [InlineData("google-throttling:1", "CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM", HttpStatusCode.TooManyRequests, "RESOURCE_EXHAUSTED")]
    [InlineData("google-unavailable:1", "CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM", HttpStatusCode.ServiceUnavailable, "UNAVAILABLE")]
    public async Task Google_answers_as_its_apis_do(string fault, string endpoint, HttpStatusCode status, string text)
    {
        await using var sandbox = await WithAsync(fault);
        using var request = new HttpRequestMessage(HttpMethod.Get, sandbox.Variable(endpoint) + "v1/projects/acme-prod/serviceAccounts");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", sandbox.Variable("CLOUDSDK_AUTH_ACCESS_TOKEN"));

        using var response = await Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(status, response.StatusCode);
        Assert.Contains(
            $"\"status\":\"{text}\"",
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("kubernetes-throttling:1", HttpStatusCode.TooManyRequests, "TooManyRequests")]
    [InlineData("kubernetes-unavailable:1", HttpStatusCode.ServiceUnavailable, "ServiceUnavailable")]
    public async Task Kubernetes_says_when_to_come_back(string fault, HttpStatusCode status, string reason)
    {
        await using var sandbox = await WithAsync(fault);
        using var client = new k8s.Kubernetes(k8s.KubernetesClientConfiguration.BuildConfigFromConfigFile(sandbox.Variable("KUBECONFIG")));

        var refusal = await Assert.ThrowsAsync<k8s.Autorest.HttpOperationException>(() =>
            k8s.CoreV1OperationsExtensions.ListNamespaceAsync(client.CoreV1, cancellationToken: TestContext.Current.CancellationToken)
        );

        Assert.Equal(status, refusal.Response.StatusCode);
        Assert.Contains($"\"reason\":\"{reason}\"", refusal.Response.Content, StringComparison.Ordinal);
        Assert.Equal("1", refusal.Response.Headers["Retry-After"].Single());
    }

    [Fact]
    public async Task A_call_that_two_faults_would_strike_meets_the_first()
    {
        await using var sandbox = await WithAsync("aws-throttling:2", "aws-unavailable:1");
        var codes = new List<string>();

        for (var call = 0; call < 4; call++)
        {
            using var response = await IdentityAsync(sandbox);
            var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            codes.Add(
                body[
                    (body.IndexOf("<Code>", StringComparison.Ordinal) + "<Code>".Length)..body.IndexOf("</Code>", StringComparison.Ordinal)
                ]
            );
        }

        Assert.Equal(["ServiceUnavailable", "Throttling", "ServiceUnavailable", "Throttling"], codes);
    }

    [Fact]
    public async Task A_call_that_is_reset_was_not_carried_out_and_one_whose_answer_is_lost_or_cut_was()
    {
        await using var sandbox = await WithAsync(
            "reset:1@aws/iam:CreateRole",
            "lost:1@google/serviceAccounts.create",
            "cut:1@kubernetes/create namespaces"
        );
        using var iam = sandbox.Iam();
        using var kubernetes = new k8s.Kubernetes(
            k8s.KubernetesClientConfiguration.BuildConfigFromConfigFile(sandbox.Variable("KUBECONFIG"))
        );

        await Assert.ThrowsAnyAsync<Exception>(() => iam.CreateRoleAsync(Role("reader")));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => CreateAccountAsync(sandbox));
        await Assert.ThrowsAnyAsync<Exception>(() =>
            k8s.CoreV1OperationsExtensions.CreateNamespaceAsync(
                kubernetes.CoreV1,
                new k8s.Models.V1Namespace { Metadata = new k8s.Models.V1ObjectMeta { Name = "reader" } }
            )
        );

        Assert.Empty((await iam.ListRolesAsync(new ListRolesRequest(), TestContext.Current.CancellationToken)).Roles ?? []);
        Assert.Contains("/reader@", await GoogleAsync(sandbox, "v1/projects/acme-prod/serviceAccounts"), StringComparison.Ordinal);
        var namespaces = await k8s.CoreV1OperationsExtensions.ListNamespaceAsync(
            kubernetes.CoreV1,
            cancellationToken: TestContext.Current.CancellationToken
        );
        Assert.Contains("reader", namespaces.Items.Select(item => item.Metadata.Name));
        Assert.Equal(
            [SandboxFaultKind.Reset, SandboxFaultKind.Lost, SandboxFaultKind.Cut],
            sandbox.Clouds.Calls.Struck.Select(struck => struck.Fault).Distinct()
        );
    }

    [Theory]
    [InlineData("empty@aws", "")]
    [InlineData("html@aws", "<!DOCTYPE html>\n<title>Sign in</title>\n")]
    public async Task A_lying_answer_says_that_all_is_well_and_nothing_happened(string fault, string said)
    {
        await using var sandbox = await WithAsync($"{fault}/iam:CreateRole#1");
        using var iam = sandbox.Iam();
        using var form = Form("2010-05-08", "Action=CreateRole&RoleName=reader");

        using var response = await Client.PostAsync(
            new Uri(sandbox.Variable("AWS_ENDPOINT_URL")),
            form,
            TestContext.Current.CancellationToken
        );

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(said, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Empty((await iam.ListRolesAsync(new ListRolesRequest(), TestContext.Current.CancellationToken)).Roles ?? []);
    }

    [Fact]
    public async Task A_hung_call_is_carried_out_and_never_answered()
    {
        await using var sandbox = await WithAsync("hang@aws/iam:CreateRole#1");
        using var iam = sandbox.Iam();
        using var impatience = new CancellationTokenSource();

        var creating = iam.CreateRoleAsync(Role("reader"), impatience.Token);
        while ((await iam.ListRolesAsync(new ListRolesRequest(), TestContext.Current.CancellationToken)).Roles is not { Count: 1 })
        {
            await Task.Yield();
        }

        Assert.False(creating.IsCompleted);
        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => creating);
    }

    [Fact]
    public async Task From_the_call_at_which_they_expire_credentials_are_refused()
    {
        await using var sandbox = await WithAsync("expired@aws/sts:GetCallerIdentity#2");
        using var sts = sandbox.Sts();
        using var iam = sandbox.Iam();

        await sts.GetCallerIdentityAsync(new GetCallerIdentityRequest(), TestContext.Current.CancellationToken);
        foreach (
            var call in (Func<Task>[])
                [
                    () => sts.GetCallerIdentityAsync(new GetCallerIdentityRequest()),
                    () => sts.GetCallerIdentityAsync(new GetCallerIdentityRequest()),
                    () => iam.ListRolesAsync(new ListRolesRequest()),
                ]
        )
        {
            Assert.Equal("ExpiredToken", (await Assert.ThrowsAnyAsync<AmazonServiceException>(call)).ErrorCode);
        }
    }

    [Fact]
    public async Task A_stale_list_is_behind_a_get_and_catches_up()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var sandbox = await WithAsync(time, "stale:30@aws/iam:ListRoles", "stale:20@google");
        using var iam = sandbox.Iam();

        await CreateRoleAsync(iam, "reader");
        await CreateAccountAsync(sandbox);
        Assert.Equal("reader", (await iam.GetRoleAsync(new GetRoleRequest { RoleName = "reader" })).Role.RoleName);
        Assert.Empty(await RolesAsync());
        Assert.DoesNotContain("reader", await GoogleAsync(sandbox, "v1/projects/acme-prod/serviceAccounts"), StringComparison.Ordinal);

        time.Advance(TimeSpan.FromSeconds(29));
        Assert.Empty(await RolesAsync());
        Assert.Contains("reader", await GoogleAsync(sandbox, "v1/projects/acme-prod/serviceAccounts"), StringComparison.Ordinal);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["reader"], await RolesAsync());

        async Task<IEnumerable<string>> RolesAsync() =>
            (await iam.ListRolesAsync(new ListRolesRequest(), TestContext.Current.CancellationToken)).Roles?.Select(role => role.RoleName)
            ?? [];
    }

    [Fact]
    public async Task A_clock_that_is_ahead_refuses_what_was_signed_by_another()
    {
        await using var sandbox = await WithAsync("skew:901@aws");
        using var response = await IdentityAsync(sandbox);
        Assert.InRange(response.Headers.Date!.Value - DateTimeOffset.UtcNow, TimeSpan.FromSeconds(890), TimeSpan.FromSeconds(902));

        using var sts = sandbox.Sts();
        var refusal = await Assert.ThrowsAnyAsync<AmazonServiceException>(() =>
            sts.GetCallerIdentityAsync(new GetCallerIdentityRequest(), TestContext.Current.CancellationToken)
        );
        Assert.Equal("SignatureDoesNotMatch", refusal.ErrorCode);
    }

    [Fact]
    public async Task A_cluster_replaces_the_key_of_its_tokens()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var sandbox = await WithAsync(time, "key-rotation:60");

        var before = await KeysAsync();
        Assert.Equal(before, await KeysAsync());
        time.Advance(TimeSpan.FromSeconds(60));

        Assert.NotEqual(before, await KeysAsync());

        async Task<string> KeysAsync()
        {
            using var kubernetes = new k8s.Kubernetes(
                k8s.KubernetesClientConfiguration.BuildConfigFromConfigFile(sandbox.Variable("KUBECONFIG"))
            );
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(kubernetes.BaseUri, "openid/v1/jwks"));
            await kubernetes.Credentials.ProcessHttpRequestAsync(request, TestContext.Current.CancellationToken);
            using var keys = await kubernetes.HttpClient.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, keys.StatusCode);
            return await keys.Content.ReadAsStringAsync();
        }
    }

    [Theory]
    [InlineData("watch-closed", "")]
    [InlineData("watch-gone", "\"code\":410")]
    public async Task A_watch_ends_or_is_told_that_it_is_too_old(string fault, string said)
    {
        await using var sandbox = await WithAsync(fault);
        using var kubernetes = new k8s.Kubernetes(
            k8s.KubernetesClientConfiguration.BuildConfigFromConfigFile(sandbox.Variable("KUBECONFIG"))
        );
        using var request = new HttpRequestMessage(
            HttpMethod.Get,
            new Uri(kubernetes.BaseUri, "api/v1/namespaces/default/pods?watch=true")
        );
        await kubernetes.Credentials.ProcessHttpRequestAsync(request, TestContext.Current.CancellationToken);

        using var response = await kubernetes.HttpClient.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(said.Length == 0 ? body.Length == 0 : body.Contains(said, StringComparison.Ordinal), body);
    }

    [Fact]
    public async Task A_pod_is_evicted_and_the_next_one_is_not()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Pods need a POSIX shell.");
        await using var sandbox = await WithAsync("eviction@kubernetes#1");
        using var kubernetes = new k8s.Kubernetes(
            k8s.KubernetesClientConfiguration.BuildConfigFromConfigFile(sandbox.Variable("KUBECONFIG"))
        );

        Assert.Equal(("Failed", "Evicted"), await EndOfAsync("first"));
        Assert.Equal(("Succeeded", null), await EndOfAsync("second"));

        async Task<(string Phase, string? Reason)> EndOfAsync(string name)
        {
            var pod = new k8s.Models.V1Pod
            {
                Metadata = new k8s.Models.V1ObjectMeta { Name = name },
                Spec = new k8s.Models.V1PodSpec
                {
                    RestartPolicy = "Never",
                    Containers =
                    [
                        new k8s.Models.V1Container
                        {
                            Name = "main",
                            Image = "busybox",
                            Command = ["true"],
                        },
                    ],
                },
            };
            await k8s.CoreV1OperationsExtensions.CreateNamespacedPodAsync(kubernetes.CoreV1, pod, "default");
            while (true)
            {
                var seen = await k8s.CoreV1OperationsExtensions.ReadNamespacedPodAsync(kubernetes.CoreV1, name, "default");
                if (seen.Status.Phase is "Succeeded" or "Failed")
                {
                    return (seen.Status.Phase, seen.Status.Reason);
                }

                await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
            }
        }
    }

    [Fact]
    public async Task Weather_changes_while_the_sandbox_runs()
    {
        await using var sandbox = await WithAsync("aws-unavailable:1");
        using var sts = sandbox.Sts();
        await Assert.ThrowsAnyAsync<AmazonServiceException>(() => sts.GetCallerIdentityAsync(new GetCallerIdentityRequest()));

        sandbox.Clouds.Change(SandboxWeather.Fair);

        await sts.GetCallerIdentityAsync(new GetCallerIdentityRequest(), TestContext.Current.CancellationToken);
    }

    private static CreateRoleRequest Role(string name) =>
        new()
        {
            RoleName = name,
            AssumeRolePolicyDocument =
                """{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}}""",
        };

    private static Task<CreateRoleResponse> CreateRoleAsync(AmazonIdentityManagementServiceClient iam, string name) =>
        iam.CreateRoleAsync(Role(name));

    private static async Task CreateAccountAsync(TestSandbox sandbox)
    {
        using var request = Google(sandbox, HttpMethod.Post, "v1/projects/acme-prod/serviceAccounts");
        request.Content = new StringContent("""{"accountId":"reader"}""", Encoding.UTF8, "application/json");
        using var response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
        await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<string> GoogleAsync(TestSandbox sandbox, string path)
    {
        using var request = Google(sandbox, HttpMethod.Get, path);
        using var response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private static HttpRequestMessage Google(TestSandbox sandbox, HttpMethod method, string path) =>
        new(method, sandbox.Variable("CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM") + path)
        {
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", sandbox.Variable("CLOUDSDK_AUTH_ACCESS_TOKEN")) },
        };

    private static async Task<HttpResponseMessage> IdentityAsync(TestSandbox sandbox)
    {
        using var form = Form("2011-06-15", "Action=GetCallerIdentity");
        return await Client.PostAsync(new Uri(sandbox.Variable("AWS_ENDPOINT_URL")), form, TestContext.Current.CancellationToken);
    }

    private static StringContent Form(string version, string content) =>
        new($"{content}&Version={version}", Encoding.UTF8, "application/x-www-form-urlencoded");

    private static Task<TestSandbox> WithAsync(params string[] faults) => WithAsync(TimeProvider.System, faults);

    private static Task<TestSandbox> WithAsync(TimeProvider time, params string[] faults) =>
        TestSandbox.StartAsync(time, options => options with { Weather = SandboxWeather.Parse(faults) });
}
