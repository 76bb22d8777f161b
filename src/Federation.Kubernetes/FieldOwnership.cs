using System.Text.Json;
using k8s.Models;

namespace Federation.Kubernetes;

/// <summary>
/// Who manages which label and annotation of an object, out of its <c>managedFields</c> (Kubernetes documentation,
/// "Server-Side Apply", FieldsV1).
/// </summary>
internal sealed class FieldOwnership
{
    private readonly HashSet<string> _ours = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _others = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _otherManagers = new(StringComparer.Ordinal);

    /// <summary>
    /// The other managers that own anything of the object, labels and annotations or not, in order. Who writes its status does
    /// not count.
    /// </summary>
    public IReadOnlyList<string> OtherManagers => [.. _otherManagers];

    public static FieldOwnership Of(V1ObjectMeta metadata)
    {
        var ownership = new FieldOwnership();
        foreach (var entry in metadata.ManagedFields ?? [])
        {
            if (entry.Manager != KubernetesCloud.FieldManager && string.IsNullOrEmpty(entry.Subresource))
            {
                ownership._otherManagers.Add(entry.Manager);
            }

            if (
                entry.FieldsV1 is JsonElement { ValueKind: JsonValueKind.Object } fields
                && fields.TryGetProperty("f:metadata", out var managed)
            )
            {
                ownership.Add(entry.Manager, managed, "labels");
                ownership.Add(entry.Manager, managed, "annotations");
            }
        }

        return ownership;
    }

    public bool IsOurs(string path) => _ours.Contains(path);

    /// <summary>The other manager that owns a field we do not; null if there is none.</summary>
    public string? OwnerOf(string path) => IsOurs(path) ? null : _others.GetValueOrDefault(path);

    private void Add(string manager, JsonElement managed, string map)
    {
        if (!managed.TryGetProperty("f:" + map, out var keys))
        {
            return;
        }

        foreach (var key in keys.EnumerateObject().Where(key => key.Name.StartsWith("f:", StringComparison.Ordinal)))
        {
            var path = $"{map}[{key.Name[2..]}]";
            if (manager == KubernetesCloud.FieldManager)
            {
                _ours.Add(path);
            }
            else
            {
                _others.TryAdd(path, manager);
            }
        }
    }
}
