namespace Federation.Findings;

/// <summary>The classes by which code distinguishes findings.</summary>
public enum FindingClass
{
    /// <summary>Something was read, and it is wrong.</summary>
    Fault,

    /// <summary>
    /// A reader's refusal that is an answer: the thing was read, and it is not what it should be. Any other refusal of a
    /// reader means that it could not be read.
    /// </summary>
    Answer,

    /// <summary>An <see cref="Answer"/> of another account or cluster than the configured one: nothing else read from it counts.</summary>
    WrongTarget,

    /// <summary>A whole cloud is out of reach: further refusals by it repeat this one.</summary>
    OutOfReach,

    /// <summary>STS refused the role, with a text that it also uses for a role that is too new to be visible everywhere.</summary>
    RoleRefused,

    /// <summary>The role was assumed, and a service denied an action.</summary>
    ActionDenied,

    /// <summary>A pod ended or timed out, and its state does not say why.</summary>
    PodEnded,
}

/// <summary>What is fixed about a finding code: its row in <see cref="FindingCodes"/>.</summary>
public sealed class FindingKind
{
    internal FindingKind(string code, string name, FindingKindAttribute row)
    {
        (Code, Name, Meaning, ExitCode, Class) = (code, name, row.Meaning, row.ExitCode, row.Class);
        Page = $"docs/diagnostics.md#{code}-{name}".ToLowerInvariant();
    }

    /// <summary>Such as <c>FED4001</c>.</summary>
    public string Code { get; }

    /// <summary>The title, such as <c>RoleMissing</c>.</summary>
    public string Name { get; }

    /// <summary>When the code is given, in a sentence.</summary>
    public string Meaning { get; }

    /// <summary>The exit code of a run whose first error this is, one of <see cref="ExitCodes"/>.</summary>
    public int ExitCode { get; }

    public FindingClass Class { get; }

    /// <summary>
    /// Where it is explained, from the root of the repository: <c>docs/diagnostics.md#fed4001-rolemissing</c>, as GitHub makes
    /// anchors of headings.
    /// </summary>
    public string Page { get; }

    public override string ToString() => $"{Code} {Name}";
}

/// <summary>The columns of a catalogue row besides code and title.</summary>
[AttributeUsage(AttributeTargets.Field)]
internal sealed class FindingKindAttribute(int exitCode, string meaning) : Attribute
{
    public int ExitCode => exitCode;

    public string Meaning => meaning;

    public FindingClass Class { get; init; }
}
