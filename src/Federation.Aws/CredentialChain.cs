using System.Text.RegularExpressions;
using Amazon.Runtime;
using Polly.Timeout;

namespace Federation.Aws;

/// <summary>Why the SDK found no credentials: where it looked, and what it found there.</summary>
internal static partial class CredentialChain
{
    /// <summary>
    /// One sentence, without its full stop. The SDK lists what each source of its chain answered; most say only that they are
    /// not set up.
    /// </summary>
    /// <param name="limit">How long the search could take.</param>
    public static string Reason(Exception fault, TimeSpan limit)
    {
        if (fault is TimeoutRejectedException)
        {
            return $"the AWS SDK's search for them did not end within {limit.TotalSeconds:0} seconds";
        }

        var sources = Source().Matches(fault.Message).Select(source => Answer(Flat(source.Groups["answer"].Value))).ToArray();
        return sources is [.. var others, var last] && others.Length > 0 ? $"{string.Join(", ", others)}, and {last}"
            : fault.InnerException is { } inner ? $"{Text(fault)}: {Text(inner.GetBaseException())}"
            : Text(fault);
    }

    private static string Answer(string answer) =>
        answer switch
        {
            _ when answer.Contains("AWS_ACCESS_KEY_ID", StringComparison.Ordinal) =>
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set",
            // The SDK says the same if the variable is not set at all.
            _ when answer.Contains("webIdentityTokenFile", StringComparison.Ordinal) =>
                "AWS_WEB_IDENTITY_TOKEN_FILE is not set to an absolute path",
            _ when MissingProfile().Match(answer) is { Success: true } missing => $"there is no profile {missing.Groups["name"].Value}",
            _ when answer.Contains("instance metadata", StringComparison.Ordinal) => "this machine has no instance metadata that gives any",
            _ => answer,
        };

    /// <summary>The SDK's exception for an unreadable answer quotes that answer, with whatever credentials it holds.</summary>
    private static string Text(Exception fault) =>
        fault is AmazonUnmarshallingException ? "the answer of their source cannot be read" : Flat(fault.Message);

    private static string Flat(string text) => AwsCall.OneLine(text).TrimEnd('.');

    [GeneratedRegex(
        @"Exception \d+ of \d+: (?<answer>.*?)(?=Exception \d+ of \d+: |\z)",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Source();

    [GeneratedRegex("Unable to find the \"(?<name>[^\"]*)\" profile", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MissingProfile();
}
