using System.Text.Json.Nodes;
using Federation.Sandbox.Hosting;
using Federation.Sandbox.Kubernetes.Apply;
using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Storage;

namespace Federation.Sandbox.Kubernetes.Controllers;

/// <summary>
/// Gives a new namespace its default service account and the root certificate, and empties and removes a terminating one, as
/// kube-controller-manager does.
/// </summary>
internal sealed class NamespaceController(ObjectStore store, Registry registry, TimeProvider time, KubernetesApiOptions options)
    : IDisposable
{
    private static readonly FieldManager Manager = new("kube-controller-manager");

    private readonly Lock _gate = new();
    private readonly List<ITimer> _timers = [];

    public void OnChange(Change change)
    {
        if (change.Type != ResourceTable.Namespaces)
        {
            return;
        }

        var name = change.Object.Name;
        if (change.Kind == ChangeKind.Added)
        {
            After(options.NamespaceSetup, () => SetUp(name));
        }
        else if (change.Kind == ChangeKind.Modified && change.Object.IsTerminating && change.Previous is { IsTerminating: false })
        {
            After(options.NamespaceCleanup, () => Clean(name));
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _timers.ForEach(static timer => timer.Dispose());
            _timers.Clear();
        }
    }

    private void After(TimeSpan delay, Action act)
    {
        if (delay == TimeSpan.Zero)
        {
            act();
            return;
        }

        lock (_gate)
        {
            ITimer? timer = null;
            timer = time.CreateTimer(
                _ =>
                {
                    lock (_gate)
                    {
                        _timers.Remove(timer!);
                        timer!.Dispose();
                    }

                    act();
                },
                state: null,
                delay,
                Timeout.InfiniteTimeSpan
            );
            _timers.Add(timer);
        }
    }

    private void SetUp(string name)
    {
        lock (store.Gate)
        {
            if (store.Find(ResourceTable.Namespaces, "", name) is not { IsTerminating: false })
            {
                return;
            }

            if (store.Find(ResourceTable.ServiceAccounts, name, "default") is null)
            {
                registry.Put(
                    ResourceTable.ServiceAccounts,
                    new JsonObject
                    {
                        ["metadata"] = new JsonObject { ["name"] = "default", ["namespace"] = name },
                    }
                );
            }

            if (store.Find(ResourceTable.ConfigMaps, name, "kube-root-ca.crt") is null)
            {
                registry.Create(ResourceTable.ConfigMaps, name, RootCertificate(), new WriteOptions(Manager, DryRun: false, []));
            }
        }
    }

    private JsonObject RootCertificate() =>
        new()
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = "kube-root-ca.crt",
                ["annotations"] = new JsonObject
                {
                    ["kubernetes.io/description"] =
                        "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the "
                        + "internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of "
                        + "Kubernetes clusters.",
                },
            },
            ["data"] = new JsonObject { ["ca.crt"] = options.CertificateAuthority },
        };

    private void Clean(string name)
    {
        lock (store.Gate)
        {
            if (store.Find(ResourceTable.Namespaces, "", name) is not { IsTerminating: true } @namespace)
            {
                return;
            }

            var remaining = ResourceTable
                .All.Where(static type => type.Namespaced)
                .SelectMany(type => store.List(type, name).Objects.Select(item => (type, item)))
                .Where(entry => !TryDelete(entry.type, entry.item))
                .ToList();
            var reported = Report(@namespace, remaining);
            if (!ManagedFields.DiffersOnlyInTimes(reported, @namespace))
            {
                store.Put(ResourceTable.Namespaces, reported);
            }

            if (remaining.Count == 0)
            {
                store.Remove(ResourceTable.Namespaces, "", name);
                return;
            }
        }

        After(options.NamespaceCleanup, () => Clean(name));
    }

    private bool TryDelete(ResourceType type, JsonObject item)
    {
        var (value, gone) = registry.Delete(
            type,
            item.Namespace,
            item.Name,
            new DeleteOptions(null, null, null, DryRun: false, "Background")
        );
        return gone || value.Uid != item.Uid;
    }

    private JsonObject Report(JsonObject @namespace, List<(ResourceType Type, JsonObject Item)> remaining)
    {
        var value = @namespace.Copy();
        var now = Moment.Seconds(time.GetUtcNow());
        var counts = remaining
            .GroupBy(static entry => entry.Type.QualifiedResource, StringComparer.Ordinal)
            .Select(static group =>
                $"{group.Key}{(group.First().Type.Group.Length > 0 ? "" : ".")} has {group.Count()} resource instances"
            );
        var finalizers = remaining
            .SelectMany(static entry => entry.Item["metadata"].Texts("finalizers"))
            .GroupBy(static finalizer => finalizer, StringComparer.Ordinal)
            .Select(static group => $"{group.Key} in {group.Count()} resource instances")
            .ToList();
        (string Type, string Status, string Reason, string Message)[] conditions =
        [
            ("NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered", "All resources successfully discovered"),
            ("NamespaceDeletionGroupVersionParsingFailure", "False", "ParsedGroupVersions", "All legacy kube types successfully parsed"),
            (
                "NamespaceDeletionContentFailure",
                "False",
                "ContentDeleted",
                "All content successfully deleted, may be waiting on finalization"
            ),
            remaining.Count > 0
                ? ("NamespaceContentRemaining", "True", "SomeResourcesRemain", "Some resources are remaining: " + string.Join(", ", counts))
                : ("NamespaceContentRemaining", "False", "ContentRemoved", "All content successfully removed"),
            finalizers.Count > 0
                ? (
                    "NamespaceFinalizersRemaining",
                    "True",
                    "SomeFinalizersRemain",
                    "Some content in the namespace has finalizers remaining: " + string.Join(", ", finalizers)
                )
                : ("NamespaceFinalizersRemaining", "False", "ContentHasNoFinalizers", "All content-preserving finalizers finished"),
        ];
        var known = value["status"].Items("conditions").ToDictionary(static condition => condition.Text("type"), StringComparer.Ordinal);
        value.Child("status")["conditions"] = new JsonArray([
            .. conditions.Select(condition => new JsonObject
            {
                ["type"] = condition.Type,
                ["status"] = condition.Status,
                ["lastTransitionTime"] =
                    known.TryGetValue(condition.Type, out var before) && before.Text("status") == condition.Status
                        ? before.Text("lastTransitionTime")
                        : now,
                ["reason"] = condition.Reason,
                ["message"] = condition.Message,
            }),
        ]);
        ManagedFields.Update(
            @namespace,
            value,
            ResourceTable.Namespaces,
            Manager with
            {
                Subresource = "status",
            },
            time.GetUtcNow(),
            ["metadata", "spec"]
        );
        return value;
    }
}
