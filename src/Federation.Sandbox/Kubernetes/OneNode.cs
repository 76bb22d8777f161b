using System.Text.Json.Nodes;

namespace Federation.Sandbox.Kubernetes;

/// <summary>The only node of a cluster.</summary>
internal static class OneNode
{
    public static JsonObject Describe(string name, string now) =>
        new()
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["labels"] = new JsonObject
                {
                    ["kubernetes.io/arch"] = "amd64",
                    ["kubernetes.io/hostname"] = name,
                    ["kubernetes.io/os"] = "linux",
                },
            },
            ["spec"] = new JsonObject(),
            ["status"] = new JsonObject
            {
                ["addresses"] = new JsonArray(
                    new JsonObject { ["type"] = "InternalIP", ["address"] = "127.0.0.1" },
                    new JsonObject { ["type"] = "Hostname", ["address"] = name }
                ),
                ["allocatable"] = Resources(),
                ["capacity"] = Resources(),
                ["conditions"] = new JsonArray(
                    new JsonObject
                    {
                        ["type"] = "Ready",
                        ["status"] = "True",
                        ["lastHeartbeatTime"] = now,
                        ["lastTransitionTime"] = now,
                        ["reason"] = "KubeletReady",
                        ["message"] = "kubelet is posting ready status",
                    }
                ),
                ["nodeInfo"] = new JsonObject
                {
                    ["architecture"] = "amd64",
                    ["containerRuntimeVersion"] = "sandbox://1",
                    ["kubeletVersion"] = "v1.34.9",
                    ["operatingSystem"] = "linux",
                    ["osImage"] = "sandbox",
                },
            },
        };

    private static JsonObject Resources() =>
        new()
        {
            ["cpu"] = "4",
            ["memory"] = "16Gi",
            ["pods"] = "110",
        };
}
