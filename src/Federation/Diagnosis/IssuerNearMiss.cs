using System.Text.RegularExpressions;

namespace Federation.Diagnosis;

/// <summary>
/// What was probably meant by an issuer, or a provider's URL, that is not the one wanted: the mistakes that people make
/// with GKE's issuer, by name.
/// </summary>
/// <param name="How">How it differs, as the end of a sentence that begins with it.</param>
/// <param name="IsSlip">The wanted one was miswritten; otherwise it is another cluster's, and may be right for that.</param>
internal sealed partial record IssuerNearMiss(string How, bool IsSlip = true)
{
    /// <summary>Google's issuers that are none of a GKE cluster's.</summary>
    private static readonly string[] OtherGoogleIssuers = ["accounts.google.com", "sts.googleapis.com", "container.googleapis.com"];

    private static readonly string[] Parts = ["project", "location", "cluster"];

    /// <param name="expected">The issuer without <c>https://</c>.</param>
    /// <returns>Null where they are the same, or have nothing to do with each other.</returns>
    public static IssuerNearMiss? Of(string expected, string actual)
    {
        if (actual.IndexOf("://", StringComparison.Ordinal) is var colon and >= 0)
        {
            var bare = actual[(colon + 3)..];
            return bare == expected ? new("has the scheme in it, which IAM leaves out there")
                : Of(expected, bare) is { } more ? more with { How = $"has the scheme in it, and {more.How}" }
                : null;
        }

        return actual switch
        {
            _ when actual == expected => null,
            _ when actual.TrimEnd('/') == expected => new("has a slash at the end, which makes it another provider"),
            _ when string.Equals(actual, expected, StringComparison.OrdinalIgnoreCase) => new(
                "differs in case, which IAM and STS tell apart"
            ),
            _ when OtherGoogleIssuers.Contains(actual, StringComparer.OrdinalIgnoreCase) => new(
                "is another issuer of Google's, which does not sign the tokens of Kubernetes service accounts"
            ),
            _ when actual == expected.Replace("/v1/", "/", StringComparison.Ordinal) => new("lacks /v1"),
            _ when Path().Match(expected) is { Success: true } wanted && Path().Match(actual) is { Success: true } found => OfCluster(
                wanted,
                found
            ),
            _ when actual.Contains('/', StringComparison.Ordinal) && expected.StartsWith(actual.TrimEnd('/'), StringComparison.Ordinal) =>
                new("is cut off"),
            _ => null,
        };
    }

    private static IssuerNearMiss OfCluster(Match wanted, Match found)
    {
        if (Part(found, "kind") is not "locations" and var kind)
        {
            return new($"says {kind} where the issuer says locations");
        }

        string[] differing = [.. Parts.Where(part => Part(wanted, part) != Part(found, part))];
        return differing switch
        {
            ["project"] when Part(found, "project").All(char.IsAsciiDigit) => new("has the project's number where the issuer has its id"),
            ["project"] => new("is of another project"),
            ["location"] when Part(found, "location").StartsWith(Part(wanted, "location") + "-", StringComparison.Ordinal) => new(
                "names a zone where the cluster is regional"
            ),
            ["location"] when Part(wanted, "location").StartsWith(Part(found, "location") + "-", StringComparison.Ordinal) => new(
                "names the region where the cluster is zonal"
            ),
            ["location"] => new("is of another location"),
            ["cluster"] => new("is another cluster's", IsSlip: false),
            _ => new("is another cluster's, elsewhere", IsSlip: false),
        };

        static string Part(Match match, string name) => match.Groups[name].Value;
    }

    [GeneratedRegex(
        @"\Acontainer\.googleapis\.com/v1/projects/(?<project>[^/]+)/(?<kind>locations|zones|regions)/(?<location>[^/]+)/clusters/(?<cluster>[^/]+)/?\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking
    )]
    private static partial Regex Path();
}
