using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Controllers;
using Federation.Sandbox.Kubernetes.Resources;

namespace Federation.Sandbox.Kubernetes.Tables;

/// <summary>The columns of each kind, as kubectl shows them.</summary>
internal static class TableColumns
{
    private const string None = "<none>";
    private const string Unknown = "<unknown>";

    private static readonly TableColumn Name = new("Name", "The object's name, unique in its namespace.", static (value, _) => value.Name)
    {
        IsName = true,
    };

    private static readonly TableColumn Age = new(
        "Age",
        "How long ago the object was created.",
        static (value, now) => Since(value["metadata"].Text("creationTimestamp"), now)
    );

    private static readonly TableColumn CreatedAt = new(
        "Created At",
        "When the object was created.",
        static (value, _) => value["metadata"].Text("creationTimestamp")
    );

    private static readonly TableColumn[] Template =
    [
        Wide("Containers", "The names of the containers of the template.", static (value, _) => Join(TemplateContainers(value), "name")),
        Wide("Images", "The images of the containers of the template.", static (value, _) => Join(TemplateContainers(value), "image")),
        Wide("Selector", "The labels by which pods belong to it.", static (value, _) => LabelSelectors.Format(value["spec"]?["selector"])),
    ];

    /// <summary>For kinds without columns of their own.</summary>
    public static IReadOnlyList<TableColumn> Default { get; } = [Name, Age];

    public static IReadOnlyList<TableColumn> ConfigMaps { get; } =
    [
        Name,
        Number(
            "Data",
            "How many entries it has.",
            static (value, _) => value.Pairs("data").Count() + value.Pairs("binaryData").Count()
        ) with
        {
            Type = "string",
        },
        Age,
    ];

    public static IReadOnlyList<TableColumn> Secrets { get; } =
    [
        Name,
        new("Type", "What the secret is for.", static (value, _) => value.Text("type")),
        Number("Data", "How many entries it has.", static (value, _) => value.Pairs("data").Count()) with
        {
            Type = "string",
        },
        Age,
    ];

    public static IReadOnlyList<TableColumn> ServiceAccounts { get; } =
    [
        Name,
        Number("Secrets", "How many secrets it refers to.", static (value, _) => value.Items("secrets").Count()) with
        {
            Type = "string",
        },
        Age,
    ];

    public static IReadOnlyList<TableColumn> Namespaces { get; } =
    [Name, new("Status", "Whether it is in use or on its way out.", static (value, _) => value["status"].Text("phase")), Age];

    public static IReadOnlyList<TableColumn> Roles { get; } = [Name, CreatedAt];

    public static IReadOnlyList<TableColumn> RoleBindings { get; } =
    [
        Name,
        new("Role", "The role that is granted.", static (value, _) => $"{value["roleRef"].Text("kind")}/{value["roleRef"].Text("name")}"),
        Age,
        Wide("Users", "The users it is granted to.", static (value, _) => Join(Subjects(value, "User"), "name")),
        Wide("Groups", "The groups it is granted to.", static (value, _) => Join(Subjects(value, "Group"), "name")),
        Wide(
            "ServiceAccounts",
            "The service accounts it is granted to.",
            static (value, _) =>
                string.Join(
                    ", ",
                    Subjects(value, "ServiceAccount").Select(static subject => $"{subject.Text("namespace")}/{subject.Text("name")}")
                )
        ),
    ];

    public static IReadOnlyList<TableColumn> Nodes { get; } =
    [
        Name,
        new("Status", "Whether the node takes pods.", static (value, _) => NodeStatus(value)),
        new("Roles", "The roles in its labels.", static (value, _) => NodeRoles(value)),
        Age,
        new("Version", "The version of its kubelet.", static (value, _) => value["status"]?["nodeInfo"].Text("kubeletVersion")),
        Wide("Internal-IP", "Its address in the cluster.", static (value, _) => Address(value, "InternalIP")),
        Wide("External-IP", "Its address outside the cluster.", static (value, _) => Address(value, "ExternalIP")),
        Wide("OS-Image", "The operating system.", static (value, _) => OrUnknown(value["status"]?["nodeInfo"].Text("osImage"))),
        Wide("Kernel-Version", "The kernel.", static (value, _) => OrUnknown(value["status"]?["nodeInfo"].Text("kernelVersion"))),
        Wide(
            "Container-Runtime",
            "What runs its containers.",
            static (value, _) => OrUnknown(value["status"]?["nodeInfo"].Text("containerRuntimeVersion"))
        ),
    ];

