using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace Federation.Sandbox.Kubelet;

/// <summary>
/// Linux user, mount and process namespaces through <c>unshare</c> of util-linux, without privileges: mount paths are
/// really there, and all of a container's processes end with its first one.
/// </summary>
internal sealed class NamespaceIsolation : IContainerIsolation
{
    private static readonly string s_script = ReadScript();

    public string Description =>
        "Containers run as processes of this machine in their own user, mount and process namespaces; volumes are mounted at their paths.";

    /// <summary>Whether this machine lets a container be made so: tried once, with everything a real one needs.</summary>
    public static async Task<bool> WorksAsync(string scratch, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux() || FindUnshare() is null)
        {
            return false;
        }

        Directory.CreateDirectory(scratch);
        var probe = new ContainerCommand
        {
            Arguments = ["/bin/sh", "-c", ":"],
            Environment = new Dictionary<string, string>(StringComparer.Ordinal),
            Mounts = [new(scratch, "/run/probe/mount", ReadOnly: true)],
            WorkingDirectory = "/",
            Scratch = scratch,
        };
        using var process = Process.Start(new NamespaceIsolation().Prepare(probe))!;
        try
        {
            process.StandardInput.Close();
            await Task.WhenAll(
                process.StandardOutput.ReadToEndAsync(cancellationToken),
                process.StandardError.ReadToEndAsync(cancellationToken),
                process.WaitForExitAsync(cancellationToken));
            return process.ExitCode == 0;
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }

    public string PathInside(ContainerMount mount) => mount.Target;

    public ProcessStartInfo Prepare(ContainerCommand command)
    {
        ExecutableLookup.Require(
            command.Arguments[0], command.Environment.GetValueOrDefault("PATH", ""), command.WorkingDirectory, HostPath);

        var root = Path.Combine(command.Scratch, "root");
        Directory.CreateDirectory(root);
        string[] mounts = [.. OuterFirst(command.Mounts).SelectMany(mount => new[] { mount.Source, mount.Target, mount.ReadOnly ? "ro" : "rw" })];
        return Processes.Describe(
            FindUnshare()!,
            ["--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child", "--",
                "/bin/sh", "-c", s_script, "container", root, command.WorkingDirectory, .. mounts, "--", .. command.Arguments],
            command.Environment,
            command.Scratch);

        string HostPath(string path) => Processes.Translate(path, command.Mounts);
    }

    public void Terminate(Process process)
    {
        // The process started is unshare itself, which would take all down at once; its only child is the container's first.
        var children = $"/proc/{process.Id}/task/{process.Id}/children";
        if (File.Exists(children)
            && int.TryParse(File.ReadAllText(children).Split(' ')[0], CultureInfo.InvariantCulture, out var first))
        {
            Posix.Signal(first, Posix.SigTerm);
        }
    }

    public void Kill(Process process)
    {
        // Once unshare has ended, so has the container's first process, and the kernel has killed the rest.
        if (!process.HasExited)
        {
            process.Kill();
        }
    }

    private static IEnumerable<ContainerMount> OuterFirst(IEnumerable<ContainerMount> mounts) =>
        mounts.OrderBy(mount => mount.Target.Count(character => character == '/'));

    private static string? FindUnshare() => Array.Find(["/usr/bin/unshare", "/bin/unshare", "/usr/local/bin/unshare"], File.Exists);

    private static string ReadScript()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("container.sh")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
