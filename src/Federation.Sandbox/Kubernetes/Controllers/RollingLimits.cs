using System.Globalization;
using System.Text.Json.Nodes;

namespace Federation.Sandbox.Kubernetes.Controllers;

/// <summary>The limits of a rollout: the number of pods above the wanted one, and of the wanted ones that may be unavailable.</summary>
internal sealed record RollingLimits(long Surge, long Unavailable)
{
    public static RollingLimits Of(JsonObject deployment)
    {
        var strategy = deployment["spec"]?["strategy"];
        if (strategy.Text("type") == "Recreate")
        {
            return new RollingLimits(0, 0);
        }

        var replicas = deployment["spec"].Number("replicas") ?? 1;
        var surge = Scaled(strategy?["rollingUpdate"]?["maxSurge"], replicas, up: true);
        var unavailable = Scaled(strategy?["rollingUpdate"]?["maxUnavailable"], replicas, up: false);

        // With both at 0, a rollout could not start.
        return new RollingLimits(surge, Math.Min(replicas, surge == 0 && unavailable == 0 ? 1 : unavailable));
    }

    // A number, or a percentage of the replicas.
    private static long Scaled(JsonNode? value, long replicas, bool up)
    {
        if (value.Integer is { } number)
        {
            return number;
        }

        var text = value?.ToString() ?? "";
        if (
            !text.EndsWith('%')
            || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var percent)
        )
        {
            return 0;
        }

        return up ? ((percent * replicas) + 99) / 100 : percent * replicas / 100;
    }
}
