using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Storage;

namespace Federation.Sandbox.Kubernetes.Controllers;

/// <summary>
/// Moves a Deployment's pods from the ReplicaSets of earlier templates to that of the present one, by the rules of its
/// strategy, and reports the progress in its status.
/// See <see href="https://kubernetes.io/docs/concepts/workloads/controllers/deployment/"/>.
/// </summary>
internal sealed class DeploymentController(ObjectStore store, Registry registry, PodControl control, TimeProvider time) : IController
{
    private const string Revision = "deployment.kubernetes.io/revision";
    private const string DesiredReplicas = "deployment.kubernetes.io/desired-replicas";
    private const string MaximumReplicas = "deployment.kubernetes.io/max-replicas";
    private const string TemplateHash = "pod-template-hash";
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";

    public IEnumerable<ObjectKey> Concerns(Change change)
    {
        if (change.Type == ResourceTable.Deployments)
        {
            yield return change.Object.KeyIn(change.Type);
        }
        else if (change.Type == ResourceTable.ReplicaSets && change.Object.ControllerOf(ResourceTable.Deployments) is { } owner)
        {
            yield return owner;
        }
        else if (
            change.Type == ResourceTable.Pods
            && change.Kind == ChangeKind.Deleted
            && change.Object.ControllerOf(ResourceTable.ReplicaSets) is { } set
            && store.Find(set.Type, set.Namespace, set.Name)?.ControllerOf(ResourceTable.Deployments) is { } above
        )
        {
            // With the Recreate strategy, a Deployment waits for the last of its old pods.
            yield return above;
        }
    }

    public TimeSpan? Reconcile(ObjectKey key)
    {
        if (store.Find(key.Type, key.Namespace, key.Name) is not { } deployment || deployment.Uid != key.Uid)
        {
            return null;
        }

        var sets = SetsOf(deployment);
        var current = sets.FirstOrDefault(set => IsOfTemplate(set, deployment));
        if (deployment.IsTerminating || deployment["spec"].Flag("paused") is true)
        {
            ScaleAll(deployment, current, sets);
            return WriteStatus(deployment, current, SetsOf(deployment));
        }

        var old = sets.Where(set => set.Uid != current?.Uid).ToList();
        if (current is null && IsRecreate(deployment) && EndOld(deployment, old))
        {
            return WriteStatus(deployment, current, SetsOf(deployment));
        }

        var revision = old.Select(RevisionOf).DefaultIfEmpty(0).Max() + 1;
        if (current is null)
        {
            current = CreateSet(deployment, old, revision);
            deployment = WriteProgress(deployment, current, "NewReplicaSetCreated", $"Created new replica set \"{current.Name}\"");
            return WriteStatus(deployment, current, SetsOf(deployment));
        }

        if (RevisionOf(current) < revision)
        {
            // A rollback: the present template is an earlier one.
            current = control.Write(ResourceTable.ReplicaSets, current, set => set.Metadata.Child("annotations")[Revision] = $"{revision}");
        }

        if (deployment["metadata"]?["annotations"].Text(Revision) != $"{RevisionOf(current)}")
        {
            deployment = WriteProgress(deployment, current, "FoundNewReplicaSet", $"Found new replica set \"{current.Name}\"");
        }

        if (!Advance(deployment, current, old) && DeploymentStatus.IsComplete(deployment))
        {
            CleanUp(deployment, old);
        }

        return WriteStatus(deployment, current, SetsOf(deployment));
    }

