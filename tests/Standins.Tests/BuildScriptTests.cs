using System.Diagnostics;

namespace Standins.Tests;

/// <summary>
/// build.sh and build.ps1 on an empty checkout and a dotnet that only says what it was asked: when they ask the registry for the
/// published packages, when they fall back to the stand-ins, and when they build.
/// </summary>
public sealed class BuildScriptTests : IDisposable
{
    private const string Lacking = """
        /checkout/src/A.csproj : error NU1101: Unable to find package Cake.Frosting. No packages exist with this id in source(s): x
        /checkout/src/B.csproj : error NU1102: Unable to find package Google.Apis.Iam.v1 with version (>= 1.68.0.3428)
        /checkout/src/C.csproj : error NU1101: Unable to find package Cake.Frosting. No packages exist with this id in source(s): x
        """;

    private const string Unreachable = "/checkout/src/A.csproj : error NU1301: Unable to load the service index for source x.";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("build-script-");

    public BuildScriptTests()
    {
        foreach (var path in (string[])["build", "src", "standins", "templates", "home", "bin"])
        {
            _folder.CreateSubdirectory(path);
        }

        foreach (
            var path in (string[])
                ["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "global.json", ".editorconfig", "src/A.cs"]
        )
        {
            Write(path, "1");
        }

        foreach (var script in (string[])["build.sh", "build.ps1"])
        {
            File.Copy(Path.Combine(MSBuildEvaluation.Root, script), In(script));
        }
    }

    public static TheoryData<string> Scripts => new("build.sh", "build.ps1");

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task Where_the_registry_has_the_published_packages_they_are_built_on(string script)
    {
        var run = await RunAsync(script);

        Assert.Equal(["restore published", "build", "host --target=Verify"], run.Calls);
        Assert.Equal("true", Chosen);
        Assert.DoesNotContain("stand-ins", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task If_the_registry_lacks_them_one_line_says_so_and_the_stand_ins_are_used(string script)
    {
        var run = await RunAsync(script, restore: Lacking);

        Assert.Equal(["restore published", "build", "host --target=Verify"], run.Calls);
        Assert.Equal("false", Chosen);
        Assert.Equal(
            "Built on stand-ins (standins/README.md): the package registry lacks Cake.Frosting, Google.Apis.Iam.v1.",
            Assert.Single(run.Error.Split('\n'), line => line.Contains("stand-ins", StringComparison.Ordinal))
        );
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task A_second_run_neither_asks_nor_builds(string script)
    {
        await RunAsync(script, restore: Lacking);

        var run = await RunAsync(script, restore: Lacking);

        Assert.Equal(["host --target=Verify"], run.Calls);
        Assert.Equal("", run.Error);
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task A_registry_that_does_not_answer_ends_the_build_and_decides_nothing(string script)
    {
        foreach (var answer in (string[])[Unreachable, $"{Lacking}\n{Unreachable}"])
        {
            var run = await RunAsync(script, restore: answer);

            Assert.Equal(1, run.ExitCode);
            Assert.Equal(["restore published"], run.Calls);
            Assert.Contains("NU1301", run.Error, StringComparison.Ordinal);
            Assert.Null(Chosen);
        }
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task An_explicit_choice_is_not_questioned(string script)
    {
        foreach (var choice in (string[])["true", "false"])
        {
            var run = await RunAsync(script, restore: Lacking, published: choice);

            Assert.Equal(["build", "host --target=Verify"], run.Calls);
            Assert.Null(Chosen);
        }
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task The_registry_is_asked_again_when_its_configuration_changes(string script)
    {
        await RunAsync(script, restore: Lacking);
        Write("nuget.config", "<configuration />");

        var run = await RunAsync(script);

        Assert.Equal(["restore published", "build", "host --target=Verify"], run.Calls);
        Assert.Equal("true", Chosen);
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task The_registry_is_asked_again_when_the_versions_change(string script)
    {
        await RunAsync(script, restore: Lacking);
        Write("Directory.Packages.props", "two");

        Assert.Equal(["restore published", "build", "host --target=Verify"], (await RunAsync(script)).Calls);
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task A_changed_source_is_built_and_the_registry_is_not_asked(string script)
    {
        await RunAsync(script, restore: Lacking);
        Write("src/A.cs", "two");

        Assert.Equal(["build", "host --target=Verify"], (await RunAsync(script)).Calls);
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task Only_who_compiles_or_tests_builds_for_development_and_it_stays_so(string script)
    {
        await RunAsync(script);
        Assert.False(IsForDevelopment);

        Assert.Equal(["build", "host --target=Test"], (await RunAsync(script, arguments: "--target=Test")).Calls);
        Assert.True(IsForDevelopment);

        Assert.Equal(["host --target=Verify"], (await RunAsync(script)).Calls);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>The side that was found to be restorable; null where nothing was remembered.</summary>
    private string? Chosen =>
        File.Exists(In("build/obj/packages.props"))
            ? System.Xml.Linq.XElement.Load(In("build/obj/packages.props")).Descendants("PublishedPackages").Single().Value
            : null;

    private bool IsForDevelopment => File.ReadAllText(In("properties")).Contains("-p:ForDevelopment=true", StringComparison.Ordinal);

    private string In(string path) => Path.Combine(_folder.FullName, path);

    private void Write(string path, string text) => File.WriteAllText(In(path), text);

    /// <param name="restore">What the restore of the published packages prints as it fails; null where it succeeds.</param>
    private async Task<ScriptRun> RunAsync(
        string script,
        string? restore = null,
        string? published = null,
        string arguments = "--target=Verify"
    )
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The dotnet of this test is a bash script.");
        var (shell, options) = script == "build.sh" ? ("bash", (string[])[]) : ("pwsh", ["-NoProfile", "-File"]);
        Assert.SkipUnless(IsInstalled(shell), $"{shell} is not installed.");

        Write(
            "bin/dotnet",
            """
            #!/usr/bin/env bash
            root=${0%/bin/dotnet}
            case $1 in
              restore) echo 'restore published' >>"$root/calls"; [[ ! -s $root/answer ]] || { cat "$root/answer"; exit 1; } ;;
              build) echo build >>"$root/calls"; echo "$*" >"$root/properties"; mkdir -p "$root/build/bin/Release/net10.0"
                touch "$root/build/bin/Release/net10.0/Build.dll" ;;
              *) echo "host ${*:2}" >>"$root/calls" ;;
            esac
            """
        );
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(In("bin/dotnet"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        Write("answer", restore ?? "");
        Write("calls", "");

        var start = new ProcessStartInfo(shell, [.. options, In(script), arguments])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment["PATH"] = $"{In("bin")}{Path.PathSeparator}{start.Environment["PATH"]}";
        start.Environment["HOME"] = In("home");
        foreach (var name in (string[])["PublishedPackages", "RestoreSources", "RestoreConfigFile", "DOTNET_ROOT"])
        {
            start.Environment.Remove(name);
        }

        if (published is not null)
        {
            start.Environment["PublishedPackages"] = published;
        }

        using var process = Process.Start(start)!;
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new ScriptRun(process.ExitCode, error, await File.ReadAllLinesAsync(In("calls"), TestContext.Current.CancellationToken));
    }

    private static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, program)));

    private sealed record ScriptRun(int ExitCode, string Error, string[] Calls);
}
