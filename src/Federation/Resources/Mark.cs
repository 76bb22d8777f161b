using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Federation.Resources;

/// <summary>
/// The mark by which this tool recognises what it created: IAM tags, Kubernetes labels, and the description of a Google
/// service account. It names the tool, the federation and the workloads. Tag values use the alphabet of IAM's TagRole,
/// labels that of "Labels and Selectors" in the Kubernetes documentation (63 characters, alphanumeric at both ends).
/// </summary>
/// <param name="Federation">The federation's name (a DNS label): two federations do not take each other's resources for theirs.</param>
/// <param name="Workloads">
/// The workloads that need the marked resource; empty where updating the list on every workload change is not worth a write.
/// </param>
public sealed partial record Mark(string Federation, IReadOnlyList<string> Workloads)
{
    /// <summary>The name of this tool in every mark, and in its field managers in Kubernetes.</summary>
    public const string Tool = "gke-to-aws-federation";

    /// <summary>What the key of every IAM tag of ours begins with; a tag without it is another owner's.</summary>
    public const string TagPrefix = "federation:";

    /// <summary>
    /// Null: the federation's name is its own, so that what carries it is ours. Otherwise others may be called so too: then only what
    /// was made for one of these workloads is ours, or for none in particular.
    /// </summary>
    public IReadOnlySet<string>? Known { get; init; }

    private const string ClusterTagPrefix = TagPrefix + "cluster:";
    private const string ToolName = "tool";
    private const string FederationName = "name";
    private const string WorkloadName = "workload";
    private const int LongestLabel = 63;
    private const int LongestTag = 256;

    /// <summary>IAM API v1, ServiceAccount.description: 256 UTF-8 bytes; a mark is ASCII.</summary>
    private const int LongestDescription = 256;

    /// <summary>The IAM tags of the mark: <c>federation:tool</c>, <c>federation:name</c>, <c>federation:workload</c>.</summary>
    public ImmutableSortedDictionary<string, string> Tags => Write(':', ' ', LongestTag);

    /// <summary>The Kubernetes labels of the mark: <c>federation/tool</c>, <c>federation/name</c>, <c>federation/workload</c>.</summary>
    public ImmutableSortedDictionary<string, string> Labels => Write('/', '_', LongestLabel);

    /// <summary>
    /// The mark as the description of a Google service account: a sentence for a person, which <see cref="OfDescription"/>
    /// reads back.
    /// </summary>
    public string Description
    {
        get
        {
            var (start, end) = ($"Made by {Tool}; federation: {Federation}", "; GKE workloads act as it through Workload Identity.");
            const string List = "; workload: ";
            return Workloads.Count == 0
                ? start + end
                : start + List + Join(' ', LongestDescription - start.Length - List.Length - end.Length) + end;
        }
    }

    /// <summary>
    /// The mark that the description of a Google service account carries, with as many of its workloads as are named there;
    /// null if it carries none. Versions of this tool up to 1.0 wrote descriptions without a federation, which are not a mark.
    /// </summary>
    public static Mark? OfDescription(string? description) =>
        description is not null && MarkedDescription().Match(description) is { Success: true } match
            ? Read(match.Groups["federation"].Value, match.Groups["workloads"].Value, ' ')
            : null;

    /// <summary>The mark that IAM tags carry, with as many of its workloads as are named there; null if they carry none.</summary>
    public static Mark? OfTags(IReadOnlyDictionary<string, string> tags) => Of(tags, ':', ' ');

    /// <summary>The mark that Kubernetes labels carry, with as many of its workloads as are named there; null if they carry none.</summary>
    public static Mark? OfLabels(IReadOnlyDictionary<string, string> labels) => Of(labels, '/', '_');

    /// <summary>
    /// Whether the description of a Google service account carries the mark of this tool and federation, for whatever
    /// workloads.
    /// </summary>
    public bool IsOn(string? description) =>
        OfDescription(description) is { } mark && string.Equals(mark.Federation, Federation, StringComparison.Ordinal);

    /// <summary>Whether IAM tags or Kubernetes labels carry the mark of this tool and this federation: see <see cref="Known"/>.</summary>
    public bool IsOn(IReadOnlyDictionary<string, string> tagsOrLabels) =>
        On(tagsOrLabels) is { } mark && mark.Federation == Federation && IsForOneOfOurs(mark);

