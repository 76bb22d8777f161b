using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Federation.Sandbox.Tests.Hosting;
using Google;
using Google.Apis.Auth.OAuth2;
using Google.Apis.Auth.OAuth2.Responses;
using Google.Apis.Container.v1;
using Google.Apis.Iam.v1;
using Google.Apis.Iam.v1.Data;
using Google.Apis.Services;

namespace Federation.Sandbox.Tests.Google;

/// <summary>The sandbox's Google as Google's own client meets it, signing in with the generated key.</summary>
public sealed class GoogleTests : IAsyncLifetime
{
    private const string Member = "serviceAccount:acme-prod.svc.id.goog[team/app]";
    private const string Email = "reader@acme-prod.iam.gserviceaccount.com";
    private const string Resource = "projects/acme-prod/serviceAccounts/" + Email;
    private TestSandbox _sandbox = null!;
    private IamService _iam = null!;

    public async ValueTask InitializeAsync()
    {
        _sandbox = await TestSandbox.StartAsync();
        _iam = new IamService(Initializer(Credential()));
    }

    public async ValueTask DisposeAsync()
    {
        _iam.Dispose();
        await _sandbox.DisposeAsync();
    }

    [Fact]
    public async Task A_service_account_is_created_found_by_wildcard_changed_and_deleted()
    {
        var created = await CreateAsync("reader");
        Assert.Matches("^[0-9]{21}$", created.UniqueId);

        var found = await _iam.Projects.ServiceAccounts.Get("projects/-/serviceAccounts/" + Email).ExecuteAsync();
        Assert.Equal((created.UniqueId, "Reads", "acme-prod"), (found.UniqueId, found.DisplayName, found.ProjectId));
        var patched = await _iam
            .Projects.ServiceAccounts.Patch(
                new PatchServiceAccountRequest
                {
                    ServiceAccount = new ServiceAccount { DisplayName = "Writes" },
                    UpdateMask = "displayName",
                },
                Resource
            )
            .ExecuteAsync();
        Assert.Equal(("Writes", "for tests"), (patched.DisplayName, patched.Description));
        Assert.Equal(
            [Email],
            (await _iam.Projects.ServiceAccounts.List("projects/acme-prod").ExecuteAsync()).Accounts.Select(account => account.Email)
        );

        await _iam.Projects.ServiceAccounts.Delete(Resource).ExecuteAsync();
        var gone = await RefusalAsync(() => _iam.Projects.ServiceAccounts.Get("projects/-/serviceAccounts/" + Email).ExecuteAsync());
        Assert.Equal((HttpStatusCode.NotFound, "Unknown service account"), (gone.HttpStatusCode, gone.Error.Message));
        Assert.NotEqual(created.UniqueId, (await CreateAsync("reader")).UniqueId);
    }

    [Fact]
    public async Task Taken_and_malformed_ids_and_foreign_projects_are_refused()
    {
        await CreateAsync("reader");

        var taken = await RefusalAsync(() => CreateAsync("reader"));
        Assert.Equal(
            (HttpStatusCode.Conflict, "Service account reader already exists within project projects/acme-prod."),
            (taken.HttpStatusCode, taken.Error.Message)
        );
        Assert.Contains("ALREADY_EXISTS", taken.Error.ErrorResponseContent, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, (await RefusalAsync(() => CreateAsync("short"))).HttpStatusCode);
        var foreign = await RefusalAsync(() =>
            _iam
                .Projects.ServiceAccounts.Create(new CreateServiceAccountRequest { AccountId = "reader" }, "projects/elsewhere")
                .ExecuteAsync()
        );
        Assert.Equal("Permission 'iam.serviceAccounts.create' denied on resource (or it may not exist).", foreign.Error.Message);
    }

    [Fact]
    public async Task A_policy_is_changed_by_read_modify_write_and_a_stale_etag_is_aborted()
    {
        await CreateAsync("reader");
        var policy = await _iam.Projects.ServiceAccounts.GetIamPolicy(Resource).ExecuteAsync();
        policy.Bindings = [new Binding { Role = "roles/iam.workloadIdentityUser", Members = [Member] }];
        var stale = policy.ETag;

        var set = await SetAsync(policy);
        Assert.Equal([Member], Assert.Single(set.Bindings).Members);

        policy.ETag = stale;
        var aborted = await RefusalAsync(() => SetAsync(policy));
        Assert.Equal(HttpStatusCode.Conflict, aborted.HttpStatusCode);
        Assert.Contains("ABORTED", aborted.Error.ErrorResponseContent, StringComparison.Ordinal);

        // The same bytes in the other alphabet are the same etag.
        policy.ETag = set.ETag.Replace('+', '-').Replace('/', '_');
        Assert.NotEqual(set.ETag, (await SetAsync(policy)).ETag);
    }

