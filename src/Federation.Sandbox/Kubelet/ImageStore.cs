using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Federation.Configuration;

namespace Federation.Sandbox.Kubelet;

/// <summary>The images of the node, and the directories of their programs.</summary>
internal sealed class ImageStore(KubeletOptions options, IContainerIsolation isolation)
{
    private static readonly ContainerImage s_awsCli = new()
    {
        Entrypoint = ["aws"],
        WorkingDirectory = "/aws",
        Tools = [ImageTool.Aws],
    };
    private static readonly ContainerImage s_amazonLinux = new() { Command = ["/bin/bash"], Tools = [ImageTool.Aws, ImageTool.Yum] };
    private static readonly ContainerImage s_python = new() { Command = ["python3"], Tools = [ImageTool.Python] };
    private static readonly ContainerImage s_shell = new() { Command = ["sh"] };

    private static readonly Dictionary<string, ContainerImage> s_known = new(StringComparer.Ordinal)
    {
        ["amazon/aws-cli"] = s_awsCli,
        ["public.ecr.aws/aws-cli/aws-cli"] = s_awsCli,
        ["amazonlinux"] = s_amazonLinux,
        ["public.ecr.aws/amazonlinux/amazonlinux"] = s_amazonLinux,
        ["python"] = s_python,
        ["alpine"] = s_shell,
        ["busybox"] = s_shell,
        ["debian"] = s_shell,
        ["ubuntu"] = s_shell,
    };

    private readonly Lock _gate = new();

    public string KnownNames => string.Join(", ", s_known.Keys.Concat(options.Images.Keys).Order(StringComparer.Ordinal));

    public ContainerImage? Find(string reference)
    {
        var (repository, tag) = Split(reference);
        return options.Images.GetValueOrDefault(reference)
            ?? options.Images.GetValueOrDefault(repository)
            ?? s_known.GetValueOrDefault(repository) switch
            {
                // Only Amazon Linux 2 has these programs.
                { } image when image == s_amazonLinux && tag is not null && tag != "latest" && !tag.StartsWith('2') => null,
                var image => image,
            };
    }

    /// <summary>The replacement for an image in the configuration's <c>sandbox.images</c>.</summary>
    public static ContainerImage ToImage(SandboxImage image) =>
        image switch
        {
            SandboxImage.Aws => new ContainerImage { Command = ["sh"], Tools = [ImageTool.Aws] },
            _ => s_shell,
        };

    /// <summary>containerd's message for an image that its registry does not have.</summary>
    public static string NotFound(string reference)
    {
        var full = FullName(reference);
        return $"rpc error: code = NotFound desc = failed to pull and unpack image \"{full}\": "
            + $"failed to resolve reference \"{full}\": {full}: not found";
    }

    public static string Id(string reference) =>
        "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(FullName(reference))));

    /// <summary>The mounts of an image's programs, and the search path of its containers.</summary>
    public (IReadOnlyList<ContainerMount> Mounts, string SearchPath) Mount(ContainerImage image)
    {
        if (image.Tools.Count == 0)
        {
            return ([], SystemPath);
        }

        var mounts = new List<ContainerMount>();
        var bin = Path.Combine(options.Directory, "images", string.Join('-', image.Tools).ToLowerInvariant());
        var library = new ContainerMount(BundledAws, "/.image/aws", ReadOnly: true);
        ContainerMount? runtime = HasRuntime ? null : new ContainerMount(DotnetRoot(), "/.image/dotnet", ReadOnly: true);
        if (image.Tools.Contains(ImageTool.Aws) && !options.HostAws)
        {
            mounts.AddRange(runtime is null ? [library] : [runtime, library]);
        }

        mounts.Add(new(bin, "/.image/bin", ReadOnly: true));
        lock (_gate)
        {
            if (!Directory.Exists(bin))
            {
                Directory.CreateDirectory(bin);
                foreach (var (name, text) in image.Tools.SelectMany(tool => Programs(tool, runtime, library)))
                {
                    WriteProgram(Path.Combine(bin, name), text);
                }
            }
        }

        return (mounts, "/.image/bin:" + SystemPath);
    }

    private const string SystemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>In a release's archive the bundled CLI is an executable beside this program, and both use the archive's runtime.</summary>
    private static bool HasRuntime { get; } = !Directory.Exists(BundledLibrary);

    private static string BundledLibrary => Path.Combine(AppContext.BaseDirectory, "images", "aws-cli", "lib");

    private static string BundledAws => HasRuntime ? Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory) : BundledLibrary;

    private IEnumerable<(string Name, string Text)> Programs(ImageTool tool, ContainerMount? runtime, ContainerMount library)
    {
        switch (tool)
        {
            case ImageTool.Aws when options.HostAws:
                yield return ("aws", Exec(FindOnPath("aws") ?? "/usr/local/bin/aws"));
                break;
            case ImageTool.Aws:
                yield return (
                    "aws",
                    (
                        runtime is null
                            ? Exec(isolation.PathInside(library) + "/aws")
                            : Exec(isolation.PathInside(runtime) + "/dotnet", isolation.PathInside(library) + "/aws.dll")
                    ).Replace("\nexec", "\nexport DOTNET_EnableDiagnostics=0 DOTNET_NOLOGO=1\nexec", StringComparison.Ordinal)
                );
                break;
            case ImageTool.Yum:
                yield return (
                    "yum",
                    """
                    #!/bin/sh
                    echo "Loaded plugins: ovl, priorities"
                    case "${1-}" in
                        update | upgrade) echo "No packages marked for update" ;;
                        *) for argument; do
                               case $argument in -* | install) ;; *) echo "Package $argument already installed and latest version" ;; esac
                           done
                           echo "Nothing to do" ;;
                    esac

                    """
                );
                break;
            case ImageTool.Python when (FindOnPath("python3") ?? FindOnPath("python")) is { } python:
                yield return ("python", Exec(python));
                yield return ("python3", Exec(python));
                break;
        }
    }

    private static string Exec(params string[] words) => $"#!/bin/sh\nexec {Processes.ShellWords(words)} \"$@\"\n";

    private static void WriteProgram(string path, string text)
    {
        File.WriteAllText(path, text.ReplaceLineEndings("\n"));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32("755", 8));
        }
    }

    private static string? FindOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, program))
            .FirstOrDefault(File.Exists);

    /// <summary>The folder of the runtime of this process, which the bundled CLI uses too.</summary>
    private static string DotnetRoot() => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    private static (string Repository, string? Tag) Split(string reference)
    {
        var name = reference.Split('@')[0];
        var colon = name.LastIndexOf(':');
        var (repository, tag) = colon > name.LastIndexOf('/') ? (name[..colon], name[(colon + 1)..]) : (name, null);
        foreach (var prefix in new[] { "docker.io/library/", "docker.io/", "public.ecr.aws/docker/library/" })
        {
            if (repository.StartsWith(prefix, StringComparison.Ordinal))
            {
                return (repository[prefix.Length..], tag);
            }
        }

        return (repository, tag);
    }

    private static string FullName(string reference)
    {
        var host = reference.Split('/')[0];
        var named =
            !reference.Contains('/', StringComparison.Ordinal) ? "docker.io/library/" + reference
            : host.Contains('.', StringComparison.Ordinal) || host.Contains(':', StringComparison.Ordinal) || host == "localhost"
                ? reference
            : "docker.io/" + reference;
        return reference.Contains('@', StringComparison.Ordinal) || Split(reference).Tag is not null ? named : named + ":latest";
    }
}
