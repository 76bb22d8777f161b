using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Xml;
using System.Xml.Linq;
using CsCheck;
using Federation.Configuration;
using Federation.Issuers;
using Federation.Policies;
using Federation.Sandbox.Aws;
using Federation.Sandbox.Google;
using Federation.Sandbox.Hosting;
using Federation.WebIdentity;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Federation.Sandbox.Tests.Hosting;

/// <summary>
/// For any input, AWS's and Google's endpoints answer in their cloud's shape, and never with an internal error.
/// <c>CsCheck_Iter</c> or <c>CsCheck_Time</c> in the environment try more than the hundred inputs of each run.
/// </summary>
public sealed class HostileInputTests : IDisposable
{
    private const string Path = "container.googleapis.com/v1/projects/acme-prod/locations/asia-south1-a/clusters/main";
    private const string Role = "arn:aws:iam::111122223333:role/app";
    private const string Trust =
        """{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Principal":"""
        + $$"""{"Federated":"arn:aws:iam::111122223333:oidc-provider/{{Path}}"}"""
        + $$""","Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"{{Path}}:aud":"sts.amazonaws.com"}"""
        + ""","DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"} } }]}""";
    private const string Permissions =
        """{"Version":"2012-10-17","Id":"x","Statement":[{"Effect":"Deny","NotAction":["s3:Get*","iam:?"],"Resource":"""
        + """["arn:aws:s3:::a/*","*"],"Condition":{"IpAddress":{"aws:SourceIp":["10.0.0.0/8"]},"Null":"""
        + """{"aws:TokenIssueTime":true},"NumericLessThan":{"s3:max-keys":"10"} } }]}""";

    private readonly AwsCloud _aws;
    private readonly GoogleCloud _google;
    private readonly AccessKey _key;

    public HostileInputTests()
    {
        var time = TimeProvider.System;
        var calls = new CallLog();
        var weather = new Weather(SandboxWeather.Fair, calls, time);
        var nowhere = new IssuerTransport(() => ConnectTo.Parse(null), []);
        _aws = new AwsCloud([new Account("data", TestSandbox.Account, "ap-south-1")], ["exports"], nowhere, weather, calls, time);
        _google = new GoogleCloud([TestSandbox.Main], _ => "127.0.0.1:1", "", weather, calls, time);
        _key = _aws.AdministratorKeys[TestSandbox.Account];
    }

    public void Dispose()
    {
        _aws.Dispose();
        _google.Dispose();
    }

    [Fact]
    public void A_signed_call_of_IAM_or_STS_is_answered() =>
        Mutations
            .BytesOf(
                "Action=CreateRole&Version=2010-05-08&RoleName=app&Path=/a/"
                    + $"&AssumeRolePolicyDocument={Uri.EscapeDataString(Trust)}&MaxSessionDuration=3600&Tags.member.1.Key=a"
                    + "&Tags.member.1.Value=b",
                $"Action=PutRolePolicy&Version=2010-05-08&RoleName=app&PolicyName=p&PolicyDocument={Uri.EscapeDataString(Permissions)}",
                $"Action=UpdateAssumeRolePolicy&Version=2010-05-08&RoleName=app&PolicyDocument={Uri.EscapeDataString(Trust)}",
                $"Action=CreatePolicy&Version=2010-05-08&PolicyName=p&PolicyDocument={Uri.EscapeDataString(Permissions)}",
                $"Action=CreateOpenIDConnectProvider&Version=2010-05-08&Url=https://{Path}"
                    + "&ClientIDList.member.1=sts.amazonaws.com"
                    + "&ThumbprintList.member.1=08745487e891c19e3078c1f2a07e452950ef36f6",
                "Action=GetOpenIDConnectProvider&Version=2010-05-08"
                    + $"&OpenIDConnectProviderArn=arn:aws:iam::111122223333:oidc-provider/{Path}",
                $"Action=SimulatePrincipalPolicy&Version=2010-05-08&PolicySourceArn={Role}"
                    + "&ActionNames.member.1=s3:GetObject&ResourceArns.member.1=*&ContextEntries.member.1.ContextKeyName=a"
                    + "&ContextEntries.member.1.ContextKeyValues.member.1=b",
                "Action=SimulateCustomPolicy&Version=2010-05-08"
                    + $"&PolicyInputList.member.1={Uri.EscapeDataString(Permissions)}&ActionNames.member.1=s3:GetObject",
                "Action=ListRoles&Version=2010-05-08&Marker=YQ==&MaxItems=10&PathPrefix=/",
                "Action=GetAccountAuthorizationDetails&Version=2010-05-08&Filter.member.1=Role",
                $"Action=AssumeRole&Version=2011-06-15&RoleArn={Role}&RoleSessionName=name&DurationSeconds=900"
                    + $"&Policy={Uri.EscapeDataString(Permissions)}&ExternalId=id"
            )
            .Sample(body =>
                AnswersXml(
                    Signed(
                        "POST",
                        "/",
                        Encoding.UTF8.GetString(body).Contains("2011-06-15", StringComparison.Ordinal) ? "sts" : "iam",
                        body,
                        form: true
                    )
                )
            );

