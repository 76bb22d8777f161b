namespace Federation.Tests.Files;

internal static class Links
{
    /// <summary>Creates a symbolic link. Windows may not allow it, which skips the test.</summary>
    public static void Create(string path, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        try
        {
            if (Directory.Exists(target))
            {
                Directory.CreateSymbolicLink(path, target);
            }
            else
            {
                File.CreateSymbolicLink(path, target);
            }
        }
        catch (Exception refused) when (OperatingSystem.IsWindows() && refused is IOException or UnauthorizedAccessException)
        {
            Assert.Skip("Symbolic links need a right of their own on Windows.");
        }
    }
}
