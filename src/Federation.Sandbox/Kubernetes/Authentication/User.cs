using System.Text.Json.Nodes;

namespace Federation.Sandbox.Kubernetes.Authentication;

/// <summary>The user behind a request.</summary>
internal sealed record User(string Name, string Uid, IReadOnlyList<string> Groups, IReadOnlyDictionary<string, string> Extra)
{
    public static User Anonymous { get; } =
        new("system:anonymous", "", ["system:unauthenticated"], new Dictionary<string, string>(StringComparer.Ordinal));

    public static User Administrator { get; } =
        new("kubernetes-admin", "", ["system:masters", "system:authenticated"], new Dictionary<string, string>(StringComparer.Ordinal));

    /// <summary>The user with a name (in an impersonation, say), in the given groups and those that its name implies.</summary>
    public static User Named(string name, IReadOnlyList<string> groups)
    {
        string[] own =
            name == Anonymous.Name ? ["system:unauthenticated"]
            : name.Split(':') is ["system", "serviceaccount", var @namespace, _]
                ? ["system:serviceaccounts", $"system:serviceaccounts:{@namespace}", "system:authenticated"]
            : ["system:authenticated"];
        return new User(name, "", [.. groups.Union(own, StringComparer.Ordinal)], new Dictionary<string, string>(StringComparer.Ordinal));
    }

    public bool IsMaster => Groups.Contains("system:masters", StringComparer.Ordinal);

    public JsonObject ToJson()
    {
        var json = new JsonObject { ["username"] = Name };
        json.SetText("uid", Uid);
        json["groups"] = KubernetesObject.ListOf(Groups);
        if (Extra.Count > 0)
        {
            json["extra"] = new JsonObject(
                Extra.Select(static pair => KeyValuePair.Create(pair.Key, (JsonNode?)new JsonArray(pair.Value)))
            );
        }

        return json;
    }
}