    [Fact]
    public void A_web_identity_token_is_answered() =>
        Mutations
            .BytesOf(
                $"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={Role}&RoleSessionName=name"
                    + $"&WebIdentityToken={Jwt()}&DurationSeconds=900",
                $"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={Role}&RoleSessionName=name"
                    + $"&WebIdentityToken={Jwt()}&ProviderId=www.amazon.com"
            )
            .Sample(body => AnswersXml(Request("POST", "/", body, ("Content-Type", "application/x-www-form-urlencoded"))));

    [Fact]
    public void The_claims_of_a_token_are_read_or_refused() =>
        Gen.Select(Mutations.Of(Header), Mutations.Of(Claims))
            .Sample(
                (header, claims) =>
                    Assert.Equal(
                        WebIdentityToken.TryParse($"{Encode(header)}.{Encode(claims)}.c2ln", out var token, out _),
                        token is not null
                    )
            );

    [Fact]
    public void A_signed_call_of_S3_is_answered() =>
        Gen.Select(
                Gen.OneOf<string>("GET", "PUT", "POST", "DELETE", "HEAD", "PATCH"),
                Mutations.Of(
                    "/exports",
                    "/exports/key",
                    "/exports/a/b%20c",
                    "/",
                    "/exports?list-type=2&prefix=a&delimiter=/&max-keys=1&continuation-token=YQ==",
                    "/exports?delete",
                    "/exports/key?uploads",
                    "/exports/key?partNumber=1&uploadId=x"
                ),
                Mutations.BytesOf(
                    "<Delete><Object><Key>a</Key></Object></Delete>",
                    "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>",
                    "<CreateBucketConfiguration><LocationConstraint>ap-south-1</LocationConstraint></CreateBucketConfiguration>",
                    "text"
                ),
                Mutations.Of("bytes=0-9", "bytes=-1"),
                Mutations.Of("", "/exports/key", "exports/a%20b")
            )
            .Sample(
                (method, target, body, range, source) =>
                {
                    var headers = new List<(string, string)> { ("Range", range) };
                    if (source.Length > 0)
                    {
                        headers.Add(("x-amz-copy-source", source));
                    }

                    AnswersXml(Signed(method, target, "s3", body, form: false, [.. headers]), method is "HEAD" or "GET");
                }
            );

    [Fact]
    public void An_authorization_of_any_form_is_answered() =>
        Gen.Select(
                Mutations.Of(
                    $"AWS4-HMAC-SHA256 Credential={_key.AccessKeyId}/20261126/ap-south-1/s3/aws4_request, "
                        + "SignedHeaders=host;x-amz-date, Signature=00",
                    "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request,SignedHeaders=host,Signature="
                ),
                Mutations.Of("20261126T000000Z"),
                Mutations.Of(
                    "/exports/key?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2F20261126%2Fb%2Fs3%2Faws4_request"
                        + "&X-Amz-Date=20261126T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=0",
                    "/"
                ),
                Gen.OneOf<string>("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", "UNSIGNED-PAYLOAD", "x")
            )
            .Sample(
                (authorization, date, target, hash) =>
                    AnswersXml(
                        Request(
                            "GET",
                            target,
                            [],
                            ("Authorization", authorization),
                            ("x-amz-date", date),
                            ("x-amz-content-sha256", hash),
                            ("Content-Type", "text/plain")
                        )
                    )
            );

