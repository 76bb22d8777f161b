using System.Globalization;
using System.Text.RegularExpressions;

namespace Federation.WebIdentity;

/// <summary>The limits of the parameters in the STS API's model, and the texts in which STS reports violations.</summary>
internal static partial class RequestLimits
{
    public const int DefaultDurationSeconds = 3600;
    private const int MinDurationSeconds = 900;
    private const int MaxDurationSeconds = 43_200;

    /// <summary>AWS's text for all limits that are broken; null if none is.</summary>
    public static string? Check(AssumeRoleWithWebIdentityRequest request)
    {
        List<string>? broken = null;
        Length("roleArn", request.RoleArn, 20, 2048);
        Length("roleSessionName", request.RoleSessionName, 2, 64);
        if (!SessionName().IsMatch(request.RoleSessionName))
        {
            Add("roleSessionName", request.RoleSessionName, @"Member must satisfy regular expression pattern: [\w+=,.@-]*");
        }

        // The model marks the token as sensitive: its value is left out of the text.
        Length("webIdentityToken", request.WebIdentityToken, 4, 20_000, sensitive: true);
        if (request.ProviderId is { } providerId)
        {
            Length("providerId", providerId, 4, 2048);
        }

        if (request.Policy is { } policy)
        {
            Length("policy", policy, 1, 2048);
        }

        if (request.DurationSeconds is { } seconds)
        {
            var text = seconds.ToString(CultureInfo.InvariantCulture);
            if (seconds < MinDurationSeconds)
            {
                Add("durationSeconds", text, "Member must have value greater than or equal to 900");
            }
            else if (seconds > MaxDurationSeconds)
            {
                Add("durationSeconds", text, "Member must have value less than or equal to 43200");
            }
        }

        return broken switch
        {
            null => null,
            [var one] => "1 validation error detected: " + one,
            _ => $"{broken.Count} validation errors detected: {string.Join("; ", broken)}",
        };

        void Length(string name, string value, int min, int max, bool sensitive = false)
        {
            if (value.Length < min)
            {
                Add(name, sensitive ? null : value, $"Member must have length greater than or equal to {min}");
            }
            else if (value.Length > max)
            {
                Add(name, sensitive ? null : value, $"Member must have length less than or equal to {max}");
            }
        }

        void Add(string name, string? value, string constraint) =>
            (broken ??= []).Add($"Value {(value is null ? "" : $"'{value}' ")}at '{name}' failed to satisfy constraint: {constraint}");
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_+=,.@-]*\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex SessionName();
}
