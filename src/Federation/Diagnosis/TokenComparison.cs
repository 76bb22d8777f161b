using System.Text.Json.Nodes;
using Federation.Diagnosis.Evidence;
using Federation.Diagnosis.Links;
using Federation.Policies;
using Federation.WebIdentity;

namespace Federation.Diagnosis;

/// <summary>What somebody wants of a claim.</summary>
/// <param name="By">Who: <c>provider</c>, <c>trust policy</c>, <c>STS</c>.</param>
public sealed record ClaimWish(string By, string Value, bool Fits);

/// <summary>One claim of a token beside what AWS expects of it.</summary>
/// <param name="Wishes">Empty for a claim that nobody looks at.</param>
public sealed record ClaimLine(string Claim, string Value, params IReadOnlyList<ClaimWish> Wishes)
{
    /// <summary>Whether it is what everybody wants; null where nobody wants anything.</summary>
    public bool? Fits => Wishes.Count == 0 ? null : Wishes.All(wish => wish.Fits);
}

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

        lines.AddRange(
            claims.Where(claim => !Compared.Contains(claim.Key, StringComparer.Ordinal)).SelectMany(claim => Flat(claim.Key, claim.Value))
        );
        return lines;
    }

    private static ClaimLine Line(Case @case, string claim, JsonNode? value, JsonObject claims, DateTimeOffset now)
    {
        var text = Text(value);
        switch (claim)
        {
            case "iss":
                var issuer = "https://" + @case.IssuerPath;
                return new ClaimLine(claim, text, new ClaimWish(@case.IsGoogle ? "trust policy" : "provider", issuer, text == issuer));
            case "aud":
                return new ClaimLine(
                    claim,
                    text,
                    [.. OfProvider(@case, text), .. OfTrust(@case, @case.IsGoogle ? ":oaud" : ":aud", text, @case.Workload.Audience)]
                );
            case "azp":
                return new ClaimLine(claim, text, [.. OfTrust(@case, ":aud", text, otherwise: null)]);
            case "sub":
                return new ClaimLine(claim, text, [.. OfTrust(@case, ":sub", text, @case.Subject)]);
            case "exp":
                var (expires, issued) = (Moment(value), Moment(claims["iat"]));
                var lifetime = expires is not null && issued is not null ? $", lives {Human.Of(expires.Value - issued.Value)}" : "";
                return expires is null
                    ? NoTime(claim, text)
                    : new ClaimLine(
                        claim,
                        $"{Shown(expires.Value)} ({Distance(expires.Value, now)}{lifetime})",
                        new ClaimWish("STS", "not more than 5 min ago", now - SecurityTokenService.ClockAllowance < expires)
                    );
            default:
                return Moment(value) is not { } begins
                    ? NoTime(claim, text)
                    : new ClaimLine(
                        claim,
                        $"{Shown(begins)} ({Distance(begins, now)})",
                        new ClaimWish("STS", "not more than 5 min ahead", begins <= now + SecurityTokenService.ClockAllowance)
                    );
        }
    }

    /// <summary>The audiences of the provider that is there; nothing where there is none, or it was not read.</summary>
    private static IEnumerable<ClaimWish> OfProvider(Case @case, string value)
    {
        if (
            !@case.IsGoogle
            && @case.Evidence.Aws.Providers?.Found?.FirstOrDefault(provider => provider.Url == @case.Cluster.IssuerPath)?.ClientIds
                is { } clients
        )
        {
            yield return new ClaimWish(
                "provider",
                clients.Count == 0 ? "(none)" : string.Join(" or ", clients),
                clients.Contains(value, StringComparer.Ordinal)
            );
        }
    }

    /// <summary>What the trust policy that is there wants under a key of the issuer.</summary>
    /// <param name="otherwise">What it should want, for where it was not read or wants nothing.</param>
    private static IEnumerable<ClaimWish> OfTrust(Case @case, string key, string value, string? otherwise)
    {
        var conditions = (@case.Role?.TrustPolicy.Statements ?? [])
            .Where(statement => statement.Effect is PolicyEffect.Allow)
            .SelectMany(statement => statement.Conditions)
            .Where(condition => condition.Key.Equals(@case.IssuerPath + key, StringComparison.OrdinalIgnoreCase))
            .ToArray();
        var wanted = conditions.SelectMany(condition => condition.Values).Distinct(StringComparer.Ordinal).ToArray();
        if (wanted.Length > 0)
        {
            // Only the Like operators read * and ? as anything but themselves.
            var fits = conditions.Any(condition =>
                condition.Values.Any(one =>
                    condition.Operator.Contains("Like", StringComparison.Ordinal) ? Wildcard.IsMatch(one, value) : one == value
                )
            );
            yield return new ClaimWish("trust policy", string.Join(" or ", wanted), fits);
        }
        else if (otherwise is not null)
        {
            yield return new ClaimWish("trust policy", otherwise, value == otherwise);
        }
    }

    private static ClaimLine NoTime(string claim, string text) =>
        new(claim, text, new ClaimWish("STS", "whole seconds since 1970", Fits: false));

    private static string Distance(DateTimeOffset time, DateTimeOffset now) =>
        time > now ? $"in {Human.Of(time - now)}" : $"{Human.Of(now - time)} ago";

    private static IEnumerable<ClaimLine> Flat(string name, JsonNode? value) =>
        value is JsonObject inner
            ? inner.SelectMany(member => Flat($"{name}.{member.Key}", member.Value))
            : [new ClaimLine(name, Text(value))];

    private static string Text(JsonNode? value) =>
        value switch
        {
            JsonArray list => string.Join(", ", list.Select(Text)),
            JsonValue single when single.TryGetValue<string>(out var text) => text,
            _ => value?.ToJsonString() ?? "null",
        };

    private static DateTimeOffset? Moment(JsonNode? value) =>
        value is JsonValue single && single.TryGetValue<long>(out var seconds) && seconds is >= 0 and <= 253_402_300_799
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;

    private static string Shown(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'");
}