    public static IReadOnlyList<TableColumn> Events { get; } =
    [
        new("Last Seen", "How long ago it last happened.", static (value, now) => Since(LastSeen(value), now)),
        new("Type", "Normal or Warning.", static (value, _) => value.Text("type")),
        new("Reason", "What happened, in a word.", static (value, _) => value.Text("reason")),
        new(
            "Object",
            "What it happened to.",
            static (value, _) => $"{value["involvedObject"].Text("kind").ToLowerInvariant()}/{value["involvedObject"].Text("name")}"
        ),
        Wide("Subobject", "The part that it happened to.", static (value, _) => value["involvedObject"].Text("fieldPath")),
        Wide("Source", "Who reports it.", static (value, _) => Source(value)),
        new("Message", "What happened.", static (value, _) => value.Text("message").Trim()),
        Wide("First Seen", "How long ago it first happened.", static (value, now) => Since(FirstSeen(value), now)),
        Number("Count", "How often it happened.", static (value, _) => value.Number("count") is { } count and > 0 ? count : 1) with
        {
            Type = "string",
            IsWide = true,
        },
        Name with
        {
            IsWide = true,
        },
    ];

    public static IReadOnlyList<TableColumn> Pods { get; } =
    [
        Name,
        new("Ready", "The containers that are ready, of all.", static (value, _) => PodSummary.Of(value).Ready),
        new("Status", "What its containers are doing.", static (value, _) => PodSummary.Of(value).Status),
        new(
            "Restarts",
            "How often its containers were restarted, and how long ago the last time was.",
            static (value, now) => PodSummary.Of(value).RestartsAt(now)
        ),
        Age,
        Wide("IP", "Its address.", static (value, _) => OrNone(value["status"].Text("podIP"))),
        Wide("Node", "The node it runs on.", static (value, _) => OrNone(value["spec"].Text("nodeName"))),
        Wide("Nominated Node", "The node that makes room for it.", static (value, _) => OrNone(value["status"].Text("nominatedNodeName"))),
        Wide(
            "Readiness Gates",
            "The further conditions of its readiness that hold, of all.",
            static (value, _) => PodSummary.ReadinessGates(value)
        ),
    ];

    public static IReadOnlyList<TableColumn> Deployments { get; } =
    [
        Name,
        new(
            "Ready",
            "The pods that are ready, of those wanted.",
            static (value, _) => $"{Status(value, "readyReplicas")}/{value["spec"].Number("replicas") ?? 0}"
        ),
        Number("Up-to-date", "The pods of the present template.", static (value, _) => Status(value, "updatedReplicas")) with
        {
            Type = "string",
        },
        Number("Available", "The pods that have been ready for long enough.", static (value, _) => Status(value, "availableReplicas")) with
        {
            Type = "string",
        },
        Age,
        .. Template,
    ];

    public static IReadOnlyList<TableColumn> ReplicaSets { get; } =
    [
        Name,
        Number("Desired", "The pods that are wanted.", static (value, _) => value["spec"].Number("replicas") ?? 0),
        Number("Current", "The pods that there are.", static (value, _) => Status(value, "replicas")),
        Number("Ready", "The pods that are ready.", static (value, _) => Status(value, "readyReplicas")),
        Age,
        .. Template,
    ];

    public static IReadOnlyList<TableColumn> Jobs { get; } =
    [
        Name,
        new("Status", "How far the job is.", static (value, _) => JobStatus(value)),
        new("Completions", "The pods that have succeeded, of those wanted.", static (value, _) => Completions(value)),
        new("Duration", "How long it has run.", static (value, now) => Duration(value, now)),
        Age,
        .. Template,
    ];

