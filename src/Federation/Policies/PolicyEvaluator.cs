using Federation.Findings;

namespace Federation.Policies;

/// <summary>A call to evaluate.</summary>
/// <param name="Action">Such as <c>s3:ListBucket</c>.</param>
/// <param name="Resource">An ARN, or <c>*</c> for an action that names no resource.</param>
public sealed record PolicyRequest(string Action, string Resource, RequestContext Context);

/// <summary>A policy and its name: an inline policy's name or a managed policy's ARN.</summary>
public sealed record NamedPolicy(string Name, PolicyDocument Document);

public enum PolicyDecision
{
    Allowed,

    /// <summary>No statement allows it.</summary>
    ImplicitDeny,

    /// <summary>A statement denies it.</summary>
    ExplicitDeny,

    /// <summary>It depends on condition keys that cannot be known from here.</summary>
    Undecided,
}

/// <summary>A statement that applies or not depending on condition keys that cannot be known from here.</summary>
/// <param name="Conditions">Those over such keys; empty where the resource depends on one.</param>
internal sealed record UndecidedStatement(PolicyStatement Statement, IReadOnlyList<PolicyCondition> Conditions);

/// <summary>The kinds of policies of a session.</summary>
public enum PolicySource
{
    Identity,
    Boundary,
    Session,
}

/// <summary>The statement that decided, and its policy.</summary>
public sealed record DecidingStatement(PolicySource Source, string PolicyName, PolicyStatement Statement);

/// <summary>The result of evaluating a call.</summary>
/// <param name="Statement">The statement that allowed or denied; null if no statement applies.</param>
/// <param name="BlockedBy">
/// For an implicit deny: the first layer that does not allow it, <see cref="PolicySource.Identity"/> before the others.
/// </param>
public sealed record PolicyVerdict(PolicyDecision Decision, DecidingStatement? Statement, PolicySource? BlockedBy)
{
    /// <summary>For <see cref="PolicyDecision.Undecided"/>: the statements that it depends on.</summary>
    internal IReadOnlyList<UndecidedStatement> Undecided { get; init; } = [];

    public bool IsAllowed => Decision is PolicyDecision.Allowed;
}

/// <summary>
/// Evaluates calls within one account (IAM User Guide, "Policy evaluation logic"): an explicit Deny overrides everything;
/// otherwise the identity's policies must allow the call, and so must the permissions boundary and the session policy, if
/// there is one. Boundary and session policy grant nothing by themselves.
/// </summary>
public static class PolicyEvaluator
{
    /// <param name="boundary">The role's permissions boundary, if any.</param>
    /// <param name="sessionPolicy">The policy passed when the session was made, if any.</param>
    public static PolicyVerdict Evaluate(
        PolicyRequest request,
        IEnumerable<NamedPolicy> identityPolicies,
        NamedPolicy? boundary = null,
        NamedPolicy? sessionPolicy = null
    )
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(identityPolicies);
        Layer[] layers =
        [
            Read(request, identityPolicies, PolicySource.Identity),
            .. boundary is null ? [] : new[] { Read(request, [boundary], PolicySource.Boundary) },
            .. sessionPolicy is null ? [] : new[] { Read(request, [sessionPolicy], PolicySource.Session) },
        ];
        if (layers.Select(layer => layer.Denied).FirstOrDefault(denied => denied is not null) is { } denied)
        {
            return new PolicyVerdict(PolicyDecision.ExplicitDeny, denied, BlockedBy: null);
        }

        if (layers.FirstOrDefault(layer => layer.Allowed is null && layer.MayAllow.Count == 0) is { } blocking)
        {
            return new PolicyVerdict(PolicyDecision.ImplicitDeny, Statement: null, blocking.Source);
        }

