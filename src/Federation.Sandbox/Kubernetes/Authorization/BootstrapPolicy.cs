using System.Text.Json.Nodes;

namespace Federation.Sandbox.Kubernetes.Authorization;

/// <summary>
/// The default roles of a cluster, as far as the sandbox has their subjects.
/// See <see href="https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings"/>.
/// </summary>
internal static class BootstrapPolicy
{
    private static readonly string[] Everyone = ["system:authenticated", "system:unauthenticated"];
    private static readonly string[] Health = ["/healthz", "/livez", "/readyz", "/version", "/version/"];

    public static IEnumerable<(JsonObject Role, JsonObject Binding)> Grants() =>
        [
            Grant("cluster-admin", [Resources("*", "*", "*"), Paths("*", "*")], ["system:masters"]),
            Grant(
                "system:basic-user",
                [
                    Resources("authorization.k8s.io", ["selfsubjectaccessreviews", "selfsubjectrulesreviews"], ["create"]),
                    Resources("authentication.k8s.io", "selfsubjectreviews", "create"),
                ],
                ["system:authenticated"]
            ),
            Grant(
                "system:discovery",
                [Paths("get", [.. Health, "/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*"])],
                ["system:authenticated"]
            ),
            Grant("system:public-info-viewer", [Paths("get", Health)], Everyone),
            Grant(
                "system:service-account-issuer-discovery",
                [
                    Paths(
                        "get",
                        "/.well-known/openid-configuration",
                        "/.well-known/openid-configuration/",
                        "/openid/v1/jwks",
                        "/openid/v1/jwks/"
                    ),
                ],
                ["system:serviceaccounts"]
            ),
        ];

    /// <summary>The roles that users bind: <c>view</c>, <c>edit</c> and <c>admin</c>, each including the one before it.</summary>
    public static IEnumerable<JsonObject> UserFacingRoles()
    {
        string[] read = ["get", "list", "watch"];
        string[] write = ["create", "delete", "deletecollection", "patch", "update"];
        JsonObject[] view =
        [
            Resources("", ["configmaps", "events", "namespaces", "pods", "pods/log", "pods/status", "serviceaccounts"], read),
            Resources(
                "apps",
                ["deployments", "deployments/scale", "deployments/status", "replicasets", "replicasets/scale", "replicasets/status"],
                read
            ),
            Resources("batch", ["jobs", "jobs/status"], read),
        ];
        JsonObject[] edit =
        [
            .. view,
            Resources("", ["secrets"], read),
            Resources("", ["configmaps", "events", "pods", "secrets", "serviceaccounts"], write),
            Resources("", ["pods/exec"], [.. read, .. write]),
            Resources("", ["serviceaccounts/token"], ["create"]),
            Resources("apps", ["deployments", "deployments/scale", "replicasets", "replicasets/scale"], write),
            Resources("batch", ["jobs"], write),
        ];
        JsonObject[] admin = [.. edit, Resources("rbac.authorization.k8s.io", ["roles", "rolebindings"], [.. read, .. write])];
        return new[] { ("view", view), ("edit", edit), ("admin", admin) }.Select(static role => new JsonObject
        {
            ["metadata"] = Metadata(role.Item1),
            ["rules"] = new JsonArray([.. role.Item2.Select(static rule => rule.DeepClone())]),
        });
    }

    private static (JsonObject Role, JsonObject Binding) Grant(string name, JsonObject[] rules, string[] groups) =>
        (
            new JsonObject { ["metadata"] = Metadata(name), ["rules"] = new JsonArray([.. rules]) },
            new JsonObject
            {
                ["metadata"] = Metadata(name),
                ["roleRef"] = new JsonObject
                {
                    ["apiGroup"] = "rbac.authorization.k8s.io",
                    ["kind"] = "ClusterRole",
                    ["name"] = name,
                },
                ["subjects"] = new JsonArray([
                    .. groups.Select(static group => new JsonObject
                    {
                        ["kind"] = "Group",
                        ["apiGroup"] = "rbac.authorization.k8s.io",
                        ["name"] = group,
                    }),
                ]),
            }
        );

    private static JsonObject Metadata(string name) =>
        new()
        {
            ["name"] = name,
            ["labels"] = new JsonObject { ["kubernetes.io/bootstrapping"] = "rbac-defaults" },
        };

    private static JsonObject Resources(string group, string resource, string verb) => Resources(group, [resource], [verb]);

    private static JsonObject Resources(string group, IEnumerable<string> resources, IEnumerable<string> verbs) =>
        new()
        {
            ["verbs"] = KubernetesObject.ListOf(verbs),
            ["apiGroups"] = new JsonArray(group),
            ["resources"] = KubernetesObject.ListOf(resources),
        };

    private static JsonObject Paths(string verb, params string[] paths) =>
        new() { ["verbs"] = new JsonArray(verb), ["nonResourceURLs"] = KubernetesObject.ListOf(paths) };
}