    /// <summary>
    /// Who made what carries a mark other than ours, as the rest of a sentence about it; null where it is ours, or carries none.
    /// </summary>
    public string? OtherOn(IReadOnlyDictionary<string, string> tagsOrLabels) =>
        On(tagsOrLabels) is not { } mark || IsOn(tagsOrLabels) ? null
        : mark.Federation != Federation ? $"carries the mark of the federation {mark.Federation}"
        : $"was made for {string.Join(", ", mark.Workloads)}, which this configuration does not have; a federation without a name is "
            + $"called {Federation}, so it may be another repository's (if no other is called so, "
            + $"`name: {Federation}` says that it is yours)";

    /// <summary>Whether a Kubernetes label is part of a mark.</summary>
    public static bool IsLabel(string key) => key == Key('/', ToolName) || key == Key('/', FederationName) || key == Key('/', WorkloadName);

    /// <summary>
    /// The tag that keeps a GKE cluster's own id on the role that trusts it. A cluster recreated under the same name
    /// has the same issuer and another id; without the tag, the trust would hold for it unnoticed.
    /// </summary>
    public static string ClusterTag(string project, string location, string name) => $"{ClusterTagPrefix}{project}/{location}/{name}";

    /// <summary>Whether an IAM tag keeps the id of a cluster.</summary>
    public static bool IsClusterTag(string key) => key.StartsWith(ClusterTagPrefix, StringComparison.Ordinal);

    /// <summary>The clusters whose ids IAM tags keep, as <c>projects/P/locations/L/clusters/C</c>.</summary>
    public static IEnumerable<string> ClustersOf(IReadOnlyDictionary<string, string> tags) =>
        from key in tags.Keys
        where IsClusterTag(key)
        let parts = key[ClusterTagPrefix.Length..].Split('/')
        where parts.Length == 3
        select $"projects/{parts[0]}/locations/{parts[1]}/clusters/{parts[2]}";

    private static Mark? On(IReadOnlyDictionary<string, string> tagsOrLabels) => OfTags(tagsOrLabels) ?? OfLabels(tagsOrLabels);

    private bool IsForOneOfOurs(Mark mark) =>
        Known is null || mark.IsShortened || mark.Workloads.Count == 0 || mark.Workloads.Any(Known.Contains);

    private static string Key(char separator, string name) => $"federation{separator}{name}";

    private static Mark? Of(IReadOnlyDictionary<string, string> marks, char separator, char joint) =>
        marks.TryGetValue(Key(separator, ToolName), out var tool)
        && string.Equals(tool, Tool, StringComparison.Ordinal)
        && marks.TryGetValue(Key(separator, FederationName), out var federation)
            ? Read(federation, marks.GetValueOrDefault(Key(separator, WorkloadName), ""), joint)
            : null;

    /// <summary>It was read where not all of its workloads had room.</summary>
    private bool IsShortened { get; init; }

    /// <param name="joined">The names that <see cref="Join"/> had room for.</param>
    private static Mark Read(string federation, string joined, char joint)
    {
        var parts = joined.Split(joint, StringSplitOptions.RemoveEmptyEntries);
        var names = Array.FindAll(parts, part => !RestOfWorkloads().IsMatch(part));
        return new Mark(federation, names) { IsShortened = names.Length < parts.Length };
    }

    private ImmutableSortedDictionary<string, string> Write(char separator, char joint, int longest)
    {
        var marks = ImmutableSortedDictionary
            .Create<string, string>(StringComparer.Ordinal)
            .Add(Key(separator, ToolName), Tool)
            .Add(Key(separator, FederationName), Federation);
        return Workloads.Count == 0 ? marks : marks.Add(Key(separator, WorkloadName), Join(joint, longest));
    }

    /// <summary>As many names as fit, in order, and a count of the others. Deterministic.</summary>
    private string Join(char joint, int longest)
    {
        var names = Workloads.Order(StringComparer.Ordinal).ToList();
        // A name has at least one character, so no more names than characters can fit.
        for (var shown = Math.Min(names.Count, longest); shown >= 0; shown--)
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

    [GeneratedRegex(
        $"^Made by {Tool}; federation: (?<federation>[a-z0-9-]+)(; workload: (?<workloads>[a-z0-9 -]*))?; ",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex MarkedDescription();

    /// <summary>The count of the workloads that did not fit.</summary>
    [GeneratedRegex("^[0-9]+-more$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex RestOfWorkloads();
}
