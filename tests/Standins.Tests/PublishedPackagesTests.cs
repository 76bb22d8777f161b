using System.Diagnostics;
using System.Text.Json;

namespace Standins.Tests;

/// <summary>What MSBuild makes of the one switch, evaluated and not built: the published packages are not in every registry.</summary>
public sealed class PublishedPackagesTests
{
    private static readonly string[] Standins =
    [
        "AWSSDK.IdentityManagement",
        "Cake.Frosting",
        "Cake.Kubectl",
        "Google.Apis.Container.v1",
        "Google.Apis.Iam.v1",
    ];

    private static readonly string Root = FindRoot();

    [Fact]
    public void With_published_packages_every_stand_in_gives_way_to_its_package()
    {
        var (projects, packages) = References("-p:PublishedPackages=true");

        Assert.Equal(Standins, packages.Intersect(Standins, StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(projects, project => project.Contains("standins", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_them_every_package_gives_way_to_its_stand_in()
    {
        var (projects, packages) = References("-p:PublishedPackages=false");

        Assert.Equal(
            Standins,
            projects
                .Where(project => project.Contains("standins", StringComparison.Ordinal))
                .Select(project => Path.GetFileNameWithoutExtension(project))
                .Order(StringComparer.Ordinal)
        );
        Assert.DoesNotContain(packages, package => Standins.Contains(package, StringComparer.Ordinal));
    }

    /// <summary>What the product's projects refer to, all together.</summary>
    private static (IReadOnlyList<string> Projects, IReadOnlyList<string> Packages) References(string property)
    {
        var evaluations = new[]
        {
            "build/Build.csproj",
            "src/Federation.Aws/Federation.Aws.csproj",
            "src/Federation.Google/Federation.Google.csproj",
        }
            .Select(project => Evaluate(project, property))
            .ToList();
        return (Identities("ProjectReference"), Identities("PackageReference"));

        List<string> Identities(string item) =>
            [
                .. evaluations
                    .SelectMany(evaluation => evaluation.GetProperty("Items").GetProperty(item).EnumerateArray())
                    .Select(reference => reference.GetProperty("Identity").GetString()!)
                    .Distinct(StringComparer.Ordinal),
            ];
    }

    private static JsonElement Evaluate(string project, string property)
    {
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            ["msbuild", Path.Combine(Root, project), property, "-getItem:PackageReference", "-getItem:ProjectReference", "-nodeReuse:false"]
        )
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output);
        return JsonDocument.Parse(output).RootElement;
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Pipeline.sln")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }
}
