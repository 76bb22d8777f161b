using System.Runtime.CompilerServices;
using Federation.Configuration;
using Federation.Templates;

namespace Federation.Tests.Templates;

/// <summary>Complete renderings, for people to review. <c>UPDATE_GOLDEN=1</c> rewrites them.</summary>
public sealed class GoldenTests
{
    private const string WithPreflight = "google-service-account";

    public static TheoryData<string> Cases => [.. Workloads.Keys];

    private static readonly Dictionary<string, Workload> Workloads = new()
    {
        [WithPreflight] = Sample.Workload,
        ["without-google-service-account"] = Sample.Workload with
        {
            GoogleServiceAccount = null,
            Role = Sample.Workload.Role with { Path = "/", Policies = [] },
        },
        ["china-and-existing"] = Sample.Workload with
        {
            Name = "x",
            Account = new Account("china", "111122223333", "cn-north-1"),
            Existing = ExistingResources.Namespace,
            Audience = "sts.amazonaws.com.cn",
            TokenLifetime = TimeSpan.FromMinutes(10),
            Verify = new Verification
            {
                Run = "for i in 1 2; do\n  echo $(date) $$ \"$i\"\ndone\n",
                Image = "registry.example/aws:1",
                Timeout = TimeSpan.FromMinutes(2),
            },
        },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_workload_is_rendered_as_its_golden_files_say(string name)
    {
        var golden = Path.Combine(Folder(), "golden", name);
        using var output = new TemporaryFolder();
        Sample.Write(output.Path, name == WithPreflight ? Sample.RenderForPreflight(Workloads[name]) : Sample.Render(Workloads[name]));
        var rendered = Path.Combine(output.Path, "rendered", Workloads[name].Name);

        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            if (Directory.Exists(golden))
            {
                Directory.Delete(golden, recursive: true);
            }

            foreach (var file in Files(rendered))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(golden, file))!);
                File.Copy(Path.Combine(rendered, file), Path.Combine(golden, file));
            }
        }

        Assert.Equal(Files(golden), Files(rendered));
        foreach (var file in Files(golden))
        {
            Assert.Equal(File.ReadAllText(Path.Combine(golden, file)), File.ReadAllText(Path.Combine(rendered, file)));
        }
    }

    private static List<string> Files(string folder) =>
        [
            .. Directory
                .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(folder, file))
                .Where(file => file != RenderedList.FileName)
                .Order(StringComparer.Ordinal),
        ];

    private static string Folder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
