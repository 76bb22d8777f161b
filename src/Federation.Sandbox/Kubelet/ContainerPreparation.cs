using System.Text;
using Federation.Diagnosis.Evidence;
using k8s.Models;

namespace Federation.Sandbox.Kubelet;

/// <summary>The command of a container, and the file of this machine that becomes its termination log.</summary>
internal sealed record PreparedContainer(ContainerCommand Command, string TerminationLog);

/// <summary>Prepares the command of a container: environment, mounts, scratch directory.</summary>
internal sealed class ContainerPreparation(
    IKubeletCluster cluster,
    KubeletOptions options,
    ImageStore images,
    PodVolumes volumes,
    string directory
)
{
    /// <exception cref="ContainerConfigException">The environment or a mount refers to something that does not exist.</exception>
    public PreparedContainer Prepare(V1Pod pod, ContainerSlot slot, ContainerImage image)
    {
        var container = slot.Spec;
        var scratch = Path.Combine(directory, "containers", container.Name, $"{slot.Status.RestartCount}-{Guid.NewGuid():N}");
        var home = Path.Combine(scratch, "home");
        Directory.CreateDirectory(home);
        var terminationLog = Path.Combine(scratch, "termination-log");
        File.WriteAllText(terminationLog, "");

        var (mounts, searchPath) = images.Mount(image);
        var provided = new Dictionary<string, string>(options.Environment, StringComparer.Ordinal)
        {
            ["PATH"] = searchPath,
            ["HOSTNAME"] = pod.Metadata.Name,
            ["HOME"] = "/.home",
        };
        var environment = ContainerEnvironment.Resolve(
            WithAddress(pod),
            container,
            provided,
            new PodSources(cluster, pod.Metadata.NamespaceProperty)
        );
        IEnumerable<string> command = container.Command is { Count: > 0 } own ? own : image.Entrypoint;
        IEnumerable<string> arguments =
            container.Args is { Count: > 0 } given ? given
            : container.Command is { Count: > 0 } ? []
            : image.Command;
        string[] line = [.. command.Concat(arguments).Select(word => PodVariables.Expand(word, environment))];
        return new PreparedContainer(
            new ContainerCommand
            {
                Arguments = line,
                Environment = environment,
                Mounts =
                [
                    .. mounts,
                    new(home, "/.home", ReadOnly: false),
                    .. VolumeMounts(pod, container, scratch, environment),
                    new(terminationLog, container.TerminationMessagePath ?? "/dev/termination-log", ReadOnly: false),
                ],
                WorkingDirectory = container.WorkingDir ?? image.WorkingDirectory,
                Scratch = scratch,
            },
            terminationLog
        );
    }

    private IEnumerable<ContainerMount> VolumeMounts(
        V1Pod pod,
        V1Container container,
        string scratch,
        Dictionary<string, string> environment
    )
    {
        foreach (var mount in container.VolumeMounts ?? [])
        {
            var volume = pod.Spec.Volumes.First(volume => volume.Name == mount.Name);
            var source = volumes.PathOf(volume);
            var subPath = mount.SubPath ?? (mount.SubPathExpr is { } expression ? PodVariables.Expand(expression, environment) : null);
            if (!string.IsNullOrEmpty(subPath))
            {
                source = Below(source, subPath, container, mount);
                if (PodVolumes.IsWrittenByKubelet(volume) && File.Exists(source))
                {
                    // A file mounted by subPath is not updated with the volume.
                    var copy = Path.Combine(scratch, "subpaths", mount.Name, subPath);
                    Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                    File.Copy(source, copy, overwrite: true);
                    source = copy;
                }
                else if (!Path.Exists(source))
                {
                    Directory.CreateDirectory(source);
                }
            }

            yield return new ContainerMount(
                source,
                mount.MountPath.TrimEnd('/'),
                mount.ReadOnlyProperty == true || PodVolumes.IsWrittenByKubelet(volume)
            );
        }
    }

    private static string Below(string volume, string subPath, V1Container container, V1VolumeMount mount)
    {
        try
        {
            return VolumePath.Below(volume, subPath);
        }
        catch (ContainerConfigException exception)
        {
            throw new ContainerConfigException(
                $"failed to prepare subPath for volumeMount \"{mount.Name}\" of container \"{container.Name}\": {exception.Message}"
            );
        }
    }

    private V1Pod WithAddress(V1Pod pod)
    {
        pod.Status ??= new V1PodStatus();
        pod.Status.HostIP = pod.Status.PodIP = options.HostIP;
        return pod;
    }

    /// <summary>The content of the termination log or, for a failed container with that policy, the end of its output.</summary>
    public static string? TerminationMessage(V1Container container, string path, int exitCode, ContainerLog log)
    {
        const int longest = 4096;
        var buffer = new byte[longest];
        using var file = File.OpenRead(path);
        var message = Encoding.UTF8.GetString(buffer.AsSpan(0, file.ReadAtLeast(buffer, longest, throwOnEndOfStream: false)));
        return message.Length == 0 && exitCode != 0 && container.TerminationMessagePolicy == "FallbackToLogsOnError"
            ? log.Tail(lines: 80, bytes: 2048)
            : message;
    }
}