    private static TableColumn Wide(string name, string description, Func<JsonObject, DateTimeOffset, JsonNode?> cell) =>
        new(name, description, cell) { IsWide = true };

    private static TableColumn Number(string name, string description, Func<JsonObject, DateTimeOffset, JsonNode?> cell) =>
        new(name, description, cell) { Type = "integer" };

    private static string Since(string timestamp, DateTimeOffset now) =>
        KubernetesObject.ParseTime(timestamp) is { } time ? HumanDuration.Format(now - time) : Unknown;

    private static string OrNone(string? text) => string.IsNullOrEmpty(text) ? None : text;

    private static string OrUnknown(string? text) => string.IsNullOrEmpty(text) ? Unknown : text;

    private static string Join(IEnumerable<JsonObject> items, string field) => string.Join(',', items.Select(item => item.Text(field)));

    private static IEnumerable<JsonObject> TemplateContainers(JsonObject value) =>
        value["spec"]?["template"]?["spec"].Items("containers") ?? [];

    private static IEnumerable<JsonObject> Subjects(JsonObject binding, string kind) =>
        binding.Items("subjects").Where(subject => subject.Text("kind") == kind);

    private static long Status(JsonObject value, string field) => value["status"].Number(field) ?? 0;

    private static string Address(JsonObject node, string type) =>
        OrNone(node["status"].Items("addresses").FirstOrDefault(address => address.Text("type") == type).Text("address"));

    private static string NodeStatus(JsonObject node)
    {
        var ready = node["status"].Items("conditions").FirstOrDefault(static condition => condition.Text("type") == "Ready");
        var status =
            ready is null ? "Unknown"
            : ready.Text("status") == "True" ? "Ready"
            : "NotReady";
        return node["spec"].Flag("unschedulable") is true ? status + ",SchedulingDisabled" : status;
    }

    private static string NodeRoles(JsonObject node)
    {
        const string prefix = "node-role.kubernetes.io/";
        return OrNone(
            string.Join(
                ',',
                node["metadata"]
                    .Pairs("labels")
                    .Where(static label => label.Key.StartsWith(prefix, StringComparison.Ordinal))
                    .Select(static label => label.Key[prefix.Length..])
                    .Order(StringComparer.Ordinal)
            )
        );
    }

    private static string FirstSeen(JsonObject value) =>
        value.Text("firstTimestamp") is { Length: > 0 } first ? first : value.Text("eventTime");

    private static string LastSeen(JsonObject value) =>
        value["series"].Text("lastObservedTime") is { Length: > 0 } observed ? observed
        : value.Text("lastTimestamp") is { Length: > 0 } last ? last
        : FirstSeen(value);

    private static string Source(JsonObject value)
    {
        var component = value["source"].Text("component") is { Length: > 0 } source ? source : value.Text("reportingComponent");
        var host = value["source"].Text("host") is { Length: > 0 } named ? named : value.Text("reportingInstance");
        return host.Length > 0 ? $"{component}, {host}" : component;
    }

    private static string JobStatus(JsonObject job) =>
        job.Has("Complete") ? "Complete"
        : job.Has("Failed") ? "Failed"
        : job["metadata"]?["deletionTimestamp"] is not null ? "Terminating"
        : job.Has("Suspended") ? "Suspended"
        : job.Has("FailureTarget") ? "FailureTarget"
        : job.Has("SuccessCriteriaMet") ? "SuccessCriteriaMet"
        : "Running";

    private static string Completions(JsonObject job)
    {
        var succeeded = Status(job, "succeeded");
        return job["spec"].Number("completions") is { } wanted ? $"{succeeded}/{wanted}"
            : job["spec"].Number("parallelism") is { } parallel and > 1 ? $"{succeeded}/1 of {parallel}"
            : $"{succeeded}/1";
    }

    private static string Duration(JsonObject job, DateTimeOffset now) =>
        job["status"].Time("startTime") is { } start ? HumanDuration.Format((job["status"].Time("completionTime") ?? now) - start) : "";
}
