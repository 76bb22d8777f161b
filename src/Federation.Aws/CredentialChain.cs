using System.Text.RegularExpressions;
using Amazon.Runtime;

namespace Federation.Aws;

/// <summary>Why the SDK found no credentials: where it looked, and what it met there.</summary>
internal static partial class CredentialChain
{
    /// <summary>The call was never sent: there was nothing to sign it with.</summary>
    public static bool IsBroken(Exception fault) =>
        fault switch
        {
            // One source was there and gave none: a token file that is not, a container's address that does not answer.
            AmazonServiceException unsigned when !Enum.IsDefined(unsigned.StatusCode) => unsigned.Message.StartsWith(
                "Unable to retrieve credentials",
                StringComparison.Ordinal
            ),
            AmazonServiceException => false,
            InvalidOperationException unread => unread.Source == typeof(AWSCredentials).Assembly.GetName().Name,
            _ => fault is AmazonClientException,
        };

    /// <summary>One sentence, without its stop. The SDK lists what each source of its chain answered; most say only that they are not set up.</summary>
    public static string Reason(Exception broken)
    {
        var sources = Source().Matches(broken.Message).Select(source => Answer(Flat(source.Groups["answer"].Value))).ToArray();
        return sources is [.. var others, var last] && others.Length > 0 ? $"{string.Join(", ", others)}, and {last}"
            : broken.InnerException is { } inner ? $"{Flat(broken.Message)}: {Flat(inner.GetBaseException().Message)}"
            : Flat(broken.Message);
    }

    private static string Answer(string answer) =>
        answer switch
        {
            _ when answer.Contains("AWS_ACCESS_KEY_ID", StringComparison.Ordinal) =>
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set",
            // The SDK says that the path is not absolute where the variable is not set, too.
            _ when answer.Contains("webIdentityTokenFile", StringComparison.Ordinal) =>
                "AWS_WEB_IDENTITY_TOKEN_FILE is not set to an absolute path",
            _ when MissingProfile().Match(answer) is { Success: true } missing => $"there is no profile {missing.Groups["name"].Value}",
            _ when answer.Contains("instance metadata", StringComparison.Ordinal) => "this machine has no instance metadata that gives any",
            _ => answer,
        };

    private static string Flat(string text) =>
        string.Join(' ', text.Split((char[])['\r', '\n', ' '], StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.');

    [GeneratedRegex(
        @"Exception \d+ of \d+: (?<answer>.*?)(?=Exception \d+ of \d+: |\z)",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Source();

    [GeneratedRegex("Unable to find the \"(?<name>[^\"]*)\" profile", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MissingProfile();
}
