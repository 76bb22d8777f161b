using System.Text.Json.Nodes;
using Federation.Diagnosis.Evidence;
using Federation.Diagnosis.Links;
using Federation.WebIdentity;

namespace Federation.Diagnosis;

/// <summary>One claim of a token beside what AWS expects of it.</summary>
/// <param name="Wanted">What it is compared with, and by whom; none for a claim that nobody looks at.</param>
/// <param name="Fits">Whether it is what is wanted; none where nothing is.</param>
public sealed record ClaimLine(string Claim, string Value, string? Wanted, bool? Fits);

/// <summary>A token's claims, line by line, beside what the provider and the trust policy that are there want of them.</summary>
public static class TokenComparison
{
    private static readonly string[] Compared = ["iss", "aud", "azp", "sub", "exp", "iat", "nbf"];

    /// <summary>The lines in the order in which AWS looks at the claims, then the rest; empty for what is no token.</summary>
    public static IReadOnlyList<ClaimLine> Of(WorkloadEvidence evidence, TokenEvidence token, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        ArgumentNullException.ThrowIfNull(token);
        if (token.Claims is not { } claims)
        {
            return [];
        }

        var @case = new Case(evidence, now);
        var lines = new List<ClaimLine>();
        foreach (var claim in Compared.Where(claims.ContainsKey))
        {
            lines.Add(Line(@case, claim, claims[claim], claims, now));
        }

        lines.AddRange(claims.Where(claim => !Compared.Contains(claim.Key, StringComparer.Ordinal)).SelectMany(claim => Flat(claim.Key, claim.Value)));
        return lines;
    }

    private static ClaimLine Line(Case @case, string claim, JsonNode? value, JsonObject claims, DateTimeOffset now)
    {
        var text = Text(value);
        switch (claim)
        {
            case "iss":
                var issuer = "https://" + @case.IssuerPath;
                return new ClaimLine(claim, text, $"{issuer} (provider)", text == issuer);
            case "aud":
                var audience = @case.Workload.Audience;
                return new ClaimLine(claim, text, $"{audience} (client id of the provider, :aud of the trust policy)", text == audience);
            case "sub":
                return new ClaimLine(claim, text, @case.Subject is { } subject ? $"{subject} (:sub of the trust policy)" : null, @case.Subject is null ? null : text == @case.Subject);
            case "exp":
                var (expires, issued) = (Moment(value), Moment(claims["iat"]));
                var lifetime = expires is not null && issued is not null ? $", lives {Human.Of(expires.Value - issued.Value)}" : "";
                return expires is null
                    ? new ClaimLine(claim, text, "whole seconds since 1970", Fits: false)
                    : new ClaimLine(
                        claim,
                        $"{Shown(expires.Value)} ({(expires > now ? $"in {Human.Of(expires.Value - now)}" : $"{Human.Of(now - expires.Value)} ago")}{lifetime})",
                        "not more than 5 min ago",
                        now - SecurityTokenService.ClockAllowance < expires);
            case "iat" or "nbf":
                return Moment(value) is not { } begins
                    ? new ClaimLine(claim, text, "whole seconds since 1970", Fits: false)
                    : new ClaimLine(claim, $"{Shown(begins)} ({(begins > now ? $"in {Human.Of(begins - now)}" : $"{Human.Of(now - begins)} ago")})", "not more than 5 min ahead", begins <= now + SecurityTokenService.ClockAllowance);
            default:
                return new ClaimLine(claim, text, Wanted: null, Fits: null);
        }
    }

    private static IEnumerable<ClaimLine> Flat(string name, JsonNode? value) => value is JsonObject inner
        ? inner.SelectMany(member => Flat($"{name}.{member.Key}", member.Value))
        : [new ClaimLine(name, Text(value), Wanted: null, Fits: null)];

    private static string Text(JsonNode? value) => value switch
    {
        JsonArray list => string.Join(", ", list.Select(Text)),
        JsonValue single when single.TryGetValue<string>(out var text) => text,
        _ => value?.ToJsonString() ?? "null",
    };

    private static DateTimeOffset? Moment(JsonNode? value) =>
        value is JsonValue single && single.TryGetValue<long>(out var seconds) && seconds is >= 0 and <= 253_402_300_799 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    private static string Shown(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'");
}
