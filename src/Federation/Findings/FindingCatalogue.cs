using System.Collections.Frozen;
using System.Reflection;

namespace Federation.Findings;

/// <summary>The rows of <see cref="FindingCodes"/>, by code.</summary>
public static class FindingCatalogue
{
    private static readonly FrozenDictionary<string, FindingKind> Kinds = typeof(FindingCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => new FindingKind(
            (string)field.GetRawConstantValue()!,
            field.Name,
            field.GetCustomAttribute<FindingKindAttribute>()
                ?? throw new InvalidOperationException($"{field.Name} has no [FindingKind] in {nameof(FindingCodes)}.")
        ))
        .ToFrozenDictionary(kind => kind.Code, StringComparer.Ordinal);

    /// <summary>Every kind, by ascending code.</summary>
    public static IReadOnlyList<FindingKind> All { get; } = [.. Kinds.Values.OrderBy(kind => kind.Code, StringComparer.Ordinal)];

    /// <exception cref="ArgumentException">There is no such code.</exception>
    public static FindingKind Get(string code) =>
        Kinds.TryGetValue(code, out var kind)
            ? kind
            : throw new ArgumentException($"'{code}' is not a finding code that this version knows.", nameof(code));
}
