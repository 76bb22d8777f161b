using System.Globalization;

namespace Federation.Policies;

/// <summary>Brings a document into the form that all documents with the same meaning share.</summary>
internal static class PolicyCanonicalForm
{
    public static PolicyDocument Canonicalize(PolicyDocument document) =>
        document with
        {
            Statements =
            [
                .. document
                    .Statements.Select(Canonicalize)
                    .Select(statement => (statement, json: PolicyWriter.Write(statement, PolicyJsonStyle.Canonical)))
                    .DistinctBy(pair => pair.json, StringComparer.Ordinal)
                    .OrderBy(pair => pair.statement.Sid, StringComparer.Ordinal)
                    .ThenBy(pair => pair.json, StringComparer.Ordinal)
                    .Select(pair => pair.statement),
            ],
        };

    public static PolicyStatement Canonicalize(PolicyStatement statement) =>
        statement with
        {
            // IAM accepts action names in any case; resources and principals are case-sensitive.
            Actions = Set(statement.Actions, action => action.ToLowerInvariant()),
            NotActions = Set(statement.NotActions, action => action.ToLowerInvariant()),
            Resources = Set(statement.Resources, resource => resource),
            NotResources = Set(statement.NotResources, resource => resource),
            Principals = Principals(statement.Principals),
            NotPrincipals = Principals(statement.NotPrincipals),
            Conditions =
            [
                .. statement
                    .Conditions.Select(Canonicalize)
                    .OrderBy(condition => condition.Operator, StringComparer.Ordinal)
                    .ThenBy(condition => condition.Key, StringComparer.Ordinal),
            ],
        };

    private static SortedDictionary<string, IReadOnlyList<string>>? Principals(
        IReadOnlyDictionary<string, IReadOnlyList<string>>? principals
    )
    {
        if (principals is null)
        {
            return null;
        }

        var canonical = new SortedDictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var (type, values) in principals)
        {
            canonical[type] = Set(values, value => type is "AWS" ? AccountPrincipal(value) : value)!;
        }

        return canonical;
    }

    // "111122223333" and "arn:aws:iam::111122223333:root" name the same principal (IAM User Guide, AWS JSON policy
    // elements: Principal). In other partitions the short form stands for another ARN, so those are left alone.
    private static string AccountPrincipal(string principal) =>
        principal.Length == 12 && principal.All(char.IsAsciiDigit) ? $"arn:aws:iam::{principal}:root" : principal;

    private static PolicyCondition Canonicalize(PolicyCondition condition) =>
        new(condition.Operator, condition.Key.ToLowerInvariant(), Set(condition.Values, Canonicalizer(condition.Operator))!);

    private static Func<string, string> Canonicalizer(string @operator)
    {
        if (!ConditionOperator.TryParse(@operator, out var parsed))
        {
            return value => value;
        }

        return parsed.Kind switch
        {
            ConditionKind.Boolean or ConditionKind.Null or ConditionKind.StringEqualsIgnoreCase => value => value.ToLowerInvariant(),
            ConditionKind.NumericEquals
            or ConditionKind.NumericLess
            or ConditionKind.NumericLessOrEqual
            or ConditionKind.NumericGreater
            or ConditionKind.NumericGreaterOrEqual => value =>
                ConditionValues.TryNumber(value, out var number)
                    ? (number / 1.000000000000000000000000000m).ToString(CultureInfo.InvariantCulture)
                    : value,
            ConditionKind.DateEquals
            or ConditionKind.DateLess
            or ConditionKind.DateLessOrEqual
            or ConditionKind.DateGreater
            or ConditionKind.DateGreaterOrEqual => value =>
                ConditionValues.TryDate(value, out var date)
                    ? date.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture)
                    : value,
            ConditionKind.IpAddress => value => ConditionValues.TryNetwork(value, out var network) ? network.ToString() : value,
            _ => value => value,
        };
    }

    private static string[]? Set(IReadOnlyList<string>? values, Func<string, string> canonical) =>
        values is null ? null : [.. values.Select(canonical).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}
