using System.Text;
using System.Text.Json.Nodes;
using k8s.Models;

namespace Federation.Sandbox.Kubelet;

/// <summary>A volume cannot be set up yet. The message is the kubelet's.</summary>
internal sealed class VolumeException(string volume, string message)
    : Exception($"MountVolume.SetUp failed for volume \"{volume}\" : {message}");

/// <summary>The volumes of one pod, as directories of this machine.</summary>
internal sealed class PodVolumes(string directory, IKubeletCluster cluster, TimeProvider time)
{
    /// <summary>The part of its lifetime after which a token is replaced; at the latest after a day.</summary>
    private const double TokenShare = 0.8;

    private const int DefaultMode = 0b110_100_100;

    private readonly Dictionary<(string? Audience, long Seconds), ProjectedToken> _tokens = [];

    public string PathOf(V1Volume volume) => volume.HostPath?.Path ?? Path.Combine(directory, volume.Name);

    /// <summary>Whether the kubelet writes the volume's files.</summary>
    public static bool IsWrittenByKubelet(V1Volume volume) =>
        volume is { Projected: not null } or { ConfigMap: not null } or { Secret: not null } or { DownwardAPI: not null };

    /// <summary>Creates the volumes, or updates them when tokens age and sources change.</summary>
    /// <param name="source">The same pod as <paramref name="pod"/>, as stored.</param>
    /// <exception cref="VolumeException">A source does not exist, or a file would leave its volume.</exception>
    public void SetUp(JsonObject source, V1Pod pod)
    {
        var sources = new PodSources(cluster, pod.Metadata.NamespaceProperty);
        foreach (var volume in pod.Spec.Volumes ?? [])
        {
            try
            {
                SetUp(volume, source, pod, sources);
            }
            catch (ContainerConfigException exception)
            {
                throw new VolumeException(volume.Name, exception.Message);
            }
        }
    }

    private void SetUp(V1Volume volume, JsonObject source, V1Pod pod, PodSources sources)
    {
        var files = new SortedDictionary<string, VolumeFile>(StringComparer.Ordinal);
        switch (volume)
        {
            case { EmptyDir: not null }:
                CreateDirectory(volume);
                return;
            case { HostPath: { } host }:
                if (!Path.Exists(host.Path))
                {
                    throw new ContainerConfigException(
                        $"hostPath type check failed: {host.Path} is not a directory or file of this machine"
                    );
                }

                return;
            case { ConfigMap: { } map }:
                AddConfigMap(map.Name, map.Items, map.DefaultMode, map.Optional);
                break;
            case { Secret: { } secret }:
                AddSecret(secret.SecretName, secret.Items, secret.DefaultMode, secret.Optional);
                break;
            case { DownwardAPI: { } downward }:
                AddFields(downward.Items, downward.DefaultMode);
                break;
            case { Projected: { } projected }:
                foreach (var part in projected.Sources ?? [])
                {
                    AddProjected(part, projected.DefaultMode);
                }

                break;
            default:
                throw new ContainerConfigException(
                    "the sandbox has emptyDir, configMap, secret, downwardAPI, projected and hostPath volumes only"
                );
        }

        AtomicDirectory.Write(CreateDirectory(volume), files, time.GetUtcNow());

        void AddProjected(V1VolumeProjection part, int? mode)
        {
            switch (part)
            {
                case { ServiceAccountToken: { } token }:
                    Add(token.Path, Encoding.UTF8.GetBytes(Token(source, token.Audience, token.ExpirationSeconds ?? 3600)), mode);
                    break;
                case { ConfigMap: { } map }:
                    AddConfigMap(map.Name, map.Items, mode, map.Optional);
                    break;
                case { Secret: { } secret }:
                    AddSecret(secret.Name, secret.Items, mode, secret.Optional);
                    break;
                case { DownwardAPI: { } downward }:
                    AddFields(downward.Items, mode);
                    break;
                default:
                    throw new ContainerConfigException(
                        "the sandbox projects serviceAccountToken, configMap, secret and downwardAPI sources only"
                    );
            }
        }

        void AddConfigMap(string name, IList<V1KeyToPath>? items, int? mode, bool? optional) =>
            AddItems(sources.ConfigMap(name, optional), items, mode, optional, "configmap references non-existent config key");

        void AddSecret(string name, IList<V1KeyToPath>? items, int? mode, bool? optional) =>
            AddItems(sources.Secret(name, optional), items, mode, optional, "references non-existent secret key");

        void AddItems(IReadOnlyDictionary<string, byte[]>? data, IList<V1KeyToPath>? items, int? mode, bool? optional, string missing)
        {
            if (items is not { Count: > 0 })
            {
                foreach (var (key, content) in data ?? new Dictionary<string, byte[]>(StringComparer.Ordinal))
                {
                    Add(key, content, mode);
                }

                return;
            }

            foreach (var item in items)
            {
                if (data is not null && data.TryGetValue(item.Key, out var content))
                {
                    Add(item.Path, content, item.Mode ?? mode);
                }
                else if (optional != true)
                {
                    throw new ContainerConfigException($"{missing}: {item.Key}");
                }
            }
        }

        void AddFields(IList<V1DownwardAPIVolumeFile>? items, int? mode)
        {
            foreach (var item in items ?? [])
            {
                var text = item.FieldRef is { } field
                    ? PodFields.Read(pod, field.FieldPath)
                    : PodFields.ReadResource(pod, item.ResourceFieldRef.ContainerName, item.ResourceFieldRef);
                Add(item.Path, Encoding.UTF8.GetBytes(text), item.Mode ?? mode);
            }
        }

        void Add(string path, byte[] content, int? mode) => files[path] = new VolumeFile(content, mode ?? DefaultMode);
    }

    private string CreateDirectory(V1Volume volume)
    {
        Directory.CreateDirectory(directory);
        return Directory.CreateDirectory(VolumePath.Below(directory, volume.Name)).FullName;
    }

    private string Token(JsonObject pod, string? audience, long seconds)
    {
        var now = time.GetUtcNow();
        if (!_tokens.TryGetValue((audience, seconds), out var token) || IsOld(token))
        {
            token = _tokens[(audience, seconds)] = cluster.MintToken(pod, audience, seconds);
        }

        return token.Token;

        bool IsOld(ProjectedToken token) =>
            now >= token.IssuedAt + ((token.Expires - token.IssuedAt) * TokenShare) || now - token.IssuedAt >= TimeSpan.FromHours(24);
    }
}
