using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Federation.Resources;

namespace Federation.Templates;

/// <summary>
/// The list of what was rendered to a workload's folder, kept in that folder: only files on it may be replaced or
/// removed. Its lines after the first are those of <c>sha256sum</c>. During an update a path has two of them.
/// </summary>
internal sealed record RenderedList(string Federation, IReadOnlySet<(string Path, string Hash)> Files)
{
    public const string FileName = ".rendered";

    private const string Heading = $"# Rendered by {Mark.Tool} for the federation ";
    private const string Meaning = "; no other file is replaced or removed here.";
    private const int HashLength = 2 * SHA256.HashSizeInBytes;

    private static readonly SearchValues<char> HashCharacters = SearchValues.Create("0123456789abcdef");
    private static readonly SearchValues<char> PathCharacters = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./"
    );

    public static RenderedList Of(string federation, IEnumerable<RenderedFile> files) =>
        new(federation, files.Select(file => (file.Path, Hash(file.Content.Span))).ToHashSet());

    /// <summary>Reads a list. Null if any of it is damaged: then nothing it says counts.</summary>
    public static RenderedList? Parse(string text)
    {
        if (text.Split('\n') is not [var heading, .. var lines, ""] || FederationIn(heading) is not { } federation)
        {
            return null;
        }

        var files = new HashSet<(string, string)>();
        foreach (var line in lines)
        {
            if (!IsFile(line))
            {
                return null;
            }

            files.Add((line[(HashLength + 2)..], line[..HashLength]));
        }

        return new RenderedList(federation, files);
    }

    public static string Hash(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    public bool Has(string path) => Files.Any(file => string.Equals(file.Path, path, StringComparison.Ordinal));

    /// <summary>Whether the content was rendered to the path, perhaps in other upper and lower case.</summary>
    public bool HasContent(string path, string hash) =>
        Files.Any(file =>
            string.Equals(file.Path, path, StringComparison.OrdinalIgnoreCase) && string.Equals(file.Hash, hash, StringComparison.Ordinal)
        );

    public RenderedList With(RenderedList other) => this with { Files = Files.Union(other.Files).ToHashSet() };

    public byte[] ToUtf8()
    {
        var text = new StringBuilder(1024).Append(Heading).Append(Federation).Append(Meaning).Append('\n');
        foreach (
            var (path, hash) in Files.OrderBy(file => file.Path, StringComparer.Ordinal).ThenBy(file => file.Hash, StringComparer.Ordinal)
        )
        {
            text.Append(hash).Append("  ").Append(path).Append('\n');
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static string? FederationIn(string heading) =>
        heading.Length > Heading.Length + Meaning.Length
        && heading.StartsWith(Heading, StringComparison.Ordinal)
        && heading.EndsWith(Meaning, StringComparison.Ordinal)
            ? heading[Heading.Length..^Meaning.Length]
            : null;

    /// <summary>A path never leads out of the folder: none of its parts is empty or begins with a dot.</summary>
    private static bool IsFile(string line) =>
        line.Length > HashLength + 2
        && !line.AsSpan(0, HashLength).ContainsAnyExcept(HashCharacters)
        && line.AsSpan(HashLength, 2) is "  "
        && !line.AsSpan(HashLength + 2).ContainsAnyExcept(PathCharacters)
        && Array.TrueForAll(line[(HashLength + 2)..].Split('/'), part => part.Length > 0 && part[0] != '.');
}
