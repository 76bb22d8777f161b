using Federation.Configuration;

namespace Federation.Templates;

/// <summary>
/// The folder <c>rendered/</c> of the output. A workload's folder in it belongs to this tool: after a write it holds
/// what was rendered and nothing else.
/// </summary>
public static class RenderedOutput
{
    private const string Folder = "rendered";
    private const string PartialSuffix = ".partial";

    /// <summary>
    /// Writes one workload's files to <c>OUTPUT/rendered/WORKLOAD/</c>. A new folder appears whole; in one that is
    /// there, a file is replaced in one step, or left alone if it is the same byte for byte.
    /// </summary>
    public static void Write(string output, RenderedWorkload workload)
    {
        var root = Path.Combine(output, Folder, workload.Workload.Name);
        if (Directory.Exists(root))
        {
            foreach (var file in workload.Files)
            {
                Replace(Path.Combine(root, file.Path), file.Content.Span);
            }

            RemoveOthers(root, workload.Files);
            return;
        }

        // No workload has a dot in its name: this is what an interrupted run left.
        var partial = root + PartialSuffix;
        if (Directory.Exists(partial))
        {
            Directory.Delete(partial, recursive: true);
        }

        foreach (var folder in workload.Files.Select(file => Path.GetDirectoryName(file.Path) ?? "").Distinct(StringComparer.Ordinal))
        {
            Directory.CreateDirectory(Path.Combine(partial, folder));
        }

        foreach (var file in workload.Files)
        {
            Create(Path.Combine(partial, file.Path), file.Content.Span);
        }

        Directory.Move(partial, root);
    }

    /// <summary>
    /// Takes away the folders of workloads that the configuration does not have any more. A folder in which nothing
    /// was rendered is not touched.
    /// </summary>
    public static void RemoveForgotten(string output, FederationConfiguration configuration)
    {
        var rendered = new DirectoryInfo(Path.Combine(output, Folder));
        if (!rendered.Exists)
        {
            return;
        }

        var known = configuration.Workloads.Select(workload => workload.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var folder in rendered.EnumerateDirectories().Where(folder => !known.Contains(folder.Name)).ToList())
        {
            if (File.Exists(Path.Combine(folder.FullName, RenderedWorkload.TrustPolicyFile)))
            {
                folder.Delete(recursive: true);
            }
        }
    }

    private static void Replace(string path, ReadOnlySpan<byte> content)
    {
        if (IsSame(path, content))
        {
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path) ?? path);
        File.WriteAllBytes(path + PartialSuffix, content);
        File.Move(path + PartialSuffix, path, overwrite: true);
    }

    /// <summary>A file that is not there yet, in the fewest system calls: a fleet has a hundred thousand of them.</summary>
    private static void Create(string path, ReadOnlySpan<byte> content)
    {
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        RandomAccess.Write(file, content, fileOffset: 0);
    }

    private static bool IsSame(string path, ReadOnlySpan<byte> content)
    {
        var file = new FileInfo(path);
        return file.Exists && file.Length == content.Length && content.SequenceEqual(File.ReadAllBytes(path));
    }

    private static void RemoveOthers(string root, IReadOnlyList<RenderedFile> files)
    {
        var kept = files.Select(file => Path.GetFullPath(Path.Combine(root, file.Path))).ToHashSet(StringComparer.Ordinal);
        foreach (
            var file in Directory.GetFiles(root, "*", SearchOption.AllDirectories).Where(file => !kept.Contains(Path.GetFullPath(file)))
        )
        {
            File.Delete(file);
        }

        foreach (
            var folder in Directory
                .GetDirectories(root, "*", SearchOption.AllDirectories)
                .OrderDescending(StringComparer.Ordinal)
                .Where(folder => !Directory.EnumerateFileSystemEntries(folder).Any())
        )
        {
            Directory.Delete(folder);
        }
    }
}
