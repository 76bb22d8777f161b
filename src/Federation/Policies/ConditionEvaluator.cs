namespace Federation.Policies;

/// <summary>Whether a condition holds, or a statement applies.</summary>
internal enum Applicability
{
    No,
    Yes,

    /// <summary>It depends on a condition key that cannot be known from here.</summary>
    Unknown,
}

/// <summary>Evaluates conditions (IAM User Guide, "Condition operators" and "Multivalued context keys").</summary>
internal static class ConditionEvaluator
{
    /// <summary>Whether a statement applies: all of its conditions must hold.</summary>
    public static Applicability AllHold(PolicyStatement statement, RequestContext context, PolicyVariables variables)
    {
        var result = Applicability.Yes;
        foreach (var condition in statement.Conditions)
        {
            switch (Holds(condition, statement.Effect, context, variables))
            {
                case Applicability.No:
                    return Applicability.No;
                case Applicability.Unknown:
                    result = Applicability.Unknown;
                    break;
            }
        }

        return result;
    }

    /// <summary>Whether a condition holds. One that IAM itself cannot decide never allows, and always denies.</summary>
    public static Applicability Holds(PolicyCondition condition, PolicyEffect effect, RequestContext context, PolicyVariables variables) =>
        Evaluate(condition, context, variables) switch
        {
            Result.Holds => Applicability.Yes,
            Result.Fails => Applicability.No,
            Result.Unknown => Applicability.Unknown,
            _ => effect is PolicyEffect.Deny ? Applicability.Yes : Applicability.No,
        };

    private enum Result
    {
        Holds,
        Fails,

        /// <summary>An unknown operator, or a variable without a value under a negation.</summary>
        Undecidable,

        /// <summary>It depends on a key that cannot be known from here.</summary>
        Unknown,
    }

    private static Result Evaluate(PolicyCondition condition, RequestContext context, PolicyVariables variables)
    {
        if (!ConditionOperator.TryParse(condition.Operator, out var @operator))
        {
            return Result.Undecidable;
        }

        var state = context.Find(condition.Key, out var values);
        if (@operator.Kind is ConditionKind.Null)
        {
            return state is KeyState.Unknown ? Result.Unknown : IsNull(condition, state is KeyState.Absent);
        }

        if (state is KeyState.Present or KeyState.Unknown)
        {
            return Result.Unknown;
        }

        // Set operators take empty texts for an empty set.
        var isAbsent = state is KeyState.Absent || (@operator.Qualifier is not SetQualifier.None && values.All(string.IsNullOrEmpty));
        return isAbsent ? WithoutValue(@operator) : WithValues(@operator, condition, values, variables);
    }

    private static Result IsNull(PolicyCondition condition, bool isAbsent) =>
        ResultOf(condition.Values.Any(value => bool.TryParse(value, out var wanted) && wanted == isAbsent));

    private static Result WithoutValue(ConditionOperator @operator) =>
        ResultOf(
            @operator.IfExists
                || @operator.Qualifier switch
                {
                    SetQualifier.ForAllValues => true,
                    SetQualifier.ForAnyValue => false,
                    _ => @operator.Negated,
                }
        );

    private static Result WithValues(
        ConditionOperator @operator,
        PolicyCondition condition,
        IReadOnlyList<string> values,
        PolicyVariables variables
    )
    {
        var all = @operator.Qualifier is SetQualifier.ForAllValues || (@operator.Qualifier is SetQualifier.None && @operator.Negated);
        var (isUndecidable, isUnknown) = (false, false);
        foreach (var value in values)
        {
            var match = AnyOf(@operator, condition.Values, value, variables);
            if (match is PatternMatch.Unknown)
            {
                isUnknown = true;
            }
            else if (match is PatternMatch.Unresolved && @operator.Negated)
            {
                isUndecidable = true;
            }
            else if ((match is PatternMatch.Yes) != @operator.Negated != all)
            {
                return ResultOf(!all);
            }
        }

        return isUndecidable ? Result.Undecidable
            : isUnknown ? Result.Unknown
            : ResultOf(all);
    }

    private static PatternMatch AnyOf(ConditionOperator @operator, IReadOnlyList<string> wanted, string value, PolicyVariables variables)
    {
        var best = PatternMatch.No;
        foreach (var one in wanted)
        {
            var match = Matches(@operator, one, value, variables);
            if (match is PatternMatch.Yes)
            {
                return match;
            }

            best = match > best ? match : best;
        }

        return best;
    }

    /// <summary>Whether the request's value matches the policy's, without the operator's negation.</summary>
    private static PatternMatch Matches(ConditionOperator @operator, string wanted, string value, PolicyVariables variables)
    {
        switch (@operator.Kind)
        {
            case ConditionKind.StringEquals:
                return variables.Equals(wanted, value, StringComparison.Ordinal);
            case ConditionKind.StringEqualsIgnoreCase or ConditionKind.Boolean:
                return variables.Equals(wanted, value, StringComparison.OrdinalIgnoreCase);
            case ConditionKind.StringLike:
                return variables.Matches(wanted, value);
            case ConditionKind.ArnLike:
                return MatchesArn(wanted, value, variables);
            case ConditionKind.Binary:
                return Match(string.Equals(wanted, value, StringComparison.Ordinal));
            case ConditionKind.IpAddress:
                return Match(
                    ConditionValues.TryNetwork(wanted, out var network)
                        && System.Net.IPAddress.TryParse(value, out var address)
                        && network.Contains(address)
                );
            case ConditionKind.NumericEquals
            or ConditionKind.NumericLess
            or ConditionKind.NumericLessOrEqual
            or ConditionKind.NumericGreater
            or ConditionKind.NumericGreaterOrEqual:
                return Match(
                    ConditionValues.TryNumber(wanted, out var bound)
                        && ConditionValues.TryNumber(value, out var number)
                        && Compares(@operator.Kind, number.CompareTo(bound))
                );
            default:
                return Match(
                    ConditionValues.TryDate(wanted, out var moment)
                        && ConditionValues.TryDate(value, out var date)
                        && Compares(@operator.Kind, date.CompareTo(moment))
                );
        }
    }

    private static bool Compares(ConditionKind kind, int comparison) =>
        kind switch
        {
            ConditionKind.NumericEquals or ConditionKind.DateEquals => comparison == 0,
            ConditionKind.NumericLess or ConditionKind.DateLess => comparison < 0,
            ConditionKind.NumericLessOrEqual or ConditionKind.DateLessOrEqual => comparison <= 0,
            ConditionKind.NumericGreater or ConditionKind.DateGreater => comparison > 0,
            _ => comparison >= 0,
        };

    // The six parts of an ARN are matched separately: a wildcard does not match a colon, except in the last part, the
    // resource.
    private static PatternMatch MatchesArn(string pattern, string value, PolicyVariables variables)
    {
        var wanted = pattern.Split(':', 6);
        var given = value.Split(':', 6);
        if (wanted.Length != given.Length)
        {
            return PatternMatch.No;
        }

        var result = PatternMatch.Yes;
        for (var i = 0; i < wanted.Length; i++)
        {
            var match = variables.Matches(wanted[i], given[i]);
            if (match is PatternMatch.No)
            {
                return match;
            }

            result = match > result ? match : result;
        }

        return result;
    }

    private static PatternMatch Match(bool matches) => matches ? PatternMatch.Yes : PatternMatch.No;

    private static Result ResultOf(bool holds) => holds ? Result.Holds : Result.Fails;
}
