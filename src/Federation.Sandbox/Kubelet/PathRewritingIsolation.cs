using System.Diagnostics;
using System.Text;

namespace Federation.Sandbox.Kubelet;

/// <summary>
/// Without namespaces: mount paths in the command, its arguments and its environment are replaced by the volumes' directories
/// on this machine. A mount path that a program builds itself, or reads from a file, does not exist. The processes of a
/// container form one process group.
/// </summary>
internal sealed class PathRewritingIsolation : IContainerIsolation
{
    // Standard error is redirected only now: what was written before is about the start, not the container's output.
    private const string Script = "echo ready >&2; exec 2>&1; exec \"$@\"";

    private static readonly string[] s_newSession = NewSession();

    public string Description =>
        "Containers run as processes of this machine without namespaces; "
        + "mount paths in commands, arguments and environment are rewritten to directories of this machine.";

    public string PathInside(ContainerMount mount) => mount.Source;

    public ProcessStartInfo Prepare(ContainerCommand command) =>
        Describe(command, command.Arguments, ["/bin/sh", "-c", Script, "container"]);

    public ProcessStartInfo PrepareExec(Process container, ContainerCommand running, IReadOnlyList<string> arguments) =>
        Describe(running, arguments, []);

    public void Terminate(Process process) => Posix.Signal(process.Id, Posix.SigTerm);

    public void Kill(Process process)
    {
        Posix.Signal(-process.Id, Posix.SigKill);
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Replaces mount paths at the start of a path: <c>/v</c> in <c>file:///v/x</c>, not in <c>/var</c> or <c>/a/v</c>.</summary>
    internal static string Rewrite(string text, IReadOnlyList<ContainerMount> mounts)
    {
        var result = new StringBuilder(text.Length);
        var longestFirst = mounts.OrderByDescending(mount => mount.Target.Length).ToArray();
        var index = 0;
        while (index < text.Length)
        {
            var mount =
                text[index] == '/' && MayBegin(text, index)
                    ? Array.Find(
                        longestFirst,
                        mount =>
                            string.CompareOrdinal(text, index, mount.Target, 0, mount.Target.Length) == 0
                            && MayEnd(text, index + mount.Target.Length)
                    )
                    : null;
            if (mount is null)
            {
                result.Append(text[index++]);
            }
            else
            {
                result.Append(mount.Source);
                index += mount.Target.Length;
            }
        }

        return result.ToString();
    }

    private static ProcessStartInfo Describe(ContainerCommand container, IReadOnlyList<string> arguments, string[] before)
    {
        var environment = container.Environment.ToDictionary(
            variable => variable.Key,
            variable => Rewrite(variable.Value, container.Mounts),
            StringComparer.Ordinal
        );
        string[] rewritten = [.. arguments.Select(argument => Rewrite(argument, container.Mounts))];

        // Without a working directory of its own, a container works in its scratch directory, not in this machine's root.
        var workingDirectory = Processes.Translate(container.WorkingDirectory, container.Mounts);
        if (workingDirectory == "/" || !Directory.Exists(workingDirectory))
        {
            workingDirectory = container.Scratch;
        }

        ExecutableLookup.Require(rewritten[0], environment.GetValueOrDefault("PATH", ""), workingDirectory, path => path);
        string[] line = [.. s_newSession, .. before, .. rewritten];
        return Processes.Describe(line[0], line[1..], environment, workingDirectory);
    }

    private static bool MayBegin(string text, int index) =>
        index == 0
        || (text[index - 1] == '/' ? EndsAt(text, index, "file://") || EndsAt(text, index, "fileb://") : !IsPathCharacter(text[index - 1]));

    private static bool MayEnd(string text, int index) => index == text.Length || text[index] == '/' || !IsPathCharacter(text[index]);

    private static bool EndsAt(string text, int end, string ending) => text.AsSpan(0, end).EndsWith(ending, StringComparison.Ordinal);

    private static bool IsPathCharacter(char character) => char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '-';

    private static string[] NewSession()
    {
        if (Array.Find(["/usr/bin/setsid", "/bin/setsid"], File.Exists) is { } setsid)
        {
            return [setsid];
        }

        // macOS has no setsid(1), but always perl.
        return File.Exists("/usr/bin/perl") ? ["/usr/bin/perl", "-MPOSIX", "-e", "POSIX::setsid(); exec {$ARGV[0]} @ARGV"] : [];
    }
}
