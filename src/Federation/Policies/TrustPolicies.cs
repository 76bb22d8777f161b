namespace Federation.Policies;

/// <summary>Trust policies put together from those of several workloads.</summary>
public static class TrustPolicies
{
    private const string SubjectKeySuffix = ":sub";

    /// <summary>
    /// The trust policy of a role that several workloads share. Statements that differ in nothing but the subjects
    /// they list (<c>…:sub</c> under <c>StringEquals</c>) become one that lists them all. Statements that differ
    /// otherwise under one <c>Sid</c> are told apart by a number after it, since IAM wants each <c>Sid</c> once. The
    /// order of the documents does not matter.
    /// </summary>
    public static PolicyDocument Merge(IEnumerable<PolicyDocument> documents)
    {
        ArgumentNullException.ThrowIfNull(documents);
        var all = documents.ToList();
        var merged = all.SelectMany(document => document.Statements)
            .Select(statement => (statement, subjects: Subjects(statement)))
            .GroupBy(pair => Template(pair.statement, pair.subjects), StringComparer.Ordinal)
            .Select(group =>
                WithSubjects(group.First().statement, group.First().subjects, group.SelectMany(pair => pair.subjects?.Values ?? []))
            )
            .Select(statement =>
                (statement, json: PolicyWriter.Write(PolicyCanonicalForm.Canonicalize(statement), PolicyJsonStyle.Canonical))
            )
            .OrderBy(pair => pair.statement.Sid, StringComparer.Ordinal)
            .ThenBy(pair => pair.json, StringComparer.Ordinal)
            .Select(pair => pair.statement);
        return new PolicyDocument
        {
            Version = all.Select(document => document.Version).Max(StringComparer.Ordinal) ?? "2012-10-17",
            Id = all.Select(document => document.Id).Distinct(StringComparer.Ordinal).Count() == 1 ? all[0].Id : null,
            Statements = WithUniqueSids([.. merged]),
        };
    }

    private static PolicyCondition? Subjects(PolicyStatement statement)
    {
        var subjects = statement
            .Conditions.Where(condition =>
                condition.Operator is "StringEquals" && condition.Key.EndsWith(SubjectKeySuffix, StringComparison.OrdinalIgnoreCase)
            )
            .ToList();
        // With two issuers' subjects in one statement both must hold: listing them together would widen it.
        return subjects.Count == 1 ? subjects[0] : null;
    }

    private static string Template(PolicyStatement statement, PolicyCondition? subjects) =>
        PolicyWriter.Write(PolicyCanonicalForm.Canonicalize(WithSubjects(statement, subjects, [])), PolicyJsonStyle.Canonical);

    private static PolicyStatement WithSubjects(PolicyStatement statement, PolicyCondition? subjects, IEnumerable<string> values) =>
        subjects is null
            ? statement
            : statement with
            {
                Conditions =
                [
                    .. statement.Conditions.Select(condition =>
                        ReferenceEquals(condition, subjects)
                            ? condition with
                            {
                                Values = [.. values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
                            }
                            : condition
                    ),
                ],
            };

    private static List<PolicyStatement> WithUniqueSids(IReadOnlyList<PolicyStatement> statements)
    {
        var taken = statements.Select(statement => statement.Sid).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var used = new HashSet<string>(StringComparer.Ordinal);
        var result = new List<PolicyStatement>(statements.Count);
        foreach (var statement in statements)
        {
            var sid = statement.Sid;
            if (sid is not null && !used.Add(sid))
            {
                var number = 2;
                while (!taken.Add($"{statement.Sid}{number}"))
                {
                    number++;
                }

                sid = $"{statement.Sid}{number}";
                used.Add(sid);
            }

            result.Add(statement with { Sid = sid });
        }

        return result;
    }
}
