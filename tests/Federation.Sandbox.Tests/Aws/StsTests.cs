using System.Net;
using Amazon.IdentityManagement;
using Amazon.IdentityManagement.Model;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;
using Federation.Configuration;
using Federation.Sandbox.Tests.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Federation.Sandbox.Tests.Aws;

/// <summary>The sandbox's STS and S3 as the AWS SDK meets them, with tokens of an issuer that the sandbox does not own.</summary>
public sealed class StsTests : IAsyncLifetime
{
    private const string RoleArn = "arn:aws:iam::111122223333:role/app";
    private const string ProviderArn = "arn:aws:iam::111122223333:oidc-provider/" + TestIssuer.Path;
    private const string ListBuckets =
        """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}]}""";
    private const string ReadExports =
        """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:ListBucket","s3:GetObject"],"Resource":"""
        + """["arn:aws:s3:::exports","arn:aws:s3:::exports/*"]}]}""";

    // SDKs sign with the machine's clock: the sandbox's starts there, and moves by seconds only.
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("issuer-");
    private TestIssuer _issuer = null!;
    private TestSandbox _sandbox = null!;

    public async ValueTask InitializeAsync()
    {
        _issuer = await TestIssuer.StartAsync();
        _sandbox = await TestSandbox.StartAsync(
            _time,
            options =>
                options with
                {
                    ConnectTo = _issuer.ConnectTo,
                    CertificateAuthorityFile = _issuer.WriteAuthority(_directory.FullName),
                }
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _sandbox.DisposeAsync();
        await _issuer.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_token_becomes_credentials_that_do_what_the_roles_policies_allow_and_no_more()
    {
        await FederateAsync(ListBuckets);

        var assumed = await AssumeAsync(_issuer.Token(_time.GetUtcNow()));

        Assert.Equal("system:serviceaccount:team:app", assumed.SubjectFromWebIdentityToken);
        Assert.Equal("sts.amazonaws.com", assumed.Audience);
        Assert.Equal(ProviderArn, assumed.Provider);
        Assert.Equal("arn:aws:sts::111122223333:assumed-role/app/test-session", assumed.AssumedRoleUser.Arn);
        Assert.StartsWith("ASIA", assumed.Credentials.AccessKeyId, StringComparison.Ordinal);
        using var sts = _sandbox.Sts(assumed.Credentials);
        Assert.Equal(assumed.AssumedRoleUser.Arn, (await sts.GetCallerIdentityAsync(new GetCallerIdentityRequest())).Arn);
        using var s3 = _sandbox.S3(assumed.Credentials);
        Assert.Equal(["backups", "exports"], (await s3.ListBucketsAsync()).Buckets.Select(bucket => bucket.BucketName));

        var denied = await Assert.ThrowsAsync<AmazonS3Exception>(() =>
            s3.ListObjectsV2Async(new ListObjectsV2Request { BucketName = "exports" })
        );
        Assert.Equal(("AccessDenied", HttpStatusCode.Forbidden), (denied.ErrorCode, denied.StatusCode));
        Assert.Equal(
            "User: arn:aws:sts::111122223333:assumed-role/app/test-session is not authorized to perform: s3:ListBucket on "
                + "resource: \"arn:aws:s3:::exports\" because no identity-based policy allows the s3:ListBucket action",
            denied.Message
        );
        using var iam = _sandbox.Iam(assumed.Credentials);
        var alsoDenied = await Assert.ThrowsAsync<Amazon.IdentityManagement.AmazonIdentityManagementServiceException>(() =>
            iam.GetRoleAsync(new GetRoleRequest { RoleName = "app" })
        );
        Assert.Equal("AccessDenied", alsoDenied.ErrorCode);
    }

    [Fact]
    public async Task The_issuers_keys_are_fetched_over_TLS_and_only_through_the_mapping()
    {
        await FederateAsync(ListBuckets);
        var before = _issuer.Requests;

        await AssumeAsync(_issuer.Token(_time.GetUtcNow()));

        Assert.Equal(2, _issuer.Requests - before);
    }

    [Fact]
    public async Task A_token_of_another_key_a_foreign_audience_and_another_subject_are_each_refused_in_STSs_words()
    {
        await FederateAsync(ListBuckets);
        await using var impostor = await TestIssuer.StartAsync();
        var now = _time.GetUtcNow();

        await RefusedAsync<InvalidIdentityTokenException>(
            impostor.Token(now),
            "The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity documentation for requirements."
        );
        await RefusedAsync<InvalidIdentityTokenException>(_issuer.Token(now, audience: "other"), "Incorrect token audience");
        await RefusedAsync<AmazonSecurityTokenServiceException>(
            _issuer.Token(now, subject: "system:serviceaccount:team:other"),
            "Not authorized to perform sts:AssumeRoleWithWebIdentity"
        );
        await RefusedAsync<ExpiredTokenException>(_issuer.Token(now.AddHours(-2)), expected: null);
        await RefusedAsync<InvalidIdentityTokenException>(
            "no.token",
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
        );
    }

    [Fact]
    public async Task A_role_of_another_account_has_no_provider_there()
    {
        await FederateAsync(ListBuckets);

        var refusal = await Assert.ThrowsAsync<InvalidIdentityTokenException>(() =>
            AssumeAsync(
                _issuer.Token(_time.GetUtcNow()),
                request => request.RoleArn = $"arn:aws:iam::{TestSandbox.OtherAccount}:role/OrganizationAccountAccessRole"
            )
        );

        Assert.Equal($"No OpenIDConnect provider found in your account for https://{TestIssuer.Path}", refusal.Message);
        Assert.Equal(HttpStatusCode.BadRequest, refusal.StatusCode);
    }

    [Fact]
    public async Task Without_a_provider_in_the_roles_account_the_issuer_is_not_even_asked()
    {
        var before = _issuer.Requests;

        await RefusedAsync<InvalidIdentityTokenException>(
            _issuer.Token(_time.GetUtcNow()),
            $"No OpenIDConnect provider found in your account for https://{TestIssuer.Path}"
        );

        Assert.Equal(before, _issuer.Requests);
    }

    [Fact]
    public async Task An_issuer_that_is_not_mapped_or_whose_certificate_has_another_name_cannot_be_reached()
    {
        await using var wrongName = await TestIssuer.StartAsync("other.example");
        foreach (var connectTo in (string[])[wrongName.ConnectTo, "container.googleapis.com:443:127.0.0.1:1"])
        {
            await using var sandbox = await TestSandbox.StartAsync(
                _time,
                options => options with { ConnectTo = connectTo, CertificateAuthorityFile = wrongName.WriteAuthority(_directory.FullName) }
            );
            await FederateAsync(ListBuckets, sandbox);

            var refusal = await Assert.ThrowsAsync<InvalidIdentityTokenException>(() =>
                AssumeAsync(wrongName.Token(_time.GetUtcNow()), sandbox: sandbox)
            );

            Assert.Equal(
                "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity "
                    + "documentation for requirements",
                refusal.Message
            );
        }

        Assert.Equal(0, wrongName.Requests);
    }

    [Fact]
    public async Task A_young_role_is_denied_until_it_has_spread()
    {
        await using var sandbox = await TestSandbox.StartAsync(
            _time,
            options =>
                options with
                {
                    ConnectTo = _issuer.ConnectTo,
                    CertificateAuthorityFile = _issuer.WriteAuthority(_directory.FullName),
                    Weather = SandboxWeather.Parse("iam-propagation:10"),
                }
        );
        await FederateAsync(ListBuckets, sandbox);
        var token = _issuer.Token(_time.GetUtcNow());

        var early = await Assert.ThrowsAnyAsync<AmazonSecurityTokenServiceException>(() => AssumeAsync(token, sandbox: sandbox));
        Assert.Equal("Not authorized to perform sts:AssumeRoleWithWebIdentity", early.Message);
        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.NotNull((await AssumeAsync(token, sandbox: sandbox)).Credentials);
    }

    [Fact]
    public async Task A_session_policy_and_a_boundary_cut_down_what_a_role_may_do()
    {
        await FederateAsync(ListBuckets);
        var token = _issuer.Token(_time.GetUtcNow());
        var bounded = await AssumeAsync(token, request => request.Policy = ReadExports);
        using var s3 = _sandbox.S3(bounded.Credentials);
        var bySession = await Assert.ThrowsAsync<AmazonS3Exception>(() => s3.ListBucketsAsync());
        Assert.EndsWith("because no session policy allows the s3:ListAllMyBuckets action", bySession.Message, StringComparison.Ordinal);

        using var iam = _sandbox.Iam();
        await iam.PutRolePermissionsBoundaryAsync(
            new PutRolePermissionsBoundaryRequest
            {
                RoleName = "app",
                PermissionsBoundary = "arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess",
            }
        );
        using var within = _sandbox.S3((await AssumeAsync(token)).Credentials);
        var byBoundary = await Assert.ThrowsAsync<AmazonS3Exception>(() => within.ListBucketsAsync());
        Assert.EndsWith(
            "because no permissions boundary allows the s3:ListAllMyBuckets action",
            byBoundary.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task The_first_accounts_key_reaches_another_account_through_its_administrator_role()
    {
        using var sts = _sandbox.Sts();
        var assumed = await sts.AssumeRoleAsync(
            new AssumeRoleRequest
            {
                RoleArn = $"arn:aws:iam::{TestSandbox.OtherAccount}:role/OrganizationAccountAccessRole",
                RoleSessionName = "test",
            }
        );
        using var iam = _sandbox.Iam(assumed.Credentials);

        await iam.CreateRoleAsync(new CreateRoleRequest { RoleName = "there", AssumeRolePolicyDocument = Trust });

        Assert.Equal(
            $"arn:aws:iam::{TestSandbox.OtherAccount}:role/there",
            (await iam.GetRoleAsync(new GetRoleRequest { RoleName = "there" })).Role.Arn
        );
        using var here = _sandbox.Iam();
        var absent = await Assert.ThrowsAnyAsync<AmazonIdentityManagementServiceException>(() =>
            here.GetRoleAsync(new GetRoleRequest { RoleName = "there" })
        );
        Assert.Equal("NoSuchEntity", absent.ErrorCode);
        var untrusted = await Assert.ThrowsAnyAsync<AmazonSecurityTokenServiceException>(() =>
            sts.AssumeRoleAsync(
                new AssumeRoleRequest { RoleArn = $"arn:aws:iam::{TestSandbox.OtherAccount}:role/there", RoleSessionName = "test" }
            )
        );
        Assert.Equal("AccessDenied", untrusted.ErrorCode);
    }

    [Fact]
    public async Task Unsigned_unknown_and_wrongly_signed_calls_are_refused()
    {
        using var stranger = _sandbox.Sts(new BasicAWSCredentials("AKIAIOSFODNN7EXAMPLE", "secret"));
        using var forger = _sandbox.Sts(new BasicAWSCredentials(_sandbox.Variable("AWS_ACCESS_KEY_ID"), "secret"));
        using var anonymous = new HttpClient();

        var unknown = await Assert.ThrowsAnyAsync<AmazonSecurityTokenServiceException>(() =>
            stranger.GetCallerIdentityAsync(new GetCallerIdentityRequest())
        );
        var forged = await Assert.ThrowsAnyAsync<AmazonSecurityTokenServiceException>(() =>
            forger.GetCallerIdentityAsync(new GetCallerIdentityRequest())
        );
        using var form = new FormUrlEncodedContent(
            new Dictionary<string, string> { ["Action"] = "GetCallerIdentity", ["Version"] = "2011-06-15" }
        );
        using var unsigned = await anonymous.PostAsync(new Uri(_sandbox.Variable("AWS_ENDPOINT_URL")), form);

        Assert.Equal(("InvalidClientTokenId", HttpStatusCode.Forbidden), (unknown.ErrorCode, unknown.StatusCode));
        Assert.Equal(("SignatureDoesNotMatch", HttpStatusCode.Forbidden), (forged.ErrorCode, forged.StatusCode));
        Assert.Equal(HttpStatusCode.Forbidden, unsigned.StatusCode);
        Assert.Contains("<Code>MissingAuthenticationToken</Code>", await unsigned.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Objects_are_stored_listed_and_read_back_as_the_SDK_streams_them()
    {
        using var s3 = _sandbox.S3();
        foreach (var key in (string[])["a b/1+1.txt", "a b/2.txt", "ünïcode"])
        {
            await s3.PutObjectAsync(
                new PutObjectRequest
                {
                    BucketName = "exports",
                    Key = key,
                    ContentBody = "content of " + key,
                    Metadata = { ["note"] = "kept" },
                }
            );
        }

        var all = await s3.ListObjectsV2Async(new ListObjectsV2Request { BucketName = "exports", MaxKeys = 2 });
        var rest = await s3.ListObjectsV2Async(
            new ListObjectsV2Request { BucketName = "exports", ContinuationToken = all.NextContinuationToken }
        );
        var top = await s3.ListObjectsV2Async(new ListObjectsV2Request { BucketName = "exports", Delimiter = "/" });
        using var read = await s3.GetObjectAsync("exports", "a b/1+1.txt");
        using var reader = new StreamReader(read.ResponseStream);

        Assert.Equal(["a b/1+1.txt", "a b/2.txt", "ünïcode"], all.S3Objects.Concat(rest.S3Objects).Select(stored => stored.Key));
        Assert.Equal(["a b/"], top.CommonPrefixes);
        Assert.Equal("content of a b/1+1.txt", await reader.ReadToEndAsync());
        Assert.Equal("kept", read.Metadata["note"]);
        Assert.Equal("NoSuchKey", (await Assert.ThrowsAnyAsync<AmazonS3Exception>(() => s3.GetObjectAsync("exports", "none"))).ErrorCode);
        Assert.Equal(
            "NoSuchBucket",
            (
                await Assert.ThrowsAnyAsync<AmazonS3Exception>(() =>
                    s3.ListObjectsV2Async(new ListObjectsV2Request { BucketName = "none" })
                )
            ).ErrorCode
        );
        Assert.Equal("ap-south-1", (await s3.GetBucketLocationAsync("exports")).Location.Value);
    }

    private const string Trust = $$$"""
        {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"{{{ProviderArn}}}"},
         "Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{
           "{{{TestIssuer.Path}}}:aud":"sts.amazonaws.com",
           "{{{TestIssuer.Path}}}:sub":"system:serviceaccount:team:app"
         }
         }}]}
        """;

    private async Task FederateAsync(string permissions, TestSandbox? sandbox = null)
    {
        using var iam = (sandbox ?? _sandbox).Iam();
        await iam.CreateOpenIDConnectProviderAsync(
            new CreateOpenIDConnectProviderRequest
            {
                Url = "https://" + TestIssuer.Path,
                ClientIDList = ["sts.amazonaws.com"],
                ThumbprintList = ["08745487e891c19e3078c1f2a07e452950ef36f6"],
            }
        );
        await iam.CreateRoleAsync(new CreateRoleRequest { RoleName = "app", AssumeRolePolicyDocument = Trust });
        await iam.PutRolePolicyAsync(
            new PutRolePolicyRequest
            {
                RoleName = "app",
                PolicyName = "p",
                PolicyDocument = permissions,
            }
        );
    }

    private async Task<AssumeRoleWithWebIdentityResponse> AssumeAsync(
        string token,
        Action<AssumeRoleWithWebIdentityRequest>? change = null,
        TestSandbox? sandbox = null
    )
    {
        using var sts = (sandbox ?? _sandbox).Sts(new AnonymousAWSCredentials());
        var request = new AssumeRoleWithWebIdentityRequest
        {
            RoleArn = RoleArn,
            RoleSessionName = "test-session",
            WebIdentityToken = token,
        };
        change?.Invoke(request);
        return await sts.AssumeRoleWithWebIdentityAsync(request);
    }

    private async Task RefusedAsync<T>(string token, string? expected)
        where T : AmazonSecurityTokenServiceException
    {
        var refusal = await Assert.ThrowsAnyAsync<T>(() => AssumeAsync(token));
        if (expected is not null)
        {
            Assert.Equal(expected, refusal.Message);
        }
    }
}
