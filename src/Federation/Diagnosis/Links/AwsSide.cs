using Federation.Configuration;
using Federation.Diagnosis.Evidence;
using Federation.Policies;
using Federation.WebIdentity;

namespace Federation.Diagnosis.Links;

/// <summary>What STS checks a token against: the account's providers, the issuer's keys and the role.</summary>
/// <param name="Issuer">The keys that the cluster's issuer publishes; null if they are not known.</param>
internal sealed record AwsSide(IReadOnlyList<OpenIdConnectProvider> Providers, PublishedIssuer? Issuer, AssumableRole Role)
{
    public static AwsSide AsConfigured(WorkloadCase subject)
    {
        var workload = subject.Workload;
        return new AwsSide(
            [new OpenIdConnectProvider(workload.ProviderArn, workload.Cluster.IssuerPath, [workload.Audience])],
            Issuer: null,
            new AssumableRole(workload.RoleArn, RoleId: "", subject.Evidence.TrustPolicy)
            {
                MaxSessionDuration = workload.Role.MaxSessionDuration,
            }
        );
    }

    /// <summary>What was read. The rest is as configured, and so is a role that does not exist.</summary>
    public static AwsSide AsRead(WorkloadCase subject)
    {
        var configured = subject.Configured with { Issuer = KeysThatSign(subject.Evidence) };
        if (!subject.IsIssuerSure)
        {
            return configured;
        }

        var providers = subject.IsTheAccount ? subject.Evidence.Aws.Providers?.Found : null;
        return configured with
        {
            Providers =
                providers
                    ?.Select(provider => new OpenIdConnectProvider(
                        provider.Arn,
                        provider.Url,
                        provider.ClientIds ?? [subject.Workload.Audience]
                    ))
                    .ToArray()
                ?? configured.Providers,
            Role = subject.Role is { } role
                ? new AssumableRole(role.Arn, RoleId: "", role.TrustPolicy) { MaxSessionDuration = role.MaxSessionDuration }
                : configured.Role,
        };
    }

    /// <summary>Everything STS would object to in a token of the workload, in its order.</summary>
    /// <param name="text">The token's header and claims, see <see cref="UnsignedToken"/>.</param>
    /// <param name="undecided">
    /// What in the trust policy depends on condition keys whose value is not known from here; null: nothing.
    /// </param>
    public IReadOnlyList<WebIdentityDecision.Refused> Refusals(
        Workload workload,
        string text,
        SeenSignature signature,
        DateTimeOffset now,
        out TrustVerdict? undecided
    )
    {
        var issuer = WebIdentityToken.TryParse(text, out var token, out _) ? token.Issuer : null;
        return SecurityTokenService.Refusals(
            new WebIdentityEvidence(
                new AssumeRoleWithWebIdentityRequest(Role.Arn, workload.SessionName, text),
                issuer is null ? null : Providers.FirstOrDefault(provider => ProviderUrl.Matches(provider.Url, issuer)),
                Issuer is { } published && published.Issuer == issuer ? new IssuerKeys.Published(published.Keys) : new IssuerKeys.Unknown(),
                Role,
                now
            )
            {
                Signature = signature,
            },
            out undecided
        );
    }

    /// <summary>Null also if none of the cluster's keys is published, which <see cref="IssuerLink"/> reports.</summary>
    private static PublishedIssuer? KeysThatSign(WorkloadEvidence evidence)
    {
        var published = evidence.Google.Issuer?.Found;
        var signing = evidence.Kubernetes.Issuer?.Found?.KeyIds ?? [];
        return published is null || signing.Count == 0 || published.Keys.Any(key => signing.Contains(key.KeyId, StringComparer.Ordinal))
            ? published
            : null;
    }
}
