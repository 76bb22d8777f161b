using System.Collections.Immutable;
using Amazon.IdentityManagement.Model;
using Federation.Configuration;
using Federation.Findings;
using Federation.Planning;
using Federation.Resources;
using Federation.Templates;

namespace Federation.Aws;

/// <summary>
/// The IAM OIDC provider of one issuer in one account. Others may use it too, so only the audiences needed here are
/// managed; one that was there before is used as it is. A thumbprint is given to a new one only where the account asks
/// for it, and never compared: for an issuer whose keys are served under a publicly trusted certificate IAM does not
/// look at it (IAM User Guide, "Obtain the thumbprint for an OpenID Connect identity provider").
/// </summary>
internal sealed record Provider(ResourceId Id, Account Account, Cluster Cluster, ImmutableSortedSet<string> Audiences)
    : AwsResource(Id, Account)
{
    public override Fields Fields => FieldsOf(Audiences);

    public override string MissingCode => FindingCodes.ProviderMissing;

    public static Fields FieldsOf(IEnumerable<string> clientIds) => Fields.Empty.WithSet("clientIds", clientIds);

    public static ResourceId IdOf(Workload workload) =>
        ResourceId.Aws(workload.Account.Id, ResourceKind.Provider, workload.Cluster.IssuerPath);

    /// <summary>One for each issuer in each account; accounts.google.com is built into IAM and has none.</summary>
    public static IEnumerable<Provider> Desire(IEnumerable<RenderedWorkload> workloads) =>
        workloads
            .Select(rendered => rendered.Workload)
            .Where(workload => workload.Identity == IdentityKind.Cluster)
            .GroupBy(IdOf)
            .Select(group => new Provider(
                group.Key,
                group.First().Account,
                group.First().Cluster,
                [.. group.Select(workload => workload.Audience)]
            )
            {
                Workloads = [.. group.Select(workload => workload.Name)],
                // Owned elsewhere for one workload, it is not ours for any other either.
                Existing = group.Any(workload => workload.Existing.HasFlag(ExistingResources.Provider)),
            });
}

/// <summary>Reads and writes providers.</summary>
internal sealed class Providers(AwsAccounts accounts, IssuerCertificates certificates, Mark mark)
{
    public async Task<Observation> ReadAsync(Provider provider, CancellationToken cancellationToken)
    {
        var request = new GetOpenIDConnectProviderRequest { OpenIDConnectProviderArn = provider.Account.ProviderArn(provider.Cluster) };
        var found = await accounts
            .For(provider.Account)
            .FindAsync(
                "iam:GetOpenIDConnectProvider",
                provider.Id,
                (iam, token) => iam.GetOpenIDConnectProviderAsync(request, token),
                cancellationToken
            );
        return found is null
            ? new Observation(provider.Id, Fields: null)
            {
                Initial = provider is { Existing: false, Account.Thumbprint: ProviderThumbprint.Chain }
                    ? Fields.Empty.WithSet("thumbprints", [await certificates.TopThumbprintAsync(provider, cancellationToken)])
                    : Fields.Empty,
            }
            : new Observation(provider.Id, Provider.FieldsOf(provider.Audiences.Intersect(found.ClientIDList ?? [])))
            {
                Ours = mark.IsOn(IamTags.Of(found.Tags)),
            };
    }

    public async Task ApplyAsync(Provider provider, Step step, CancellationToken cancellationToken)
    {
        if (step.Action == StepAction.Create && await TryCreateAsync(provider, [.. step.Before.Initial.Values.Values], cancellationToken))
        {
            return;
        }

        var missing = provider.Audiences.Intersect(step.Fields.Where(field => field.From is null).Select(field => field.To!));

        foreach (var audience in missing)
        {
            var request = new AddClientIDToOpenIDConnectProviderRequest
            {
                OpenIDConnectProviderArn = provider.Account.ProviderArn(provider.Cluster),
                ClientID = audience,
            };
            await accounts
                .For(provider.Account)
                .CallAsync(
                    "iam:AddClientIDToOpenIDConnectProvider",
                    provider.Id,
                    (iam, token) => iam.AddClientIDToOpenIDConnectProviderAsync(request, token),
                    cancellationToken
                );
        }
    }

    /// <returns>False if somebody else made it first; then it is used, as one that was there before.</returns>
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
