using System.Text.RegularExpressions;
using Federation.Policies;

namespace Federation.Aws;

/// <summary>One service account that a trust policy admits.</summary>
/// <param name="Provider">The ARN of the provider of the service account's issuer.</param>
internal sealed partial record TrustedIdentity(string Provider, string Audience, string Subject)
{
    /// <summary>
    /// The identities that a statement admits, where it names provider, audience and subject of each exactly, as every statement
    /// of ours does. None where it admits anything else, or might.
    /// </summary>
    public static IReadOnlyList<TrustedIdentity> NamedBy(PolicyStatement statement)
    {
        if (
            statement is not { Effect: PolicyEffect.Allow, NotActions: null, NotPrincipals: null }
            || statement is not { Principals: { Count: 1 } principals, Actions: [var action] }
            || !action.Equals(StsActions.AssumeRoleWithWebIdentity, StringComparison.OrdinalIgnoreCase)
            || !principals.TryGetValue("Federated", out var federated)
            || federated is not [var provider]
            || !ProviderArn.Is(provider)
        )
        {
            return [];
        }

        var (audiences, subjects) = (Named("aud"), Named("sub"));
        return
            subjects.All(subject => ServiceAccount().IsMatch(subject))
            && !audiences.Any(value => value.Contains('$', StringComparison.Ordinal))
            ? [.. from audience in audiences from subject in subjects select new TrustedIdentity(provider, audience, subject)]
            : [];

        IReadOnlyList<string> Named(string claim) =>
            statement.Conditions.FirstOrDefault(condition => IsOn(condition, provider, claim))?.Values ?? [];
    }

    /// <summary>The statement with only those of its subjects that fulfil a condition.</summary>
    public static PolicyStatement WithSubjects(PolicyStatement statement, Func<string, bool> condition)
    {
        var provider = statement.Principals!["Federated"][0];
        return statement with
        {
            Conditions =
            [
                .. statement.Conditions.Select(one =>
                    IsOn(one, provider, "sub") ? one with { Values = [.. one.Values.Where(condition)] } : one
                ),
            ],
        };
    }

    private static bool IsOn(PolicyCondition condition, string provider, string claim) =>
        condition.Operator is "StringEquals"
        && condition.Key.Equals($"{ProviderArn.UrlOf(provider)}:{claim}", StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex("^system:serviceaccount:[a-z0-9-]+:[a-z0-9.-]+$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ServiceAccount();
}
