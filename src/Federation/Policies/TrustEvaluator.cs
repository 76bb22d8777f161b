namespace Federation.Policies;

/// <summary>A federated caller as a role's trust policy sees it.</summary>
/// <param name="FederatedPrincipal">The provider's ARN, or a built-in provider's name such as <c>accounts.google.com</c>.</param>
/// <param name="Context">The condition keys, such as <c>ISSUER:sub</c>.</param>
internal sealed record TrustRequest(string FederatedPrincipal, string Action, RequestContext Context);

/// <summary>Why one statement does not admit a caller.</summary>
internal abstract record TrustObstacle
{
    /// <summary>The principals it names, or <paramref name="Excluded"/>, are others.</summary>
    public sealed record Principal(IReadOnlyList<string> Named, bool Excluded, string Caller) : TrustObstacle;

    /// <summary>It is about other actions.</summary>
    public sealed record Action(IReadOnlyList<string> Named, bool Excluded) : TrustObstacle;

    /// <summary>
    /// A condition does not hold; <paramref name="Actual"/> is what the request has under its key, nothing if the key is absent.
    /// </summary>
    public sealed record Condition(PolicyCondition Unmet, IReadOnlyList<string> Actual) : TrustObstacle;
}

/// <summary>An Allow statement that did not admit the caller, and everything that kept it from doing so.</summary>
internal sealed record TrustNearMiss(PolicyStatement Statement, IReadOnlyList<TrustObstacle> Obstacles);

/// <summary>What a trust policy says to a caller.</summary>
/// <param name="Statement">The statement that admitted or denied; none where no statement applies to the caller.</param>
/// <param name="NearMisses">For an implicit deny: every Allow statement, the one with the fewest obstacles first.</param>
internal sealed record TrustVerdict(PolicyDecision Decision, PolicyStatement? Statement, IReadOnlyList<TrustNearMiss> NearMisses)
{
    /// <summary>For <see cref="PolicyDecision.Undecided"/>: the statements that it depends on.</summary>
    public IReadOnlyList<UndecidedStatement> Undecided { get; init; } = [];

    public bool IsAllowed => Decision is PolicyDecision.Allowed;
}

/// <summary>
/// Evaluates trust policies for federated callers. <c>"AWS": "*"</c> admits AWS principals only, never a web identity
/// (recorded behaviour of STS); in a Deny it stands for everyone.
/// </summary>
internal static class TrustEvaluator
{
    public static TrustVerdict Evaluate(TrustRequest request, PolicyDocument trustPolicy)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(trustPolicy);
        var variables = PolicyVariables.For(trustPolicy, request.Context);
        PolicyStatement? allowed = null;
        List<UndecidedStatement> mayAllow = [];
        List<UndecidedStatement> mayDeny = [];
        foreach (var statement in trustPolicy.Statements)
        {
            var isDeny = statement.Effect is PolicyEffect.Deny;
            var isAbout =
                MatchesPrincipal(statement, request.FederatedPrincipal) && PolicyEvaluator.MatchesAction(statement, request.Action);
            if (!isAbout || (!isDeny && allowed is not null))
            {
                continue;
            }

            switch (ConditionEvaluator.AllHold(statement, request.Context, variables))
            {
                case Applicability.Yes when isDeny:
                    return new TrustVerdict(PolicyDecision.ExplicitDeny, statement, []);
                case Applicability.Yes:
                    allowed = statement;
                    break;
                case Applicability.Unknown:
                    (isDeny ? mayDeny : mayAllow).Add(PolicyEvaluator.Undecided(statement, request.Context, variables));
                    break;
            }
        }

        if (allowed is null && mayAllow.Count == 0)
        {
            return new TrustVerdict(PolicyDecision.ImplicitDeny, Statement: null, NearMisses(request, trustPolicy, variables));
        }

        return allowed is not null && mayDeny.Count == 0
            ? new TrustVerdict(PolicyDecision.Allowed, allowed, [])
            : new TrustVerdict(PolicyDecision.Undecided, allowed, []) { Undecided = allowed is null ? [.. mayDeny, .. mayAllow] : mayDeny };
    }

    private static bool MatchesPrincipal(PolicyStatement statement, string caller)
    {
        if (statement.Principals is { } principals)
        {
            return Lists(principals, caller, statement.Effect is PolicyEffect.Deny);
        }

        // IAM takes NotPrincipal in a trust policy with Deny only; an Allow of that kind admits nobody.
        return statement is { NotPrincipals: { } others, Effect: PolicyEffect.Deny } && !Lists(others, caller, everyone: true);
    }

    private static bool Lists(IReadOnlyDictionary<string, IReadOnlyList<string>> principals, string caller, bool everyone) =>
        (principals.TryGetValue("Federated", out var federated) && federated.Contains(caller, StringComparer.Ordinal))
        || (everyone && principals.TryGetValue("AWS", out var aws) && aws.Contains("*", StringComparer.Ordinal));

    private static List<TrustNearMiss> NearMisses(TrustRequest request, PolicyDocument trustPolicy, PolicyVariables variables)
    {
        var misses = new List<TrustNearMiss>();
        foreach (var statement in trustPolicy.Statements.Where(statement => statement.Effect is PolicyEffect.Allow))
        {
            var obstacles = new List<TrustObstacle>();
            if (!MatchesPrincipal(statement, request.FederatedPrincipal))
            {
                obstacles.Add(
                    new TrustObstacle.Principal(
                        [.. (statement.Principals ?? statement.NotPrincipals)?.Values.SelectMany(values => values) ?? []],
                        Excluded: statement.Principals is null,
                        request.FederatedPrincipal
                    )
                );
            }

            if (!PolicyEvaluator.MatchesAction(statement, request.Action))
            {
                obstacles.Add(
                    new TrustObstacle.Action(statement.Actions ?? statement.NotActions ?? [], Excluded: statement.Actions is null)
                );
            }

            foreach (var condition in statement.Conditions)
            {
                if (ConditionEvaluator.Holds(condition, PolicyEffect.Allow, request.Context, variables) is Applicability.No)
                {
                    request.Context.Find(condition.Key, out var actual);
                    obstacles.Add(new TrustObstacle.Condition(condition, actual));
                }
            }

            misses.Add(new TrustNearMiss(statement, obstacles));
        }

        // A statement about another provider is hardly the one that was meant.
        return
        [
            .. misses
                .OrderBy(miss => miss.Obstacles.Any(obstacle => obstacle is TrustObstacle.Principal))
                .ThenBy(miss => miss.Obstacles.Count),
        ];
    }
}
