using System.Text;
using Federation.Findings;

namespace Federation.Files;

/// <summary>Writes a file of a run's output, such as <c>report.json</c>.</summary>
public static class OutputFile
{
    /// <summary>
    /// Writes a temporary file and renames it, so that a reader, also after a killed run, finds either the old file or the
    /// complete new one. A link at the path is replaced by the file; its target is not changed.
    /// </summary>
    /// <exception cref="FindingException">FED8013: the file cannot be written there.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        var beside = Path.Combine(Path.GetDirectoryName(path) ?? "", $".{Path.GetFileName(path)}.{Guid.NewGuid():N}");
        try
        {
            Create(beside, content);
            try
            {
                File.Move(beside, path, overwrite: true);
            }
            catch
            {
                File.Delete(beside);
                throw;
            }
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new FindingException(CannotWrite(path, refused), refused);
        }
    }

    /// <summary>Writes a text as UTF-8 without byte-order mark.</summary>
    /// <inheritdoc cref="Replace(string, ReadOnlySpan{byte})"/>
    public static void Replace(string path, string text) => Replace(path, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes a new file. It neither replaces anything nor follows a link.</summary>
    internal static void Create(string path, ReadOnlySpan<byte> content)
    {
        // In few system calls: a fleet has a hundred thousand files.
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.Write(file, content, fileOffset: 0);
    }

    internal static Finding CannotWrite(string path, Exception refused) =>
        new()
        {
            Code = FindingCodes.ArgumentInvalid,
            Cause =
                EntryKinds.At(path) == EntryKind.Folder
                    ? $"The file {path} cannot be written: there is a folder of that name."
                    : $"The file {path} cannot be written: {refused.Message}",
            Fix = "Remove what is in the way, or give --output a folder that you may write to.",
            Actual = path,
        };
}
