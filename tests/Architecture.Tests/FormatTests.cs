using System.Diagnostics;
using System.Reflection;

namespace Architecture.Tests;

public sealed class FormatTests
{
    private const int LongestLine = 140;

    private static readonly char Slash = Path.DirectorySeparatorChar;

    /// <summary>The formatter breaks code, but neither comments nor strings.</summary>
    [Fact]
    public void No_line_is_longer_than_140_columns()
    {
        var root = Root();
        var tooLong =
            from folder in Metadata("FormattedFolders").Split(' ')
            from file in Directory.EnumerateFiles(Path.Combine(root, folder), "*.cs", SearchOption.AllDirectories)
            where !file.Contains($"{Slash}obj{Slash}", StringComparison.Ordinal)
            from line in File.ReadLines(file).Index()
            where line.Item.Length > LongestLine
            select $"{Path.GetRelativePath(root, file)}:{line.Index + 1}: {line.Item.Length} columns";

        Assert.Empty(tooLong);
    }

    [Fact]
    public async Task Every_file_is_as_the_formatter_writes_it()
    {
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            [Metadata("Formatter"), "check", .. Metadata("FormattedFolders").Split(' ')]
        )
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
            WorkingDirectory = Root(),
        };
        using var process = Process.Start(start)!;
        var (output, error) = (
            process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken),
            process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)
        );
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(process.ExitCode == 0, $"dotnet build tests/Architecture.Tests -t:Format writes them.\n{await output}{await error}");
    }

    private static string Root()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Pipeline.sln")))
        {
            root = root.Parent!;
        }

        return root.FullName;
    }

    private static string Metadata(string key) =>
        typeof(FormatTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == key).Value!;
}
