using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Build.Packing;

namespace EndToEnd.Tests.Steps;

public sealed class PackingTests : IDisposable
{
    private static readonly DateTimeOffset Time = new(2026, 11, 26, 12, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("federation-").FullName;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_same_files_give_the_same_archive_whoever_packs_them_and_when()
    {
        var first = Put("one", ("Build", "program"), ("templates/pod.yaml", "pod"), ("a.dll", "library"));
        var second = Put("two", ("a.dll", "library"), ("templates/pod.yaml", "pod"), ("Build", "program"));
        File.SetLastWriteTimeUtc(Path.Combine(second, "a.dll"), new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        var archive = Path.Combine(_folder, "archive.tar.gz");
        Assert.Equal(
            await ReleaseArchive.WriteAsync(first, archive, ["Build"], Time, Cancelled),
            await ReleaseArchive.WriteAsync(second, Path.Combine(_folder, "again.tar.gz"), ["Build"], Time, Cancelled)
        );

        await using var file = File.OpenRead(archive);
        await using var content = new GZipStream(file, CompressionMode.Decompress);
        await using var reader = new TarReader(content);
        var entries = new List<(string, bool)>();
        while (await reader.GetNextEntryAsync(cancellationToken: Cancelled) is { } entry)
        {
            entries.Add((entry.Name, entry.Mode.HasFlag(UnixFileMode.OtherExecute)));
        }

        Assert.Equal([("Build", true), ("a.dll", false), ("templates/pod.yaml", false)], entries);
    }

    [Fact]
    public void The_bill_of_materials_says_what_is_whose()
    {
        var folder = Put(
            "bill",
            (
                "Build.deps.json",
                """
                { "libraries": {
                    "Build/1.2.3": { "type": "project" },
                    "AWSSDK.Core/4.1.0": { "type": "package", "sha512": "sha512-AQID" },
                    "AWSSDK.IdentityManagement/4.0.9": { "type": "project" },
                    "Cake.Core/7.0.0.0": { "type": "reference" },
                    "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/10.0.12": { "type": "runtimepack" } } }
                """
            ),
            (
                "aws.deps.json",
                """{ "libraries": { "aws/1.2.3": { "type": "project" },"""
                    + """ "AWSSDK.Core/4.1.0": { "type": "package", "sha512": "sha512-AQID" } } }"""
            )
        );
        var bill = JsonNode.Parse(
            BillOfMaterials.Of(
                folder,
                "gke-to-aws-federation",
                "1.2.3",
                "linux-x64",
                new HashSet<string>(["AWSSDK.IdentityManagement"], StringComparer.Ordinal),
                "7.0.0"
            )
        )!;
        Assert.Equal(("CycloneDX", "1.6"), ((string?)bill["bomFormat"], (string?)bill["specVersion"]));
        var components = bill["components"]!
            .AsArray()
            .ToDictionary(component => (string)component!["name"]!, component => component!, StringComparer.Ordinal);
        Assert.Equal(
            ["AWSSDK.Core", "AWSSDK.IdentityManagement", "Build", "Cake.Core", "Microsoft.NETCore.App.Runtime.linux-x64", "aws"],
            components.Keys.Order(StringComparer.Ordinal)
        );
        Assert.Equal(
            ("pkg:nuget/AWSSDK.Core@4.1.0", "010203"),
            ((string?)components["AWSSDK.Core"]["purl"], (string?)components["AWSSDK.Core"]["hashes"]![0]!["content"])
        );
        Assert.Equal(
            "pkg:nuget/Microsoft.NETCore.App.Runtime.linux-x64@10.0.12",
            (string?)components["Microsoft.NETCore.App.Runtime.linux-x64"]["purl"]
        );
        Assert.Null(components["AWSSDK.IdentityManagement"]["purl"]);
        Assert.Contains(
            "written by this project",
            (string?)components["AWSSDK.IdentityManagement"]["properties"]![0]!["value"],
            StringComparison.Ordinal
        );
        Assert.Equal("pkg:nuget/Cake.Tool@7.0.0", (string?)components["Cake.Core"]["properties"]![0]!["value"]);
    }

    [Fact]
    public void A_program_is_known_by_what_it_begins_with()
    {
        var elf = new byte[64];
        "\u007fELF"u8.CopyTo(elf);
        elf[18] = 0xb7;
        var path = Path.Combine(_folder, "program");
        File.WriteAllBytes(path, elf);
        Assert.Equal(["linux-arm64"], ReleaseSystem.All.Where(system => system.Made(path)).Select(system => system.Id));
        File.WriteAllText(path, new string('#', 100));
        Assert.DoesNotContain(ReleaseSystem.All, system => system.Made(path));
    }

    private string Put(string name, params (string Name, string Content)[] files)
    {
        foreach (var (file, content) in files)
        {
            var path = Path.Combine(_folder, name, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, content);
        }

        return Path.Combine(_folder, name);
    }
}
