using System.Text.Json.Nodes;

namespace Federation.Sandbox.Kubernetes.Patching;

/// <summary>JSON Merge Patch, <see href="https://www.rfc-editor.org/rfc/rfc7386"/>.</summary>
internal static class MergePatch
{
    public static JsonObject Apply(JsonObject document, JsonObject patch)
    {
        var result = document.Copy();
        foreach (var (name, value) in patch)
        {
            result.SetOrRemove(
                name,
                value switch
                {
                    JsonObject inner => Apply(result[name] as JsonObject ?? [], inner),
                    _ => value?.DeepClone(),
                }
            );
        }

        return result;
    }
}