    /// <summary>Takes one step of a rollout. False if there was nothing to do.</summary>
    private bool Advance(JsonObject deployment, JsonObject current, List<JsonObject> old)
    {
        if (IsRecreate(deployment))
        {
            return EndOld(deployment, old) || Scale(deployment, current, Wanted(deployment));
        }

        var wanted = Wanted(deployment);
        var (surge, unavailable) = RollingLimits.Of(deployment);
        var total = old.Append(current).Sum(Wanted);
        var grown = Wanted(current) > wanted ? wanted : Math.Min(wanted, Wanted(current) + Math.Max(0, wanted + surge - total));
        if (Scale(deployment, current, grown))
        {
            return true;
        }

        // First remove pods that are not available, then as many others as may be unavailable.
        var budget = total - (wanted - unavailable) - (Wanted(current) - Available(current));
        var changed = false;
        foreach (
            var set in old.Where(static set => Wanted(set) > 0)
                .OrderBy(static set => set["metadata"].Text("creationTimestamp"), StringComparer.Ordinal)
        )
        {
            var unhealthy = Math.Min(Math.Max(0, budget), Wanted(set) - Available(set));
            if (unhealthy > 0)
            {
                budget -= unhealthy;
                changed |= Scale(deployment, set, Wanted(set) - unhealthy);
            }
        }

        var spare = SetsOf(deployment).Sum(Available) - (wanted - unavailable);
        foreach (
            var set in SetsOf(deployment)
                .Where(set => set.Uid != current.Uid && Wanted(set) > 0)
                .OrderBy(static set => set["metadata"].Text("creationTimestamp"), StringComparer.Ordinal)
        )
        {
            var gone = Math.Min(Math.Max(0, spare), Wanted(set));
            spare -= gone;
            changed |= gone > 0 && Scale(deployment, set, Wanted(set) - gone);
        }

        return changed;
    }

    // The Recreate strategy ends all old pods before it creates new ones. True while some of them exist.
    private bool EndOld(JsonObject deployment, List<JsonObject> old)
    {
        var scaled = old.Aggregate(false, (any, set) => Scale(deployment, set, 0) || any);
        return scaled || old.Any(set => control.PodsOf(set).Any(static pod => !PodControl.HasEnded(pod)));
    }

    // Outside a rollout, only the one ReplicaSet with pods is scaled.
    private void ScaleAll(JsonObject deployment, JsonObject? current, List<JsonObject> sets)
    {
        if (
            !deployment.IsTerminating
            && (current ?? sets.OrderByDescending(RevisionOf).FirstOrDefault()) is { } set
            && sets.All(other => other.Uid == set.Uid || Wanted(other) == 0)
        )
        {
            Scale(deployment, set, Wanted(deployment));
        }
    }

    private bool Scale(JsonObject deployment, JsonObject set, long replicas)
    {
        var before = Wanted(set);
        control.Write(
            ResourceTable.ReplicaSets,
            set,
            copy =>
            {
                copy.Child("spec")["replicas"] = replicas;
                SetCounts(copy.Metadata.Child("annotations"), deployment);
            }
        );
        if (before == replicas)
        {
            return false;
        }

        control.Report(
            deployment,
            "Normal",
            "ScalingReplicaSet",
            $"Scaled {(replicas > before ? "up" : "down")} replica set {set.Name} from {before} to {replicas}"
        );
        return true;
    }

