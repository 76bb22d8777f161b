using System.Text;
using System.Text.Json.Nodes;
using Federation.Sandbox.Hosting;

namespace Federation.Sandbox;

/// <summary>
/// A kubeconfig with a context for each cluster under gcloud's name for it, and another under the name in the configuration, if
/// it has one. It is written in JSON, which is valid YAML.
/// </summary>
internal static class KubeConfig
{
    public static string Write(
        IReadOnlyCollection<SandboxCluster> clusters,
        Func<SandboxCluster, string> address,
        string certificateAuthority
    )
    {
        var authority = Convert.ToBase64String(Encoding.ASCII.GetBytes(certificateAuthority));
        JsonArray Each(Func<SandboxCluster, JsonObject> describe) =>
            new([
                .. clusters.Select(cluster =>
                {
                    var entry = describe(cluster);
                    entry["name"] = cluster.Cluster.DefaultContext;
                    return (JsonNode)entry;
                }),
            ]);

        var config = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Config",
            ["current-context"] = clusters.First().Cluster.DefaultContext,
            ["preferences"] = new JsonObject(),
            ["clusters"] = Each(cluster => new JsonObject
            {
                ["cluster"] = new JsonObject { ["server"] = "https://" + address(cluster), ["certificate-authority-data"] = authority },
            }),
            ["contexts"] = new JsonArray([
                .. clusters
                    .Select(cluster => (Name: cluster.Cluster.DefaultContext, cluster.Cluster))
                    .Concat(
                        clusters
                            .Where(cluster => cluster.Cluster.Context is not null)
                            .Select(cluster => (Name: cluster.Cluster.Context!, cluster.Cluster))
                    )
                    .DistinctBy(context => context.Name, StringComparer.Ordinal)
                    .Select(context => new JsonObject
                    {
                        ["context"] = new JsonObject
                        {
                            ["cluster"] = context.Cluster.DefaultContext,
                            ["user"] = context.Cluster.DefaultContext,
                        },
                        ["name"] = context.Name,
                    }),
            ]),
            ["users"] = Each(cluster => new JsonObject { ["user"] = new JsonObject { ["token"] = cluster.AdministratorToken } }),
        };
        return config.ToJsonString(Json.Indented) + "\n";
    }
}
