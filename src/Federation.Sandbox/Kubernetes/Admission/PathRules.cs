namespace Federation.Sandbox.Kubernetes.Admission;

/// <summary>The rules for paths inside volumes, each answering what is wrong with a path in the API server's words.</summary>
internal static class PathRules
{
    public static IEnumerable<string> NoBacksteps(string path) => path.Split('/').Contains("..") ? ["must not contain '..'"] : [];

    /// <summary>A path that stays below the directory it starts in.</summary>
    public static IEnumerable<string> Descending(string path) =>
        path.StartsWith('/') ? NoBacksteps(path).Prepend("must be a relative path") : NoBacksteps(path);

    /// <summary>A file of a volume that the kubelet writes, which keeps names that start with two dots for itself.</summary>
    public static IEnumerable<string> VolumeFile(string path) =>
        Descending(path)
            .Concat(
                path.StartsWith("..", StringComparison.Ordinal) && !path.StartsWith("../", StringComparison.Ordinal)
                    ? ["must not start with '..'"]
                    : []
            );
}