    private JsonObject CreateSet(JsonObject deployment, List<JsonObject> old, long revision)
    {
        var template = deployment["spec"]!["template"]!;
        var hash = PodTemplateHash.Compute(template);
        var wanted = Wanted(deployment);
        var (surge, _) = RollingLimits.Of(deployment);
        var replicas = IsRecreate(deployment) ? wanted : Math.Max(0, Math.Min(wanted, wanted + surge - old.Sum(Wanted)));

        var selector = (JsonObject)deployment["spec"]!["selector"]!.DeepClone();
        selector.Child("matchLabels")[TemplateHash] = hash;
        var labeled = (JsonObject)template.DeepClone();
        labeled.Metadata.Child("labels")[TemplateHash] = hash;
        var annotations = new JsonObject(
            deployment["metadata"]
                .Pairs("annotations")
                .Where(static pair => pair.Key is not (LastApplied or Revision))
                .Select(static pair => KeyValuePair.Create(pair.Key, (JsonNode?)JsonValue.Create(pair.Value)))
        );
        SetCounts(annotations, deployment);
        annotations[Revision] = $"{revision}";
        var created = registry.Create(
            ResourceTable.ReplicaSets,
            deployment.Namespace,
            new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["name"] = $"{deployment.Name}-{hash}",
                    ["labels"] = labeled["metadata"]!["labels"]!.DeepClone(),
                    ["annotations"] = annotations,
                    ["ownerReferences"] = new JsonArray(deployment.ToControllerReference(ResourceTable.Deployments)),
                },
                ["spec"] = new JsonObject
                {
                    ["replicas"] = replicas,
                    ["minReadySeconds"] = deployment["spec"].Number("minReadySeconds") is { } ready and not 0 ? ready : null,
                    ["selector"] = selector,
                    ["template"] = labeled,
                },
            },
            new WriteOptions(PodControl.Manager, DryRun: false, [])
        );
        if (replicas > 0)
        {
            control.Report(deployment, "Normal", "ScalingReplicaSet", $"Scaled up replica set {created.Name} from 0 to {replicas}");
        }

        return created;
    }

    private JsonObject WriteProgress(JsonObject deployment, JsonObject set, string reason, string message) =>
        control.WriteStatus(
            ResourceTable.Deployments,
            deployment,
            copy =>
            {
                copy.Metadata.Child("annotations")[Revision] = $"{RevisionOf(set)}";
                DeploymentStatus.SetCondition(copy, "Progressing", "True", reason, message, time.GetUtcNow());
            }
        );

    private TimeSpan? WriteStatus(JsonObject deployment, JsonObject? current, List<JsonObject> sets)
    {
        var latest = current is null ? null : sets.FirstOrDefault(set => set.Uid == current.Uid);
        var written = control.WriteStatus(
            ResourceTable.Deployments,
            deployment,
            copy => DeploymentStatus.Update(copy, latest, sets, time.GetUtcNow())
        );
        return DeploymentStatus.UntilDeadline(written, time.GetUtcNow());
    }

    private void CleanUp(JsonObject deployment, List<JsonObject> old)
    {
        var keep = deployment["spec"].Number("revisionHistoryLimit") ?? 10;
        foreach (
            var set in old.Where(static set => Wanted(set) == 0 && (set["status"].Number("replicas") ?? 0) == 0 && !set.IsTerminating)
                .OrderByDescending(RevisionOf)
                .Skip((int)keep)
        )
        {
            registry.Delete(
                ResourceTable.ReplicaSets,
                set.Namespace,
                set.Name,
                new DeleteOptions(null, set.Uid, null, DryRun: false, "Background")
            );
        }
    }

    private List<JsonObject> SetsOf(JsonObject deployment) =>
        [.. store.List(ResourceTable.ReplicaSets, deployment.Namespace).Objects.Where(set => set.IsControlledBy(deployment.Uid))];

    private static bool IsOfTemplate(JsonObject set, JsonObject deployment)
    {
        var template = (JsonObject)set["spec"]!["template"]!.DeepClone();
        template.Metadata.Child("labels").Remove(TemplateHash);
        return JsonNode.DeepEquals(template, deployment["spec"]?["template"]);
    }

    private static bool IsRecreate(JsonObject deployment) => deployment["spec"]?["strategy"].Text("type") == "Recreate";

    private static long Wanted(JsonObject value) => value["spec"].Number("replicas") ?? 1;

    private static long Available(JsonObject set) => set["status"].Number("availableReplicas") ?? 0;

    private static long RevisionOf(JsonObject set) =>
        long.TryParse(set["metadata"]?["annotations"].Text(Revision), out var revision) ? revision : 0;

    private static void SetCounts(JsonObject annotations, JsonObject deployment)
    {
        annotations[DesiredReplicas] = $"{Wanted(deployment)}";
        annotations[MaximumReplicas] = $"{Wanted(deployment) + (IsRecreate(deployment) ? 0 : RollingLimits.Of(deployment).Surge)}";
    }
}
