namespace Federation.Policies;

/// <summary>One call as policies see it. Condition keys are looked up in any case.</summary>
/// <param name="Action">Such as <c>s3:ListBucket</c>.</param>
/// <param name="Resource">An ARN, or <c>*</c> for an action that names no resource.</param>
/// <param name="Context">The request context: condition key to values.</param>
public sealed record PolicyRequest(string Action, string Resource, IReadOnlyDictionary<string, IReadOnlyList<string>> Context);

/// <summary>A policy and what it is called: an inline policy's name or a managed policy's ARN.</summary>
public sealed record NamedPolicy(string Name, PolicyDocument Document);

public enum PolicyDecision
{
    Allowed,

    /// <summary>No statement allows it.</summary>
    ImplicitDeny,

    /// <summary>A statement denies it.</summary>
    ExplicitDeny,
}

/// <summary>Which of a session's policies is meant.</summary>
public enum PolicySource
{
    Identity,
    Boundary,
    Session,
}

/// <summary>The statement that decided, and where it stands.</summary>
public sealed record DecidingStatement(PolicySource Source, string PolicyName, PolicyStatement Statement);

/// <summary>What the policies say to one call.</summary>
/// <param name="Statement">The statement that allowed or denied; none where nothing spoke.</param>
/// <param name="BlockedBy">For an implicit deny: the first layer that does not allow it, <see cref="PolicySource.Identity"/> before the others.</param>
public sealed record PolicyVerdict(PolicyDecision Decision, DecidingStatement? Statement, PolicySource? BlockedBy)
{
    public bool IsAllowed => Decision is PolicyDecision.Allowed;
}

/// <summary>
/// Decides about calls within one account, as "Policy evaluation logic" of the IAM User Guide has it: an explicit
/// Deny anywhere wins; otherwise the identity's policies must allow, and so must a permissions boundary and a session
/// policy where there is one. Neither of the latter ever grants.
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
        DecidingStatement? allowed = null;
        foreach (var policy in identityPolicies)
        {
            if (Decide(request, policy, PolicySource.Identity, ref allowed) is { } denied)
            {
                return denied;
            }
        }

        var allowedByBoundary = default(DecidingStatement);
        if (boundary is not null && Decide(request, boundary, PolicySource.Boundary, ref allowedByBoundary) is { } deniedByBoundary)
        {
            return deniedByBoundary;
        }

        var allowedBySession = default(DecidingStatement);
        if (sessionPolicy is not null && Decide(request, sessionPolicy, PolicySource.Session, ref allowedBySession) is { } deniedBySession)
        {
            return deniedBySession;
        }

        PolicySource? blockedBy =
            allowed is null ? PolicySource.Identity
            : boundary is not null && allowedByBoundary is null ? PolicySource.Boundary
            : sessionPolicy is not null && allowedBySession is null ? PolicySource.Session
            : null;
        return blockedBy is null
            ? new PolicyVerdict(PolicyDecision.Allowed, allowed, BlockedBy: null)
            : new PolicyVerdict(PolicyDecision.ImplicitDeny, Statement: null, blockedBy);
    }

    // The verdict if a statement denies; else remembers the first statement that allows.
    private static PolicyVerdict? Decide(PolicyRequest request, NamedPolicy policy, PolicySource source, ref DecidingStatement? allowed)
    {
        var variables = PolicyVariables.For(policy.Document, request.Context);
        foreach (var statement in policy.Document.Statements)
        {
            if (statement.Effect is PolicyEffect.Allow && allowed is not null)
            {
                continue;
            }

            if (!Applies(statement, request, variables))
            {
                continue;
            }

            var deciding = new DecidingStatement(source, policy.Name, statement);
            if (statement.Effect is PolicyEffect.Deny)
            {
                return new PolicyVerdict(PolicyDecision.ExplicitDeny, deciding, BlockedBy: null);
            }

            allowed = deciding;
        }

        return null;
    }

    private static bool Applies(PolicyStatement statement, PolicyRequest request, PolicyVariables variables) =>
        MatchesAction(statement, request.Action)
        && MatchesResource(statement, request.Resource, variables)
        && ConditionEvaluator.AllHold(statement, request.Context, variables);

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

    private static bool MatchesResource(PolicyStatement statement, string resource, PolicyVariables variables)
    {
        if (statement.Resources is { } resources)
        {
            return AnyResource(resources, resource, variables, out _);
        }

        if (statement.NotResources is not { } notResources)
        {
            return false;
        }

        var listed = AnyResource(notResources, resource, variables, out var unresolved);
        // What a variable without a value would have excluded is unknown: it must not be allowed for that.
        return !listed && !(unresolved && statement.Effect is PolicyEffect.Allow);
    }

    private static bool AnyResource(IReadOnlyList<string> patterns, string resource, PolicyVariables variables, out bool unresolved)
    {
        unresolved = false;
        foreach (var pattern in patterns)
        {
            switch (variables.Matches(pattern, resource))
            {
                case true:
                    return true;
                case null:
                    unresolved = true;
                    break;
            }
        }

        return false;
    }
}
