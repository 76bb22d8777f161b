using System.Security.Cryptography;
using Federation.Configuration;
using Federation.Files;
using Federation.Findings;

namespace Federation.Templates;

/// <summary>
/// The folder <c>rendered/</c> of a run's output, with a folder for each workload, and <c>runner/</c> beside it. Only what was
/// rendered there, by the <see cref="RenderedList"/> of a folder, is ever replaced or removed, and no link is followed.
/// Several runs may write to one output at once. All members may be called from several threads at once.
/// </summary>
public sealed class RenderedOutput : IDisposable
{
    private readonly string _output;
    private readonly string _root;
    private readonly FederationConfiguration _configuration;
    private readonly Lazy<ScratchFolder> _scratch;
    private Finding? _failure;

    private RenderedOutput(string output, FederationConfiguration configuration)
    {
        (_output, _root, _configuration) = (output, RootIn(output), configuration);
        _scratch = new(() => ScratchFolder.CreateIn(_root));
    }

    /// <summary>The folder of the workloads' folders.</summary>
    public string Folder => _root;

    /// <summary>The folder of the <see cref="RunnerPermissions"/>.</summary>
    public string RunnerFolder => Path.Combine(_output, "runner", _configuration.Name);

    /// <exception cref="FindingException">FED8013: <c>OUTPUT/rendered</c> is a link or a file.</exception>
    public static RenderedOutput Open(string output, FederationConfiguration configuration)
    {
        RequireFolder(RootIn(output));
        return new RenderedOutput(output, configuration);
    }

    /// <summary>
    /// Writes one workload's files to <c>rendered/WORKLOAD/</c>. A new folder appears whole. In one that is there, a
    /// file is replaced whole, or left alone if it is the same byte for byte, and what is no longer rendered is removed.
    /// </summary>
    /// <exception cref="FindingException">
    /// FED8013: the folder is not one that was rendered for this federation, something in it is in the way, or it cannot
    /// be written to. Nothing in the folder was changed, unless writing failed midway.
    /// </exception>
    public void Write(RenderedWorkload workload) => Write(Path.Combine(_root, workload.Workload.Name), workload.Files);

    /// <summary>Writes the <see cref="RunnerPermissions"/>, as one workload's files are written.</summary>
    /// <inheritdoc cref="Write(RenderedWorkload)" path="/exception"/>
    public void WriteRunnerPermissions(IReadOnlyList<RenderedFile> files)
    {
        var parent = Path.GetDirectoryName(RunnerFolder)!;
        RequireFolder(parent);
        try
        {
            Directory.CreateDirectory(parent);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw Fail(parent, refused);
        }

        Write(RunnerFolder, files);
    }

    private void Write(string folder, IReadOnlyList<RenderedFile> files)
    {
        // A full disk is reported once, not for each of ten thousand workloads.
        if (Volatile.Read(ref _failure) is { } failure)
        {
            throw new FindingException(failure);
        }

        try
        {
            var list = RenderedList.Of(_configuration.Name, files);
            if (EntryKinds.At(folder) != EntryKind.Nothing || !TryCreate(folder, list, files))
            {
                Update(folder, list, files);
            }
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw Fail(folder, refused);
        }
    }

    /// <summary>
    /// Removes what was rendered for workloads that the configuration does not have any more, and what killed runs left
    /// behind. Folders that were rendered for another federation stay.
    /// </summary>
    /// <exception cref="FindingException">FED8013: something cannot be removed.</exception>
    public void RemoveForgotten()
    {
        var configured = _configuration.Workloads.Select(workload => workload.Name).ToHashSet(StringComparer.Ordinal);
        var entries = EntryKinds.At(_root) == EntryKind.Folder ? Directory.GetFileSystemEntries(_root) : [];
        foreach (var folder in entries.Where(entry => !configured.Contains(Path.GetFileName(entry))))
        {
            if (EntryKinds.At(folder) != EntryKind.Folder)
            {
                continue;
            }

            if (ScratchFolder.IsName(Path.GetFileName(folder)))
            {
                ScratchFolder.RemoveAbandoned(folder);
                continue;
            }

            try
            {
                RemoveRendered(folder);
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                // Another run may have removed it, too.
                if (EntryKinds.At(folder) != EntryKind.Nothing)
                {
                    throw Fail(folder, refused);
                }
            }
        }
    }

