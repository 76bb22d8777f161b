using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Findings;
using Federation.Planning;
using Federation.Resources;

namespace Federation.Kubernetes;

/// <summary>
/// An object that is written by server-side apply: the rendered document is what is wanted, and only the labels and
/// annotations that it names are ours.
/// </summary>
/// <param name="Namespace">The namespace that it is in; for a namespace, its own name.</param>
internal abstract record KubernetesResource(ResourceId Id, Cluster Cluster, string Namespace, JsonObject Document) : DesiredResource(Id)
{
    /// <summary>What the cluster's API calls the object, for messages: <c>serviceaccounts/NAME</c>.</summary>
    public abstract string Path { get; }

    /// <summary>Writing it by server-side apply.</summary>
    public abstract Attempt Applying { get; }

    public override Fields Fields => MetadataFields.Of(Pairs("labels"), Pairs("annotations"));

    public string Name => (string)Document["metadata"]!["name"]!;

    /// <summary>The document without any field: applying it gives up the ownership of all fields.</summary>
    public JsonObject Bare =>
        new()
        {
            ["apiVersion"] = Document["apiVersion"]?.DeepClone(),
            ["kind"] = Document["kind"]?.DeepClone(),
            ["metadata"] = new JsonObject { ["name"] = Name },
        };

    /// <summary>With the mark that is among these labels in place of ours; with none, if there is none.</summary>
    public KubernetesResource MarkedAs(IReadOnlyDictionary<string, string> live)
    {
        var document = Document.DeepClone().AsObject();
        if (document["metadata"]!["labels"] is JsonObject labels)
        {
            foreach (var key in labels.Select(label => label.Key).Where(Mark.IsLabel).ToArray())
            {
                labels.Remove(key);
                if (live.TryGetValue(key, out var value))
                {
                    labels[key] = value;
                }
            }
        }

        return this with
        {
            Document = document,
        };
    }

    /// <summary>These fields with our mark in place of another one, so that it is no difference.</summary>
    public Fields MarkIn(Fields live)
    {
        var ours = Fields.Values.Where(field => MetadataFields.IsMark(field.Key));
        return new Fields(live.Values.RemoveRange(live.Values.Keys.Where(MetadataFields.IsMark)).AddRange(ours));
    }

    /// <summary>The document as several workloads share it, with a mark that names them all.</summary>
    public KubernetesResource Marked(Mark mark)
    {
        if (Workloads.Count < 2)
        {
            return this;
        }

        var document = Document.DeepClone().AsObject();
        if (document["metadata"]!["labels"] is JsonObject labels)
        {
            foreach (var (key, value) in mark.Labels.Where(label => labels.ContainsKey(label.Key)))
            {
                labels[key] = value;
            }
        }

        return this with
        {
            Document = document,
        };
    }

    private IEnumerable<KeyValuePair<string, string>> Pairs(string map) =>
        Document["metadata"]![map] is JsonObject pairs ? pairs.Select(pair => KeyValuePair.Create(pair.Key, (string)pair.Value!)) : [];
}

/// <summary>The namespace of one or more workloads.</summary>
internal sealed record NamespaceResource(ResourceId Id, Cluster Cluster, string Namespace, JsonObject Document)
    : KubernetesResource(Id, Cluster, Namespace, Document)
{
    public override string Path => $"namespaces/{Name}";

    public override Attempt Applying =>
        new($"patch {Path}", Id) { Writes = new WrittenObject($"the namespace {Name}", Name, "namespace.yaml") };

    public override string MissingCode => FindingCodes.NamespaceMissing;
}

/// <summary>The Kubernetes service account of one or more workloads.</summary>
internal sealed record ServiceAccountResource(ResourceId Id, Cluster Cluster, string Namespace, JsonObject Document)
    : KubernetesResource(Id, Cluster, Namespace, Document)
{
    public override string Path => $"serviceaccounts/{Name} in {Namespace}";

    public override Attempt Applying =>
        new($"patch {Path}", Id)
        {
            Writes = new WrittenObject($"the service account {Namespace}/{Name}", Namespace, "service-account.yaml"),
        };

    public override string MissingCode => FindingCodes.ServiceAccountMissing;
}

/// <summary>Labels and annotations as fields.</summary>
internal static class MetadataFields
{
    private const string Labels = "labels[";

    /// <summary>Whether a field is a label of a mark.</summary>
    public static bool IsMark(string path) => path.StartsWith(Labels, StringComparison.Ordinal) && Mark.IsLabel(path[Labels.Length..^1]);

    public static Fields Of(IEnumerable<KeyValuePair<string, string>>? labels, IEnumerable<KeyValuePair<string, string>>? annotations)
    {
        var fields = Fields.Empty;
        foreach (var (key, value) in labels ?? [])
        {
            fields = fields.With($"{Labels}{key}]", value);
        }

        foreach (var (key, value) in annotations ?? [])
        {
            fields = fields.With($"annotations[{key}]", value);
        }

        return fields;
    }
}
