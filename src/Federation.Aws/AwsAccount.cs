using System.Collections.Concurrent;
using Amazon;
using Amazon.IdentityManagement;
using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using Amazon.Runtime.Credentials;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;
using Federation.Calls;
using Federation.Configuration;
using Federation.Findings;
using Federation.Resources;

namespace Federation.Aws;

/// <summary>The configured accounts as this run calls them. Nothing is connected before the first call to an account.</summary>
internal sealed class AwsAccounts(CloudEndpoints endpoints, AwsCalls calls, TimeProvider time) : IDisposable
{
    private readonly AwsHttp _http = new(endpoints.Aws);
    private readonly DefaultAWSCredentialsIdentityResolver _chain = new();
    private readonly ConcurrentDictionary<Account, Lazy<AwsAccount>> _accounts = new();

    public AwsAccount For(Account account) =>
        _accounts
            .GetOrAdd(account, key => new Lazy<AwsAccount>(() => new AwsAccount(key, endpoints.Aws, _http, _chain, calls, time)))
            .Value;

    public void Dispose()
    {
        foreach (var account in _accounts.Values.Where(account => account.IsValueCreated))
        {
            account.Value.Dispose();
        }

        _http.Dispose();
        _chain.Dispose();
    }
}

/// <summary>One account: its IAM and STS clients, and the one way to call them.</summary>
internal sealed class AwsAccount : IDisposable
{
    private readonly AwsEndpoint? _endpoint;
    private readonly AwsHttp _http;
    private readonly DefaultAWSCredentialsIdentityResolver _chain;
    private readonly AwsCalls _calls;
    private readonly AccountCredentials _credentials;
    private readonly AmazonIdentityManagementServiceClient _iam;
    private readonly AmazonSecurityTokenServiceClient _sts;
    private readonly Lazy<AmazonSecurityTokenServiceClient> _unsigned;
    private readonly Readings<Account, GetCallerIdentityResponse> _caller;
    private readonly AmazonSecurityTokenServiceClient? _assuming;
    private AWSCredentials? _profile;

    /// <param name="endpoint">Where AWS is; null: where the SDK finds it, with the credentials of <paramref name="chain"/>.</param>
    public AwsAccount(
        Account account,
        AwsEndpoint? endpoint,
        AwsHttp http,
        DefaultAWSCredentialsIdentityResolver chain,
        AwsCalls calls,
        TimeProvider time
    )
    {
        Account = account;
        _endpoint = endpoint;
        _http = http;
        _chain = chain;
        _calls = calls;
        _credentials = new AccountCredentials(FindKeyAsync, time);
        if (account.AssumeRole is { } role)
        {
            var own = _credentials;
            _assuming = Sts(own);
            _credentials = new AccountCredentials(() => AssumeAsync(role, own), time);
        }

        _sts = Sts(_credentials);
        _iam = Iam(_credentials);
        _unsigned = new(() => Sts(new AnonymousAWSCredentials()));
        _caller = new((_, cancellationToken) => GetCallerAsync(cancellationToken));
        Roles = new RoleReader(this);
        Providers = new ProviderReader(this);
    }

    public Account Account { get; }

    public RoleReader Roles { get; }

    public ProviderReader Providers { get; }

    /// <param name="action">The IAM name of the action, such as <c>iam:GetRole</c>.</param>
    /// <param name="resource">What the call is about; null where it is about the account.</param>
    /// <param name="justMade">The call is about something that was created a moment ago: it is tried again until that is visible.</param>
    /// <exception cref="FindingException">It was refused or did not arrive; the inner exception is the SDK's.</exception>
    public async Task<T> CallAsync<T>(
        string action,
        ResourceId? resource,
        Func<IAmazonIdentityManagementService, CancellationToken, Task<T>> call,
        CancellationToken cancellationToken,
        bool justMade = false
    )
        where T : AmazonWebServiceResponse
    {
        await _credentials.EnsureAsync(cancellationToken);
        return await _calls.CallAsync(new(Account, action, resource), token => call(_iam, token), cancellationToken, justMade);
    }

