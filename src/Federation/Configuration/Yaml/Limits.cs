namespace Federation.Configuration.Yaml;

/// <summary>Limits of a configuration file: far above any real one, and low enough that reading takes less than a second.</summary>
internal static class Limits
{
    public const int Bytes = 4 * 1024 * 1024;

    /// <summary>Nodes of the document. An alias counts as often as it is used.</summary>
    public const int Nodes = 500_000;

    /// <summary>Levels of nesting; a configuration needs seven.</summary>
    public const int Depth = 32;

    /// <summary>Findings that are listed; further ones are only counted.</summary>
    public const int Findings = 1000;
}