    [Fact]
    public void A_chunked_body_is_decoded_or_incomplete() =>
        Mutations
            .BytesOf(
                "5;chunk-signature=00\r\nhello\r\n0;chunk-signature=00\r\n"
                    + "x-amz-checksum-crc32:AAAAAA==\r\nx-amz-trailer-signature:00\r\n\r\n",
                "3\r\nabc\r\n0\r\n\r\n"
            )
            .Sample(body => Refusing<AwsException>(() => AwsChunked.Decode(body, (_, _, _) => { })));

    [Fact]
    public void A_policy_document_is_checked_and_what_passes_can_be_read() =>
        Mutations
            .Of(Trust, Permissions)
            .Sample(document =>
            {
                foreach (var kind in Enum.GetValues<PolicyKind>())
                {
                    if (PolicyGrammar.Check(document, kind).Count == 0)
                    {
                        PolicyDocument.Parse(document);
                    }
                }
            });

    [Fact]
    public void A_mapping_of_connections_is_read_back_from_what_it_shows() =>
        Mutations
            .Of("container.googleapis.com:443:127.0.0.1:1", "[::1]:443:[::2]:1,::a:", ":::")
            .Sample(text =>
                Refusing<FormatException>(() =>
                {
                    var shown = ConnectTo.Parse(text).ToString();
                    Assert.Equal(shown, ConnectTo.Parse(shown).ToString());
                })
            );

    [Fact]
    public void A_fault_is_one_or_none() =>
        Mutations
            .Of("aws-throttling:5", "issuer-slow", "lost:5%@aws/iam:CreateRole", "cut@kubernetes/create pods#2", "seed:7")
            .Sample(text => Assert.True(!SandboxWeather.Accepts(text) || SandboxWeather.Parse(text).Faults.All(fault => fault.Number > 0)));

    [Fact]
    public void A_call_of_Google_is_answered() =>
        Gen.Select(
                Gen.OneOf<string>("GET", "POST", "PATCH", "DELETE"),
                Mutations.Of(
                    "/v1/projects/acme-prod/serviceAccounts",
                    "/v1/projects/-/serviceAccounts/a@acme-prod.iam.gserviceaccount.com:setIamPolicy",
                    "/v1/projects/-/serviceAccounts/account1@acme-prod.iam.gserviceaccount.com",
                    "/v1/projects/acme-prod/serviceAccounts/"
                        + "account1%40acme-prod.iam.gserviceaccount.com:getIamPolicy?options.requestedPolicyVersion=3",
                    "/v1/projects/acme-prod/locations/-/clusters",
                    "/token"
                ),
                Mutations.BytesOf(
                    """{"accountId":"account1","serviceAccount":{"displayName":"a","description":"b","etag":"AA=="}"""
                        + ""","updateMask":"displayName"}""",
                    """{"policy":{"version":3,"etag":"ACAB","bindings":[{"role":"roles/iam.workloadIdentityUser","members":"""
                        + """["serviceAccount:acme-prod.svc.id.goog[a/b]","user:a@b.c"],"condition":{"expression":"true"}}]}}""",
                    $"grant_type={Uri.EscapeDataString(GoogleTokens.JwtBearer)}&assertion={Jwt()}"
                ),
                Gen.OneOf<string>("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=a", "junk"),
                Gen.OneOf<string>("", "gzip")
            )
            .Sample(
                (method, target, body, contentType, encoding) =>
                {
                    var context = Request(
                        method,
                        target,
                        body,
                        ("Authorization", "Bearer " + _google.Tokens.AccessToken),
                        ("Content-Type", contentType),
                        ("Content-Encoding", encoding)
                    );
                    var (status, text) = Answer(_google.Api.HandleAsync, context);
                    Assert.True(status is >= 200 and < 500, text);
                    Assert.IsType<JsonObject>(JsonNode.Parse(text));
                }
            );

    private const string Header = """{"alg":"RS256","kid":"a","typ":"JWT"}""";