    /// <summary>As <see cref="CallAsync"/>, for what may be absent: then the answer is null.</summary>
    public async Task<T?> FindAsync<T>(
        string action,
        ResourceId resource,
        Func<IAmazonIdentityManagementService, CancellationToken, Task<T>> call,
        CancellationToken cancellationToken,
        bool justMade = false
    )
        where T : AmazonWebServiceResponse
    {
        try
        {
            return await CallAsync(action, resource, call, cancellationToken, justMade);
        }
        catch (FindingException refused) when (AwsFaults.IsAbsence(refused.InnerException))
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
        where TPage : AmazonWebServiceResponse
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

    /// <summary>Whose credentials those of the account are. STS is asked once in a run.</summary>
    public async Task<GetCallerIdentityResponse> CallerAsync(CancellationToken cancellationToken) =>
        (await _caller.GetAsync(Account, cancellationToken))!;

    /// <summary>Exchanges a web identity token, which is the call's only credential, in the account's region.</summary>
    public Task<AssumeRoleWithWebIdentityResponse> ExchangeAsync(
        AssumeRoleWithWebIdentityRequest request,
        ResourceId role,
        CancellationToken cancellationToken
    ) =>
        _calls.CallAsync(
            new(Account, "sts:AssumeRoleWithWebIdentity", role) { Secret = request.WebIdentityToken },
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

    private async Task<GetCallerIdentityResponse?> GetCallerAsync(CancellationToken cancellationToken)
    {
        await _credentials.EnsureAsync(cancellationToken);
        return await _calls.CallAsync(
            new(Account, "sts:GetCallerIdentity", Resource: null),
            token => _sts.GetCallerIdentityAsync(new(), token),
            cancellationToken
        );
    }

    /// <summary>The key of the endpoint or of the profile, or what the SDK's own chain finds.</summary>
    private async Task<SigningKey> FindKeyAsync() =>
        _endpoint is not null
            ? KeyOf(_endpoint)
            : new SigningKey(
                await _calls.SearchAsync(
                    Account,
                    async token =>
                        await (
                            Account.Profile is { } profile
                                ? _profile ??= OfProfile(profile)
                                : await _chain.ResolveIdentityAsync(clientConfig: null, token)
                        ).GetCredentialsAsync()
                )
            );

    private SigningKey KeyOf(AwsEndpoint endpoint)
    {
        if (Account.Profile is not { } profile)
        {
            return new(new ImmutableCredentials(endpoint.AccessKeyId, endpoint.SecretAccessKey, token: null), DateTimeOffset.MaxValue);
        }

        // Only the profile's keys: anything else in it (a role, a process) could lead off this endpoint.
        return
            new SharedCredentialsFile(endpoint.CredentialsFile).TryGetProfile(profile, out var found)
            && found.Options is { AccessKey: { } id, SecretKey: { } secret }
            ? new(new ImmutableCredentials(id, secret, token: null), DateTimeOffset.MaxValue)
            : throw NoProfile(profile);
    }

    private AWSCredentials OfProfile(string profile) =>
        new CredentialProfileStoreChain().TryGetAWSCredentials(profile, out var credentials) ? credentials : throw NoProfile(profile);

    /// <summary>Assumes the role in the account's own region; the SDK's own provider asks STS in the partition of us-east-1.</summary>
    private async Task<SigningKey> AssumeAsync(string roleArn, AccountCredentials own)
    {
        await own.EnsureAsync(CancellationToken.None);
        var assumed = await _calls.CallAsync(
            new(Account, "sts:AssumeRole", ResourceId.Aws(Account.Id, ResourceKind.Role, roleArn[(roleArn.LastIndexOf('/') + 1)..])),
            token => _assuming!.AssumeRoleAsync(new AssumeRoleRequest { RoleArn = roleArn, RoleSessionName = Mark.Tool }, token),
            CancellationToken.None
        );
        var key = assumed.Credentials;
        return new(
            new ImmutableCredentials(key.AccessKeyId, key.SecretAccessKey, key.SessionToken),
            key.Expiration is { } expiration ? new DateTimeOffset(expiration.ToUniversalTime()) : null
        );
    }

    private FindingException NoProfile(string profile) =>
        new(
            new Finding
            {
                Code = FindingCodes.AwsCredentialsMissing,
                Cause =
                    $"accounts.{Account.Key}.profile names the AWS profile {profile}, which is neither in the configuration file "
                    + "nor in the credentials file.",
                Fix =
                    $"`aws configure list-profiles` shows the profiles that exist; correct accounts.{Account.Key}.profile, or leave it out "
                    + "to use the default credentials.",
                Expected = profile,
            }
        );

    private AmazonSecurityTokenServiceClient Sts(AWSCredentials credentials) =>
        new(credentials, Configured(new AmazonSecurityTokenServiceConfig(), Account.Region));

    private AmazonIdentityManagementServiceClient Iam(AWSCredentials credentials)
    {
        // IAM has one endpoint in each partition and is signed for that endpoint's region.
        var signingRegion = Account.Partition switch
        {
            "aws-us-gov" => "us-gov-west-1",
            "aws-cn" => "cn-north-1",
            _ => "us-east-1",
        };
        return new(credentials, Configured(new AmazonIdentityManagementServiceConfig(), signingRegion));
    }

    private TConfig Configured<TConfig>(TConfig config, string signingRegion)
        where TConfig : ClientConfig
    {
        config.RegionEndpoint = RegionEndpoint.GetBySystemName(Account.Region);
        // AwsCalls counts and times the tries.
        config.MaxErrorRetry = 0;
        config.MaxStaleConnectionRetries = 0;
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
}
