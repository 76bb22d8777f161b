using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Storage;

namespace Federation.Sandbox.Kubernetes.Controllers;

/// <summary>
/// Deletes objects whose owners are all gone, and carries out foreground and orphan deletions.
/// See <see href="https://kubernetes.io/docs/concepts/architecture/garbage-collection/"/>.
/// </summary>
internal sealed class GarbageCollector(ObjectStore store, Registry registry) : IController
{
    public IEnumerable<ObjectKey> Concerns(Change change)
    {
        var value = change.Object;
        if (change.Kind == ChangeKind.Deleted || value.IsTerminating || value.Owners.Any())
        {
            yield return value.KeyIn(change.Type);
        }

        if (change.Kind == ChangeKind.Deleted)
        {
            foreach (var owner in value.Owners.Select(owner => Ownership.Key(owner, value.Namespace)).OfType<ObjectKey>())
            {
                yield return owner;
            }
        }
    }

    public TimeSpan? Reconcile(ObjectKey key)
    {
        var value = store.Find(key.Type, key.Namespace, key.Name);
        if (value is null || value.Uid != key.Uid)
        {
            foreach (var (type, dependent) in Dependents(key.Uid))
            {
                DeleteIfUnowned(type, dependent);
            }
        }
        else if (value.IsTerminating && HasFinalizer(value, Registry.OrphanFinalizer))
        {
            foreach (var (type, dependent) in Dependents(key.Uid))
            {
                Change(type, dependent, copy => Without(copy, "ownerReferences", owner => owner.Text("uid") == key.Uid));
            }

            RemoveFinalizer(key.Type, value, Registry.OrphanFinalizer);
        }
        else if (value.IsTerminating && HasFinalizer(value, Registry.ForegroundFinalizer))
        {
            var dependents = Dependents(key.Uid).ToList();
            foreach (var (type, dependent) in dependents.Where(static item => !item.Value.IsTerminating))
            {
                Delete(type, dependent, Dependents(dependent.Uid).Any() ? "Foreground" : "Background");
            }

            if (
                !Dependents(key.Uid)
                    .Any(item => item.Value.Owners.Any(owner => owner.Text("uid") == key.Uid && owner.Flag("blockOwnerDeletion") is true))
            )
            {
                RemoveFinalizer(key.Type, value, Registry.ForegroundFinalizer);
            }
        }
        else
        {
            DeleteIfUnowned(key.Type, value);
        }

        return null;
    }

    private void DeleteIfUnowned(ResourceType type, JsonObject value)
    {
        // An owner of a kind that the sandbox does not serve is assumed to exist.
        if (
            !value.IsTerminating
            && value.Owners.Any()
            && value.Owners.All(owner =>
                Ownership.Key(owner, value.Namespace) is { } key && store.Find(key.Type, key.Namespace, key.Name)?.Uid != key.Uid
            )
        )
        {
            Delete(type, value, "Background");
        }
    }

    private IEnumerable<(ResourceType Type, JsonObject Value)> Dependents(string uid) =>
        ResourceTable.All.SelectMany(type =>
            store.List(type, "").Objects.Where(value => value.Owners.Any(owner => owner.Text("uid") == uid)).Select(value => (type, value))
        );

    private void Delete(ResourceType type, JsonObject value, string propagation) =>
        registry.Delete(type, value.Namespace, value.Name, new DeleteOptions(null, value.Uid, null, DryRun: false, propagation));

    private void RemoveFinalizer(ResourceType type, JsonObject value, string finalizer) =>
        Change(type, value, copy => Without(copy, "finalizers", item => item?.GetValue<string>() == finalizer));

    private void Change(ResourceType type, JsonObject value, Action<JsonObject> change) =>
        registry.Change(type, value, change, new WriteOptions(PodControl.Manager, DryRun: false, []));

    private static void Without(JsonObject value, string list, Func<JsonNode?, bool> gone)
    {
        JsonNode?[] kept =
        [
            .. (value["metadata"]?[list] as JsonArray ?? []).Where(item => !gone(item)).Select(static item => item?.DeepClone()),
        ];
        value.Metadata.SetOrRemove(list, kept.Length > 0 ? new JsonArray(kept) : null);
    }

    private static bool HasFinalizer(JsonObject value, string finalizer) =>
        value["metadata"].Texts("finalizers").Contains(finalizer, StringComparer.Ordinal);
}
