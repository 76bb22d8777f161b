using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Issuers;
using Federation.Policies;
using Federation.Sandbox.Aws;
using Federation.Sandbox.Kubernetes;
using Federation.Sandbox.Kubernetes.Apply;
using Federation.Sandbox.Kubernetes.Authentication;
using Federation.Sandbox.Kubernetes.Endpoints;
using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Schemas;
using Federation.Sandbox.Tests.Kubernetes;
using Federation.Tests.Diagnosis;
using Federation.WebIdentity;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Fuzzing;

/// <param name="Run">Returns where the input is read or refused as is documented; any other exception is a fault.</param>
internal sealed record Parser(Action<byte[]> Run, IReadOnlyList<byte[]> Seeds);

/// <summary>
/// All that read what others send. A fault is an exception that a parser does not document, a second without an answer, or a
/// gibibyte of memory.
/// </summary>
internal static class Parsers
{
    private const string Issuer = "container.googleapis.com/v1/projects/acme-prod/locations/asia-south1-a/clusters/main";
    private const string Trust =
        """{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Principal":"""
        + $$"""{"Federated":"arn:aws:iam::111122223333:oidc-provider/{{Issuer}}"}"""
        + $$""","Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"{{Issuer}}:aud":"sts.amazonaws.com"}"""
        + ""","DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"} } }]}""";
    private const string Permissions =
        """{"Version":"2012-10-17","Id":"x","Statement":[{"Effect":"Deny","NotAction":["s3:Get*","iam:?"],"Resource":"""
        + """["arn:aws:s3:::a/*","*"],"Condition":{"IpAddress":{"aws:SourceIp":["10.0.0.0/8"]},"Null":"""
        + """{"aws:TokenIssueTime":true},"NumericLessThan":{"s3:max-keys":"10"} } }]}""";
    private const string JwtHeader = """{"alg":"RS256","kid":"a","typ":"JWT"}""";
    private const string JwtClaims =
        $$"""{"iss":"https://{{Issuer}}","sub":"system:serviceaccount:a:b","aud":["sts.amazonaws.com"]"""
        + ""","exp":1795460000,"iat":1795456400,"kubernetes.io":{"namespace":"a","pod":{"name":"p","uid":"u"}"""
        + ""","serviceaccount":{"name":"b","uid":"u"} } }""";
    private const string Pod =
        """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x","labels":{"a":"b"},"finalizers":["a/b"]},"spec":"""
        + """{"containers":[{"name":"c","image":"i","env":[{"name":"A","value":"b"}],"ports":[{"containerPort":80}]}]"""
        + ""","volumes":[{"name":"v","projected":{"sources":[{"serviceAccountToken":{"path":"t"}}]}}]}}""";
    private const string Owned =
        """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x","labels":{"a":"b"},"managedFields":["""
        + """{"manager":"m","operation":"Update","apiVersion":"v1","time":"2026-01-01T00:00:"""
        + """00Z","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:labels":{".":{},"f:a":{}}},"f:spec":{"f:containers":"""
        + """{"k:{\"name\":\"c\"}":{".":{},"f:image":{}}}}}}]},"spec":{"containers":[{"name":"c","image":"i"}]}}""";
    private const string Manifest =
        "kind: Pod\napiVersion: v1\nmetadata: &m\n  name: x\n  labels: {\"a\": 'b', c: ~}\nspec:\n  containers:\n  - name: c\n "
        + "   image: i\n    command: [a, \"b\\n\", 1.5, 1e3, yes]\n    args:\n    - |\n      text\n  volumes:\n  - name: v\n    "
        + "secret: {defaultMode: 0644}\n";
    private const string Authorization =
        "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20261126/ap-south-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=00";

    private static readonly DateTimeOffset Now = new(2026, 11, 26, 0, 0, 0, TimeSpan.Zero);
    private static readonly IssuerTransport Nowhere = new(static () => ConnectTo.Parse("::127.0.0.1:1"), []);
    private static readonly SignatureVersion4 Signatures = new(Keys(), new Frozen(Now));

