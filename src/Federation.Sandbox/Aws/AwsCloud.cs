using System.Text.Json;
using Federation.Configuration;
using Federation.Issuers;
using Federation.Sandbox.Aws.S3;
using Federation.Sandbox.Hosting;

namespace Federation.Sandbox.Aws;

/// <summary>All AWS accounts of a sandbox, and the API they share.</summary>
internal sealed class AwsCloud : IDisposable
{
    /// <summary>The role that AWS Organizations creates in a new member account for its management account.</summary>
    private const string AdministratorRole = "OrganizationAccountAccessRole";

    private readonly Dictionary<string, AwsAccount> _accounts;
    private readonly IssuerClient _issuers;

    public AwsCloud(
        IReadOnlyList<Account> accounts,
        IReadOnlyList<string> buckets,
        IssuerTransport issuers,
        Weather weather,
        CallLog calls,
        TimeProvider time
    )
    {
        _accounts = accounts
            .DistinctBy(account => account.Id, StringComparer.Ordinal)
            .ToDictionary(
                account => account.Id,
                account => new AwsAccount(account.Id, account.Region, account.Partition),
                StringComparer.Ordinal
            );
        var first = _accounts[accounts[0].Id];
        var keys = new AccessKeys();
        AdministratorKeys = _accounts.Values.ToDictionary(
            account => account.Id,
            account => keys.Issue(new AwsPrincipal.Administrator(account, AccessKeys.UniqueId("AIDA"))),
            StringComparer.Ordinal
        );
        AddAdministratorRoles(accounts, first, time.GetUtcNow());

        var store = new S3Buckets();
        foreach (var name in buckets)
        {
            store.TryAdd(new S3Bucket(name, first, first.Region, time.GetUtcNow()));
        }

        _issuers = new IssuerClient(issuers, time);
        var authorizer = new Authorizer(time);
        Api = new AwsApi(
            new SignatureVersion4(keys, time),
            authorizer,
            new IamApi(new IamRoles(time, weather.Propagation), new IamProviders(time, issuers), new IamPolicies(time)),
            new StsApi(_accounts, keys, authorizer, _issuers, time, weather.Propagation),
            new S3Api(store, authorizer, calls, time),
            _accounts.Values.ToDictionary(account => account, account => new Past<AwsAccount>("aws", account.Copy, weather, time)),
            calls
        );
    }

    public AwsApi Api { get; }

    /// <summary>By account id: the key of an IAM user with full access.</summary>
    public IReadOnlyDictionary<string, AccessKey> AdministratorKeys { get; }

    /// <summary>See <see cref="SandboxClouds.Contents"/>.</summary>
    public IEnumerable<KeyValuePair<string, string>> Contents()
    {
        foreach (var account in _accounts.Values.Select(Copy))
        {
            foreach (var (name, role) in account.Roles)
            {
                var lasting = role with { Id = "", Created = default, TrustChanged = default, FormerTrustPolicy = null, LastUsed = null };
                yield return KeyValuePair.Create($"aws/{account.Id}/role/{name}", JsonSerializer.Serialize(lasting, Json.Indented));
            }

            foreach (var provider in account.Providers.Values)
            {
                var lasting = provider with { Created = default };
                yield return KeyValuePair.Create(
                    $"aws/{account.Id}/oidc-provider/{provider.Url}",
                    JsonSerializer.Serialize(lasting, Json.Indented)
                );
            }

            foreach (var policy in account.Policies.Values)
            {
                var lasting = policy with { Id = "", Created = default };
                yield return KeyValuePair.Create(
                    $"aws/{account.Id}/policy/{policy.Name}",
                    JsonSerializer.Serialize(lasting, Json.Indented)
                );
            }
        }

        static AwsAccount Copy(AwsAccount account)
        {
            lock (account.Gate)
            {
                return account.Copy();
            }
        }
    }

    public void Dispose() => _issuers.Dispose();

    private void AddAdministratorRoles(IReadOnlyList<Account> accounts, AwsAccount first, DateTimeOffset now)
    {
        foreach (var account in accounts)
        {
            var owner = _accounts[account.Id];
            // arn:aws:iam::111122223333:role/path/name
            var resource =
                account.AssumeRole?.Split(':') is [_, _, _, _, var id, var role] && string.Equals(id, account.Id, StringComparison.Ordinal)
                    ? role
                    : null;
            if (resource is null && ReferenceEquals(owner, first))
            {
                continue;
            }

            var path = resource is null ? "/" : resource["role".Length..(resource.LastIndexOf('/') + 1)];
            var name = resource is null ? AdministratorRole : resource[(resource.LastIndexOf('/') + 1)..];
            owner.Roles[name] = new IamRole
            {
                Name = name,
                Path = path,
                Id = AccessKeys.UniqueId("AROA"),
                Arn = owner.RoleArn(path, name),
                Created = now,
                TrustChanged = DateTimeOffset.MinValue,
                MaxSessionDuration = 43_200,
                TrustPolicy =
                    """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"""
                    + $$"""{"AWS":"arn:{{first.Partition}}:iam::{{first.Id}}:root"},"Action":"sts:AssumeRole"}]}""",
                AttachedPolicies = [$"arn:{owner.Partition}:iam::aws:policy/AdministratorAccess"],
            };
        }
    }
}
