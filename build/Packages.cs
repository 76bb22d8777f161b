using System.Reflection;

namespace Build;

/// <summary>What this host is built on: the published packages, or the stand-ins for them (standins/README.md).</summary>
internal static class Packages
{
    /// <summary><c>published</c> or <c>stand-ins</c>, as the host's project says it when it is built.</summary>
    public static string Side { get; } =
        typeof(Packages)
            .Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(metadata => string.Equals(metadata.Key, nameof(Packages), StringComparison.Ordinal))
            .Value!;

    public static bool ArePublished => Side == "published";
}