    public void Dispose()
    {
        if (_scratch.IsValueCreated)
        {
            _scratch.Value.Dispose();
        }
    }

    private static string RootIn(string output) => Path.Combine(output, "rendered");

    /// <summary>False if another run created the folder first.</summary>
    private bool TryCreate(string folder, RenderedList list, IReadOnlyList<RenderedFile> files)
    {
        var scratch = _scratch.Value.NextPath();
        foreach (var parent in files.Select(file => Path.GetDirectoryName(file.Path) ?? "").Distinct(StringComparer.Ordinal))
        {
            Directory.CreateDirectory(Path.Combine(scratch, parent));
        }

        foreach (var file in files)
        {
            OutputFile.Create(Path.Combine(scratch, file.Path), file.Content.Span);
        }

        OutputFile.Create(Path.Combine(scratch, RenderedList.FileName), list.ToUtf8());
        try
        {
            Directory.Move(scratch, folder);
            return true;
        }
        catch (IOException) when (EntryKinds.At(folder) != EntryKind.Nothing)
        {
            return false;
        }
    }

    private void Update(string folder, RenderedList list, IReadOnlyList<RenderedFile> files)
    {
        RequireFolder(folder);
        var listed = ReadList(folder);
        if (listed is null && EntryKinds.At(Path.Combine(folder, RenderedList.FileName)) != EntryKind.Nothing)
        {
            throw Refuse(folder, $"The list {folder}/{RenderedList.FileName} of what was rendered there is damaged.");
        }

        if (listed is not null && !string.Equals(listed.Federation, list.Federation, StringComparison.Ordinal))
        {
            throw Refuse(folder, $"{folder} holds documents of the federation {listed.Federation}, not of {list.Federation}.");
        }

        foreach (var file in files)
        {
            RequireOurs(folder, file, listed);
        }

        if (listed is null)
        {
            RequireNothingElse(folder, files);
        }

        // Whenever the run is killed, all that it wrote is on the list.
        var both = listed?.With(list) ?? list;
        Save(folder, both, instead: listed);
        if (listed is not null)
        {
            // Before the others are written: for some file systems, names that differ in case are one.
            Remove(folder, listed.Files.Where(file => !list.Has(file.Path)));
        }

        foreach (var file in files)
        {
            var path = Path.Combine(folder, file.Path);
            if (!IsSame(path, file.Content.Span))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                Replace(path, file.Content.Span);
            }
        }

