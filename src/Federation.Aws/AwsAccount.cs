using System.Collections.Concurrent;
using Amazon;
using Amazon.IdentityManagement;
using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;
using Federation.Calls;
using Federation.Configuration;
using Federation.Findings;
using Federation.Resources;

namespace Federation.Aws;

/// <summary>The configured accounts as this run calls them. Nothing is connected before the first call to an account.</summary>
internal sealed class AwsAccounts(CloudEndpoints endpoints, AwsCalls calls) : IDisposable
{
    private readonly AwsHttp _http = new(endpoints.Aws);
    private readonly ConcurrentDictionary<Account, Lazy<AwsAccount>> _accounts = new();

    /// <exception cref="FindingException">The account's profile does not exist (FED8001).</exception>
    public AwsAccount For(Account account) =>
        _accounts.GetOrAdd(account, key => new Lazy<AwsAccount>(() => new AwsAccount(key, endpoints.Aws, _http, calls))).Value;

    public void Dispose()
    {
        foreach (var account in _accounts.Values.Where(account => account.IsValueCreated))
        {
            account.Value.Dispose();
        }

        _http.Dispose();
    }
}

/// <summary>One account: its IAM and STS clients, and the one way to call them.</summary>
internal sealed class AwsAccount : IDisposable
{
    private readonly AwsEndpoint? _endpoint;
    private readonly AwsHttp _http;
    private readonly AwsCalls _calls;
    private readonly AmazonIdentityManagementServiceClient _iam;
    private readonly AmazonSecurityTokenServiceClient _sts;
    private readonly Lazy<AmazonSecurityTokenServiceClient> _unsigned;
    private readonly AmazonSecurityTokenServiceClient? _assuming;

    /// <param name="endpoint">Where AWS is; null: where the SDK finds it, with the credentials of the SDK's own chain.</param>
    /// <exception cref="FindingException">The account's profile does not exist (FED8001).</exception>
    public AwsAccount(Account account, AwsEndpoint? endpoint, AwsHttp http, AwsCalls calls)
    {
        Account = account;
        _endpoint = endpoint;
        _http = http;
        _calls = calls;
        var credentials = Credentials();
        if (account.AssumeRole is not null)
        {
            _assuming = Sts(credentials);
            credentials = new AssumedRole(_assuming, account.AssumeRole);
        }

        _sts = Sts(credentials);
        _iam = Iam(credentials);
        _unsigned = new(() => Sts(new AnonymousAWSCredentials()));
    }

    public Account Account { get; }

    /// <inheritdoc cref="AwsCalls.CallAsync"/>
    public Task<T> CallAsync<T>(
        string action,
        ResourceId? resource,
        Func<IAmazonIdentityManagementService, CancellationToken, Task<T>> call,
        CancellationToken cancellationToken,
        bool justMade = false
    ) => _calls.CallAsync(Account, action, resource, token => call(_iam, token), cancellationToken, justMade);

    /// <summary>As <see cref="CallAsync"/>, for what may be absent: then the answer is null.</summary>
    public async Task<T?> FindAsync<T>(
        string action,
        ResourceId resource,
        Func<IAmazonIdentityManagementService, CancellationToken, Task<T>> call,
        CancellationToken cancellationToken
    )
        where T : class
    {
        try
        {
            return await CallAsync(action, resource, call, cancellationToken);
        }
        catch (FindingException refused) when (refused.InnerException is Amazon.IdentityManagement.Model.NoSuchEntityException)
        {
            return null;
        }
    }

    /// <summary>Reads a listing to its end, page by page.</summary>
    /// <param name="page">Reads the page that begins at a marker; null is the first page.</param>
    public async Task<IReadOnlyList<TItem>> ListAsync<TPage, TItem>(
        string action,
        ResourceId? resource,
        Func<IAmazonIdentityManagementService, string?, CancellationToken, Task<TPage>> page,
        Func<TPage, IEnumerable<TItem>?> items,
        Func<TPage, string?> next,
        CancellationToken cancellationToken
    )
    {
        var all = new List<TItem>();
        string? marker = null;
        do
        {
            var from = marker;
            var read = await CallAsync(action, resource, (iam, token) => page(iam, from, token), cancellationToken);
            all.AddRange(items(read) ?? []);
            marker = next(read);
        } while (!string.IsNullOrEmpty(marker));

        return all;
    }

    /// <summary>Whose credentials those of the account are.</summary>
    public Task<GetCallerIdentityResponse> CallerAsync(CancellationToken cancellationToken) =>
        _calls.CallAsync(
            Account,
            "sts:GetCallerIdentity",
            resource: null,
            token => _sts.GetCallerIdentityAsync(new(), token),
            cancellationToken
        );

