using Federation.Configuration;

namespace Federation.Templates;

/// <summary>
/// The folder <c>rendered/</c> of the output. A workload's folder in it belongs to this tool: after a write it holds
/// what was rendered and nothing else.
/// </summary>
public static class RenderedOutput
{
    private const string Folder = "rendered";

    /// <summary>Writes one workload's files to <c>OUTPUT/rendered/WORKLOAD/</c>. What is there already, byte for byte, is left alone; a file is replaced in one step.</summary>
    public static void Write(string output, RenderedWorkload workload)
    {
        var root = Path.Combine(output, Folder, workload.Workload.Name);
        var isNew = !Directory.Exists(root);
        foreach (var folder in workload.Files.Select(file => Path.GetDirectoryName(Path.Combine(root, file.Path)) ?? root).Distinct(StringComparer.Ordinal))
            Directory.CreateDirectory(folder);
        foreach (var file in workload.Files)
            Write(Path.Combine(root, file.Path), file.Content.Span);
        if (!isNew)
            RemoveOthers(root, workload.Files);
    }

    /// <summary>
    /// Takes away the folders of workloads that the configuration does not have any more. A folder in which nothing
    /// was rendered is not touched.
    /// </summary>
    public static void RemoveForgotten(string output, FederationConfiguration configuration)
    {
        var rendered = new DirectoryInfo(Path.Combine(output, Folder));
        if (!rendered.Exists)
            return;
        var known = configuration.Workloads.Select(workload => workload.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var folder in rendered.EnumerateDirectories().Where(folder => !known.Contains(folder.Name)).ToList())
        {
            if (File.Exists(Path.Combine(folder.FullName, RenderedWorkload.TrustPolicyFile)))
                folder.Delete(recursive: true);
        }
    }

    private static void Write(string path, ReadOnlySpan<byte> content)
    {
        if (IsSame(path, content))
            return;
        var partial = path + ".partial";
        File.WriteAllBytes(partial, content);
        File.Move(partial, path, overwrite: true);
    }

    private static bool IsSame(string path, ReadOnlySpan<byte> content)
    {
        var file = new FileInfo(path);
        return file.Exists && file.Length == content.Length && content.SequenceEqual(File.ReadAllBytes(path));
    }

    private static void RemoveOthers(string root, IReadOnlyList<RenderedFile> files)
    {
        var kept = files.Select(file => Path.GetFullPath(Path.Combine(root, file.Path))).ToHashSet(StringComparer.Ordinal);
        foreach (var file in Directory.GetFiles(root, "*", SearchOption.AllDirectories).Where(file => !kept.Contains(Path.GetFullPath(file))))
            File.Delete(file);
        foreach (var folder in Directory.GetDirectories(root, "*", SearchOption.AllDirectories).OrderDescending(StringComparer.Ordinal).Where(folder => !Directory.EnumerateFileSystemEntries(folder).Any()))
            Directory.Delete(folder);
    }
}
