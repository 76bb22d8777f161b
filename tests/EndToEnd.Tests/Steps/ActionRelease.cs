using Build.Packing;

namespace EndToEnd.Tests.Steps;

/// <summary>A release of the action as the runner fetched it, and the archive of its host.</summary>
internal static class ActionRelease
{
    public const string Version = "1.2.3";

    /// <summary>A host that says what it was given.</summary>
    public const string Echo = """
        #!/bin/bash
        echo "host $$"
        for argument; do printf 'argument <%s>\n' "$argument"; done
        echo "outcome=echoed" >>"$GITHUB_OUTPUT"
        """;

    /// <summary>Where the runner keeps the action.</summary>
    public static string Path(HostRun host) => System.IO.Path.Combine(host.Folder, "_actions", "acme", "tool", $"v{Version}");

    public static string Archive(HostRun host, string system = "linux-x64") =>
        System.IO.Path.Combine(host.Folder, "releases", $"v{Version}", $"gke-to-aws-federation-{Version}-{system}.tar.gz");

    /// <summary>An action whose release is that host.</summary>
    public static async Task<CompositeAction> MakeAsync(HostRun host, string program, string system = "linux-x64")
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The steps are run by bash.");
        var folder = Directory.CreateDirectory(System.IO.Path.Combine(host.Folder, "packed")).FullName;
        await File.WriteAllTextAsync(System.IO.Path.Combine(folder, "Build"), program);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Archive(host, system))!);
        var digest = await ReleaseArchive.WriteAsync(
            folder,
            Archive(host, system),
            ["Build"],
            DateTimeOffset.UnixEpoch,
            TestContext.Current.CancellationToken
        );
        await WriteAsync(
            Path(host),
            ReleaseVersion.Write(Version, "https://github.test/acme/tool", [KeyValuePair.Create(system, digest)]),
            "exit 99"
        );
        return new CompositeAction(host.Folder, Path(host))
        {
            ["FEDERATION_RELEASES"] = new Uri(System.IO.Path.Combine(host.Folder, "releases")).AbsoluteUri,
        };
    }

    public static async Task WriteAsync(string path, string version, string build)
    {
        Directory.CreateDirectory(path);
        await File.WriteAllTextAsync(System.IO.Path.Combine(path, ReleaseVersion.File), version);
        await File.WriteAllTextAsync(System.IO.Path.Combine(path, "build.sh"), build);
        MakeProgram(System.IO.Path.Combine(path, "build.sh"));
    }

    public static void MakeProgram(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
