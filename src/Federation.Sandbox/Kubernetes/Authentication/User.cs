using System.Text.Json.Nodes;

namespace Federation.Sandbox.Kubernetes.Authentication;

/// <summary>Who a request comes from.</summary>
internal sealed record User(string Name, string Uid, IReadOnlyList<string> Groups, IReadOnlyDictionary<string, string> Extra)
{
    public static User Anonymous { get; } =
        new("system:anonymous", "", ["system:unauthenticated"], new Dictionary<string, string>(StringComparer.Ordinal));

    public static User Administrator { get; } =
        new("kubernetes-admin", "", ["system:masters", "system:authenticated"], new Dictionary<string, string>(StringComparer.Ordinal));

    /// <summary>Someone known by name alone, with the groups that go with it and those given.</summary>
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
        if (Uid.Length > 0)
        {
            json["uid"] = Uid;
        }

        json["groups"] = new JsonArray([.. Groups.Select(static group => JsonValue.Create(group))]);
        if (Extra.Count > 0)
        {
            json["extra"] = new JsonObject(
                Extra.Select(static pair => KeyValuePair.Create(pair.Key, (JsonNode?)new JsonArray(pair.Value)))
            );
        }

        return json;
    }
}
