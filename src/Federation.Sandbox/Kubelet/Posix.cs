using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Federation.Sandbox.Kubelet;

/// <summary>The two calls of the C library that .NET has no equal for.</summary>
internal static class Posix
{
    public const int SigTerm = 15;
    public const int SigKill = 9;

    /// <summary>Sends a signal to a process, or with a negative number to a process group; one that is gone is no error.</summary>
    public static void Signal(int process, int signal) => _ = Kill(process, signal);

    /// <summary>Replaces <paramref name="to"/> by <paramref name="from"/> in one step, symbolic links as such.</summary>
    public static void Rename(string from, string to)
    {
        if (RenameFile(from, to) != 0)
        {
            throw new IOException($"{from} could not be renamed to {to}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }
    }

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
