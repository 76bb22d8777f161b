using System.Runtime.CompilerServices;
using Amazon.SecurityToken.Model;
using Federation.Calls;
using Federation.Configuration;
using Federation.Findings;
using Federation.Issuers;
using Federation.Planning;
using Federation.Resources;

namespace Federation.Aws;

/// <summary>The AWS accounts: their OIDC providers and roles, through IAM and STS.</summary>
public sealed class AwsCloud : ICloud, IDisposable
{
    private readonly AwsCalls _calls;
    private readonly Providers _providers;
    private readonly Roles _roles;

    /// <param name="directory">Knows the ids of the clusters that the roles trust.</param>
    /// <param name="endpoints">Where AWS and the issuers are.</param>
    /// <exception cref="FindingException">
    /// The endpoints are a sandbox's and lead to another machine (FED8005), or cannot be used (FED8013).
    /// </exception>
    public AwsCloud(FederationConfiguration configuration, IClusterDirectory directory, CloudEndpoints endpoints, TimeProvider time)
    {
        if (endpoints.IsSandbox)
        {
            var aws = endpoints.Aws ?? throw new ArgumentException("A sandbox's endpoints say where its AWS is.", nameof(endpoints));
            endpoints.Confine(aws.Url.Host, "The endpoint of AWS");
        }

        var mark = configuration.Mark;
        _calls = new AwsCalls(time);
        Accounts = new AwsAccounts(endpoints, _calls, time);
        _providers = new Providers(Accounts, new IssuerCertificates(IssuerTransport.For(endpoints), time), mark);
        _roles = new Roles(Accounts, directory, mark, time);
    }

    public string Name => "aws";

    internal AwsAccounts Accounts { get; }

    public int Calls => _calls.Count;

    public IReadOnlyList<DesiredResource> Desire(DesiredInput input) => [.. Provider.Desire(input.Workloads), .. Role.Desire(input)];

    /// <summary>The credentials are those of the accounts they are used for (FED8003).</summary>
    public async Task<IReadOnlyList<Finding>> ConfirmAsync(DesiredInput input, CancellationToken cancellationToken)
    {
        var accounts = input.Workloads.Select(rendered => rendered.Workload.Account).Distinct();
        var findings = await FindingException.WhenAllAsync(accounts.Select(account => ConfirmAsync(account, cancellationToken)));
        return [.. findings.OfType<Finding>()];
    }

    public async Task<IReadOnlyList<Observation>> ReadAsync(IReadOnlyList<DesiredResource> resources, CancellationToken cancellationToken)
    {
        var providers = resources.OfType<Provider>().Select(provider => _providers.ObserveAsync(provider, cancellationToken));
        var roles = resources
            .OfType<Role>()
            .GroupBy(role => role.Account)
            .Select(group => _roles.ObserveAsync(group.Key, [.. group], cancellationToken));
        var observed = await FindingException.WhenAllAsync(providers.Select(AloneAsync).Concat(roles));
        return [.. observed.SelectMany(observations => observations)];

        static async Task<IReadOnlyList<Observation>> AloneAsync(Task<Observation> observing) => [await observing];
    }

    public Task ApplyAsync(Step step, CancellationToken cancellationToken) =>
        step.After switch
        {
            Provider provider => _providers.ApplyAsync(provider, step, cancellationToken),
            Role role => _roles.ApplyAsync(role, step, cancellationToken),
            _ => throw new ArgumentOutOfRangeException(nameof(step), step.After, "Not a kind of this cloud."),
        };

    /// <summary>The providers and roles that carry the federation's mark, one account after the other.</summary>
    /// <exception cref="FindingException">
    /// The credentials are another account's (FED8003), or AWS refused or could not be reached.
    /// </exception>
    public async IAsyncEnumerable<Observation> FindOwnedAsync(
        FederationConfiguration configuration,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        foreach (var account in configuration.Accounts.DistinctBy(account => account.Id, StringComparer.Ordinal))
        {
            if (await ConfirmAsync(account, cancellationToken) is { } mismatch)
            {
                throw new FindingException(mismatch);
            }

            await foreach (var provider in _providers.FindOwnedAsync(account, cancellationToken))
            {
                yield return provider;
            }

            await foreach (var role in _roles.FindOwnedAsync(account, cancellationToken))
            {
                yield return role;
            }
        }
    }

    public Task<Finding?> DeleteAsync(Step step, CancellationToken cancellationToken) =>
        step.Before switch
        {
            ProviderObservation provider => _providers.DeleteAsync(provider, cancellationToken),
            RoleObservation role => _roles.DeleteAsync(role, cancellationToken),
            _ => throw new ArgumentOutOfRangeException(nameof(step), step.Before, "Not a kind of this cloud."),
        };

    public void Dispose() => Accounts.Dispose();

    /// <summary>The finding where the caller is not of the account (FED8003).</summary>
    internal static Finding? Mismatch(Account account, GetCallerIdentityResponse caller) =>
        string.Equals(caller.Account, account.Id, StringComparison.Ordinal)
            ? null
            : new Finding
            {
                Code = FindingCodes.AwsAccountMismatch,
                Cause =
                    $"The AWS credentials for accounts.{account.Key} are those of {caller.Arn}, an identity of the account "
                    + $"{caller.Account}; the configuration says {account.Id}. Nothing was changed.",
                Fix =
                    $"Give this run credentials of the account {account.Id}, or name a role of it in accounts.{account.Key}.assumeRole; "
                    + $"if {caller.Account} is the account you mean, correct accounts.{account.Key}.id.",
                Expected = account.Id,
                Actual = caller.Account,
            };

    private async Task<Finding?> ConfirmAsync(Account account, CancellationToken cancellationToken) =>
        Mismatch(account, await Accounts.For(account).CallerAsync(cancellationToken));
}

/// <summary>A resource of one account.</summary>
internal abstract record AwsResource(ResourceId Id, Account Account) : DesiredResource(Id);
