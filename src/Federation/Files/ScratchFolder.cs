namespace Federation.Files;

/// <summary>
/// A folder of one run, for files that are written before they are renamed to their places. It has to be on the same
/// volume as those. The run holds a lock in it for as long as it lives, so another run can tell an abandoned one.
/// </summary>
internal sealed class ScratchFolder : IDisposable
{
    private const string Prefix = ".writing-";
    private const string LockName = "lock";

    private readonly FileStream _lock;
    private long _last;

    private ScratchFolder(string path, FileStream @lock) => (Path, _lock) = (path, @lock);

    public string Path { get; }

    /// <summary>Creates one in a folder, and that folder if it does not exist.</summary>
    public static ScratchFolder CreateIn(string folder)
    {
        var path = System.IO.Path.Combine(folder, $"{Prefix}{Guid.NewGuid():N}");
        Directory.CreateDirectory(path);
        return new ScratchFolder(path, Lock(path, FileMode.CreateNew));
    }

    public static bool IsName(string name) => name.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Removes a scratch folder if the run that made it has ended.</summary>
    public static void RemoveAbandoned(string path)
    {
        try
        {
            Lock(path, FileMode.Open).Dispose();
            Directory.Delete(path, recursive: true);
        }
        catch (Exception inUse) when (inUse is IOException or UnauthorizedAccessException)
        {
            // Its run has not ended, or another run is removing it.
        }
    }

    /// <summary>An unused path in the folder. Thread-safe.</summary>
    public string NextPath() => System.IO.Path.Combine(Path, Interlocked.Increment(ref _last).ToString("x"));

    public void Dispose()
    {
        _lock.Dispose();
        RemoveAbandoned(Path);
    }

    private static FileStream Lock(string path, FileMode mode) =>
        new(System.IO.Path.Combine(path, LockName), mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
}
