using System.Text.RegularExpressions;
using Federation.Findings;
using Federation.WebIdentity;

namespace Federation.Diagnosis.Texts;

/// <summary>
/// What shows on the issuer that STS found no provider for: GKE writes
/// <c>https://container.googleapis.com/v1/projects/PROJECT/locations/LOCATION/clusters/NAME</c>, and nothing else.
/// </summary>
internal static partial class IssuerText
{
    private const string Host = "container.googleapis.com";
    private const string AnyIssuer = $"https://{Host}/v1/projects/PROJECT/locations/LOCATION/clusters/NAME";

    public static Finding Explain(string issuer, Finding finding)
    {
        var meant = Cluster().Match(issuer);
        if (!meant.Success)
        {
            return Elsewhere(issuer, finding);
        }

        var project = meant.Groups["project"].Value.ToLowerInvariant();
        var isNumber = project.All(char.IsAsciiDigit);
        var expected =
            $"https://{Host}/v1/projects/{(isNumber ? "PROJECT_ID" : project)}/locations/{meant.Groups["location"].Value.ToLowerInvariant()}/clusters/{meant.Groups["name"].Value.ToLowerInvariant()}";
        if (string.Equals(issuer, expected, StringComparison.Ordinal))
        {
            return finding with
            {
                Cause =
                    $"The role's account has no IAM OIDC provider for the issuer {issuer}. Likeliest it was never made there, or in another account than the role's; otherwise one is there that differs by a character: a slash at its end, a region for a zone, the project's number, /v1 missing, another case, another cluster (FED3002). In GovCloud and China it is the wrong partition's endpoint.",
                Fix =
                    $"Run `--target=Apply`, or in the role's account `aws iam create-open-id-connect-provider --url {issuer} --client-id-list sts.amazonaws.com`. `aws iam list-open-id-connect-providers` shows what is there already.",
            };
        }

        return NearMiss(issuer, expected, finding) with
        {
            Cause =
                $"The issuer that STS looked for is nearly a GKE cluster's, but {string.Join(", and ", Differences(issuer, meant, isNumber))}. A provider has to have the issuer's URL to the character, and GKE writes it as expected here.",
            Fix = isNumber
                ? $"`gcloud projects describe {project} --format='value(projectId)'` gives the id that belongs there; `kubectl get --raw /.well-known/openid-configuration` shows the cluster's own issuer."
                : "`kubectl get --raw /.well-known/openid-configuration` shows the cluster's own issuer: use a token of that cluster, and a provider with that URL.",
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
                    "The token is Google's own (accounts.google.com), not the cluster's. AWS trusts that issuer without a provider, under exactly this name: a role for it has the principal accounts.google.com, and a cluster token is another thing.",
                Fix =
                    "For the cluster's token mount a projected one with the audience sts.amazonaws.com; for Google's set `identity: google`. `--target=Token --token-file=PATH` shows which one the pod sends.",
            };
        }

        if (host is "sts.googleapis.com" or "iam.googleapis.com" or Host)
        {
            return NearMiss(issuer, AnyIssuer, finding) with
            {
                Cause = $"The issuer is one of Google's ({host}), but not that of a GKE cluster.",
                Fix =
                    "Register the cluster's own issuer, which `kubectl get --raw /.well-known/openid-configuration` shows, and send a projected token of that cluster.",
            };
        }

        return finding with
        {
            Cause =
                $"The role's account has no IAM OIDC provider for the issuer {issuer}, and that is no GKE cluster's: the token is from elsewhere (another kind of cluster, a CI system).",
            Fix =
                "`--target=Token --token-file=PATH` shows whose token it is. If it is the one you mean, make a provider with that URL; else mount the GKE cluster's projected token.",
        };
    }

    private static Finding NearMiss(string issuer, string expected, Finding finding) =>
        finding with
        {
            Code = FindingCodes.ProviderNearMiss,
            Expected = expected,
            Actual = issuer,
        };

    private static IEnumerable<string> Differences(string issuer, Match meant, bool isNumber)
    {
        if (!issuer.StartsWith("https://", StringComparison.Ordinal))
        {
            yield return issuer.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
                ? "it begins with http:// instead of https://"
                : "it does not begin with https://";
        }

        if (meant.Groups["port"].Success)
        {
            yield return "it has a port";
        }

        if (!meant.Groups["version"].Success)
        {
            yield return "/v1 is missing";
        }

        if (isNumber)
        {
            yield return "it has the project's number instead of its id";
        }

        if (meant.Groups["kind"].Value is var kind && !kind.Equals("locations", StringComparison.OrdinalIgnoreCase))
        {
            yield return $"it says {kind} instead of locations";
        }

        if (meant.Groups["slash"].Success)
        {
            yield return "it ends with a slash";
        }

        if (issuer.Any(char.IsAsciiLetterUpper))
        {
            yield return "it has capital letters";
        }
    }

    private static string WithoutScheme(string issuer) =>
        issuer[(issuer.IndexOf("://", StringComparison.Ordinal) is >= 0 and var at ? at + 3 : 0)..];

    [GeneratedRegex(
        @"\A(https?://)?container\.googleapis\.com(?<port>:[0-9]+)?(?<version>/v1)?/projects/(?<project>[\w.:~-]+)/(?<kind>locations|zones|regions)/(?<location>[\w-]+)/clusters/(?<name>[\w-]+)(?<slash>/+)?\z",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking
    )]
    private static partial Regex Cluster();
}
