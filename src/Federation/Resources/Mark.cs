using System.Collections.Immutable;

namespace Federation.Resources;

/// <summary>
/// The mark on what this tool makes, by which it knows its own again: IAM tags and Kubernetes labels that name the
/// tool, the federation and the workloads. Written in the alphabets of both: tag values after IAM's TagRole, labels
/// after "Labels and Selectors" of the Kubernetes documentation (63 characters, alphanumeric at both ends).
/// </summary>
/// <param name="Federation">The federation's name (a DNS label): two federations do not take each other's resources for theirs.</param>
/// <param name="Workloads">The workloads that need the marked resource; none where they are not worth a write each time they change.</param>
public sealed record Mark(string Federation, IReadOnlyList<string> Workloads)
{
    /// <summary>The name of this tool in every mark, and its field manager in Kubernetes.</summary>
    public const string Tool = "gke-to-aws-federation";

    /// <summary>What the <c>Sid</c> of every trust statement of ours begins with; a statement without it is another owner's.</summary>
    public const string TrustSidPrefix = "Federation";

    /// <summary>What the key of every IAM tag of ours begins with; a tag without it is another owner's.</summary>
    public const string TagPrefix = "federation:";

    private const string ToolName = "tool";
    private const string FederationName = "name";
    private const string WorkloadName = "workload";
    private const int LongestLabel = 63;
    private const int LongestTag = 256;

    /// <summary>The IAM tags of the mark: <c>federation:tool</c>, <c>federation:name</c>, <c>federation:workload</c>.</summary>
    public ImmutableSortedDictionary<string, string> Tags => Write(':', ' ', LongestTag);

    /// <summary>The Kubernetes labels of the mark: <c>federation/tool</c>, <c>federation/name</c>, <c>federation/workload</c>.</summary>
    public ImmutableSortedDictionary<string, string> Labels => Write('/', '_', LongestLabel);

    /// <summary>Whether IAM tags or Kubernetes labels carry the mark of this tool and this federation, for whatever workloads.</summary>
    public bool IsOn(IReadOnlyDictionary<string, string> tagsOrLabels) => IsOn(tagsOrLabels, ':') || IsOn(tagsOrLabels, '/');

    /// <summary>
    /// The tag that keeps a GKE cluster's own id on the role that trusts it. A cluster made again under the same name
    /// has the same issuer and another id; the trust would revive with it unnoticed.
    /// </summary>
    public static string ClusterTag(string project, string location, string name) => $"{TagPrefix}cluster:{project}/{location}/{name}";

    private bool IsOn(IReadOnlyDictionary<string, string> marks, char separator) =>
        marks.TryGetValue(Key(separator, ToolName), out var tool)
        && string.Equals(tool, Tool, StringComparison.Ordinal)
        && marks.TryGetValue(Key(separator, FederationName), out var federation)
        && string.Equals(federation, Federation, StringComparison.Ordinal);

    private static string Key(char separator, string name) => $"federation{separator}{name}";

    private ImmutableSortedDictionary<string, string> Write(char separator, char joint, int longest)
    {
        var marks = ImmutableSortedDictionary
            .Create<string, string>(StringComparer.Ordinal)
            .Add(Key(separator, ToolName), Tool)
            .Add(Key(separator, FederationName), Federation);
        return Workloads.Count == 0 ? marks : marks.Add(Key(separator, WorkloadName), Join(joint, longest));
    }

    /// <summary>The names in order, as many as fit; the rest as a count, so that the value stays the same for the same workloads.</summary>
    private string Join(char joint, int longest)
    {
        var names = Workloads.Order(StringComparer.Ordinal).ToList();
        for (var shown = names.Count; shown >= 0; shown--)
        {
            var rest = names.Count - shown;
            var text = string.Join(joint, rest == 0 ? names : [.. names.Take(shown), $"{rest}-more"]);
            if (text.Length <= longest)
            {
                return text;
            }
        }

        return "";
    }
}
