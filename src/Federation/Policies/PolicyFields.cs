namespace Federation.Policies;

/// <summary>A policy document as <c>path → value</c>, for a comparison field by field.</summary>
public static class PolicyFields
{
    /// <summary>
    /// The fields of the canonical form, one path per member of a list, as
    /// <c>trustPolicy.FederationAcmeMain36CC22DC.Condition.StringEquals.ISSUER:sub[system:serviceaccount:ns:ksa]</c>. A statement
    /// is named by its <c>Sid</c>, one without by its place in the canonical order (<c>#1</c>). Two documents have
    /// the same fields exactly where <see cref="PolicyDocument.MeansTheSame"/> holds.
    /// </summary>
    /// <param name="prefix">The first part of every path, such as <c>trustPolicy</c>.</param>
    public static IEnumerable<KeyValuePair<string, string>> Flatten(PolicyDocument document, string prefix)
    {
        ArgumentNullException.ThrowIfNull(document);
        yield return KeyValuePair.Create($"{prefix}.Version", document.Version);
        if (document.Id is not null)
        {
            yield return KeyValuePair.Create($"{prefix}.Id", document.Id);
        }

        foreach (var group in document.Canonical().Statements.GroupBy(statement => statement.Sid, StringComparer.Ordinal))
        {
            var ordinal = 0;
            foreach (var statement in group)
            {
                ordinal++;
                var name =
                    group.Key is null ? $"#{ordinal}"
                    : ordinal == 1 ? Escape(group.Key)
                    : $"{Escape(group.Key)}#{ordinal}";
                foreach (var field in Flatten(statement, $"{prefix}.{name}"))
                {
                    yield return field;
                }
            }
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> Flatten(PolicyStatement statement, string path)
    {
        yield return KeyValuePair.Create($"{path}.Effect", statement.Effect.ToString());
        foreach (
            var field in List($"{path}.Action", statement.Actions)
                .Concat(List($"{path}.NotAction", statement.NotActions))
                .Concat(List($"{path}.Resource", statement.Resources))
                .Concat(List($"{path}.NotResource", statement.NotResources))
                .Concat(Principals($"{path}.Principal", statement.Principals))
                .Concat(Principals($"{path}.NotPrincipal", statement.NotPrincipals))
                .Concat(
                    statement.Conditions.SelectMany(condition =>
                        List($"{path}.Condition.{Escape(condition.Operator)}.{EscapeKey(condition.Key)}", condition.Values)
                    )
                )
        )
        {
            yield return field;
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> Principals(
        string path,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? principals
    ) =>
        principals switch
        {
            null => [],
            { Count: 0 } => [KeyValuePair.Create(path, "{}")],
            _ => principals.SelectMany(type => List($"{path}.{Escape(type.Key)}", type.Value)),
        };

    private static IEnumerable<KeyValuePair<string, string>> List(string path, IReadOnlyList<string>? values) =>
        values switch
        {
            null => [],
            { Count: 0 } => [KeyValuePair.Create(path, "[]")],
            _ => values.Select(value => KeyValuePair.Create($"{path}[{value}]", value)),
        };

    // Names from the document are escaped, so that none can produce another path. Dots in condition keys are harmless,
    // because a key is the last name of its path. An empty Sid is escaped as '%', which no other Sid is, so that it does
    // not collide with statements without Sid.
    private static string Escape(string name) =>
        name.Length == 0
            ? "%"
            : EscapeKey(name).Replace(".", "%2E", StringComparison.Ordinal).Replace("#", "%23", StringComparison.Ordinal);

    private static string EscapeKey(string name) =>
        name.Replace("%", "%25", StringComparison.Ordinal).Replace("[", "%5B", StringComparison.Ordinal);
}
