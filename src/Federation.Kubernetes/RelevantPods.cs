using System.Collections.ObjectModel;
using Federation.Configuration;
using Federation.Diagnosis.Evidence;
using Federation.Resources;
using Federation.WebIdentity;
using k8s.Models;

namespace Federation.Kubernetes;

/// <summary>Tells which pods of a namespace belong to a workload.</summary>
/// <param name="beside">
/// All workloads of the federation in that namespace, this one included: a pod that fits another better is not this one's.
/// </param>
/// <param name="mark">That of the workload's validation pod.</param>
internal sealed class RelevantPods(Workload workload, IReadOnlyList<Workload> beside, Mark mark)
{
    private const int Most = 10;

    /// <summary>The newest validation pod, and of the user's own the newest of each owner.</summary>
    public IReadOnlyList<V1Pod> Among(IReadOnlyList<V1Pod> pods)
    {
        var newestFirst = pods.OrderByDescending(pod => pod.Metadata.CreationTimestamp).ToList();
        return
        [
            .. newestFirst.Where(IsValidation).Take(1),
            .. newestFirst.Where(IsUser).DistinctBy(pod => pod.GetController()?.Uid ?? pod.Uid(), StringComparer.Ordinal).Take(Most),
        ];
    }

    public bool IsRelevant(V1Pod pod) => IsValidation(pod) || IsUser(pod);

    /// <summary>Whether this tool created the pod to prove the workload.</summary>
    public bool IsValidation(V1Pod pod) =>
        mark.Labels.All(label => LabelsOf(pod).TryGetValue(label.Key, out var value) && value == label.Value);

    /// <summary>
    /// Whether a pod of the user's belongs to the workload. The first of these signs that fits any workload decides: it runs as the
    /// service account and names the role; it names the role; it runs as the service account; it asks for a token for the audience
    /// and names no role.
    /// </summary>
    private bool IsUser(V1Pod pod)
    {
        if (mark.IsOn(LabelsOf(pod)))
        {
            return false;
        }

        var evidence = PodSpecs.EvidenceOf(pod, Snapshots.Of(pod, []));
        string[] roles =
        [
            .. evidence
                .Containers.SelectMany(container => container.Environment)
                .Where(variable => variable.Name == PodVariables.RoleArn)
                .Select(variable => variable.Value)
                .OfType<string>(),
        ];
        Func<Workload, bool>[] signs = [other => RunsAs(other) && Names(other), Names, RunsAs];
        return signs.FirstOrDefault(beside.Any) is { } sign
            ? sign(workload)
            : evidence.TokenVolumes.Any(token => token.Audience == workload.Audience) && !roles.Any(role => RoleArn.TryParse(role, out _));

        bool RunsAs(Workload other) => evidence.ServiceAccount == other.ServiceAccount;

        bool Names(Workload other) =>
            roles.Any(role => role == other.RoleArn || (RoleArn.TryParse(role, out var arn) && arn.Name == other.Role.Name));
    }

    private static ReadOnlyDictionary<string, string> LabelsOf(V1Pod pod) =>
        (pod.Metadata.Labels ?? new Dictionary<string, string>(StringComparer.Ordinal)).AsReadOnly();
}
