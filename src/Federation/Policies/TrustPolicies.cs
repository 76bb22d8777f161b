namespace Federation.Policies;

/// <summary>Trust policies put together and taken apart, statement by statement.</summary>
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
            .Select(statement => (statement, json: PolicyWriter.Write(PolicyCanonicalForm.Of(statement), PolicyJsonStyle.Canonical)))
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

    /// <summary>Takes a live trust policy apart: the statements whose <c>Sid</c> begins with <paramref name="sidPrefix"/>, and all others.</summary>
    public static TrustPolicyParts Split(PolicyDocument live, string sidPrefix)
    {
        ArgumentNullException.ThrowIfNull(live);
        var isOurs = live.Statements.ToLookup(statement => statement.Sid?.StartsWith(sidPrefix, StringComparison.Ordinal) is true);
        return new TrustPolicyParts(live with { Statements = [.. isOurs[true]] }, live with { Statements = [.. isOurs[false]] });
    }

    /// <summary>
    /// The inverse of <see cref="Split"/>: our statements after the others, which stay as they are and in their
    /// order. An older <c>Version</c> of theirs is kept where a newer one would turn a text of theirs into a variable.
    /// </summary>
    public static PolicyDocument Combine(PolicyDocument ours, PolicyDocument others)
    {
        ArgumentNullException.ThrowIfNull(ours);
        ArgumentNullException.ThrowIfNull(others);
        var wouldChangeMeaning = others.Statements.Any(statement =>
            PolicyWriter.Write(statement, PolicyJsonStyle.Canonical).Contains("${", StringComparison.Ordinal)
        );
        return new PolicyDocument
        {
            Version = wouldChangeMeaning ? others.Version : ours.Version,
            Id = others.Id ?? ours.Id,
            Statements = [.. others.Statements, .. ours.Statements],
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
        PolicyWriter.Write(PolicyCanonicalForm.Of(WithSubjects(statement, subjects, [])), PolicyJsonStyle.Canonical);

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

/// <summary>A trust policy taken apart; both parts keep its <c>Version</c> and <c>Id</c>.</summary>
public sealed record TrustPolicyParts(PolicyDocument Ours, PolicyDocument Others);
