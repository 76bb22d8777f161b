using Federation.Configuration;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.WebIdentity;

namespace Federation.Diagnosis.Links;

/// <summary>
/// The IAM OIDC provider of the issuer in the role's account, and the audiences it knows. AWS compares the URL
/// exactly, and one that differs in a slash is another provider (IAM User Guide, "Create an OIDC identity provider").
/// </summary>
internal static class ProviderLink
{
    public static Link Examine(WorkloadCase subject)
    {
        var expected = subject.IssuerPath;
        if (subject.Evidence.Aws.Caller?.Refused is { } stranger)
        {
            // Nothing of the account can be read without its own credentials.
            return new Link("provider", [stranger], expected, Held: null);
        }

        if (subject.IsGoogle)
        {
            // AWS knows Google's own issuer without a provider.
            return new Link("provider", [], expected, expected);
        }

        var reading = subject.IsTheAccount && subject.IsIssuerSure ? subject.Evidence.Aws.Providers : null;
        if (reading?.Found is not { } providers)
        {
            return new Link("provider", reading?.Refused is { } refused ? [refused] : [], expected, Held: null);
        }

        var isMissing = subject.ProviderRefusals.Any(refusal => refusal.Reason is RefusalReason.ProviderMissing);
        var provider = isMissing ? null : Own(subject);
        var finding = provider is null ? Missing(subject, providers) : Thumbprint(subject, provider);
        return new Link("provider", [.. new[] { finding, reading.Refused }.OfType<Finding>()], expected, provider?.Url);
    }

    /// <summary>The audience that the provider must have among its client ids.</summary>
    public static Link ExamineAudience(WorkloadCase subject)
    {
        var audience = subject.Workload.Audience;
        if (subject.IsGoogle)
        {
            return new Link("audience", [], audience, Held: null);
        }

        if (Own(subject)?.ClientIds is not { } clients)
        {
            return new Link("audience", [], audience, Held: null);
        }

        if (!subject.ProviderRefusals.Any(refusal => refusal.Reason is RefusalReason.AudienceNotRegistered))
        {
            return new Link("audience", [], audience, audience);
        }

        var near = clients.FirstOrDefault(client => IsNear(audience, client));
        return new Link(
            "audience",
            [
                new Finding
                {
                    Code = FindingCodes.AudienceNotRegistered,
                    Resource = subject.ProviderId,
                    Cause =
                        $"The provider {subject.Cluster.IssuerPath} in the account {subject.Workload.Account.Id} does not know "
                        + $"the audience {audience}"
                        + (
                            near is not null ? $"; it has {near}, which only looks like it."
                            : clients.Count == 0 ? "; it has no audiences."
                            : $"; it has {string.Join(", ", clients)}."
                        ),
                    Fix = subject.ApplyOr(
                        ExistingResources.Provider,
                        subject.Aws(
                            "iam",
                            "add-client-id-to-open-id-connect-provider",
                            "--open-id-connect-provider-arn",
                            subject.Workload.ProviderArn,
                            "--client-id",
                            audience
                        )
                    ),
                    Expected = audience,
                    Actual = near ?? (clients.Count == 0 ? "(none)" : string.Join(", ", clients)),
                },
            ],
            audience,
            Held: null
        );
    }

    /// <summary>The other audience is probably a misspelling of this one: with a scheme, in another case, a letter off.</summary>
    public static bool IsNear(string audience, string other) =>
        other.Contains(audience, StringComparison.OrdinalIgnoreCase) || NearMiss.Find(audience, [other]) is not null;

    /// <summary>The provider of the cluster's issuer.</summary>
    public static ProviderEvidence? Own(WorkloadCase subject) =>
        subject is { IsTheAccount: true, IsIssuerSure: true }
            ? subject.Evidence.Aws.Providers?.Found?.FirstOrDefault(provider => provider.Url == subject.Cluster.IssuerPath)
            : null;

    private static Finding Missing(WorkloadCase subject, IReadOnlyList<ProviderEvidence> providers)
    {
        var expected = subject.Cluster.IssuerPath;
        var (near, miss) = providers
            .Select(provider => (Provider: provider, Miss: IssuerNearMiss.Find(expected, provider.Url)))
            .Where(pair => pair.Miss is not null)
            .OrderByDescending(pair => pair.Miss!.IsSlip)
            .FirstOrDefault();
        var create = subject.ApplyOr(
            ExistingResources.Provider,
            subject.Aws(
                "iam",
                "create-open-id-connect-provider",
                "--url",
                subject.Cluster.Issuer,
                "--client-id-list",
                subject.Workload.Audience
            )
        );
        return near is null
            ? new Finding
            {
                Code = FindingCodes.ProviderMissing,
                Resource = subject.ProviderId,
                Cause =
                    $"The account {subject.Workload.Account.Id} has no OIDC provider for the issuer {subject.Cluster.Issuer}"
                    + (
                        providers.Count == 0
                            ? "; it has no providers."
                            : $"; it has {Wording.Some(providers.Select(provider => provider.Url), most: 3)}."
                    )
                    + " A provider in another account than the role's does not count.",
                Fix = create,
                Expected = expected,
                Actual = "(none)",
            }
            : new Finding
            {
                Code = FindingCodes.ProviderNearMiss,
                Resource = subject.ProviderId,
                Cause =
                    $"The account {subject.Workload.Account.Id} has no OIDC provider for {subject.Cluster.Issuer}, but it has "
                    + $"{near.Arn}, which {miss!.How}. A provider's URL cannot be changed.",
                // Another cluster's provider is probably in use.
                Fix = miss.IsSlip ? $"Delete {near.Arn} if nothing else uses it. {create}" : create,
                Expected = expected,
                Actual = near.Url,
            };
    }

    /// <summary>AWS verifies the issuer with its own trusted authorities, and uses thumbprints only if those do not know it.</summary>
    private static Finding? Thumbprint(WorkloadCase subject, ProviderEvidence provider)
    {
        if (
            subject.Evidence.Google.Issuer?.Found?.Thumbprint is not { } served
            || provider.Thumbprints.Count == 0
            || provider.Thumbprints.Contains(served, StringComparer.OrdinalIgnoreCase)
        )
        {
            return null;
        }

        return new Finding
        {
            Code = FindingCodes.ThumbprintUnneeded,
            Severity = Severity.Information,
            Resource = subject.ProviderId,
            Cause =
                "The provider's thumbprint is not that of the issuer's current certificate chain. AWS does not use it, because "
                + "the chain is publicly trusted.",
            Fix = "Nothing needs to be done. Leave the thumbprint out when you create a provider: IAM fills it in.",
            Expected = served,
            Actual = string.Join(", ", provider.Thumbprints),
        };
    }
}
