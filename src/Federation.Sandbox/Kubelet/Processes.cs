using System.Diagnostics;

namespace Federation.Sandbox.Kubelet;

internal static class Processes
{
    /// <summary>Describes a process with these variables and no others.</summary>
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

    /// <summary>Quotes words for a POSIX shell.</summary>
    public static string ShellWords(IEnumerable<string> words) =>
        string.Join(' ', words.Select(word => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'"));

    /// <summary>The path on this machine of a path in the container.</summary>
    public static string Translate(string path, IEnumerable<ContainerMount> mounts)
    {
        var mount = mounts
            .Where(mount => path == mount.Target || path.StartsWith(mount.Target.TrimEnd('/') + "/", StringComparison.Ordinal))
            .MaxBy(mount => mount.Target.Length);
        return mount is null ? path : mount.Source + path[mount.Target.TrimEnd('/').Length..];
    }
}
