using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Sandbox.Kubelet;

namespace Federation.Sandbox.Tests.Kubelet;

/// <summary>The bundled <c>aws</c>, as a pod runs it, against answers as AWS gives them.</summary>
public sealed class BundledAwsTests : IDisposable
{
    private const string Assumed = """
        <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
        <AssumedRoleUser><AssumedRoleId>AROAEXAMPLE:s</AssumedRoleId><Arn>arn:aws:sts::111122223333:assumed-role/r/s</Arn></AssumedRoleUser>
        <Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>session</SessionToken>
        <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>
        """;

    private const string Identity = """
        <GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
        <Arn>arn:aws:sts::111122223333:assumed-role/r/s</Arn><UserId>AROAEXAMPLE:s</UserId><Account>111122223333</Account>
        </GetCallerIdentityResult></GetCallerIdentityResponse>
        """;

    private const string Buckets = """
        <ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Buckets>
        <Bucket><Name>exports</Name><CreationDate>2024-01-02T03:04:05.000Z</CreationDate></Bucket></Buckets></ListAllMyBucketsResult>
        """;

    private readonly HttpListener _listener = new();
    private readonly string _endpoint;
    private (HttpStatusCode Status, string Body) _sts = (HttpStatusCode.OK, Assumed);
    private (HttpStatusCode Status, string Body) _s3 = (HttpStatusCode.OK, Buckets);
    private string? _token;

    public BundledAwsTests()
    {
        using (var free = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            _endpoint = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}";
        }