    [Fact]
    public async Task A_workload_identity_pool_that_does_not_exist_is_refused_as_member()
    {
        await CreateAsync("reader");

        var refusal = await RefusalAsync(() =>
            SetAsync(
                new Policy
                {
                    Bindings =
                    [
                        new Binding
                        {
                            Role = "roles/iam.workloadIdentityUser",
                            Members = ["serviceAccount:elsewhere.svc.id.goog[team/app]"],
                        },
                    ],
                }
            )
        );

        Assert.StartsWith("Identity Pool does not exist (elsewhere.svc.id.goog).", refusal.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Conditions_show_in_version_3_only_and_are_not_lost_to_older_versions()
    {
        await CreateAsync("reader");
        var conditional = new Binding
        {
            Role = "roles/iam.workloadIdentityUser",
            Members = [Member],
            Condition = new Expr { Title = "t", Expression = "true" },
        };

        Assert.Equal(
            HttpStatusCode.BadRequest,
            (await RefusalAsync(() => SetAsync(new Policy { Version = 1, Bindings = [conditional] }))).HttpStatusCode
        );
        await SetAsync(new Policy { Version = 3, Bindings = [conditional] });

        var old = await _iam.Projects.ServiceAccounts.GetIamPolicy(Resource).ExecuteAsync();
        Assert.StartsWith("roles/iam.workloadIdentityUser_withcond_", Assert.Single(old.Bindings).Role, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, (await RefusalAsync(() => SetAsync(old))).HttpStatusCode);
        var request = _iam.Projects.ServiceAccounts.GetIamPolicy(Resource);
        request.OptionsRequestedPolicyVersion = 3;
        Assert.Equal("t", Assert.Single((await request.ExecuteAsync()).Bindings).Condition.Title);
    }

    [Fact]
    public async Task Clusters_are_found_by_location_or_in_all_of_them()
    {
        using var container = new ContainerService(
            Initializer(GoogleCredential.FromAccessToken(_sandbox.Variable("CLOUDSDK_AUTH_ACCESS_TOKEN")))
        );
        var clusters = container.Projects.Locations.Clusters;

        var cluster = await clusters.Get("projects/acme-prod/locations/asia-south1-a/clusters/main").ExecuteAsync();
        Assert.Equal(
            ("RUNNING", "acme-prod.svc.id.goog", "asia-south1-a"),
            (cluster.Status, cluster.WorkloadIdentityConfig.WorkloadPool, cluster.Location)
        );
        Assert.Matches("^[0-9a-f]{64}$", cluster.Id);
        Assert.Contains(
            "BEGIN CERTIFICATE",
            System.Text.Encoding.ASCII.GetString(Convert.FromBase64String(cluster.MasterAuth.ClusterCaCertificate)),
            StringComparison.Ordinal
        );
        Assert.Equal(["main"], (await clusters.List("projects/acme-prod/locations/-").ExecuteAsync()).Clusters.Select(found => found.Name));
        var elsewhere = await RefusalAsync(() => clusters.Get("projects/acme-prod/locations/asia-south1/clusters/main").ExecuteAsync());
        Assert.Equal("Not found: projects/acme-prod/locations/asia-south1/clusters/main.", elsewhere.Error.Message);
    }

    [Fact]
    public async Task Calls_without_a_good_token_and_assertions_of_another_key_are_refused()
    {
        using var stranger = new IamService(Initializer(GoogleCredential.FromAccessToken("ya29.nobody")));
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            (await RefusalAsync(() => stranger.Projects.ServiceAccounts.List("projects/acme-prod").ExecuteAsync())).HttpStatusCode
        );

        using var other = RSA.Create(2048);
        var key = JsonNode.Parse(await File.ReadAllTextAsync(_sandbox.Variable("GOOGLE_APPLICATION_CREDENTIALS")))!;
        key["private_key"] = other.ExportPkcs8PrivateKeyPem();
        var forged = CredentialFactory
            .FromJson<ServiceAccountCredential>(key.ToJsonString())
            .ToGoogleCredential()
            .CreateScoped(IamService.Scope.CloudPlatform);
        using var forger = new IamService(Initializer(forged));

        var refusal = await Assert.ThrowsAsync<TokenResponseException>(() =>
            forger.Projects.ServiceAccounts.List("projects/acme-prod").ExecuteAsync()
        );
        Assert.Equal(("invalid_grant", "Invalid JWT Signature."), (refusal.Error.Error, refusal.Error.ErrorDescription));
    }

    private GoogleCredential Credential() =>
        CredentialFactory
            .FromFile<ServiceAccountCredential>(_sandbox.Variable("GOOGLE_APPLICATION_CREDENTIALS"))
            .ToGoogleCredential()
            .CreateScoped(IamService.Scope.CloudPlatform);

    private BaseClientService.Initializer Initializer(GoogleCredential credential) =>
        new()
        {
            HttpClientInitializer = credential,
            BaseUri = _sandbox.Variable("CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM"),
            ApplicationName = "tests",
        };

    private Task<ServiceAccount> CreateAsync(string id) =>
        _iam
            .Projects.ServiceAccounts.Create(
                new CreateServiceAccountRequest
                {
                    AccountId = id,
                    ServiceAccount = new ServiceAccount { DisplayName = "Reads", Description = "for tests" },
                },
                "projects/acme-prod"
            )
            .ExecuteAsync();

    private Task<Policy> SetAsync(Policy policy) =>
        _iam.Projects.ServiceAccounts.SetIamPolicy(new SetIamPolicyRequest { Policy = policy }, Resource).ExecuteAsync();

    private static Task<GoogleApiException> RefusalAsync<T>(Func<Task<T>> call) => Assert.ThrowsAsync<GoogleApiException>(call);
}
