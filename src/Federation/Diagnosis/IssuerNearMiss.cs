using System.Text.RegularExpressions;

namespace Federation.Diagnosis;

/// <summary>
/// Tells what was probably meant by an issuer, or a provider's URL, that is not the one wanted: the mistakes that
/// people make with GKE's issuer, by name.
/// </summary>
internal static partial class IssuerNearMiss
{
    /// <summary>Google's issuers that are none of a GKE cluster's.</summary>
    private static readonly string[] OtherGoogleIssuers = ["accounts.google.com", "https://accounts.google.com", "sts.googleapis.com", "https://sts.googleapis.com", "container.googleapis.com"];

    /// <summary>How <paramref name="actual"/> differs from the issuer path <paramref name="expected"/>, as the end of a sentence that begins with it; null if the two have nothing to do with each other.</summary>
    public static string? Explain(string expected, string actual)
    {
        if (string.Equals(expected, actual, StringComparison.Ordinal))
        {
            return null;
        }

        if (actual.StartsWith("https://", StringComparison.OrdinalIgnoreCase) || actual.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
        {
            var bare = actual[(actual.IndexOf("://", StringComparison.Ordinal) + 3)..];
            return bare == expected ? "has the scheme in it, which IAM leaves out there" : Explain(expected, bare) is { } more ? $"has the scheme in it, and {more}" : null;
        }

        if (actual.TrimEnd('/') == expected)
        {
            return "has a slash at the end, which makes it another provider";
        }

        if (string.Equals(actual, expected, StringComparison.OrdinalIgnoreCase))
        {
            return "differs in case, which IAM and STS tell apart";
        }

        if (OtherGoogleIssuers.Contains(actual, StringComparer.OrdinalIgnoreCase))
        {
            return "is another issuer of Google's, which does not sign the tokens of Kubernetes service accounts";
        }

        if (expected.Replace("/v1/", "/", StringComparison.Ordinal) == actual)
        {
            return "lacks /v1";
        }

        if (Path().Match(expected) is not { Success: true } wanted || Path().Match(actual) is not { Success: true } found)
        {
            return expected.StartsWith(actual.TrimEnd('/'), StringComparison.Ordinal) && actual.Contains('/', StringComparison.Ordinal) ? "is cut off" : null;
        }

        string[] parts = ["project", "location", "cluster"];
        var differing = parts.Where(part => wanted.Groups[part].Value != found.Groups[part].Value).ToArray();
        if (found.Groups["kind"].Value != "locations")
        {
            return $"says {found.Groups["kind"].Value} where the issuer says locations";
        }

        return differing switch
        {
            ["project"] when found.Groups["project"].Value.All(char.IsAsciiDigit) => "has the project's number where the issuer has its id",
            ["project"] => "is of another project",
            ["location"] when found.Groups["location"].Value.StartsWith(wanted.Groups["location"].Value + "-", StringComparison.Ordinal) => "names a zone where the cluster is regional",
            ["location"] when wanted.Groups["location"].Value.StartsWith(found.Groups["location"].Value + "-", StringComparison.Ordinal) => "names the region where the cluster is zonal",
            ["location"] => "is of another location",
            ["cluster"] => "is another cluster's",
            _ => "is another cluster's, elsewhere",
        };
    }

    /// <summary>One value was written for the other by a slip, rather than another thing meant: worth naming before a stranger is.</summary>
    public static bool IsSlip(string expected, string actual) => Explain(expected, actual) is { } how && !how.StartsWith("is another cluster's", StringComparison.Ordinal);

    [GeneratedRegex(@"\Acontainer\.googleapis\.com/v1/projects/(?<project>[^/]+)/(?<kind>locations|zones|regions)/(?<location>[^/]+)/clusters/(?<cluster>[^/]+)/?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Path();
}
