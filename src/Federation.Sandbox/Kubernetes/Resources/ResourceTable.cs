using Federation.Sandbox.Kubernetes.Tables;

namespace Federation.Sandbox.Kubernetes.Resources;

/// <summary>The served kinds.</summary>
internal static class ResourceTable
{
    private const string Rbac = "rbac.authorization.k8s.io";

    private static Subresource Scale => new("scale", "Scale", "get patch update") { Group = "autoscaling", Version = "v1" };

    public static ResourceType ConfigMaps { get; } =
        new("", "v1", "ConfigMap", "configmaps", "configmap", Namespaced: true, new ConfigMapStrategy())
        {
            Columns = TableColumns.ConfigMaps,
            ShortNames = ["cm"],
        };

    public static ResourceType Events { get; } =
        new("", "v1", "Event", "events", "event", Namespaced: true, new EventStrategy())
        {
            Columns = TableColumns.Events,
            ShortNames = ["ev"],
        };

    public static ResourceType Namespaces { get; } =
        new("", "v1", "Namespace", "namespaces", "namespace", Namespaced: false, new NamespaceStrategy())
        {
            Columns = TableColumns.Namespaces,
            ShortNames = ["ns"],
            Verbs = ["create", "delete", "get", "list", "patch", "update", "watch"],
            Subresources = [new("status", "Namespace", "get patch update")],
        };

    public static ResourceType Nodes { get; } =
        new("", "v1", "Node", "nodes", "node", Namespaced: false, new StatusStrategy())
        {
            Columns = TableColumns.Nodes,
            ShortNames = ["no"],
            Subresources = [new("status", "Node", "get patch update")],
        };

    public static ResourceType Pods { get; } =
        new("", "v1", "Pod", "pods", "pod", Namespaced: true, new PodStrategy())
        {
            Columns = TableColumns.Pods,
            ShortNames = ["po"],
            Categories = ["all"],
            Subresources =
            [
                new("exec", "PodExecOptions", "create get"),
                new("log", "Pod", "get"),
                new("status", "Pod", "get patch update"),
            ],
        };

    public static ResourceType Secrets { get; } =
        new("", "v1", "Secret", "secrets", "secret", Namespaced: true, new SecretStrategy()) { Columns = TableColumns.Secrets };

    public static ResourceType ServiceAccounts { get; } =
        new("", "v1", "ServiceAccount", "serviceaccounts", "serviceaccount", Namespaced: true, new ServiceAccountStrategy())
        {
            Columns = TableColumns.ServiceAccounts,
            ShortNames = ["sa"],
            Subresources = [new("token", "TokenRequest", "create") { Group = "authentication.k8s.io", Version = "v1" }],
        };

    public static ResourceType Roles { get; } =
        new(Rbac, "v1", "Role", "roles", "role", Namespaced: true, new RbacStrategy()) { Columns = TableColumns.Roles };

    public static ResourceType RoleBindings { get; } =
        new(Rbac, "v1", "RoleBinding", "rolebindings", "rolebinding", Namespaced: true, new RbacStrategy())
        {
            Columns = TableColumns.RoleBindings,
        };

    public static ResourceType ClusterRoles { get; } =
        new(Rbac, "v1", "ClusterRole", "clusterroles", "clusterrole", Namespaced: false, new RbacStrategy())
        {
            Columns = TableColumns.Roles,
        };

    public static ResourceType ClusterRoleBindings { get; } =
        new(Rbac, "v1", "ClusterRoleBinding", "clusterrolebindings", "clusterrolebinding", Namespaced: false, new RbacStrategy())
        {
            Columns = TableColumns.RoleBindings,
        };

    public static ResourceType Deployments { get; } =
        new("apps", "v1", "Deployment", "deployments", "deployment", Namespaced: true, new DeploymentStrategy())
        {
            Columns = TableColumns.Deployments,
            ShortNames = ["deploy"],
            Categories = ["all"],
            Subresources = [Scale, new("status", "Deployment", "get patch update")],
        };

    public static ResourceType ReplicaSets { get; } =
        new("apps", "v1", "ReplicaSet", "replicasets", "replicaset", Namespaced: true, new ReplicaSetStrategy())
        {
            Columns = TableColumns.ReplicaSets,
            ShortNames = ["rs"],
            Categories = ["all"],
            Subresources = [Scale, new("status", "ReplicaSet", "get patch update")],
        };

    public static ResourceType Jobs { get; } =
        new("batch", "v1", "Job", "jobs", "job", Namespaced: true, new JobStrategy())
        {
            Columns = TableColumns.Jobs,
            Categories = ["all"],
            Subresources = [new("status", "Job", "get patch update")],
        };

    public static IReadOnlyList<ResourceType> All { get; } =
    [
        ConfigMaps,
        Events,
        Namespaces,
        Nodes,
        Pods,
        Secrets,
        ServiceAccounts,
        Deployments,
        ReplicaSets,
        Jobs,
        ClusterRoleBindings,
        ClusterRoles,
        RoleBindings,
        Roles,
    ];

    /// <summary>Kinds that are answered and not stored.</summary>
    public static IReadOnlyList<ReviewType> Reviews { get; } =
    [
        new("authentication.k8s.io", "v1", "SelfSubjectReview", "selfsubjectreviews", "selfsubjectreview"),
        new("authentication.k8s.io", "v1", "TokenReview", "tokenreviews", "tokenreview"),
        new("authorization.k8s.io", "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", "selfsubjectaccessreview"),
        new("authorization.k8s.io", "v1", "SelfSubjectRulesReview", "selfsubjectrulesreviews", "selfsubjectrulesreview"),
    ];

    public static ResourceType? Find(string group, string version, string plural) =>
        All.FirstOrDefault(type => type.Group == group && type.Version == version && type.Plural == plural);

    public static ResourceType? FindKind(string groupVersion, string kind) =>
        All.FirstOrDefault(type => type.GroupVersion == groupVersion && type.Kind == kind);
}

/// <summary>A question in the form of an object. The answer is in its status; it is not stored.</summary>
internal sealed record ReviewType(string Group, string Version, string Kind, string Plural, string Singular)
{
    public string GroupVersion => $"{Group}/{Version}";
}
