using System.Text.Json.Nodes;
using Federation.Sandbox.Hosting;

namespace Federation.Sandbox.Kubernetes.Controllers;

/// <summary>Computes a Deployment's status from its ReplicaSets.</summary>
internal static class DeploymentStatus
{
    private const string Progressing = "Progressing";
    private const string Complete = "NewReplicaSetAvailable";

    /// <param name="current">The ReplicaSet of the present template, or null.</param>
    public static void Update(JsonObject deployment, JsonObject? current, IReadOnlyList<JsonObject> sets, DateTimeOffset now)
    {
        var before = deployment["status"] as JsonObject ?? [];
        var spec = deployment["spec"];
        var wanted = spec.Number("replicas") ?? 1;
        var available = sets.Sum(static set => StatusCount(set, "availableReplicas"));
        var status = new JsonObject { ["observedGeneration"] = deployment["metadata"].Number("generation") ?? 0 };
        status.SetCount("replicas", sets.Sum(static set => StatusCount(set, "replicas")));
        status.SetCount("updatedReplicas", current is null ? 0 : StatusCount(current, "replicas"));
        status.SetCount("readyReplicas", sets.Sum(static set => StatusCount(set, "readyReplicas")));
        status.SetCount("availableReplicas", available);
        status.SetCount("unavailableReplicas", sets.Sum(static set => set["spec"].Number("replicas") ?? 0) - available);
        status.SetOrRemove("conditions", before["conditions"]?.DeepClone());
        deployment["status"] = status;
        var (isAvailable, reason, message) =
            available >= wanted - RollingLimits.Of(deployment).Unavailable
                ? ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
                : ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.");
        SetCondition(deployment, "Available", isAvailable, reason, message, now);

        if (spec.Flag("paused") is true)
        {
            SetCondition(deployment, Progressing, "Unknown", "DeploymentPaused", "Deployment is paused", now);
        }
        else if (current is not null)
        {
            UpdateProgress(deployment, before, current, now);
        }
    }

    /// <summary>Whether all pods are of the present template and available, and no others exist.</summary>
    public static bool IsComplete(JsonObject deployment)
    {
        var wanted = deployment["spec"].Number("replicas") ?? 1;
        return StatusCount(deployment, "updatedReplicas") == wanted
            && StatusCount(deployment, "replicas") == wanted
            && StatusCount(deployment, "availableReplicas") == wanted
            && StatusCount(deployment, "observedGeneration") >= (deployment["metadata"].Number("generation") ?? 0);
    }

    /// <summary>The time until a rollout without progress counts as failed; null outside a rollout.</summary>
    public static TimeSpan? UntilDeadline(JsonObject deployment, DateTimeOffset now)
    {
        if (
            deployment.Condition(Progressing) is not { } condition
            || condition.Text("status") != "True"
            || condition.Text("reason") == Complete
            || deployment["spec"].Number("progressDeadlineSeconds") is not { } seconds
        )
        {
            return null;
        }

        return condition.Time("lastUpdateTime")?.AddSeconds(seconds) - now;
    }

    /// <summary>Sets a condition. If its reason changes it moves to the end; its transition time changes only with its status.</summary>
    public static void SetCondition(JsonObject deployment, string type, string status, string reason, string message, DateTimeOffset now)
    {
        var known = deployment.Condition(type);
        if (known.Text("status") == status && known.Text("reason") == reason)
        {
            return;
        }

        Replace(deployment, type, status, reason, message, now);
    }

    private static void UpdateProgress(JsonObject deployment, JsonObject before, JsonObject current, DateTimeOffset now)
    {
        var condition = deployment.Condition(Progressing);
        if (condition.Text("reason") == Complete && StatusCount(deployment, "replicas") == StatusCount(deployment, "updatedReplicas"))
        {
            // The rollout was complete: pods that end and are replaced later are not part of it.
            return;
        }

        if (IsComplete(deployment))
        {
            SetCondition(deployment, Progressing, "True", Complete, $"ReplicaSet \"{current.Name}\" has successfully progressed.", now);
        }
        else if (HasProgressed(deployment["status"]!, before))
        {
            Replace(deployment, Progressing, "True", "ReplicaSetUpdated", $"ReplicaSet \"{current.Name}\" is progressing.", now);
        }
        else if (UntilDeadline(deployment, now) <= TimeSpan.Zero)
        {
            SetCondition(
                deployment,
                Progressing,
                "False",
                "ProgressDeadlineExceeded",
                $"ReplicaSet \"{current.Name}\" has timed out progressing.",
                now
            );
        }
    }

    private static bool HasProgressed(JsonNode status, JsonObject before)
    {
        long Now(string field) => status.Number(field) ?? 0;
        long Then(string field) => before.Number(field) ?? 0;
        return Now("updatedReplicas") > Then("updatedReplicas")
            || Now("replicas") - Now("updatedReplicas") < Then("replicas") - Then("updatedReplicas")
            || Now("readyReplicas") > Then("readyReplicas")
            || Now("availableReplicas") > Then("availableReplicas");
    }

    private static void Replace(JsonObject deployment, string type, string status, string reason, string message, DateTimeOffset now)
    {
        var known = deployment.Condition(type);
        var transition = known is not null && known.Text("status") == status ? known.Text("lastTransitionTime") : Moment.Seconds(now);
        JsonNode?[] others =
        [
            .. deployment["status"]
                .Items("conditions")
                .Where(other => other.Text("type") != type)
                .Select(static other => other.DeepClone()),
        ];
        deployment.Child("status")["conditions"] = new JsonArray([
            .. others,
            new JsonObject
            {
                ["type"] = type,
                ["status"] = status,
                ["lastUpdateTime"] = Moment.Seconds(now),
                ["lastTransitionTime"] = transition,
                ["reason"] = reason,
                ["message"] = message,
            },
        ]);
    }

    private static long StatusCount(JsonObject value, string field) => value["status"].Number(field) ?? 0;
}