    /// <summary>Exchanges a web identity token, which is the call's only credential, in the account's region.</summary>
    public Task<AssumeRoleWithWebIdentityResponse> ExchangeAsync(
        AssumeRoleWithWebIdentityRequest request,
        ResourceId role,
        CancellationToken cancellationToken
    ) =>
        _calls.CallAsync(
            Account,
            "sts:AssumeRoleWithWebIdentity",
            role,
            token => _unsigned.Value.AssumeRoleWithWebIdentityAsync(request, token),
            cancellationToken
        );

    public void Dispose()
    {
        _iam.Dispose();
        _sts.Dispose();
        _assuming?.Dispose();
        if (_unsigned.IsValueCreated)
        {
            _unsigned.Value.Dispose();
        }
    }

    /// <summary>Those of the profile, or of the endpoint; null: those of the SDK's own chain.</summary>
    private AWSCredentials? Credentials() =>
        (_endpoint, Account.Profile) switch
        {
            (null, null) => null,
            (null, { } profile) => new CredentialProfileStoreChain().TryGetAWSCredentials(profile, out var credentials)
                ? credentials
                : throw NoProfile(profile),
            ({ } endpoint, null) => new BasicAWSCredentials(endpoint.AccessKeyId, endpoint.SecretAccessKey),
            // Its keys alone: what else a profile may say (a role, a process) would lead elsewhere.
            ({ } endpoint, { } profile) => new SharedCredentialsFile(endpoint.CredentialsFile).TryGetProfile(profile, out var found)
            && found.Options is { AccessKey: { } id, SecretKey: { } secret }
                ? new BasicAWSCredentials(id, secret)
                : throw NoProfile(profile),
        };

    private FindingException NoProfile(string profile) =>
        new(
            new Finding
            {
                Code = FindingCodes.AwsCredentialsMissing,
                Cause =
                    $"accounts.{Account.Key}.profile names the AWS profile {profile}, which is neither in the configuration file nor in the "
                    + "credentials file.",
                Fix =
                    $"`aws configure list-profiles` shows the profiles that exist; correct accounts.{Account.Key}.profile, or leave it out to "
                    + "use the default credentials.",
                Expected = profile,
            }
        );

    private AmazonSecurityTokenServiceClient Sts(AWSCredentials? credentials)
    {
        var config = Configured(new AmazonSecurityTokenServiceConfig(), Account.Region);
        return credentials is null
            ? new AmazonSecurityTokenServiceClient(config)
            : new AmazonSecurityTokenServiceClient(credentials, config);
    }

    private AmazonIdentityManagementServiceClient Iam(AWSCredentials? credentials)
    {
        // IAM has one endpoint in each partition and is signed for that endpoint's region.
        var signingRegion = Account.Partition switch
        {
            "aws-us-gov" => "us-gov-west-1",
            "aws-cn" => "cn-north-1",
            _ => "us-east-1",
        };
        var config = Configured(new AmazonIdentityManagementServiceConfig(), signingRegion);
        return credentials is null
            ? new AmazonIdentityManagementServiceClient(config)
            : new AmazonIdentityManagementServiceClient(credentials, config);
    }

    private TConfig Configured<TConfig>(TConfig config, string signingRegion)
        where TConfig : ClientConfig
    {
        config.RegionEndpoint = RegionEndpoint.GetBySystemName(Account.Region);
        // AwsCalls counts and times the retries.
        config.MaxErrorRetry = 0;
        config.HttpClientFactory = _http;
        if (_endpoint is not null)
        {
            config.IgnoreConfiguredEndpointUrls = true;
            config.UseFIPSEndpoint = false;
            config.UseDualstackEndpoint = false;
            config.ServiceURL = _endpoint.Url.AbsoluteUri;
        }

        // The host of a custom endpoint names no region: without this the SDK signs for us-east-1 in every partition.
        if (config.ServiceURL is not null)
        {
            config.AuthenticationRegion = signingRegion;
        }

        return config;
    }

    /// <summary>A role assumed in the account's own region; the SDK's own provider asks STS in the partition of us-east-1.</summary>
    private sealed class AssumedRole(IAmazonSecurityTokenService sts, string roleArn) : RefreshingAWSCredentials
    {
        protected override CredentialsRefreshState GenerateNewCredentials() => GenerateNewCredentialsAsync().GetAwaiter().GetResult();

        protected override async Task<CredentialsRefreshState> GenerateNewCredentialsAsync()
        {
            var assumed = await sts.AssumeRoleAsync(new AssumeRoleRequest { RoleArn = roleArn, RoleSessionName = Mark.Tool });
            var credentials = assumed.Credentials;
            return new CredentialsRefreshState(
                new ImmutableCredentials(credentials.AccessKeyId, credentials.SecretAccessKey, credentials.SessionToken),
                credentials.Expiration!.Value.ToUniversalTime()
            );
        }
    }
}
