using CsCheck;
using Federation.Policies;

namespace Federation.Tests.Policies;

/// <summary>Generates policy documents out of few names, so that coincidences are frequent.</summary>
internal static class Generate
{
    private static readonly Gen<string> Text = Gen.OneOf<string>(
        "a",
        "b",
        "A",
        "x*",
        "x?",
        "${aws:username}",
        "é",
        "",
        "[",
        "a[b]",
        "1",
        "1.0",
        "true"
    );
    private static readonly Gen<IReadOnlyList<string>> Texts = Text.List[0, 3].Select(list => (IReadOnlyList<string>)list);
    private static readonly Gen<IReadOnlyList<string>> Actions = Gen.OneOf<string>(
            "s3:GetObject",
            "S3:getobject",
            "s3:*",
            "sts:AssumeRoleWithWebIdentity",
            "*",
            "s3:Put?bject"
        )
        .List[0, 3]
        .Select(list => (IReadOnlyList<string>)list);
    private static readonly Gen<IReadOnlyList<string>> Resources = Gen.OneOf<string>(
            "*",
            "arn:aws:s3:::a",
            "arn:aws:s3:::a/*",
            "arn:aws:s3:::${aws:username}/*"
        )
        .List[0, 3]
        .Select(list => (IReadOnlyList<string>)list);

    private static readonly Gen<IReadOnlyDictionary<string, IReadOnlyList<string>>> Principals = Gen.Select(
            Gen.OneOf<string>("AWS", "Federated", "Service"),
            Texts
        )
        .List[0, 2]
        .Select(pairs =>
            (IReadOnlyDictionary<string, IReadOnlyList<string>>)
                pairs.DistinctBy(pair => pair.Item1).ToDictionary(pair => pair.Item1, pair => pair.Item2)
        );

    private static readonly Gen<PolicyCondition> Condition = Gen.Select(
            Gen.OneOf<string>(
                "StringEquals",
                "StringNotEquals",
                "StringLike",
                "Bool",
                "Null",
                "NumericEquals",
                "ForAllValues:StringLike",
                "ForAnyValue:StringEquals",
                "StringEqualsIfExists",
                "Unheard.Of"
            ),
            Gen.OneOf<string>("i.example:sub", "I.example:Sub", "i.example:aud", "aws:username", "a[b"),
            Texts
        )
        .Select((@operator, key, values) => new PolicyCondition(@operator, key, values));

    public static Gen<PolicyStatement> Statement { get; } =
        Gen.Select(
                Gen.OneOf<string?>(null, "", "A", "B", "FederationMain"),
                Gen.Bool,
                Gen.Select(Gen.Int[0, 2], Actions),
                Gen.Select(Gen.Int[0, 2], Resources),
                Gen.Select(Gen.Int[0, 2], Principals),
                Condition.List[0, 3]
            )
            .Select(
                (sid, allow, actions, resources, principals, conditions) =>
                    new PolicyStatement
                    {
                        Sid = sid,
                        Effect = allow ? PolicyEffect.Allow : PolicyEffect.Deny,
                        Actions = actions.Item1 == 1 ? actions.Item2 : null,
                        NotActions = actions.Item1 == 2 ? actions.Item2 : null,
                        Resources = resources.Item1 == 1 ? resources.Item2 : null,
                        NotResources = resources.Item1 == 2 ? resources.Item2 : null,
                        Principals = principals.Item1 == 1 ? principals.Item2 : null,
                        NotPrincipals = principals.Item1 == 2 ? principals.Item2 : null,
                        // JSON holds an operator's key once.
                        Conditions = [.. conditions.DistinctBy(condition => (condition.Operator, condition.Key.ToUpperInvariant()))],
                    }
            );

    public static Gen<PolicyDocument> Document { get; } =
        Gen.Select(Gen.OneOf<string>("2012-10-17", "2008-10-17"), Gen.OneOf<string?>(null, "id"), Statement.List[0, 4])
            .Select(
                (version, id, statements) =>
                    new PolicyDocument
                    {
                        Version = version,
                        Id = id,
                        Statements = statements,
                    }
            );

    public static Gen<PolicyRequest> Request { get; } =
        Gen.Select(
                Gen.OneOf<string>("s3:GetObject", "s3:PutObject", "sts:AssumeRoleWithWebIdentity", "iam:CreateRole"),
                Gen.OneOf<string>("arn:aws:s3:::a", "arn:aws:s3:::a/k", "arn:aws:s3:::b", "*"),
                Gen.OneOf<string>("i.example:sub", "i.example:aud", "aws:username").Select(Texts).List[0, 3]
            )
            .Select(
                (action, resource, context) =>
                    new PolicyRequest(
                        action,
                        resource,
                        context.DistinctBy(pair => pair.Item1).ToDictionary(pair => pair.Item1, pair => pair.Item2)
                    )
            );

    /// <summary>The same document in another form: every list shuffled and its first member repeated, cases changed.</summary>
    public static PolicyDocument Rephrase(PolicyDocument document, int seed)
    {
        var random = new Random(seed);
        return document with
        {
            Statements = Shuffle(
                document.Statements.Select(statement =>
                    statement with
                    {
                        Actions = Rephrase(statement.Actions, action => random.Next(2) == 0 ? action.ToUpperInvariant() : action),
                        NotActions = Rephrase(statement.NotActions, action => random.Next(2) == 0 ? action.ToLowerInvariant() : action),
                        Resources = Rephrase(statement.Resources),
                        NotResources = Rephrase(statement.NotResources),
                        Principals = statement.Principals?.Reverse().ToDictionary(pair => pair.Key, pair => Rephrase(pair.Value)!),
                        Conditions = Shuffle(
                            statement.Conditions.Select(condition =>
                                condition with
                                {
                                    Key = condition.Key.ToUpperInvariant(),
                                    Values = Rephrase(condition.Values)!,
                                }
                            )
                        ),
                    }
                )
            ),
        };

        IReadOnlyList<string>? Rephrase(IReadOnlyList<string>? values, Func<string, string>? word = null) =>
            values is null ? null : Shuffle(values.Concat(values.Take(1)).Select(word ?? (value => value)));

        T[] Shuffle<T>(IEnumerable<T> items)
        {
            var shuffled = items.ToArray();
            random.Shuffle(shuffled);
            return shuffled;
        }
    }
}
