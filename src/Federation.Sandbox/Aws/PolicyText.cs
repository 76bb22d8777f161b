using Federation.Policies;

namespace Federation.Sandbox.Aws;

/// <summary>How IAM checks, measures and returns the text of policy documents.</summary>
internal static class PolicyText
{
    /// <summary>URL-encoded (RFC 3986), as in answers.</summary>
    public static string Encode(string document) => Uri.EscapeDataString(document);

    /// <summary>The number of characters without white space: what IAM counts against its quotas.</summary>
    public static int Size(string document) => document.Count(letter => !char.IsWhiteSpace(letter));

    /// <exception cref="AwsException">IAM would not store it as a trust policy.</exception>
    public static void CheckTrust(string document) => Check(document, PolicyKind.Trust);

    /// <exception cref="AwsException">IAM would not store it as a permissions policy.</exception>
    public static void CheckPermissions(string document) => Check(document, PolicyKind.Permissions);

    private static void Check(string document, PolicyKind kind)
    {
        if (PolicyGrammar.Check(document, kind) is [var first, ..])
        {
            throw new AwsException("MalformedPolicyDocument", first.Message);
        }
    }
}
