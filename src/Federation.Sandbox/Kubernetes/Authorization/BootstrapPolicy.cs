using System.Text.Json.Nodes;

namespace Federation.Sandbox.Kubernetes.Authorization;

/// <summary>
/// The roles that every cluster has from the start, as far as their subjects are ones that occur here.
/// See <see href="https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings"/>.
/// </summary>
internal static class BootstrapPolicy
{
    private static readonly string[] Everyone = ["system:authenticated", "system:unauthenticated"];
    private static readonly string[] Health = ["/healthz", "/livez", "/readyz", "/version", "/version/"];

    public static IEnumerable<(JsonObject Role, JsonObject Binding)> Roles() =>
    [
        Grant("cluster-admin", [Resources("*", "*", "*"), Paths("*", "*")], ["system:masters"]),
        Grant("system:basic-user",
            [
                Resources("authorization.k8s.io", "selfsubjectaccessreviews", "create"),
                Resources("authentication.k8s.io", "selfsubjectreviews", "create"),
            ],
            ["system:authenticated"]),
        Grant("system:discovery", [Paths("get", [.. Health, "/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*"])], ["system:authenticated"]),
        Grant("system:public-info-viewer", [Paths("get", Health)], Everyone),
        Grant("system:service-account-issuer-discovery",
            [Paths("get", "/.well-known/openid-configuration", "/.well-known/openid-configuration/", "/openid/v1/jwks", "/openid/v1/jwks/")],
            ["system:serviceaccounts"]),
    ];

    private static (JsonObject Role, JsonObject Binding) Grant(string name, JsonObject[] rules, string[] groups) =>
        (new JsonObject
        {
            ["metadata"] = Metadata(name),
            ["rules"] = new JsonArray([.. rules]),
        },
        new JsonObject
        {
            ["metadata"] = Metadata(name),
            ["roleRef"] = new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = "ClusterRole", ["name"] = name },
            ["subjects"] = new JsonArray([.. groups.Select(static group =>
                new JsonObject { ["kind"] = "Group", ["apiGroup"] = "rbac.authorization.k8s.io", ["name"] = group })]),
        });

    private static JsonObject Metadata(string name) => new()
    {
        ["name"] = name,
        ["labels"] = new JsonObject { ["kubernetes.io/bootstrapping"] = "rbac-defaults" },
    };

    private static JsonObject Resources(string group, string resource, string verb) => new()
    {
        ["verbs"] = new JsonArray(verb),
        ["apiGroups"] = new JsonArray(group),
        ["resources"] = new JsonArray(resource),
    };

    private static JsonObject Paths(string verb, params string[] paths) => new()
    {
        ["verbs"] = new JsonArray(verb),
        ["nonResourceURLs"] = new JsonArray([.. paths.Select(static path => JsonValue.Create(path))]),
    };
}
