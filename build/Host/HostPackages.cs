using System.Reflection;

namespace Build.Host;

/// <summary>Which packages the host is built on.</summary>
internal static class HostPackages
{
    /// <summary><c>published</c> or <c>stand-ins</c>; see <c>standins/README.md</c>.</summary>
    public static string Side { get; } =
        typeof(HostPackages).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "Packages").Value!;

    public static bool ArePublished => Side == "published";
}
