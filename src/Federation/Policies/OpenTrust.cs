namespace Federation.Policies;

/// <summary>A principal of a statement that lets in callers of AWS whom nobody named.</summary>
/// <param name="Principal"><c>*</c>, or another account's root or number.</param>
/// <param name="IsCertain">False: a condition may keep them out, and that cannot be known from here.</param>
internal sealed record OpenPrincipal(PolicyStatement Statement, string Principal, bool IsCertain)
{
    public bool IsEverybody => Principal is OpenTrust.Everybody;
}

/// <summary>
/// Finds what in a trust policy lets in callers of AWS whom nobody named: everybody (<c>"*"</c>), or whomever another account
/// lets. A Deny of the same policy counts, and so does a condition that says who may call (IAM User Guide, "AWS JSON policy
/// elements: Principal").
/// </summary>
internal static class OpenTrust
{
    internal const string Everybody = "*";

    private const string AssumeRole = "sts:AssumeRole";
    private const string AwsPrincipals = "AWS";

    /// <summary>The keys that say who calls, in every signed request.</summary>
    private static readonly string[] OfCaller = ["aws:PrincipalArn", "aws:PrincipalAccount", "aws:userid"];

    /// <summary>The keys that say who calls, or what the caller was told, where the request has them.</summary>
    private static readonly string[] OfSomeCallers =
    [
        "aws:PrincipalOrgID",
        "aws:PrincipalOrgPaths",
        "aws:SourceAccount",
        "aws:SourceArn",
        "aws:SourceOrgID",
        "sts:ExternalId",
    ];

    /// <summary>The keys to which every caller can give the value that is wanted.</summary>
    private static readonly string[] ChosenByCaller =
    [
        "aws:referer",
        "aws:RequestedRegion",
        "aws:SecureTransport",
        "aws:TagKeys",
        "aws:UserAgent",
        "sts:RoleSessionName",
        "sts:SourceIdentity",
        "sts:TransitiveTagKeys",
    ];

    /// <param name="account">The role's own account: its root only leaves the decision to the account's own policies.</param>
    /// <returns>
    /// Those that are certain and, for everybody, those that are not. A named account with a condition that cannot be judged is
    /// not among them: somebody chose both.
    /// </returns>
    public static IEnumerable<OpenPrincipal> Find(PolicyDocument trust, string account) =>
        from statement in trust.Statements
        where statement.Effect is PolicyEffect.Allow && IsAboutAssuming(statement)
        from principal in Aws(statement.Principals)
        where principal is Everybody || (AccountOf(principal) is { } named && named != account)
        let admitted = Admits(trust, statement, principal)
        where admitted is Applicability.Yes || (admitted is Applicability.Unknown && principal is Everybody)
        select new OpenPrincipal(statement, principal, admitted is Applicability.Yes);

    private static Applicability Admits(PolicyDocument trust, PolicyStatement allow, string principal)
    {
        var denied = trust
            .Statements.Where(statement =>
                statement.Effect is PolicyEffect.Deny && IsAboutAssuming(statement) && DeniesUnnamed(statement, principal)
            )
            .Select(deny => Applies(trust, deny))
            .ToArray();
        var allowed = Applies(trust, allow);
        return allowed is Applicability.No || denied.Contains(Applicability.Yes) ? Applicability.No
            : denied.Contains(Applicability.Unknown) ? Applicability.Unknown
            : allowed;
    }

    private static bool IsAboutAssuming(PolicyStatement statement) => PolicyEvaluator.MatchesAction(statement, AssumeRole);

    private static IReadOnlyList<string> Aws(IReadOnlyDictionary<string, IReadOnlyList<string>>? principals) =>
        principals?.GetValueOrDefault(AwsPrincipals) ?? [];

    /// <summary>Whether a Deny is about whoever comes in by a principal and is named nowhere.</summary>
    private static bool DeniesUnnamed(PolicyStatement deny, string principal) =>
        deny.NotPrincipals is { } spared
            ? !Aws(spared).Any(named => named is Everybody || AccountOf(named) is not null)
            : Aws(deny.Principals).Any(named => named is Everybody || (AccountOf(named) is { } account && account == AccountOf(principal)));

    /// <summary>The account that a principal stands for as a whole, <c>ID</c> or <c>arn:…:iam::ID:root</c>; null: for less.</summary>
    private static string? AccountOf(string principal) =>
        IsAccount(principal) ? principal
        : principal.Split(':') is ["arn", _, "iam", "", var account, "root"] && IsAccount(account) ? account
        : null;

    private static bool IsAccount(string text) => text.Length == 12 && text.All(char.IsAsciiDigit);

    /// <summary>Whether all conditions of a statement hold for somebody who is named nowhere.</summary>
    private static Applicability Applies(PolicyDocument trust, PolicyStatement statement)
    {
        var each = statement.Conditions.Select(condition => Holds(trust, statement.Effect, condition)).ToArray();
        return each.Contains(Applicability.No) ? Applicability.No
            : each.Contains(Applicability.Unknown) ? Applicability.Unknown
            : Applicability.Yes;
    }

    private static Applicability Holds(PolicyDocument trust, PolicyEffect effect, PolicyCondition condition)
    {
        if (!ConditionOperator.TryParse(condition.Operator, out var @operator))
        {
            // IAM cannot decide it: it never allows, and always denies.
            return effect is PolicyEffect.Deny ? Applicability.Yes : Applicability.No;
        }

        if (IsOneOf(condition.Key, ChosenByCaller))
        {
            return effect is PolicyEffect.Deny ? Applicability.No : Applicability.Yes;
        }

        var isOptional = IsOneOf(condition.Key, OfSomeCallers);
        if (
            @operator.Kind is ConditionKind.Null
            || !(isOptional || IsOneOf(condition.Key, OfCaller))
            || PolicyLint.HasVariable(condition, trust)
        )
        {
            return Applicability.Unknown;
        }

        var matches = condition.Values.Select(value => Matches(condition.Key, @operator.Kind, value)).ToArray();
        var match =
            matches.Contains(Applicability.Yes) ? Applicability.Yes
            : matches.Contains(Applicability.Unknown) ? Applicability.Unknown
            : Applicability.No;
        return match is Applicability.Unknown ? match
            : match is Applicability.Yes != @operator.Negated ? Applicability.Yes
            : isOptional && (@operator.IfExists || @operator.Qualifier is SetQualifier.ForAllValues) ? Applicability.Yes
            : Applicability.No;
    }

    /// <summary>Whether a value of a condition covers a caller that nobody named, who chooses all but the account.</summary>
    private static Applicability Matches(string key, ConditionKind kind, string value)
    {
        var wildcard = kind is ConditionKind.StringLike or ConditionKind.ArnLike ? value.AsSpan().IndexOfAny('*', '?') : -1;
        if (wildcard < 0)
        {
            return Applicability.No;
        }

        // What stands before the first wildcard names an account, or an organization with its paths.
        var fixedPart = value[..wildcard];
        var isPinned = key.Equals("aws:PrincipalOrgPaths", StringComparison.OrdinalIgnoreCase)
            ? fixedPart.Contains('/', StringComparison.Ordinal)
            : fixedPart.Split(':') is ["arn", _, _, _, var account, ..] && IsAccount(account);
        return isPinned ? Applicability.No
            : value.All(letter => letter is '*' or ':') ? Applicability.Yes
            : Applicability.Unknown;
    }

    private static bool IsOneOf(string key, string[] keys) => keys.Contains(key, StringComparer.OrdinalIgnoreCase);
}