        Save(folder, list, instead: both);
    }

    private void RemoveRendered(string folder)
    {
        if (ReadList(folder) is not { } list || !string.Equals(list.Federation, _configuration.Name, StringComparison.Ordinal))
        {
            return;
        }

        Remove(folder, list.Files);
        if (Directory.EnumerateFileSystemEntries(folder).Skip(1).Any())
        {
            // Files that are not ours stay, and the folder can still be rendered to.
            Save(folder, list with { Files = new HashSet<(string, string)>() }, instead: list);
            return;
        }

        File.Delete(Path.Combine(folder, RenderedList.FileName));
        Directory.Delete(folder);
    }

    /// <summary>Removes the files that still are as they were rendered, and the folders that are empty then.</summary>
    private static void Remove(string folder, IEnumerable<(string Path, string Hash)> files)
    {
        foreach (var (file, hash) in files)
        {
            var parents = Parents(file).Select(parent => Path.Combine(folder, parent)).ToList();
            var path = Path.Combine(folder, file);
            if (
                parents.TrueForAll(parent => EntryKinds.At(parent) == EntryKind.Folder)
                && EntryKinds.At(path) == EntryKind.File
                && string.Equals(HashOf(path), hash, StringComparison.Ordinal)
            )
            {
                File.Delete(path);
                foreach (var parent in parents.TakeWhile(parent => !Directory.EnumerateFileSystemEntries(parent).Any()))
                {
                    Directory.Delete(parent);
                }
            }
        }
    }

    private static RenderedList? ReadList(string folder)
    {
        var path = Path.Combine(folder, RenderedList.FileName);
        return EntryKinds.At(path) == EntryKind.File && new FileInfo(path).Length > 0 ? RenderedList.Parse(File.ReadAllText(path)) : null;
    }

    private void Save(string folder, RenderedList list, RenderedList? instead)
    {
        if (instead is null || !instead.Files.SetEquals(list.Files))
        {
            Replace(Path.Combine(folder, RenderedList.FileName), list.ToUtf8());
        }
    }

    private void Replace(string path, ReadOnlySpan<byte> content)
    {
        var beside = _scratch.Value.NextPath();
        OutputFile.Create(beside, content);
        File.Move(beside, path, overwrite: true);
    }

    private static bool IsSame(string path, ReadOnlySpan<byte> content) =>
        EntryKinds.At(path) == EntryKind.File
        && new FileInfo(path).Length == content.Length
        && content.SequenceEqual(File.ReadAllBytes(path));

    /// <summary>Null where there is no content: no document is empty, and a pipe, which looks like that, is never to be read.</summary>
    private static string? HashOf(string path)
    {
        if (new FileInfo(path).Length == 0)
        {
            return null;
        }

        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <summary>The folders that a file is in, the innermost first; not the workload's own.</summary>
    private static IEnumerable<string> Parents(string file)
    {
        for (var parent = Path.GetDirectoryName(file); !string.IsNullOrEmpty(parent); parent = Path.GetDirectoryName(parent))
        {
            yield return parent;
        }
    }

    private static void RequireFolder(string path)
    {
        if (EntryKinds.At(path) is EntryKind.Link or EntryKind.File)
        {
            throw Refuse(
                path,
                $"{path} is {EntryKinds.Describe(path)}: documents are rendered to a folder of that name, and through no link."
            );
        }
    }

    /// <summary>Refuses to write where something else is than what was rendered, or is to be.</summary>
    private static void RequireOurs(string folder, RenderedFile file, RenderedList? listed)
    {
        foreach (var parent in Parents(file.Path).Reverse())
        {
            RequireFolder(Path.Combine(folder, parent));
        }

        var path = Path.Combine(folder, file.Path);
        switch (EntryKinds.At(path))
        {
            case EntryKind.Link or EntryKind.Folder:
                throw Refuse(path, $"{path} is {EntryKinds.Describe(path)}: a document must be rendered to a file of that name.");

            case EntryKind.File when listed?.Has(file.Path) is not true && !IsSame(path, file.Content.Span):
                // Listed under a name that differs in case, which for some file systems is the same.
                if (HashOf(path) is not { } hash || listed?.HasContent(file.Path, hash) is not true)
                {
                    throw Refuse(
                        path,
                        $"{path} is a file that was not rendered there: a document must be rendered to a file of that name."
                    );
                }

                break;
        }
    }

    /// <summary>Refuses a folder without a list, unless all it holds is what would be rendered.</summary>
    private static void RequireNothingElse(string folder, IReadOnlyList<RenderedFile> files)
    {
        var parents = files.SelectMany(file => Parents(file.Path)).Append("").Distinct(StringComparer.Ordinal).ToList();
        var known = files
            .Select(file => file.Path)
            .Concat(parents)
            .Select(path => Path.GetFullPath(Path.Combine(folder, path)))
            .ToHashSet(StringComparer.Ordinal);
        foreach (var inside in parents.Select(parent => Path.Combine(folder, parent)).Where(Directory.Exists))
        {
            foreach (var entry in Directory.EnumerateFileSystemEntries(inside).Where(entry => !known.Contains(Path.GetFullPath(entry))))
            {
                throw Refuse(
                    folder,
                    $"{folder} may be somebody else's: it has no list ({RenderedList.FileName}) of what was rendered there, "
                        + $"and holds {Path.GetFileName(entry)}."
                );
            }
        }
    }

    private static FindingException Refuse(string path, string cause) =>
        new(
            new Finding
            {
                Code = FindingCodes.ArgumentInvalid,
                Cause = $"{cause} Nothing there was changed.",
                Fix = $"Move {path} away or remove it, or give --output another folder.",
                Actual = path,
            }
        );

    private FindingException Fail(string folder, Exception refused)
    {
        var failure = new Finding
        {
            Code = FindingCodes.ArgumentInvalid,
            Cause = $"The documents cannot be written to {folder}: {refused.Message}",
            Fix = "Make it writable and see that there is room, or give --output another folder.",
            Actual = folder,
        };
        return new FindingException(Interlocked.CompareExchange(ref _failure, failure, null) ?? failure, refused);
    }
}
