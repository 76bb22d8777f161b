namespace Federation.Sandbox.Kubelet;

/// <summary>
/// Keeps what the kubelet writes for a pod below the directory it belongs in, whatever the pod's manifest asks for and
/// whatever links its processes have left there. The API server refuses such manifests too; this does not rely on it.
/// </summary>
internal static class VolumePath
{
    /// <summary>Where an entry below an existing directory lies once every symbolic link is followed; it need not exist.</summary>
    /// <exception cref="ContainerConfigException">The path is not descending, or a link leads out of the directory.</exception>
    public static string Below(string directory, string path)
    {
        RequireDescending(path);
        var root = Posix.RealPath(directory);
        var place = root;
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != "."))
        {
            place = Path.Combine(place, part);
            if (new FileInfo(place).LinkTarget is not null)
            {
                place = FollowLink(place, path);
            }

            if (place != root && !place.StartsWith(root.TrimEnd('/') + "/", StringComparison.Ordinal))
            {
                throw new ContainerConfigException($"{path} is not within {directory}: a symbolic link leads to {place}");
            }
        }

        return place;
    }

    /// <exception cref="ContainerConfigException">The path is absolute or contains <c>..</c>.</exception>
    public static void RequireDescending(string path)
    {
        if (path.StartsWith('/'))
        {
            throw new ContainerConfigException($"invalid path: must be relative path: {path}");
        }

        if (path.Split('/').Contains(".."))
        {
            throw new ContainerConfigException($"invalid path: must not contain '..': {path}");
        }
    }

    private static string FollowLink(string link, string path)
    {
        try
        {
            return Posix.RealPath(link);
        }
        catch (IOException exception)
        {
            throw new ContainerConfigException($"{path} passes through a symbolic link that leads nowhere: {exception.Message}");
        }
    }
}