    public static IReadOnlyDictionary<string, Parser> All { get; } =
        new SortedDictionary<string, Parser>(StringComparer.Ordinal)
        {
            ["aws-chunked"] = Refusing<AwsException>(
                static input => AwsChunked.Decode(input, static (_, _, _) => { }),
                "5;chunk-signature=00\r\nhello\r\n0;chunk-signature=00\r\n"
                    + "x-amz-checksum-crc32:AAAAAA==\r\nx-amz-trailer-signature:00\r\n\r\n",
                "3\r\nabc\r\n0\r\n\r\n"
            ),
            ["configuration"] = Total(
                static input => ConfigurationReader.Read("federation.yaml", input),
                File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "federation.example.yaml"))
            ),
            ["connect-to"] = Refusing<FormatException>(
                static input => ConnectTo.Parse(ConnectTo.Parse(Text(input)).ToString()),
                "container.googleapis.com:443:127.0.0.1:1",
                "[::1]:443:[::2]:1,::a:",
                ":::"
            ),
            ["error-texts"] = Total(
                static input => ErrorTexts.Explain(Text(input)),
                "An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: Incorrect token audience",
                "ExpiredTokenException: Token expired: current date/time 1789120500 must be before the expiration date/time 1789117200"
            ),
            ["evidence"] = Refusing<FindingException>(
                static input => EvidenceFile.Parse(Text(input), "evidence.json").ToJson(),
                new EvidenceFile { Taken = Now, Workloads = [Healthy.Evidence] }.ToJson()
            ),
            ["json"] = Refusing<FormatException>(
                static input => Show(JsonReading.Parse(input, [])),
                Pod,
                "[1,1.5,1e3,-0,\"\\u00e9\",null,true,{\"a\":1,\"a\":2}]"
            ),
            ["json-patch"] = Patch(
                "application/json-patch+json",
                """[{"op":"add","path":"/metadata/labels","value":{"a":"b"}},{"op":"copy","from":"/metadata","path":"/data"},"""
                    + """{"op":"test","path":"/kind","value":"Pod"},{"op":"move","from":"/spec/containers/0","path":"/spec/"""
                    + """containers/-"},{"op":"remove","path":"/metadata/labels/a~1b"}]"""
            ),
            ["merge-patch"] = Patch(
                "application/merge-patch+json",
                """{"metadata":{"labels":{"a":null,"b":"c"}},"spec":{"containers":[{"name":"d","image":"i"}]}}""",
                Owned
            ),
            ["policy"] = Refusing<PolicyFormatException>(
                static input =>
                {
                    foreach (var kind in Enum.GetValues<PolicyKind>())
                    {
                        PolicyGrammar.Check(Text(input), kind);
                    }

                    var document = PolicyDocument.Parse(Text(input));
                    if (!PolicyDocument.Parse(document.ToCanonicalJson()).MeansTheSame(document))
                    {
                        throw new InvalidOperationException("The canonical form means something else than the policy.");
                    }
                },
                Trust,
                Permissions
            ),
            ["protobuf"] = Refusing<FormatException>(static input => Show(ProtobufReading.Parse(input, KubernetesTypes.Schema))) with
            {
                Seeds =
                [
                    Protobuf(Pod),
                    Protobuf(
                        """{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"audiences":["a"]"""
                            + ""","expirationSeconds":3600}}"""
                    ),
                ],
            },
            ["query-protocol"] = Refusing<AwsException>(
                static input => Call(input),
                $"Action=CreateRole&RoleName=app&Path=/a/&AssumeRolePolicyDocument={Uri.EscapeDataString(Trust)}"
                    + "&MaxSessionDuration=3600&Tags.member.1.Key=a&Tags.member.1.Value=b",
                $"Action=SimulateCustomPolicy&PolicyInputList.member.1={Uri.EscapeDataString(Permissions)}"
                    + "&ActionNames.member.1=s3:GetObject",
                "Action=ListRoles&Marker=YQ==&MaxItems=10&PathPrefix=/"
            ),
            ["selectors"] = Refusing<ApiException>(
                static input => Selector.Parse(Text(input), Text(input), ResourceTable.Pods).Matches(Object(Pod)),
                "a=b,c!=d,e in (f,g),h notin (i),!j,k",
                "metadata.name=x,status.phase!=Running"
            ),
            ["server-side-apply"] = Refusing<ApiException>(Apply, Pod, Owned, Manifest),
            ["signature-v4"] = Refusing<AwsException>(
                static input =>
                {
                    string[] lines = [.. Text(input).Split('\n'), "", ""];
                    Signatures.Verify(
                        Request(
                            lines[0],
                            [],
                            ("Authorization", lines[1]),
                            ("x-amz-date", lines[2]),
                            ("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
                        )
                    );
                },
                $"/exports/key?list-type=2&prefix=a%20b\n{Authorization}\n20261126T000000Z",
                "/key?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAEXAMPLE%2F20261126%2Fb%2Fs3%2Faws4_request"
                    + "&X-Amz-Date=20261126T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=0"
            ),
            ["strategic-merge-patch"] = Patch(
                "application/strategic-merge-patch+json",
                """{"metadata":{"$patch":"replace","labels":{"a":null},"$retainKeys":["name"]"""
                    + ""","$deleteFromPrimitiveList/finalizers":["a/b"]},"spec":{"containers":[{"$patch":"delete","name":"c"}]"""
                    + ""","$setElementOrder/containers":[{"name":"c"}]}}"""
            ),
            ["token"] = Total(
                static input => _ = WebIdentityToken.TryParse(Text(input), out _, out _),
                Base64Url.EncodeToString(Encoding.UTF8.GetBytes(JwtHeader))
                    + "."
                    + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(JwtClaims))
                    + ".c2ln"
            ),
            ["token-claims"] = Total(
                static input =>
                    _ = WebIdentityToken.TryParse(
                        $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(JwtHeader))}.{Base64Url.EncodeToString(input)}.c2ln",
                        out _,
                        out _
                    ),
                JwtClaims
            ),
            ["yaml"] = Refusing<FormatException>(
                static input => Show(YamlReading.Parse(Text(input), [])),
                Manifest,
                "---\n!!map {? a : b}\n...\n",
                "%YAML 1.1\n---\n- a\n# c\n"
            ),
        };

    private static AccessKeys Keys()
    {
        var keys = new AccessKeys();
        keys.Add(
            new AccessKey(
                "AKIAEXAMPLE",
                "secret",
                new AwsPrincipal.Administrator(new AwsAccount("111122223333", "ap-south-1", "aws"), "AIDAEXAMPLE")
            )
        );
        return keys;
    }

    private static Parser Total(Action<byte[]> run, params string[] seeds) => new(run, [.. seeds.Select(Encoding.UTF8.GetBytes)]);

    private static Parser Refusing<T>(Action<byte[]> run, params string[] seeds)
        where T : Exception =>
        Total(
            input =>
            {
                try
                {
                    run(input);
                }
                catch (T)
                {
                    // Refused in the words of the one who was asked.
                }
            },
            seeds
        );

    private static Parser Patch(string contentType, params string[] seeds) =>
        Refusing<ApiException>(
            input =>
            {
                var stored = Object(Owned);
                var patched = PatchReading.Read(contentType, input, ResourceTable.Pods.Schema)(stored);
                var exchange = NewExchange("application/json", fieldValidation: "Warn");
                var decoded = BodyReading.Decode(
                    patched,
                    exchange,
                    "v1",
                    "Pod",
                    [],
                    static (message, _) => ApiException.BadRequest(message)
                );
                ManagedFields.Update(stored, decoded, ResourceTable.Pods, new FieldManager("m"), Now, []);
                Show(decoded);
            },
            seeds
        );

    private static void Apply(byte[] input)
    {
        var applied = BodyReading.Read(input, NewExchange("application/yaml", fieldValidation: "Ignore"), "v1", "Pod");
        applied.Metadata["name"] = "x";
        applied.Metadata.Remove("managedFields");
        var live = ManagedFields.Apply(Object(Owned), applied, ResourceTable.Pods, new FieldManager("one"), force: true, Now, ["status"]);
        var again = ManagedFields.Apply(live, applied, ResourceTable.Pods, new FieldManager("one"), force: false, Now, ["status"]);
        Show(again);
    }

    private static Exchange NewExchange(string contentType, string fieldValidation)
    {
        var context = new DefaultHttpContext();
        context.Request.ContentType = contentType;
        context.Request.QueryString = new QueryString("?fieldValidation=" + fieldValidation);
        return new Exchange(context, RequestInfo.Parse(context.Request), User.Administrator);
    }

    private static void Call(byte[] form)
    {
        var parameters = Request("/", form, ("Content-Type", "application/x-www-form-urlencoded")).Form();
        if (parameters is null || parameters["Action"] is "CreateOpenIDConnectProvider")
        {
            // The one that would call the issuer.
            return;
        }

        var clock = new Frozen(Now);
        var iam = new IamApi(new IamRoles(clock, TimeSpan.Zero), new IamProviders(clock, Nowhere), new IamPolicies(clock));
        iam.InvokeAsync(
                parameters["Action"],
                new AwsAccount("111122223333", "ap-south-1", "aws"),
                new QueryParameters(parameters),
                CancellationToken.None
            )
            .GetAwaiter()
            .GetResult();
    }

    private static AwsRequest Request(string target, byte[] body, params (string Name, string Value)[] headers)
    {
        var context = new DefaultHttpContext
        {
            Request =
            {
                Method = "POST",
                Host = new HostString("127.0.0.1", 80),
                Body = new MemoryStream(body),
            },
        };
        context.Features.Set<IHttpMaxRequestBodySizeFeature>(new BodySize());
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = target;
        foreach (var (name, value) in headers)
        {
            context.Request.Headers[name] = value;
        }

        return AwsRequest.ReadAsync(context, bodyLimit: 1 << 20).GetAwaiter().GetResult();
    }

    private static byte[] Protobuf(string json)
    {
        var value = Object(json);
        return ProtobufWriting.Object(value.Text("apiVersion"), value.Text("kind"), value, KubernetesTypes.Schema[value.Text("kind")]);
    }

    /// <summary>What was read can also be answered with.</summary>
    private static void Show(JsonNode? node) => Exchange.Serialize(node ?? new JsonObject());

    private static JsonObject Object(string json) => JsonNode.Parse(json)!.AsObject();

    private static string Text(byte[] input) => Encoding.UTF8.GetString(input);

    private sealed class Frozen(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }

    private sealed class BodySize : IHttpMaxRequestBodySizeFeature
    {
        public bool IsReadOnly => false;

        public long? MaxRequestBodySize { get; set; }
    }
}
