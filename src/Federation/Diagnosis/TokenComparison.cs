using System.Text.Json.Nodes;
using Federation.Diagnosis.Evidence;
using Federation.Diagnosis.Links;
using Federation.Findings;
using Federation.Policies;
using Federation.WebIdentity;

namespace Federation.Diagnosis;

/// <summary>What AWS requires of a claim.</summary>
/// <param name="By">What requires it: <c>provider</c>, <c>trust policy</c>, <c>STS</c>.</param>
public sealed record ClaimRequirement(string By, string Value, bool Fits);

/// <summary>One claim of a token beside what AWS requires of it.</summary>
/// <param name="Requirements">Empty for a claim that AWS does not check.</param>
public sealed record ClaimLine(string Claim, string Value, params IReadOnlyList<ClaimRequirement> Requirements)
{
    /// <summary>Whether it meets all requirements; null if there are none.</summary>
    public bool? Fits => Requirements.Count == 0 ? null : Requirements.All(requirement => requirement.Fits);
}

/// <summary>
/// A token's claims, line by line, beside what the live provider and trust policy require of them. Whether a claim fits is
/// decided by <see cref="SecurityTokenService"/>; this only shows it.
/// </summary>
public static class TokenComparison
{
    private static readonly string[] Compared = ["iss", "aud", "azp", "sub", "exp", "iat", "nbf"];

    /// <summary>The lines in the order in which AWS checks the claims, then the others; empty if it is not a token.</summary>
    public static IReadOnlyList<ClaimLine> Compare(WorkloadEvidence evidence, TokenEvidence seen, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        ArgumentNullException.ThrowIfNull(seen);
        if (seen.Claims is not { } claims)
        {
            return [];
        }

        var subject = new WorkloadCase(evidence, now);
        var judgement = TokenJudgement.Judge(subject, subject.Live, seen);
        return
        [
            .. Compared.Where(claims.ContainsKey).Select(claim => Line(subject, judgement, claim, Text(claims[claim]))),
            .. claims
                .Where(claim => !Compared.Contains(claim.Key, StringComparer.Ordinal))
                .SelectMany(claim => Flatten(claim.Key, claim.Value)),
        ];
    }

    private static ClaimLine Line(WorkloadCase subject, TokenJudgement judgement, string claim, string text)
    {
        var workload = subject.Workload;
        return claim switch
        {
            "iss" => new(
                claim,
                text,
                new ClaimRequirement(
                    subject.IsGoogle ? "trust policy" : "provider",
                    "https://" + subject.IssuerPath,
                    !judgement.IsIssuerRefused
                )
            ),
            "aud" => new(
                claim,
                text,
                [
                    .. ByProvider(subject, judgement),
                    .. ByTrust(subject, judgement, subject.IsGoogle ? ":oaud" : ":aud", workload.Audience, text),
                ]
            ),
            "azp" => new(claim, text, [.. ByTrust(subject, judgement, ":aud", otherwise: null, text)]),
            "sub" => new(claim, text, [.. ByTrust(subject, judgement, ":sub", subject.TokenSubject, text)]),
            "exp" => Time(subject, judgement, claim, text, judgement.Token?.ExpiresAt, "not more than 5 min ago"),
            "iat" => Time(subject, judgement, claim, text, judgement.Token?.IssuedAt, "not more than 5 min ahead"),
            _ => Time(subject, judgement, claim, text, judgement.Token?.NotBefore, "not more than 5 min ahead"),
        };
    }

    private static ClaimLine Time(
        WorkloadCase subject,
        TokenJudgement judgement,
        string claim,
        string text,
        DateTimeOffset? time,
        string required
    )
    {
        if (time is not { } moment)
        {
            return new(claim, text, new ClaimRequirement("STS", "whole seconds since 1970", Fits: false));
        }

        var distance =
            moment > subject.Now ? $"in {Wording.Duration(moment - subject.Now)}" : $"{Wording.Duration(subject.Now - moment)} ago";
        var lifetime = claim == "exp" && judgement.Token!.IssuedAt is { } issued ? $", lives {Wording.Duration(moment - issued)}" : "";
        return new(
            claim,
            $"{Wording.Moment(moment)} ({distance}{lifetime})",
            new ClaimRequirement("STS", required, !judgement.Refusals.Any(refusal => RefusalTable.Row(refusal.Reason).Claim == claim))
        );
    }

    /// <summary>The audiences of the live provider; empty if there is none or it was not read.</summary>
    private static IEnumerable<ClaimRequirement> ByProvider(WorkloadCase subject, TokenJudgement judgement)
    {
        if (ProviderLink.Own(subject) is { ClientIds: { } clients } && !subject.IsGoogle)
        {
            yield return new ClaimRequirement(
                "provider",
                clients.Count == 0 ? "(none)" : string.Join(" or ", clients),
                !judgement.Refusals.Any(refusal =>
                    refusal.Reason
                        is RefusalReason.AudienceNotRegistered
                            or RefusalReason.AudienceEmpty
                            or RefusalReason.ManyAudiences
                            or RefusalReason.ProviderMissing
                )
            );
        }
    }

    /// <summary>What the live trust policy requires under a key of the issuer.</summary>
    /// <param name="otherwise">What it should require, if it was not read or requires nothing.</param>
    private static IEnumerable<ClaimRequirement> ByTrust(
        WorkloadCase subject,
        TokenJudgement judgement,
        string key,
        string? otherwise,
        string text
    )
    {
        key = subject.IssuerPath + key;
        var required = (subject.Role?.TrustPolicy.Statements ?? [])
            .Where(statement => statement.Effect is PolicyEffect.Allow)
            .SelectMany(statement => statement.Conditions)
            .Where(condition => condition.Key.Equals(key, StringComparison.OrdinalIgnoreCase))
            .SelectMany(condition => condition.Values)
            .Distinct(StringComparer.Ordinal)
            .ToArray();
        if (required.Length > 0)
        {
            yield return new ClaimRequirement("trust policy", string.Join(" or ", required), !IsObstacle(judgement, key));
        }
        else if (otherwise is not null)
        {
            yield return new ClaimRequirement("trust policy", otherwise, text == otherwise);
        }
    }

    private static bool IsObstacle(TokenJudgement judgement, string key) =>
        judgement
            .Refusals.Select(refusal => refusal.Trust)
            .OfType<TrustVerdict>()
            .SelectMany(verdict => verdict.NearMisses.Take(1))
            .SelectMany(nearest => nearest.Obstacles.OfType<TrustObstacle.Condition>())
            .Any(obstacle => obstacle.Unmet.Key.Equals(key, StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<ClaimLine> Flatten(string name, JsonNode? value) =>
        value is JsonObject inner
            ? inner.SelectMany(member => Flatten($"{name}.{member.Key}", member.Value))
            : [new ClaimLine(name, Text(value))];

    private static string Text(JsonNode? value) =>
        value switch
        {
            JsonArray list => string.Join(", ", list.Select(Text)),
            JsonValue single when single.TryGetValue<string>(out var text) => text,
            _ => value?.ToJsonString() ?? "null",
        };
}
