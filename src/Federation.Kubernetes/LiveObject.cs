using System.Collections.ObjectModel;
using Federation.Planning;
using Federation.Resources;
using k8s;
using k8s.Models;

namespace Federation.Kubernetes;

/// <summary>A namespace or a service account as the API holds it, reduced to what planning, diagnosis and deletion look at.</summary>
/// <param name="Namespace">The namespace that it is in; null for a namespace.</param>
/// <param name="Uid">Another one after the object was deleted and recreated.</param>
internal sealed record LiveObject(string? Namespace, string Name, string Uid, string ResourceVersion)
{
    public static readonly ReadOnlyDictionary<string, string> None = ReadOnlyDictionary<string, string>.Empty;

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    public required IReadOnlyDictionary<string, string> Annotations { get; init; }

    public required FieldOwnership Ownership { get; init; }

    /// <summary>It is being deleted; in a namespace that is, nothing new can be created.</summary>
    public required bool IsTerminating { get; init; }

    /// <summary>The labels and annotations whose paths are wanted.</summary>
    public Fields FieldsWhere(Func<string, bool> isWanted)
    {
        var fields = MetadataFields.Of(Labels, Annotations).Values;
        return new Fields(fields.RemoveRange(fields.Keys.Where(path => !isWanted(path))));
    }

    /// <param name="mark">That of the federation whose fields are ours.</param>
    public static LiveObject Of(IKubernetesObject<V1ObjectMeta> found, Mark mark) =>
        new(found.Namespace(), found.Name(), found.Uid(), found.ResourceVersion())
        {
            Labels = found.Metadata.Labels?.AsReadOnly() ?? None,
            Annotations = found.Metadata.Annotations?.AsReadOnly() ?? None,
            Ownership = FieldOwnership.Of(found.Metadata, mark),
            IsTerminating = found.Metadata.DeletionTimestamp is not null,
        };
}
