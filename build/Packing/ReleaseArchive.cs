using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Build.Packing;

/// <summary>
/// A folder as <c>.tar.gz</c>. The same files give the same bytes, whenever and by whomever they are packed: entries are in
/// order, owned by nobody in particular, and as old as the release.
/// </summary>
internal static class ReleaseArchive
{
    private const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Program = Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <param name="programs">The files, from <paramref name="folder"/>, that are run.</param>
    /// <returns>The archive's SHA-256, as hexadecimal digits.</returns>
    public static async Task<string> WriteAsync(
        string folder,
        string path,
        IReadOnlyCollection<string> programs,
        DateTimeOffset time,
        CancellationToken cancellationToken
    )
    {
        await using (var file = File.Create(path))
        await using (var compressed = new GZipStream(file, CompressionLevel.SmallestSize))
        await using (var archive = new TarWriter(compressed, TarEntryFormat.Ustar))
        {
            foreach (
                var name in Directory
                    .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                    .Select(entry => Path.GetRelativePath(folder, entry).Replace('\\', '/'))
                    .Order(StringComparer.Ordinal)
            )
            {
                await using var content = File.OpenRead(Path.Combine(folder, name));
                await archive.WriteEntryAsync(
                    new UstarTarEntry(TarEntryType.RegularFile, name)
                    {
                        DataStream = content,
                        Mode = programs.Contains(name, StringComparer.Ordinal) ? Program : Plain,
                        ModificationTime = time,
                    },
                    cancellationToken
                );
            }
        }

        await using var written = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(written, cancellationToken));
    }
}
