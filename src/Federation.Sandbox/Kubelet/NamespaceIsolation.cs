using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace Federation.Sandbox.Kubelet;

/// <summary>
/// Linux user, mount and process namespaces by <c>unshare</c> of util-linux, without privileges. Mount paths exist, and all
/// processes of a container end with its first one.
/// </summary>
internal sealed class NamespaceIsolation : IContainerIsolation
{
    private static readonly string s_script = ReadScript();

    public string Description =>
        "Containers run as processes of this machine in their own user, mount and process namespaces; "
        + "volumes are mounted at their paths.";

    /// <summary>Tries on a small container whether this machine allows it.</summary>
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
                process.WaitForExitAsync(cancellationToken)
            );
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
        RequireExecutable(command, command.Arguments[0]);
        var root = Path.Combine(command.Scratch, "root");
        Directory.CreateDirectory(root);
        string[] mounts =
        [
            .. OuterFirst(command.Mounts).SelectMany(mount => new[] { mount.Source, mount.Target, mount.ReadOnly ? "ro" : "rw" }),
        ];
        return Processes.Describe(
            FindUnshare()!,
            [
                "--user",
                "--map-root-user",
                "--mount",
                "--pid",
                "--fork",
                "--kill-child",
                "--",
                "/bin/sh",
                "-c",
                s_script,
                "container",
                root,
                command.WorkingDirectory,
                .. mounts,
                "--",
                .. command.Arguments,
            ],
            command.Environment,
            command.Scratch
        );
    }

    public ProcessStartInfo PrepareExec(Process container, ContainerCommand running, IReadOnlyList<string> arguments)
    {
        RequireExecutable(running, arguments[0]);
        if (FirstProcess(container) is not { } first)
        {
            throw new ContainerStartException("the container has ended");
        }

        // A running process cannot be moved into the namespaces, so nsenter starts one there.
        return Processes.Describe(
            FindTool("nsenter") ?? throw new ContainerStartException("nsenter of util-linux is not on this machine"),
            [
                "--target",
                first.ToString(CultureInfo.InvariantCulture),
                "--user",
                "--preserve-credentials",
                "--mount",
                "--pid",
                "--root",
                "--wd",
                "--",
                "/bin/sh",
                "-c",
                "cd \"$1\" && shift && unset OLDPWD && exec \"$@\"",
                "exec",
                running.WorkingDirectory,
                .. arguments,
            ],
            running.Environment,
            running.Scratch
        );
    }

    public void Terminate(Process process)
    {
        // The signal must not go to unshare itself: its end would kill the container at once.
        if (FirstProcess(process) is { } first)
        {
            Posix.Signal(first, Posix.SigTerm);
        }
    }

    public void Kill(Process process)
    {
        // Once unshare has ended, the container's first process has too, and the kernel has killed the others.
        if (!process.HasExited)
        {
            process.Kill();
        }
    }

    /// <summary>The container's first process, which is the only child of unshare.</summary>
    private static int? FirstProcess(Process unshare)
    {
        try
        {
            return int.TryParse(
                File.ReadAllText($"/proc/{unshare.Id}/task/{unshare.Id}/children").Split(' ')[0],
                CultureInfo.InvariantCulture,
                out var first
            )
                ? first
                : null;
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException)
        {
            return null;
        }
    }

    private static void RequireExecutable(ContainerCommand container, string executable) =>
        ExecutableLookup.Require(
            executable,
            container.Environment.GetValueOrDefault("PATH", ""),
            container.WorkingDirectory,
            path => Processes.Translate(path, container.Mounts)
        );

    private static IEnumerable<ContainerMount> OuterFirst(IEnumerable<ContainerMount> mounts) =>
        mounts.OrderBy(mount => mount.Target.Count(character => character == '/'));

    private static string? FindUnshare() => FindTool("unshare");

    private static string? FindTool(string name) => Array.Find([$"/usr/bin/{name}", $"/bin/{name}", $"/usr/local/bin/{name}"], File.Exists);

    private static string ReadScript()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("container.sh")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
