namespace Federation.Policies;

internal enum ConditionResult
{
    Holds,
    Fails,

    /// <summary>Nobody can say: an unknown operator, or a variable without a value under a negation.</summary>
    Undecidable,
}

/// <summary>Conditions as the IAM User Guide has them under "Condition operators" and "Multivalued context keys".</summary>
internal static class ConditionEvaluator
{
    /// <summary>Whether a statement's conditions let it apply. What cannot be decided never allows, and always denies.</summary>
    public static bool AllHold(
        PolicyStatement statement,
        IReadOnlyDictionary<string, IReadOnlyList<string>> context,
        PolicyVariables variables
    )
    {
        foreach (var condition in statement.Conditions)
        {
            if (!Holds(condition, statement.Effect, context, variables))
            {
                return false;
            }
        }

        return true;
    }

    public static bool Holds(
        PolicyCondition condition,
        PolicyEffect effect,
        IReadOnlyDictionary<string, IReadOnlyList<string>> context,
        PolicyVariables variables
    ) =>
        Evaluate(condition, context, variables) switch
        {
            ConditionResult.Holds => true,
            ConditionResult.Fails => false,
            _ => effect is PolicyEffect.Deny,
        };

    /// <summary>The values of a context key, in whatever case it is written; none if it is absent.</summary>
    public static IReadOnlyList<string> Values(IReadOnlyDictionary<string, IReadOnlyList<string>> context, string key)
    {
        if (context.TryGetValue(key, out var values))
        {
            return values;
        }

        foreach (var (name, found) in context)
        {
            if (string.Equals(name, key, StringComparison.OrdinalIgnoreCase))
            {
                return found;
            }
        }

        return [];
    }

    private static ConditionResult Evaluate(
        PolicyCondition condition,
        IReadOnlyDictionary<string, IReadOnlyList<string>> context,
        PolicyVariables variables
    )
    {
        if (!ConditionOperator.TryParse(condition.Operator, out var @operator))
        {
            return ConditionResult.Undecidable;
        }

        var values = Values(context, condition.Key);
        if (@operator.Kind is ConditionKind.Null)
        {
            return Result(condition.Values.Any(value => bool.TryParse(value, out var absent) && absent == (values.Count == 0)));
        }

        // Set operators take empty texts for an empty set.
        var isAbsent = values.Count == 0 || (@operator.Qualifier is not SetQualifier.None && values.All(string.IsNullOrEmpty));
        if (isAbsent)
        {
            return Result(
                @operator.IfExists
                    || @operator.Qualifier switch
                    {
                        SetQualifier.ForAllValues => true,
                        SetQualifier.ForAnyValue => false,
                        _ => @operator.Negated,
                    }
            );
        }

        var all = @operator.Qualifier is SetQualifier.ForAllValues || (@operator.Qualifier is SetQualifier.None && @operator.Negated);
        var undecidable = false;
        foreach (var value in values)
        {
            var matched = false;
            var unresolved = false;
            foreach (var wanted in condition.Values)
            {
                switch (Matches(@operator, wanted, value, variables))
                {
                    case true:
                        matched = true;
                        break;
                    case null:
                        unresolved = true;
                        break;
                }

                if (matched)
                {
                    break;
                }
            }

            if (!matched && unresolved && @operator.Negated)
            {
                undecidable = true;
                continue;
            }

            if (matched != @operator.Negated != all)
            {
                return Result(!all);
            }
        }

        return undecidable ? ConditionResult.Undecidable : Result(all);
    }

    // Whether the request's value is what the policy wants, negation aside; null if a variable has no value.
    private static bool? Matches(ConditionOperator @operator, string wanted, string value, PolicyVariables variables)
    {
        switch (@operator.Kind)
        {
            case ConditionKind.StringEquals:
                return variables.Fill(wanted) is { } text ? string.Equals(text, value, StringComparison.Ordinal) : null;
            case ConditionKind.StringEqualsIgnoreCase:
                return variables.Fill(wanted) is { } anyCase ? string.Equals(anyCase, value, StringComparison.OrdinalIgnoreCase) : null;
            case ConditionKind.StringLike:
                return variables.Matches(wanted, value);
            case ConditionKind.ArnLike:
                return MatchesArn(wanted, value, variables);
            case ConditionKind.Boolean:
                return variables.Fill(wanted) is { } flag ? string.Equals(flag, value, StringComparison.OrdinalIgnoreCase) : null;
            case ConditionKind.Binary:
                return string.Equals(wanted, value, StringComparison.Ordinal);
            case ConditionKind.IpAddress:
                return ConditionValues.TryNetwork(wanted, out var network)
                    && System.Net.IPAddress.TryParse(value, out var address)
                    && network.Contains(address);
            case ConditionKind.NumericEquals
            or ConditionKind.NumericLess
            or ConditionKind.NumericLessOrEqual
            or ConditionKind.NumericGreater
            or ConditionKind.NumericGreaterOrEqual:
                return ConditionValues.TryNumber(wanted, out var bound)
                    && ConditionValues.TryNumber(value, out var number)
                    && Compares(@operator.Kind, number.CompareTo(bound));
            default:
                return ConditionValues.TryDate(wanted, out var moment)
                    && ConditionValues.TryDate(value, out var date)
                    && Compares(@operator.Kind, date.CompareTo(moment));
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

    // The six parts of an ARN are matched each on its own: a wildcard does not reach over a colon, except within the
    // last part, the resource.
    private static bool? MatchesArn(string pattern, string value, PolicyVariables variables)
    {
        var wanted = pattern.Split(':', 6);
        var given = value.Split(':', 6);
        if (wanted.Length != given.Length)
        {
            return false;
        }

        bool? result = true;
        for (var i = 0; i < wanted.Length; i++)
        {
            switch (variables.Matches(wanted[i], given[i]))
            {
                case false:
                    return false;
                case null:
                    result = null;
                    break;
            }
        }

        return result;
    }

    private static ConditionResult Result(bool holds) => holds ? ConditionResult.Holds : ConditionResult.Fails;
}
