using System.Collections.Concurrent;
using Amazon;
using Amazon.IdentityManagement;
using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;
using Federation.Configuration;
using Federation.Findings;
using Federation.Resources;

namespace Federation.Aws;

/// <summary>
/// The SDK clients of each account, on the SDK's own credential chain: environment, profiles, web identity, container
/// and instance credentials. <c>AWS_ENDPOINT_URL</c> and its service-specific forms lead them elsewhere.
/// </summary>
internal sealed class AccountClients : IDisposable
{
    private readonly ConcurrentDictionary<Account, Lazy<Clients>> _clients = new();

    private readonly ConcurrentDictionary<string, Lazy<AmazonSecurityTokenServiceClient>> _unsigned = new(StringComparer.Ordinal);

    public Clients For(Account account) =>
        _clients.GetOrAdd(account, static account => new Lazy<Clients>(() => new Clients(account))).Value;

    /// <summary>STS in the account's region for calls that carry a token instead of credentials.</summary>
    public IAmazonSecurityTokenService Unsigned(Account account) =>
        _unsigned
            .GetOrAdd(
                account.Region,
                _ => new Lazy<AmazonSecurityTokenServiceClient>(() => Clients.StsClient(account, new AnonymousAWSCredentials()))
            )
            .Value;

    public void Dispose()
    {
        foreach (var clients in _clients.Values.Where(clients => clients.IsValueCreated))
        {
            clients.Value.Dispose();
        }

        foreach (var client in _unsigned.Values.Where(client => client.IsValueCreated))
        {
            client.Value.Dispose();
        }
    }

    internal sealed class Clients : IDisposable
    {
        private readonly AmazonSecurityTokenServiceClient? _assuming;

        /// <exception cref="FindingException">The profile is not there (FED8001).</exception>
        public Clients(Account account)
        {
            var credentials = account.Profile is null ? null : FromProfile(account);
            if (account.AssumeRole is not null)
            {
                _assuming = StsClient(account, credentials);
                credentials = new AssumedRole(_assuming, account.AssumeRole);
            }

            Sts = StsClient(account, credentials);
            Iam = IamClient(account, credentials);
        }

        public IAmazonIdentityManagementService Iam { get; }

        public AmazonSecurityTokenServiceClient Sts { get; }

        public void Dispose()
        {
            Iam.Dispose();
            Sts.Dispose();
            _assuming?.Dispose();
        }

        /// <remarks>The SDK reads the variable once in the life of a process; the sandbox sets it later than that.</remarks>
        private static AWSCredentials FromProfile(Account account) =>
            new CredentialProfileStoreChain(Environment.GetEnvironmentVariable("AWS_SHARED_CREDENTIALS_FILE")).TryGetAWSCredentials(
                account.Profile,
                out var credentials
            )
                ? credentials
                : throw new FindingException(
                    new Finding
                    {
                        Code = FindingCodes.AwsCredentialsMissing,
                        Cause =
                            $"accounts.{account.Key}.profile names the AWS profile {account.Profile}, and neither the configuration file nor the credentials file has it.",
                        Fix =
                            $"`aws configure list-profiles` shows what there is; correct accounts.{account.Key}.profile, or leave it out to use the default credentials.",
                        Expected = account.Profile,
                    }
                );

        internal static AmazonSecurityTokenServiceClient StsClient(Account account, AWSCredentials? credentials)
        {
            var config = new AmazonSecurityTokenServiceConfig { RegionEndpoint = RegionEndpoint.GetBySystemName(account.Region) };
            return credentials is null
                ? new AmazonSecurityTokenServiceClient(Configured(config, account.Region))
                : new AmazonSecurityTokenServiceClient(credentials, Configured(config, account.Region));
        }

        private static AmazonIdentityManagementServiceClient IamClient(Account account, AWSCredentials? credentials)
        {
            var config = new AmazonIdentityManagementServiceConfig { RegionEndpoint = RegionEndpoint.GetBySystemName(account.Region) };
            // IAM is signed for the region that its partition's endpoint stands in, whatever region the calls come from.
            var signingRegion = account.Partition switch
            {
                "aws-us-gov" => "us-gov-west-1",
                "aws-cn" => "cn-north-1",
                _ => "us-east-1",
            };
            return credentials is null
                ? new AmazonIdentityManagementServiceClient(Configured(config, signingRegion))
                : new AmazonIdentityManagementServiceClient(credentials, Configured(config, signingRegion));
        }

        private static TConfig Configured<TConfig>(TConfig config, string signingRegion)
            where TConfig : ClientConfig
        {
            // Retries are counted and timed by AwsCalls.
            config.MaxErrorRetry = 0;
            // A custom endpoint's host names no region; left alone, the SDK would sign for us-east-1 in every partition.
            if (config.ServiceURL is not null)
            {
                config.AuthenticationRegion = signingRegion;
            }

            return config;
        }

        /// <summary>A role assumed in the account's own region; the SDK's own provider would ask STS in us-east-1's partition.</summary>
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
}
