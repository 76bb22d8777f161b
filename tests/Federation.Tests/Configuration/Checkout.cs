namespace Federation.Tests.Configuration;

/// <summary>The checkout that the tests run in, to compare its files with what the code generates.</summary>
internal static class Checkout
{
    private static readonly string Root = FindRoot();

    /// <summary>With UPDATE_GOLDEN=1 the checked-in files are rewritten instead of compared.</summary>
    private static bool Updates => Environment.GetEnvironmentVariable("UPDATE_GOLDEN") is "1";

    public static string PathOf(string path) => Path.Combine(Root, path);

    public static string Read(string path) => File.ReadAllText(PathOf(path)).ReplaceLineEndings("\n");

    /// <summary>Asserts that a checked-in file has the expected content.</summary>
    public static void Hold(string path, string expected)
    {
        if (Updates)
        {
            File.WriteAllText(PathOf(path), expected);
        }

        Assert.True(File.Exists(PathOf(path)), $"{path} is missing; UPDATE_GOLDEN=1 writes it.");
        Assert.Equal(expected, Read(path));
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Pipeline.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("The tests do not run inside the repository's checkout.");
    }
}
