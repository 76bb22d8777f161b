using System.Globalization;

namespace Federation.Sandbox.Kubelet;

/// <summary>A file of a volume.</summary>
internal sealed record VolumeFile(byte[] Content, int Mode);

/// <summary>
/// Replaces all files of a volume at once, as the kubelet does: each name is a link through <c>..data</c>, which is a link to the
/// directory of the present version, and one rename moves it to the next version.
/// </summary>
internal static class AtomicDirectory
{
    private const string Data = "..data";

    /// <param name="directory">An existing directory.</param>
    /// <returns>Whether anything has changed.</returns>
    /// <exception cref="ContainerConfigException">A file would not be in the directory, or the pod has put a link in the way.</exception>
    public static bool Write(string directory, IReadOnlyDictionary<string, VolumeFile> files, DateTimeOffset now)
    {
        foreach (var path in files.Keys)
        {
            VolumePath.RequireDescending(path);
            if (IsReserved(path))
            {
                throw new ContainerConfigException($"invalid path: must not start with '..': {path}");
            }
        }

        var link = Path.Combine(directory, Data);
        var previous = new DirectoryInfo(link).LinkTarget;
        if (previous is not null && (previous.Contains('/', StringComparison.Ordinal) || !IsReserved(previous)))
        {
            throw new ContainerConfigException($"{link} was made to lead to {previous}, which is no version of this volume");
        }

        if (previous is not null && Same(link, files))
        {
            return false;
        }

        var version =
            ".."
            + now.ToString("yyyy_MM_dd_HH_mm_ss", CultureInfo.InvariantCulture)
            + "."
            + Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)[..10];
        var versionDirectory = Directory.CreateDirectory(Path.Combine(directory, version)).FullName;
        foreach (var (path, file) in files)
        {
            var target = VolumePath.Below(versionDirectory, path);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.WriteAllBytes(target, file.Content);
            SetMode(target, file.Mode);
        }

        var next = Path.Combine(directory, "..data_tmp");
        File.CreateSymbolicLink(next, version);
        Posix.Rename(next, link);

        var names = files.Keys.Select(path => path.Split('/')[0]).ToHashSet(StringComparer.Ordinal);
        foreach (var name in names.Where(name => new FileInfo(Path.Combine(directory, name)).LinkTarget is null))
        {
            File.CreateSymbolicLink(Path.Combine(directory, name), $"{Data}/{name}");
        }

        foreach (var entry in Directory.EnumerateFileSystemEntries(directory))
        {
            var name = Path.GetFileName(entry);
            if (!IsReserved(name) && !names.Contains(name))
            {
                File.Delete(entry);
            }
        }

        if (previous is not null)
        {
            Directory.Delete(Path.Combine(directory, previous), recursive: true);
        }

        return true;
    }

    /// <summary>Names that the kubelet keeps for the versions and the links to them.</summary>
    private static bool IsReserved(string path) => path.Length > 2 && path.StartsWith("..", StringComparison.Ordinal) && path[2] != '/';

    private static bool Same(string link, IReadOnlyDictionary<string, VolumeFile> files) =>
        Directory.EnumerateFiles(link, "*", SearchOption.AllDirectories).Count() == files.Count
        && files.All(file =>
            Path.Combine(link, file.Key) is var path
            && File.Exists(path)
            && File.ReadAllBytes(path).AsSpan().SequenceEqual(file.Value.Content)
        );

    private static void SetMode(string path, int mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, (UnixFileMode)mode);
        }
    }
}
