using System.Text.Json.Nodes;

namespace Federation.Sandbox.Kubernetes.Endpoints;

/// <summary>Finds the container that a request about a pod is for.</summary>
internal static class ContainerChoice
{
    private static readonly string[] Lists = ["initContainers", "containers", "ephemeralContainers"];

    /// <param name="asked">Empty: the pod's only container.</param>
    public static string Choose(JsonObject pod, string asked)
    {
        string[] names = [.. Lists.SelectMany(field => pod["spec"].Items(field)).Select(static container => container.Text("name"))];
        if (asked.Length > 0)
        {
            return names.Contains(asked, StringComparer.Ordinal)
                ? asked
                : throw ApiException.BadRequest($"container {asked} is not valid for pod {pod.Name}");
        }

        return names is [var only]
            ? only
            : throw ApiException.BadRequest(
                $"a container name must be specified for pod {pod.Name}, choose one of: [{string.Join(' ', names)}]"
            );
    }
}
