using System.Text.Json;
using Federation.Resources;
using k8s.Models;

namespace Federation.Kubernetes;

/// <summary>
/// Who manages which label and annotation of an object, from its <c>managedFields</c> (Kubernetes documentation,
/// "Server-Side Apply", FieldsV1).
/// </summary>
internal sealed class FieldOwnership
{
    /// <summary>
    /// The manager of every federation in versions of this tool up to 1.0, which let them overwrite each other. What it owns of
    /// an object is ours where the object carries our mark: both were written in one apply.
    /// </summary>
    public const string FormerManager = Mark.Tool;

    private readonly HashSet<string> _ours = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _others = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _otherManagers = new(StringComparer.Ordinal);

    /// <summary>We own fields under the manager of former versions.</summary>
    public bool HasFormerManager { get; private init; }

    /// <summary>
    /// The other managers that own anything of the object, labels and annotations or not, in order. Who writes its status does
    /// not count.
    /// </summary>
    public IReadOnlyList<string> OtherManagers => [.. _otherManagers];

    /// <summary>
    /// The name under which a federation owns fields. One for each, so that what two of them want differently is a conflict.
    /// </summary>
    public static string ManagerOf(Mark mark) => $"{Mark.Tool}/{mark.Federation}";

    /// <param name="mark">That of the federation whose fields are ours.</param>
    public static FieldOwnership Of(V1ObjectMeta metadata, Mark mark)
    {
        var entries = metadata.ManagedFields ?? [];
        var ownership = new FieldOwnership
        {
            HasFormerManager =
                entries.Any(entry => entry.Manager == FormerManager) && mark.IsOn(metadata.Labels?.AsReadOnly() ?? LiveObject.None),
        };
        foreach (var entry in entries)
        {
            var isOurs = entry.Manager == ManagerOf(mark) || (entry.Manager == FormerManager && ownership.HasFormerManager);
            if (!isOurs && string.IsNullOrEmpty(entry.Subresource))
            {
                ownership._otherManagers.Add(entry.Manager);
            }

            if (
                entry.FieldsV1 is JsonElement { ValueKind: JsonValueKind.Object } fields
                && fields.TryGetProperty("f:metadata", out var managed)
            )
            {
                ownership.Add(entry.Manager, isOurs, managed, "labels");
                ownership.Add(entry.Manager, isOurs, managed, "annotations");
            }
        }

        return ownership;
    }

    public bool IsOurs(string path) => _ours.Contains(path);

    /// <summary>The other manager that owns a field we do not; null if there is none.</summary>
    public string? OwnerOf(string path) => IsOurs(path) ? null : _others.GetValueOrDefault(path);

    private void Add(string manager, bool isOurs, JsonElement managed, string map)
    {
        if (!managed.TryGetProperty("f:" + map, out var keys))
        {
            return;
        }

        foreach (var key in keys.EnumerateObject().Where(key => key.Name.StartsWith("f:", StringComparison.Ordinal)))
        {
            var path = $"{map}[{key.Name[2..]}]";
            if (isOurs)
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
