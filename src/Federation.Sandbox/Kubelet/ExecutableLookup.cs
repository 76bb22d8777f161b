namespace Federation.Sandbox.Kubelet;

/// <summary>Checks a container's executable before it is started, to fail with the container runtime's messages.</summary>
internal static class ExecutableLookup
{
    /// <param name="hostPath">Translates a path of the container into one of this machine.</param>
    /// <exception cref="ContainerStartException">The executable does not exist, or may not be executed.</exception>
    public static void Require(string executable, string searchPath, string workingDirectory, Func<string, string> hostPath)
    {
        if (!executable.Contains('/', StringComparison.Ordinal))
        {
            var found = searchPath
                .Split(':', StringSplitOptions.RemoveEmptyEntries)
                .Select(directory => hostPath($"{directory}/{executable}"))
                .Any(candidate => File.Exists(candidate) && MayExecute(candidate));
            if (!found)
            {
                throw new ContainerStartException($"exec: \"{executable}\": executable file not found in $PATH");
            }

            return;
        }

        var path = hostPath(executable.StartsWith('/') ? executable : $"{workingDirectory.TrimEnd('/')}/{executable}");
        if (Directory.Exists(path))
        {
            throw new ContainerStartException($"exec: \"{executable}\": is a directory");
        }

        if (!File.Exists(path))
        {
            throw new ContainerStartException($"exec: \"{executable}\": stat {executable}: no such file or directory");
        }

        if (!MayExecute(path))
        {
            throw new ContainerStartException($"exec: \"{executable}\": permission denied");
        }
    }

    private static bool MayExecute(string path) =>
        !OperatingSystem.IsWindows()
        && (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute))
            != UnixFileMode.None;
}
