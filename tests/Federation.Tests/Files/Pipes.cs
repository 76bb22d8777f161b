using System.Runtime.InteropServices;

namespace Federation.Tests.Files;

internal static partial class Pipes
{
    /// <summary>Creates a named pipe without a writer. Windows keeps its pipes elsewhere, which skips the test.</summary>
    public static string Create(string path)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no named pipes among its files.");
        Assert.Equal(0, MakeFifo(path, Convert.ToUInt32("600", 8)));
        return path;
    }

    [LibraryImport("libc", EntryPoint = "mkfifo", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeFifo(string path, uint mode);
}
