using Federation.Findings;
using Federation.WebIdentity;

namespace Federation.Diagnosis.Texts;

/// <summary>
/// Explains an issuer that STS found no provider for. GKE's issuers always have the form
/// <c>https://container.googleapis.com/v1/projects/PROJECT/locations/LOCATION/clusters/NAME</c>.
/// </summary>
internal static class IssuerText
{
    private const string Host = "container.googleapis.com";
    private const string AnyIssuer = $"https://{Host}/v1/projects/PROJECT/locations/LOCATION/clusters/NAME";

    public static Finding Explain(string issuer, Finding finding)
    {
        if (IssuerNearMiss.Intended(issuer) is not { } expected)
        {
            return Elsewhere(issuer, finding);
        }

        if (IssuerNearMiss.Find(expected, issuer) is not { } miss)
        {
            return finding with
            {
                Cause =
                    $"The role's account has no IAM OIDC provider for the issuer {issuer}. Most likely it was never created "
                    + "there, or it was created in another account than the role's. Otherwise one exists that differs by a "
                    + "character: a slash at its end, a region for a zone, the project's number, /v1 missing, another case, "
                    + "another cluster (FED3002). In GovCloud and China it is the wrong partition's endpoint.",
                Fix =
                    $"Run `--target=Apply`, or in the role's account `aws iam create-open-id-connect-provider --url {issuer} "
                    + "--client-id-list sts.amazonaws.com`. `aws iam list-open-id-connect-providers` shows which providers exist.",
            };
        }

        return NearMiss(issuer, expected, finding) with
        {
            Cause =
                $"The issuer that STS looked for is nearly a GKE cluster's, but it {miss.How}. A provider must have exactly the "
                + "issuer's URL, and GKE writes it as expected here.",
            Fix = IssuerNearMiss.ProjectNumber(issuer) is { } number
                ? $"`gcloud projects describe {number} --format='value(projectId)'` gives the id that belongs there; `kubectl get "
                    + "--raw /.well-known/openid-configuration` shows the cluster's own issuer."
                : "`kubectl get --raw /.well-known/openid-configuration` shows the cluster's own issuer: use a token of that "
                    + "cluster, and a provider with that URL.",
        };
    }

    private static Finding Elsewhere(string issuer, Finding finding)
    {
        var host = WithoutScheme(issuer).Split('/', 2)[0];
        if (ProviderUrl.IsGoogle(WithoutScheme(issuer).TrimEnd('/')))
        {
            return NearMiss(issuer, AnyIssuer, finding) with
            {
                Cause =
                    "The token is Google's own (accounts.google.com), not the cluster's. AWS trusts that issuer without a "
                    + "provider, under exactly this name: a role for it has the principal accounts.google.com.",
                Fix =
                    "To use the cluster's token mount a projected one with the audience sts.amazonaws.com; to use Google's set "
                    + "`identity: google`. `--target=Token --token-file=PATH` shows which one the pod sends.",
            };
        }

        if (host is "sts.googleapis.com" or "iam.googleapis.com" or Host)
        {
            return NearMiss(issuer, AnyIssuer, finding) with
            {
                Cause = $"The issuer is one of Google's ({host}), but not that of a GKE cluster.",
                Fix =
                    "Register the cluster's own issuer, which `kubectl get --raw /.well-known/openid-configuration` shows, and "
                    + "send a projected token of that cluster.",
            };
        }

        return finding with
        {
            Cause =
                $"The role's account has no IAM OIDC provider for the issuer {issuer}, and that is not a GKE cluster's: the "
                + "token comes from another kind of cluster, a CI system or the like.",
            Fix =
                "`--target=Token --token-file=PATH` shows whose token it is. If it is the intended one, create a provider with "
                + "that URL; otherwise mount the GKE cluster's projected token.",
        };
    }

    private static Finding NearMiss(string issuer, string expected, Finding finding) =>
        finding with
        {
            Code = FindingCodes.ProviderNearMiss,
            Expected = expected,
            Actual = issuer,
        };

    private static string WithoutScheme(string issuer) =>
        issuer[(issuer.IndexOf("://", StringComparison.Ordinal) is >= 0 and var at ? at + 3 : 0)..];
}
