using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;

namespace Federation.Sandbox.Kubelet;

/// <summary>Calls of the C library that .NET has no equivalent for.</summary>
internal static class Posix
{
    public const int SigTerm = 15;
    public const int SigKill = 9;

    /// <summary>Sends a signal to a process or, with a negative number, to a process group. Ignores one that does not exist.</summary>
    public static void Signal(int process, int signal) => _ = Kill(process, signal);

    /// <summary>Atomically replaces <paramref name="to"/> by <paramref name="from"/>. Does not follow symbolic links.</summary>
    public static void Rename(string from, string to)
    {
        if (RenameFile(from, to) != 0)
        {
            throw new IOException($"{from} could not be renamed to {to}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }
    }

    /// <summary>The absolute path of a file or directory, with every symbolic link resolved by the system itself.</summary>
    /// <exception cref="IOException">It does not exist, or its links go round in circles.</exception>
    public static string RealPath(string path)
    {
        // PATH_MAX of Linux; macOS has a smaller one.
        var buffer = new byte[4096];
        return RealPath(path, buffer) != 0
            ? Encoding.UTF8.GetString(buffer.AsSpan(0, Array.IndexOf(buffer, (byte)0)))
            : throw new IOException($"{path} could not be resolved: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
    }

    [DllImport(
        "libc",
        EntryPoint = "realpath",
        SetLastError = true,
        CharSet = CharSet.Ansi,
        BestFitMapping = false,
        ThrowOnUnmappableChar = true
    )]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint RealPath([MarshalAs(UnmanagedType.LPUTF8Str)] string path, [Out] byte[] resolved);

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);

    [DllImport(
        "libc",
        EntryPoint = "rename",
        SetLastError = true,
        CharSet = CharSet.Ansi,
        BestFitMapping = false,
        ThrowOnUnmappableChar = true
    )]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int RenameFile([MarshalAs(UnmanagedType.LPUTF8Str)] string from, [MarshalAs(UnmanagedType.LPUTF8Str)] string to);
}
