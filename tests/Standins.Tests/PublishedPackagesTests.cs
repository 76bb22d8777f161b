namespace Standins.Tests;

/// <summary>What MSBuild makes of the one switch, evaluated and not built: the published packages are not in every registry.</summary>
public sealed class PublishedPackagesTests
{
    private static readonly string[] Standins =
    [
        "AWSSDK.IdentityManagement",
        "Cake.Frosting",
        "Google.Apis.Container.v1",
        "Google.Apis.Iam.v1",
    ];

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

    [Fact]
    public void The_published_packages_lock_file_lies_beside_what_the_build_makes() =>
        Assert.Equal(
            Path.Combine(MSBuildEvaluation.Root, "build", "obj", "packages.lock.json"),
            MSBuildEvaluation
                .Of("build/Build.csproj", "-p:PublishedPackages=true", "-getProperty:NuGetLockFilePath", "-getProperty:MSBuildProjectName")
                .GetProperty("Properties")
                .GetProperty("NuGetLockFilePath")
                .GetString()
        );

    /// <summary>What the product's projects refer to, all together.</summary>
    private static (IReadOnlyList<string> Projects, IReadOnlyList<string> Packages) References(string property)
    {
        var evaluations = new[]
        {
            "build/Build.csproj",
            "src/Federation.Aws/Federation.Aws.csproj",
            "src/Federation.Google/Federation.Google.csproj",
        }
            .Select(project => MSBuildEvaluation.Of(project, property, "-getItem:PackageReference", "-getItem:ProjectReference"))
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
}