        UndecidedStatement[] undecided =
        [
            .. layers.SelectMany(layer => layer.MayDeny),
            .. layers.Where(layer => layer.Allowed is null).SelectMany(layer => layer.MayAllow),
        ];
        return undecided.Length > 0
            ? new PolicyVerdict(PolicyDecision.Undecided, Statement: null, BlockedBy: null) { Undecided = undecided }
            : new PolicyVerdict(PolicyDecision.Allowed, layers[0].Allowed, BlockedBy: null);
    }

    /// <summary>What the policies of one source say; the first statement of each kind.</summary>
    private sealed class Layer(PolicySource source)
    {
        public PolicySource Source => source;

        public DecidingStatement? Denied { get; set; }

        public DecidingStatement? Allowed { get; set; }

        public List<UndecidedStatement> MayDeny { get; } = [];

        public List<UndecidedStatement> MayAllow { get; } = [];
    }

    private static Layer Read(PolicyRequest request, IEnumerable<NamedPolicy> policies, PolicySource source)
    {
        var layer = new Layer(source);
        foreach (var policy in policies)
        {
            var variables = PolicyVariables.For(policy.Document, request.Context);
            foreach (var statement in policy.Document.Statements)
            {
                var isDeny = statement.Effect is PolicyEffect.Deny;
                if (!isDeny && layer.Allowed is not null)
                {
                    continue;
                }

                switch (Applies(statement, request, variables))
                {
                    case Applicability.Yes when isDeny:
                        layer.Denied = new DecidingStatement(source, policy.Name, statement);
                        return layer;
                    case Applicability.Yes:
                        layer.Allowed = new DecidingStatement(source, policy.Name, statement);
                        break;
                    case Applicability.Unknown:
                        (isDeny ? layer.MayDeny : layer.MayAllow).Add(Undecided(statement, request.Context, variables));
                        break;
                }
            }
        }

        return layer;
    }

    internal static UndecidedStatement Undecided(PolicyStatement statement, RequestContext context, PolicyVariables variables) =>
        new(
            statement,
            [
                .. statement.Conditions.Where(condition =>
                    ConditionEvaluator.Holds(condition, statement.Effect, context, variables) is Applicability.Unknown
                ),
            ]
        );

    private static Applicability Applies(PolicyStatement statement, PolicyRequest request, PolicyVariables variables)
    {
        if (!MatchesAction(statement, request.Action))
        {
            return Applicability.No;
        }

        var resource = MatchesResource(statement, request.Resource, variables);
        if (resource is Applicability.No)
        {
            return Applicability.No;
        }

        var conditions = ConditionEvaluator.AllHold(statement, request.Context, variables);
        return conditions is Applicability.Yes ? resource : conditions;
    }

    internal static bool MatchesAction(PolicyStatement statement, string action) =>
        (statement.Actions, statement.NotActions) switch
        {
            ({ } actions, _) => AnyAction(actions, action),
            (null, { } notActions) => !AnyAction(notActions, action),
            _ => false,
        };

    private static bool AnyAction(IReadOnlyList<string> patterns, string action)
    {
        foreach (var pattern in patterns)
        {
            if (Wildcard.IsMatch(pattern, action, ignoreCase: true))
            {
                return true;
            }
        }

        return false;
    }

    private static Applicability MatchesResource(PolicyStatement statement, string resource, PolicyVariables variables)
    {
        if (statement.Resources is { } resources)
        {
            return AnyResource(resources, resource, variables) switch
            {
                PatternMatch.Yes => Applicability.Yes,
                PatternMatch.Unknown => Applicability.Unknown,
                _ => Applicability.No,
            };
        }

        if (statement.NotResources is not { } notResources)
        {
            return Applicability.No;
        }

        return AnyResource(notResources, resource, variables) switch
        {
            PatternMatch.Yes => Applicability.No,
            PatternMatch.Unknown => Applicability.Unknown,
            // A variable without a value might have excluded it, so it is not allowed.
            PatternMatch.Unresolved when statement.Effect is PolicyEffect.Allow => Applicability.No,
            _ => Applicability.Yes,
        };
    }

    private static PatternMatch AnyResource(IReadOnlyList<string> patterns, string resource, PolicyVariables variables)
    {
        var best = PatternMatch.No;
        foreach (var pattern in patterns)
        {
            var match = variables.Matches(pattern, resource);
            if (match is PatternMatch.Yes)
            {
                return match;
            }

            best = match > best ? match : best;
        }

        return best;
    }
}
