namespace Federation.Configuration.Yaml;

/// <summary>What a configuration may amount to: far above any federation, far below what would take a second or a stack.</summary>
internal static class Limits
{
    public const int Bytes = 4 * 1024 * 1024;

    /// <summary>Nodes, aliases counted as often as they are used.</summary>
    public const int Nodes = 500_000;

    /// <summary>A federation needs seven levels.</summary>
    public const int Depth = 32;

    /// <summary>Findings that are listed one by one.</summary>
    public const int Findings = 1000;
}