        _listener.Prefixes.Add(_endpoint + "/");
        _listener.Start();
        _ = ServeAsync();
    }

    public void Dispose() => _listener.Close();

    [Theory]
    [MemberData(nameof(PodRunTests.Isolations), MemberType = typeof(PodRunTests))]
    public async Task The_guides_script_lists_the_buckets_with_the_pods_own_token(int isolation)
    {
        await using var node = await NodeAsync(isolation);

        var pod = await RunAsync(
            node,
            "amazonlinux:2",
            """
            yum update -y && yum install -y aws-cli;
            echo "AWS CLI installed. Listing S3 buckets...";
            aws s3 ls;
            echo "S3 list command completed. Pod will sleep now...";
            """
        );

        Assert.Equal(
            """
            AWS CLI installed. Listing S3 buckets...
            2024-01-02 03:04:05 exports
            S3 list command completed. Pod will sleep now...
            """.ReplaceLineEndings("\n"),
            string.Join('\n', (await node.LogAsync(pod)).Split('\n')[^3..])
        );
        Assert.Equal("token-1 for sts.amazonaws.com", _token);
    }

    [Fact]
    public async Task The_aws_image_runs_aws_itself()
    {
        await using var node = await NodeAsync((int)ContainerIsolation.RewrittenPaths);

        var pod = await RunAsync(
            node,
            "public.ecr.aws/aws-cli/aws-cli:2",
            null,
            "sts",
            "get-caller-identity",
            "--query",
            "Arn",
            "--output",
            "text"
        );

        Assert.Equal("arn:aws:sts::111122223333:assumed-role/r/s", await node.LogAsync(pod));
    }

    [Fact]
    public async Task A_refused_token_and_a_refused_call_are_distinguished_and_end_with_254()
    {
        await using var node = await NodeAsync((int)ContainerIsolation.RewrittenPaths);
        _s3 = (HttpStatusCode.Forbidden, "<Error><Code>AccessDenied</Code><Message>not allowed</Message></Error>");
        var call = await RunAsync(node, "amazon/aws-cli", null, "s3", "ls");
        _sts = (
            HttpStatusCode.Forbidden,
            """
            <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code>
            <Message>Not authorized to perform sts:AssumeRoleWithWebIdentity</Message></Error></ErrorResponse>
            """
        );
        var token = await RunAsync(node, "amazon/aws-cli", null, "sts", "get-caller-identity");

        Assert.Equal("\nAn error occurred (AccessDenied) when calling the ListBuckets operation: not allowed", await node.LogAsync(call));
        Assert.Equal(
            "\nAn error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: Not authorized to "
                + "perform sts:AssumeRoleWithWebIdentity",
            await node.LogAsync(token)
        );
        Assert.All([call, token], pod => Assert.Equal(254, ExitCode(pod)));
    }

    [Fact]
    public async Task Without_credentials_it_ends_with_253_and_with_a_wrong_command_with_252()
    {
        await using var node = await NodeAsync((int)ContainerIsolation.RewrittenPaths);

        var pod = await RunAsync(
            node,
            "amazonlinux:2",
            """
            aws ec2 describe-instances 2> /dev/null; echo $?
            unset AWS_WEB_IDENTITY_TOKEN_FILE
            aws sts get-caller-identity; echo $?
            """
        );

        Assert.Equal(
            "252\n\nUnable to locate credentials. You can configure credentials by running \"aws configure\".\n253",
            await node.LogAsync(pod)
        );
    }

    private Task<TestNode> NodeAsync(int isolation) =>
        PodRunTests.NodeAsync(
            isolation,
            options =>
                options with
                {
                    Environment = new Dictionary<string, string>(StringComparer.Ordinal)
                    {
                        ["AWS_ENDPOINT_URL"] = _endpoint,
                        ["TZ"] = "UTC",
                    },
                }
        );

    private static int ExitCode(JsonObject pod) =>
        pod["status"]!["containerStatuses"]![0]!["state"]!["terminated"]!["exitCode"]!.GetValue<int>();

    private static async Task<JsonObject> RunAsync(TestNode node, string image, string? script, params string[] arguments)
    {
        var container = new JsonObject
        {
            ["name"] = "main",
            ["image"] = image,
            ["env"] = JsonNode.Parse(
                """
                [{"name":"AWS_ROLE_ARN","value":"arn:aws:iam::111122223333:role/r"},
                 {"name":"AWS_WEB_IDENTITY_TOKEN_FILE","value":"/var/run/secrets/tokens/token"},
                 {"name":"AWS_REGION","value":"ap-south-1"}]
                """
            ),
            ["volumeMounts"] = JsonNode.Parse("""[{"name":"aws-token","mountPath":"/var/run/secrets/tokens","readOnly":true}]"""),
        };
        if (script is not null)
        {
            container["command"] = new JsonArray("/bin/sh", "-c");
            arguments = [script];
        }

        container["args"] = new JsonArray([.. arguments.Select(argument => JsonValue.Create(argument))]);
        var spec = new JsonObject
        {
            ["restartPolicy"] = "Never",
            ["containers"] = new JsonArray(container),
            ["volumes"] = JsonNode.Parse(
                """
                [{"name":"aws-token","projected":{"sources":[
                  {"serviceAccountToken":{"path":"token","expirationSeconds":3600,"audience":"sts.amazonaws.com"}}
                ]}}]
                """
            ),
        };
        var pod = node.Run("aws-access-test", spec.ToJsonString());
        return await node.Cluster.SeeAsync(
            FakeCluster.Uid(pod),
            change => change.Pod["status"]!["phase"]!.GetValue<string>() is "Succeeded" or "Failed"
        );
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or InvalidOperationException)
            {
                return;
            }

            using var reader = new StreamReader(context.Request.InputStream);
            var form = System.Web.HttpUtility.ParseQueryString(await reader.ReadToEndAsync());
            _token = form["WebIdentityToken"] ?? _token;
            var (status, body) =
                context.Request.HttpMethod == "GET" ? _s3
                : form["Action"] == "GetCallerIdentity" ? (HttpStatusCode.OK, Identity)
                : _sts;
            context.Response.StatusCode = (int)status;
            context.Response.ContentType = "text/xml";
            await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(body));
            context.Response.Close();
        }
    }
}
