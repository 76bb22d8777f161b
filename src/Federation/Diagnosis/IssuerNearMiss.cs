using System.Text.RegularExpressions;

namespace Federation.Diagnosis;

/// <summary>
/// Names the mistake in an issuer or provider URL that is nearly the expected one: those that people make with GKE's issuer.
/// </summary>
/// <param name="How">How it differs, as the end of a sentence whose subject is the URL.</param>
/// <param name="IsSlip">True for a misspelling; false for another cluster's issuer, which may be right for that cluster.</param>
internal sealed partial record IssuerNearMiss(string How, bool IsSlip = true)
{
    private const string Host = "container.googleapis.com";

    /// <summary>Google's issuers that are not a GKE cluster's.</summary>
    private static readonly string[] OtherGoogleIssuers = ["accounts.google.com", "sts.googleapis.com", "iam.googleapis.com", Host];

    private static readonly string[] Parts = ["project", "location", "cluster"];

    /// <param name="expected">With or without <c>https://</c>, as it should be where <paramref name="actual"/> was found.</param>
    /// <returns>Null if they are equal or unrelated.</returns>
    public static IssuerNearMiss? Find(string expected, string actual)
    {
        if (actual == expected)
        {
            return null;
        }

        var (wantedScheme, wanted) = WithoutScheme(expected);
        var (foundScheme, found) = WithoutScheme(actual);
        if (Path(wanted, found) is not { } path)
        {
            return null;
        }

        var scheme =
            wantedScheme == foundScheme ? null
            : wantedScheme.Length == 0
                ? path.How.Length == 0 ? "has a scheme, which IAM leaves out there"
                    : "has a scheme"
            : foundScheme.Length == 0 ? $"does not begin with {wantedScheme}"
            : $"begins with {foundScheme} instead of {wantedScheme}";
        return path with { How = string.Join(", and ", new[] { scheme, path.How }.Where(how => !string.IsNullOrEmpty(how))) };
    }

    /// <summary>
    /// GKE's issuer for the cluster that a misspelled one names, with <c>PROJECT_ID</c> for a project's number; null if it is
    /// not a GKE cluster's.
    /// </summary>
    public static string? Intended(string actual) =>
        Cluster().Match(WithoutScheme(actual).Bare) is { Success: true } found
            ? $"https://{Host}/v1/projects/{(IsNumber(found) ? "PROJECT_ID" : Part(found, "project"))}"
                + $"/locations/{Part(found, "location")}/clusters/{Part(found, "cluster")}"
            : null;

    /// <summary>The project's number, if the issuer has that instead of the id.</summary>
    public static string? ProjectNumber(string actual) =>
        Cluster().Match(WithoutScheme(actual).Bare) is { Success: true } found && IsNumber(found) ? Part(found, "project") : null;

    /// <summary>How a URL differs after its scheme; empty if it does not.</summary>
    private static IssuerNearMiss? Path(string expected, string actual)
    {
        if (actual == expected)
        {
            return new("");
        }

        if (
            actual.StartsWith(Host, StringComparison.OrdinalIgnoreCase)
            && Cluster().Match(actual) is { Success: true } found
            && Cluster().Match(expected) is { Success: true } wanted
        )
        {
            return Describe(wanted, found);
        }

        return actual switch
        {
            _ when actual.TrimEnd('/') == expected => new("has a slash at the end, which makes it another provider"),
            _ when string.Equals(actual, expected, StringComparison.OrdinalIgnoreCase) => new(
                "differs in case, which IAM and STS tell apart"
            ),
            _ when OtherGoogleIssuers.Contains(actual.TrimEnd('/'), StringComparer.OrdinalIgnoreCase) => new(
                "is another issuer of Google, which does not sign the tokens of Kubernetes service accounts"
            ),
            _ when actual.Contains('/', StringComparison.Ordinal) && expected.StartsWith(actual.TrimEnd('/'), StringComparison.Ordinal) =>
                new("is cut off"),
            _ => null,
        };
    }

    private static IssuerNearMiss Describe(Match wanted, Match found)
    {
        string[] differing = [.. Parts.Where(part => Part(wanted, part) != Part(found, part))];
        string?[] all =
        [
            found.Groups["port"].Success ? "has a port" : null,
            found.Groups["version"].Success ? null : "lacks /v1",
            Part(found, "kind") is not "locations" and var kind ? $"says {kind} instead of locations" : null,
            differing.Length == 0 ? null : DescribeParts(wanted, found, differing),
            found.Value.TrimEnd('/').Any(char.IsAsciiLetterUpper) ? "differs in case, which IAM and STS tell apart" : null,
            found.Groups["slash"].Success ? "has a slash at the end, which makes it another provider" : null,
        ];
        return new IssuerNearMiss(
            string.Join(", and ", all.OfType<string>()),
            IsSlip: !differing.Contains("cluster", StringComparer.Ordinal)
        );
    }

    private static string DescribeParts(Match wanted, Match found, string[] differing)
    {
        var (wantedPlace, foundPlace) = (Part(wanted, "location"), Part(found, "location"));
        return differing switch
        {
            ["project"] when IsNumber(found) => "has the project's number instead of its id",
            ["project"] => "is of another project",
            ["location"] when foundPlace.StartsWith(wantedPlace + "-", StringComparison.Ordinal) =>
                "names a zone where the cluster is regional",
            ["location"] when wantedPlace.StartsWith(foundPlace + "-", StringComparison.Ordinal) =>
                "names the region where the cluster is zonal",
            ["location"] => "is of another location",
            ["cluster"] => "is another cluster's",
            _ when differing.Contains("cluster", StringComparer.Ordinal) => "is another cluster's, elsewhere",
            _ => "is of another project and location",
        };
    }

    private static bool IsNumber(Match match) => Part(match, "project").All(char.IsAsciiDigit);

    /// <summary>In lower case: GKE writes no other.</summary>
    private static string Part(Match match, string name) => match.Groups[name].Value.ToLowerInvariant();

    private static (string Scheme, string Bare) WithoutScheme(string issuer) =>
        issuer.IndexOf("://", StringComparison.Ordinal) is >= 0 and var at ? (issuer[..(at + 3)], issuer[(at + 3)..]) : ("", issuer);

    /// <summary>
    /// GKE's <c>container.googleapis.com/v1/projects/PROJECT/locations/LOCATION/clusters/NAME</c>, and its misspellings.
    /// </summary>
    [GeneratedRegex(
        @"\Acontainer\.googleapis\.com(?<port>:[0-9]+)?(?<version>/v1)?/projects/(?<project>[\w.:~-]+)"
            + @"/(?<kind>locations|zones|regions)/(?<location>[\w-]+)/clusters/(?<cluster>[\w-]+)(?<slash>/+)?\z",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking
    )]
    private static partial Regex Cluster();
}
