using System.Runtime.CompilerServices;
using Amazon.IdentityManagement.Model;
using Federation.Configuration;
using Federation.Findings;
using Federation.Planning;
using Federation.Resources;

namespace Federation.Aws;

/// <summary>Observes, writes and deletes providers.</summary>
internal sealed class Providers(AwsAccounts accounts, IssuerCertificates certificates, Mark mark)
{
    public async Task<Observation> ObserveAsync(Provider provider, CancellationToken cancellationToken)
    {
        var found = await accounts.For(provider.Account).Providers.FindAsync(provider.Arn, cancellationToken);
        var observation = ProviderObservation.Of(provider, found, mark);
        return found is null && provider is { Existing: false, Account.Thumbprint: ProviderThumbprint.Chain }
            ? observation with
            {
                Initial = Fields.Empty.WithSet("thumbprints", [await certificates.TopThumbprintAsync(provider, cancellationToken)]),
            }
            : observation;
    }

    /// <summary>The account's providers that carry the mark.</summary>
    public async IAsyncEnumerable<Observation> FindOwnedAsync(Account account, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var providers = accounts.For(account).Providers;
        foreach (var arn in await providers.ListAsync(cancellationToken))
        {
            if (await providers.FindAsync(arn, cancellationToken) is { } found && mark.IsOn(found.Tags))
            {
                yield return ProviderObservation.OfOwned(account, found);
            }
        }
    }

    public async Task ApplyAsync(Provider provider, Step step, CancellationToken cancellationToken)
    {
        accounts.For(provider.Account).Providers.WillWrite(provider.Arn);
        if (step.Action == StepAction.Create && await TryCreateAsync(provider, [.. step.Before.Initial.Values.Values], cancellationToken))
        {
            return;
        }

        foreach (var audience in provider.Audiences.Intersect(step.Fields.Where(field => field.From is null).Select(field => field.To!)))
        {
            var request = new AddClientIDToOpenIDConnectProviderRequest { OpenIDConnectProviderArn = provider.Arn, ClientID = audience };
            await accounts
                .For(provider.Account)
                .CallAsync(
                    "iam:AddClientIDToOpenIDConnectProvider",
                    provider.Id,
                    (iam, token) => iam.AddClientIDToOpenIDConnectProviderAsync(request, token),
                    cancellationToken,
                    justMade: step.Action == StepAction.Create
                );
        }
    }

    /// <summary>
    /// Deletes the provider if it still carries this federation's mark and no role of the account trusts it, whoever made the
    /// role. One that is not there is nothing to do.
    /// </summary>
    /// <returns>Null; or why it stays, because it is not this federation's or a role trusts it (FED8009).</returns>
    /// <exception cref="FindingException">It could not be deleted.</exception>
    public async Task<Finding?> DeleteAsync(ProviderObservation observed, CancellationToken cancellationToken)
    {
        var account = accounts.For(observed.Account);
        account.Providers.WillWrite(observed.Arn);
        if (await account.Providers.FindAsync(observed.Arn, cancellationToken) is not { } found)
        {
            return null;
        }

        if (!mark.IsOn(found.Tags))
        {
            return Kept.Because(observed.Id, "it does not carry this federation's mark");
        }

        if (await account.Roles.ListTrustingAsync(observed.Arn, cancellationToken) is [_, ..] roles)
        {
            return Kept.Because(observed.Id, $"roles of the account trust it: {string.Join(", ", roles)}");
        }

        var request = new DeleteOpenIDConnectProviderRequest { OpenIDConnectProviderArn = observed.Arn };
        await account.FindAsync(
            "iam:DeleteOpenIDConnectProvider",
            observed.Id,
            (iam, token) => iam.DeleteOpenIDConnectProviderAsync(request, token),
            cancellationToken
        );
        return null;
    }

    /// <returns>False if somebody else created it first; then it is used, as one that was there before.</returns>
    private async Task<bool> TryCreateAsync(Provider provider, List<string> thumbprints, CancellationToken cancellationToken)
    {
        var request = new CreateOpenIDConnectProviderRequest
        {
            Url = provider.Cluster.Issuer,
            ClientIDList = [.. provider.Audiences],
            Tags = IamTags.Write(mark.Tags),
        };
        if (thumbprints.Count > 0)
        {
            request.ThumbprintList = thumbprints;
        }

        try
        {
            await accounts
                .For(provider.Account)
                .CallAsync(
                    "iam:CreateOpenIDConnectProvider",
                    provider.Id,
                    (iam, token) => iam.CreateOpenIDConnectProviderAsync(request, token),
                    cancellationToken
                );
            return true;
        }
        catch (FindingException refused) when (AwsFaults.IsTaken(refused.InnerException))
        {
            return false;
        }
    }
}
