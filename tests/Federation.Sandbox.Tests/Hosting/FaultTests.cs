using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.SecurityToken.Model;
using Federation.Configuration;

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
    public async Task Several_faults_strike_each_in_its_own_turn()
    {
        await using var sandbox = await WithAsync("aws-throttling:2", "aws-unavailable:2");
        var endpoint = new Uri(sandbox.Variable("AWS_ENDPOINT_URL"));
        var codes = new List<string>();

        for (var call = 0; call < 4; call++)
        {
            using var form = new StringContent(
                "Action=GetCallerIdentity&Version=2011-06-15",
                Encoding.UTF8,
                "application/x-www-form-urlencoded"
            );
            using var response = await Client.PostAsync(endpoint, form, TestContext.Current.CancellationToken);
            var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            codes.Add(
                body[
                    (body.IndexOf("<Code>", StringComparison.Ordinal) + "<Code>".Length)..body.IndexOf("</Code>", StringComparison.Ordinal)
                ]
            );
        }

        // A call that the first fault refuses does not reach the second.
        Assert.Equal(["MissingAuthenticationToken", "Throttling", "ServiceUnavailable", "Throttling"], codes);
    }

    private static Task<TestSandbox> WithAsync(params string[] faults) =>
        TestSandbox.StartAsync(change: options =>
            options with
            {
                Faults =
                [
                    .. faults.Select(text =>
                        SandboxFault.TryParse(text, out var fault) ? fault : throw new ArgumentException(text, nameof(faults))
                    ),
                ],
            }
        );
}
