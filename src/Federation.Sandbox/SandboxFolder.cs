using Federation.Findings;
using Federation.Sandbox.Hosting;

namespace Federation.Sandbox;

/// <summary>
/// A folder for the files of one sandbox. The sandbox locks it while it runs; the lock ends with the process, however that
/// ends, so what a dead process left behind is known from what a live one uses.
/// </summary>
public sealed record SandboxFolder
{
    private const string LockName = "lock";
    private const string ProcessName = "pid";
    private const string RunPrefix = "run-";

    private readonly string _shared;
    private readonly bool _isOfRun;

    private SandboxFolder(string output, string? run)
    {
        _shared = System.IO.Path.GetFullPath(System.IO.Path.Combine(output, "sandbox"));
        _isOfRun = run is not null;
        Path = run is null ? _shared : System.IO.Path.Combine(_shared, RunPrefix + run);
    }

    /// <summary>The absolute path of the folder.</summary>
    public string Path { get; }

    /// <summary><c>OUTPUT/sandbox</c>, for a sandbox in the foreground: a place that people and their tools know.</summary>
    public static SandboxFolder Own(string output) => new(output, run: null);

    /// <summary><c>OUTPUT/sandbox/run-ID</c>, for the sandbox inside a run. It is deleted when the sandbox ends.</summary>
    /// <param name="id">Letters, digits and hyphens, different for each run.</param>
    /// <exception cref="ArgumentException">The id has other characters.</exception>
    public static SandboxFolder OfRun(string output, string id) =>
        id.Length > 0 && id.All(character => char.IsAsciiLetterOrDigit(character) || character == '-')
            ? new(output, id)
            : throw new ArgumentException($"'{id}' cannot be a part of a folder's name.", nameof(id));

    /// <summary>
    /// Creates and locks the folder, and deletes what dead sandboxes have left: the environment and the keys in it, the folders
    /// of runs.
    /// </summary>
    /// <returns>Deletes the sandbox's files and unlocks the folder; deletes it whole where it belongs to one run.</returns>
    /// <exception cref="FindingException">Another sandbox uses it (FED8013).</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    internal IDisposable Take()
    {
        PrivateFile.CreateDirectory(_shared);
        foreach (var left in Directory.EnumerateDirectories(_shared, RunPrefix + "*").Where(IsLeftBehind))
        {
            Delete(left);
        }

        PrivateFile.CreateDirectory(Path);
        var held = Lock(Path) ?? throw new FindingException(InUse());
        var process = System.IO.Path.Combine(Path, ProcessName);
        File.WriteAllText(process, $"{Environment.ProcessId}\n");
        new SandboxFiles(Path).Delete();
        return new Disposal(() =>
        {
            new SandboxFiles(Path).Delete();
            File.Delete(process);
            held.Dispose();
            if (_isOfRun)
            {
                Delete(Path);
            }
        });
    }

    private static bool IsLeftBehind(string run)
    {
        if (!File.Exists(System.IO.Path.Combine(run, LockName)))
        {
            return false;
        }

        using var held = Lock(run);
        return held is not null;
    }

    /// <returns>Null where another process holds the lock.</returns>
    private static FileStream? Lock(string folder)
    {
        try
        {
            return new FileStream(System.IO.Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when ((exception.HResult & 0xFFFF) is 11 or 32 or 35)
        {
            // EWOULDBLOCK of Linux, ERROR_SHARING_VIOLATION of Windows, EWOULDBLOCK of macOS.
            return null;
        }
    }

    private static void Delete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Another process deletes it as well, or a pod left what this user may not remove: the next sandbox tries again.
        }
    }

    private Finding InUse()
    {
        var process = HolderOf(Path);
        return new Finding
        {
            Code = FindingCodes.ArgumentInvalid,
            Cause =
                $"A sandbox{(process is null ? "" : $" (process {process})")} is running with its files in {Path}. "
                + "A second one there would overwrite its keys and its environment file.",
            Fix = "Stop the first one, or give this one another folder with --output=DIR.",
            Actual = process,
        };
    }

    private static string? HolderOf(string folder)
    {
        try
        {
            return File.ReadAllText(System.IO.Path.Combine(folder, ProcessName)).Trim();
        }
        catch (IOException)
        {
            return null;
        }
    }

    private sealed class Disposal(Action dispose) : IDisposable
    {
        public void Dispose() => dispose();
    }
}
