namespace EndToEnd.Tests.Faults;

/// <summary>One thing that is wrong, and the finding that must name it before all others.</summary>
/// <param name="Break">Makes it so, as a person would have.</param>
/// <param name="Actual">Null: it has no value to show, or one that is not known before.</param>
internal sealed record Fault(string Name, Func<Scene, Task> Break, string Code, string? Expected, string? Actual)
{
    public string Workload { get; init; } = "reader";

    /// <summary>Asks STS as the workload would; none where it would not come to that.</summary>
    public Func<Scene, Task<string?>>? Asks { get; init; }

    /// <summary>What the text of STS's answer says by itself: a code, or null where STS agrees or says nothing that is known.</summary>
    public string? Text { get; init; }

    /// <summary>Further errors, of what is independently wrong with it.</summary>
    public IReadOnlyList<string> Beside { get; init; } = [];

    /// <summary>What the finding's cause has to say too.</summary>
    public IReadOnlyList<string> Says { get; init; } = [];

    public override string ToString() => Name;
}
