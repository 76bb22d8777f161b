using Federation.Files;
using Federation.Findings;

namespace Federation.Runs;

/// <summary>The configuration of a run: where it is, and how it is shown.</summary>
/// <param name="Shown">The path as it stands in findings.</param>
/// <param name="IsExample">Nobody gave it: it is the bundled example.</param>
public sealed record ConfigurationFile(string Path, string Shown, bool IsExample)
{
    private const string Default = "federation.yaml";
    private const string Example = "templates/federation.example.yaml";

    /// <summary>
    /// The given file, else <c>federation.yaml</c> here. The bundled example steps in only in this repository's own
    /// checkout and only for a person: anywhere else a gate would turn green because a file was not found.
    /// </summary>
    /// <param name="mayBeExample">False where the live clouds were asked for.</param>
    /// <param name="unattended">A machine started the run.</param>
    /// <exception cref="FindingException">There is none (FED1001).</exception>
    public static ConfigurationFile Find(string? given, bool mayBeExample, bool unattended)
    {
        if (given is not null || File.Exists(Default))
        {
            var path = given ?? Default;
            return File.Exists(path)
                ? new ConfigurationFile(path, path, IsExample: false)
                : throw new FindingException(
                    Missing(
                        Directory.Exists(path) ? $"{path} is a folder." : $"There is no file {path} in {Directory.GetCurrentDirectory()}.",
                        path
                    )
                );
        }

        return mayBeExample && ExampleCalledFor(unattended) is { } example
            ? new ConfigurationFile(example, Example, IsExample: true)
            : throw new FindingException(
                Missing($"There is no {Default} in {Directory.GetCurrentDirectory()}, and no --config says where it is.", Default)
            );
    }

    /// <summary>There is no configuration here, and the bundled example would be used.</summary>
    public static bool IsExampleCalledFor(bool unattended) => !File.Exists(Default) && ExampleCalledFor(unattended) is not null;

    /// <exception cref="FindingException">It cannot be read (FED1001).</exception>
    public ReadOnlyMemory<byte> Read()
    {
        try
        {
            return InputFile.Read(Path);
        }
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException)
        {
            throw new FindingException(Missing($"The configuration cannot be read: {unread.Message}", Shown), unread);
        }
    }

    /// <summary>The file that a path in the configuration names: relative to the configuration's folder.</summary>
    public string Beside(string path) => System.IO.Path.Combine(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!, path);

    private static string? ExampleCalledFor(bool unattended) =>
        !unattended && CheckoutAround(Directory.GetCurrentDirectory()) is { } root ? System.IO.Path.Combine(root, Example) : null;

    /// <summary>The checkout this host was built in, if the folder lies in it.</summary>
    private static string? CheckoutAround(string folder)
    {
        for (var directory = new DirectoryInfo(folder); directory is not null; directory = directory.Parent)
        {
            if (
                File.Exists(System.IO.Path.Combine(directory.FullName, "Pipeline.sln"))
                && File.Exists(System.IO.Path.Combine(directory.FullName, Example))
            )
            {
                return AppContext.BaseDirectory.StartsWith(
                    directory.FullName + System.IO.Path.DirectorySeparatorChar,
                    StringComparison.Ordinal
                )
                    ? directory.FullName
                    : null;
            }
        }

        return null;
    }

    private static Finding Missing(string cause, string path) =>
        new()
        {
            Code = FindingCodes.ConfigurationInvalid,
            Cause = cause,
            Fix = "Write one (templates/federation.example.yaml shows how), or give its path with --config.",
            Location = new SourceLocation(path, 1, 1),
        };
}
