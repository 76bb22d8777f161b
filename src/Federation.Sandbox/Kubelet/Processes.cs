using System.Diagnostics;

namespace Federation.Sandbox.Kubelet;

internal static class Processes
{
    /// <summary>A process with these variables and no others: nothing of this process's environment passes.</summary>
    public static ProcessStartInfo Describe(
        string executable,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string> environment,
        string workingDirectory
    )
    {
        var description = new ProcessStartInfo(executable, arguments)
        {
            UseShellExecute = false,
            WorkingDirectory = workingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        description.Environment.Clear();
        foreach (var (name, value) in environment)
        {
            description.Environment[name] = value;
        }

        return description;
    }

    /// <summary>A command line that a POSIX shell reads as these words.</summary>
    public static string ShellWords(IEnumerable<string> words) =>
        string.Join(' ', words.Select(word => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'"));

    /// <summary>Where a path of the container lies on this machine.</summary>
    public static string Translate(string path, IEnumerable<ContainerMount> mounts)
    {
        var mount = mounts
            .Where(mount => path == mount.Target || path.StartsWith(mount.Target.TrimEnd('/') + "/", StringComparison.Ordinal))
            .MaxBy(mount => mount.Target.Length);
        return mount is null ? path : mount.Source + path[mount.Target.TrimEnd('/').Length..];
    }
}
