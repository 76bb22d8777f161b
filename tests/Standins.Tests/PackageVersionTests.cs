using System.Text.Json;

namespace Standins.Tests;

/// <summary>The central versions against what Cake needs: NuGet refuses a lower one (NU1109) once Cake.Frosting is the package.</summary>
public sealed class PackageVersionTests
{
    [Fact]
    public void No_central_version_is_lower_than_the_one_that_Cake_is_built_with()
    {
        var evaluation = MSBuildEvaluation.Of(
            "build/Build.csproj",
            "-p:PublishedPackages=false",
            "-getProperty:CakeToolDir",
            "-getItem:PackageVersion"
        );
        var central = evaluation
            .GetProperty("Items")
            .GetProperty("PackageVersion")
            .EnumerateArray()
            .ToDictionary(
                package => package.GetProperty("Identity").GetString()!,
                package => Version.Parse(package.GetProperty("Version").GetString()!),
                StringComparer.OrdinalIgnoreCase
            );
        var cake = evaluation.GetProperty("Properties").GetProperty("CakeToolDir").GetString()!;
        Assert.SkipUnless(Directory.Exists(cake), "Cake.Tool, which lists Cake's own packages, is restored for the stand-ins only.");

        using var dependencies = JsonDocument.Parse(File.ReadAllText(Path.Combine(cake, "Cake.deps.json")));
        var lower = dependencies
            .RootElement.GetProperty("libraries")
            .EnumerateObject()
            .Select(library => library.Name.Split('/'))
            .Where(library => central.TryGetValue(library[0], out var version) && version < Version.Parse(library[1]))
            .Select(library => $"{library[0]}: {central[library[0]]}, and Cake needs {library[1]}");

        Assert.Empty(lower);
    }
}