    private const string Claims =
        $$"""{"iss":"https://{{Path}}","sub":"system:serviceaccount:a:b","aud":["sts.amazonaws.com"]"""
        + ""","exp":1795460000,"iat":1795456400,"nbf":1795456400,"jti":"a"}""";

    private static string Jwt() => $"{Encode(Header)}.{Encode(Claims)}.c2ln";

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private static void Refusing<T>(Action action)
        where T : Exception
    {
        try
        {
            action();
        }
        catch (T)
        {
            // Refused in the words of the one who was asked: as good as accepted.
        }
    }

    /// <param name="mayBeContent">An answer with 200 need not be XML: it may be an object's content.</param>
    private void AnswersXml(HttpContext context, bool mayBeContent = false)
    {
        var (status, text) = Answer(_aws.Api.HandleAsync, context);
        Assert.True(status is >= 200 and < 500 or 501 or 503, text);
        if (text.Length > 0 && !(mayBeContent && status < 300))
        {
            // S3 and the query protocol name control characters by number, which XML 1.0 has no room for.
            using var reader = XmlReader.Create(new StringReader(text), new XmlReaderSettings { CheckCharacters = false });
            XElement.Load(reader);
        }
    }

    private static (int Status, string Text) Answer(RequestDelegate handle, HttpContext context)
    {
        using var body = new MemoryStream();
        context.Response.Body = body;
        handle(context).GetAwaiter().GetResult();
        return (context.Response.StatusCode, Encoding.UTF8.GetString(body.ToArray()));
    }

    private static DefaultHttpContext Request(string method, string target, byte[] body, params (string Name, string Value)[] headers)
    {
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpMaxRequestBodySizeFeature>(new BodySize());
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = target;
        context.Request.Method = method;
        context.Request.Host = new HostString("127.0.0.1", 80);
        context.Request.Body = new MemoryStream(body);
        foreach (var (name, value) in headers)
        {
            context.Request.Headers[name] = value;
        }

        return context;
    }

    /// <summary>With a valid signature (AWS Signature Version 4), so that the code behind it is reached.</summary>
    private DefaultHttpContext Signed(
        string method,
        string target,
        string service,
        byte[] body,
        bool form,
        params (string Name, string Value)[] headers
    )
    {
        var now = TimeProvider.System.GetUtcNow().UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var hash = Convert.ToHexStringLower(SHA256.HashData(body));
        var context = Request(method, target, body, [("x-amz-date", now), ("x-amz-content-sha256", hash), .. headers]);
        if (form)
        {
            context.Request.ContentType = "application/x-www-form-urlencoded";
        }

        var question = target.IndexOf('?', StringComparison.Ordinal);
        var path = string.Join(
            '/',
            (question < 0 ? target : target[..question]).Split('/').Select(segment => Uri.EscapeDataString(Uri.UnescapeDataString(segment)))
        );
        var query =
            question < 0
                ? ""
                : string.Join(
                    '&',
                    target[(question + 1)..]
                        .Split('&', StringSplitOptions.RemoveEmptyEntries)
                        .Select(pair =>
                            string.Join('=', pair.Split('=', 2).Select(part => Uri.EscapeDataString(Uri.UnescapeDataString(part))))
                        )
                        .Select(pair => pair.Contains('=', StringComparison.Ordinal) ? pair : pair + "=")
                        .Order(StringComparer.Ordinal)
                );
        var canonical = $"{method}\n{path}\n{query}\nhost:127.0.0.1:80\nx-amz-date:{now}\n\nhost;x-amz-date\n{hash}";
        var scope = $"{now[..8]}/ap-south-1/{service}/aws4_request";
        var toSign = $"AWS4-HMAC-SHA256\n{now}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var key = scope
            .Split('/')
            .Aggregate(
                Encoding.UTF8.GetBytes("AWS4" + _key.SecretAccessKey),
                (secret, part) => HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(part))
            );
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(toSign)));
        context.Request.Headers.Authorization =
            $"AWS4-HMAC-SHA256 Credential={_key.AccessKeyId}/{scope}, SignedHeaders=host;x-amz-date, Signature={signature}";
        return context;
    }

    private sealed class BodySize : IHttpMaxRequestBodySizeFeature
    {
        public bool IsReadOnly => false;

        public long? MaxRequestBodySize { get; set; }
    }
}
