namespace Federation.Policies;

/// <summary>An IAM policy document, trust or permissions: see the JSON policy grammar in the IAM User Guide.</summary>
public sealed partial record PolicyDocument
{
    public string Version { get; init; } = "2012-10-17";

    public string? Id { get; init; }

    public required IReadOnlyList<PolicyStatement> Statements { get; init; }

    /// <summary>A statement's name in texts: <c>Statement SID</c>, or by its place, <c>Statement 2</c>.</summary>
    public string NameOf(PolicyStatement statement)
    {
        ArgumentNullException.ThrowIfNull(statement);
        return statement.Sid is { Length: > 0 } sid
            ? $"Statement {sid}"
            : $"Statement {Statements.TakeWhile(other => !ReferenceEquals(other, statement)).Count() + 1}";
    }
}

public enum PolicyEffect
{
    Allow,
    Deny,
}

/// <summary>One statement. Of each pair (Action/NotAction, Resource/NotResource, Principal/NotPrincipal) at most one is given.</summary>
public sealed record PolicyStatement
{
    public string? Sid { get; init; }

    public required PolicyEffect Effect { get; init; }

    public IReadOnlyList<string>? Actions { get; init; }

    public IReadOnlyList<string>? NotActions { get; init; }

    public IReadOnlyList<string>? Resources { get; init; }

    public IReadOnlyList<string>? NotResources { get; init; }

    /// <summary>By type (<c>AWS</c>, <c>Federated</c>, <c>Service</c>); <c>"*"</c> is read as <c>AWS: "*"</c>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Principals { get; init; }

    public IReadOnlyDictionary<string, IReadOnlyList<string>>? NotPrincipals { get; init; }

    public IReadOnlyList<PolicyCondition> Conditions { get; init; } = [];
}

/// <summary>
/// One condition: <paramref name="Operator"/> as written (<c>StringEquals</c>, <c>ForAnyValue:StringLike</c>,
/// <c>BoolIfExists</c>).
/// </summary>
public sealed record PolicyCondition(string Operator, string Key, IReadOnlyList<string> Values)
{
    public override string ToString() => $"{Operator} {Key} = {string.Join(", ", Values)}";
}
