using System.Globalization;
using System.Text.Json.Nodes;
using Federation.Sandbox.Hosting;
using Federation.Sandbox.Kubernetes.Admission;
using Federation.Sandbox.Kubernetes.Apply;
using Federation.Sandbox.Kubernetes.Resources;

namespace Federation.Sandbox.Kubernetes.Storage;

/// <summary>The options of a write.</summary>
/// <param name="Subresource">Empty for the object itself; <c>status</c> writes only the status.</param>
internal sealed record WriteOptions(FieldManager Manager, bool DryRun, ICollection<string> Warnings, string Subresource = "")
{
    /// <summary>Throws if the author may not write this content. Called with the new object and the stored one.</summary>
    public Action<JsonObject, JsonObject?>? Permit { get; init; }
}

/// <summary>The options of a deletion.</summary>
/// <param name="Propagation"><c>Background</c>, <c>Foreground</c>, <c>Orphan</c>; empty: the kind's default.</param>
internal sealed record DeleteOptions(long? GracePeriodSeconds, string? Uid, string? ResourceVersion, bool DryRun, string Propagation);

/// <summary>
/// Creates, changes and deletes objects as the API server does: with field ownership, admission, the kind's rules and
/// validation. Each operation is atomic.
/// </summary>
internal sealed class Registry(ObjectStore store, IReadOnlyList<AdmissionPlugin> admission, TimeProvider time)
{
    /// <summary>Marks an object whose dependents are deleted before it.</summary>
    public const string ForegroundFinalizer = "foregroundDeletion";

    /// <summary>Marks an object whose dependents are kept.</summary>
    public const string OrphanFinalizer = "orphan";

    public JsonObject Get(ResourceType type, string @namespace, string name) =>
        store.Find(type, @namespace, name) ?? throw ApiException.NotFound(type, name);

    /// <param name="value">The decoded object. Do not use it afterwards.</param>
    public JsonObject Create(ResourceType type, string @namespace, JsonObject value, WriteOptions options)
    {
        lock (store.Gate)
        {
            PlaceIn(type, @namespace, value);
            type.Strategy.SetDefaults(value);
            value.Metadata.Remove("managedFields");
            ManagedFields.Update(type.Strategy.Empty(), value, type, options.Manager, time.GetUtcNow(), type.Strategy.ResetFields);
            return Insert(type, @namespace, value, options);
        }
    }

    /// <param name="change">Returns the new object for a copy of the stored one.</param>
    public JsonObject Update(ResourceType type, string @namespace, string name, Func<JsonObject, JsonObject> change, WriteOptions options)
    {
        lock (store.Gate)
        {
            var stored = Get(type, @namespace, name);
            var value = change(stored.Copy());
            PlaceIn(type, @namespace, value);
            type.Strategy.SetDefaults(value);
            ManagedFields.Update(stored, value, type, options.Manager, time.GetUtcNow(), Reset(type, options));
            return Replace(type, stored, value, options);
        }
    }

    /// <summary>An update by a function that changes a copy of the stored object.</summary>
    public JsonObject Change(ResourceType type, JsonObject value, Action<JsonObject> change, WriteOptions options) =>
        Update(
            type,
            value.Namespace,
            value.Name,
            copy =>
            {
                change(copy);
                return copy;
            },
            options
        );

    /// <summary>Server-side apply. Returns also whether the object is new.</summary>
    public (JsonObject Value, bool Created) Apply(
        ResourceType type,
        string @namespace,
        string name,
        JsonObject applied,
        bool force,
        WriteOptions options
    )
    {
        lock (store.Gate)
        {
            PlaceIn(type, @namespace, applied);
            var asked = applied.Metadata.Text("resourceVersion");
            applied.Metadata.Remove("resourceVersion");
            var uid = applied.Metadata.Text("uid");
            var stored = store.Find(type, @namespace, name);
            if (stored is null && options.Subresource.Length > 0)
            {
                throw ApiException.NotFound(type, name);
            }

            if (stored is null && uid.Length > 0)
            {
                throw ApiException.Conflict(
                    type.Group,
                    type.Plural,
                    name,
                    $"uid mismatch: the provided object specified uid {uid}, and no existing object was found"
                );
            }

            if (stored is not null && asked.Length > 0 && asked != stored.Metadata.Text("resourceVersion"))
            {
                throw ApiException.Modified(type, name);
            }

            var value = ManagedFields.Apply(
                stored ?? type.Strategy.Empty(),
                applied,
                type,
                options.Manager,
                force,
                time.GetUtcNow(),
                Reset(type, options)
            );
            value["kind"] = type.Kind;
            value["apiVersion"] = type.GroupVersion;
            type.Strategy.SetDefaults(value);
            return stored is null ? (Insert(type, @namespace, value, options), true) : (Replace(type, stored, value, options), false);
        }
    }

    /// <summary>Deletes an object. Returns the object for the client, and whether it is removed already.</summary>
    public (JsonObject Value, bool Gone) Delete(ResourceType type, string @namespace, string name, DeleteOptions options)
    {
        lock (store.Gate)
        {
            var stored = Get(type, @namespace, name);
            CheckPreconditions(type, stored, options);
            if (type == ResourceTable.Namespaces && NamespaceStrategy.Protected.Contains(name, StringComparer.Ordinal))
            {
                throw ApiException.Forbidden(type, name, "this namespace may not be deleted");
            }

            var value = stored.Copy();
            if (type == ResourceTable.Namespaces)
            {
                if (stored.IsTerminating)
                {
                    return (stored, false);
                }

                value.Metadata["deletionTimestamp"] = Moment.Seconds(time.GetUtcNow());
                value.Child("status")["phase"] = "Terminating";
                return (options.DryRun ? stored : store.Put(type, value), false);
            }

            if (options.DryRun)
            {
                return (stored, false);
            }

            var waits = SetPropagation(type, value, options.Propagation);
            var grace = type.Strategy.GracePeriod(stored, options.GracePeriodSeconds);
            if (grace == 0 && !HasFinalizers(value))
            {
                if (type == ResourceTable.Pods)
                {
                    MarkDeleted(value, 0);
                    store.Put(type, value);
                }

                return (store.Remove(type, @namespace, name)!, true);
            }

            // A second deletion can only shorten the grace period.
            if (stored.IsTerminating && !waits && (stored["metadata"].Number("deletionGracePeriodSeconds") ?? 0) <= grace)
            {
                return (stored, false);
            }

            MarkDeleted(value, grace);
            return (store.Put(type, value), false);
        }
    }

    /// <summary>Stores an object of the server itself, without admission and validation.</summary>
    public JsonObject Put(ResourceType type, JsonObject value)
    {
        lock (store.Gate)
        {
            var stored = store.Find(type, value.Namespace, value.Name);
            if (stored is null)
            {
                Stamp(value);
            }

            return store.Put(type, value);
        }
    }

    private JsonObject Insert(ResourceType type, string @namespace, JsonObject value, WriteOptions options)
    {
        var request = new AdmissionRequest(type, @namespace, value, Stored: null, options.Warnings);
        foreach (var plugin in admission)
        {
            plugin.Mutate(request);
        }

        if (value.Name.Length == 0 && value.Metadata.Text("generateName") is { Length: > 0 } prefix)
        {
            value.Metadata["name"] = prefix + RandomNames.Suffix();
        }

        var given = value.Metadata.Text("resourceVersion");
        Stamp(value);
        type.Strategy.PrepareForCreate(value);
        Check(type, value, [.. ObjectMetaValidation.Validate(value, type), .. type.Strategy.Validate(value)]);
        foreach (var plugin in admission)
        {
            plugin.Validate(request);
        }

        options.Permit?.Invoke(value, null);
        if (given.Length > 0)
        {
            throw ApiException.Internal("resourceVersion should not be set on objects to be created");
        }

        if (store.Find(type, @namespace, value.Name) is { } existing)
        {
            throw ApiException.AlreadyExists(type, value.Name, existing.IsTerminating);
        }

        return options.DryRun ? type.Ordered(value, 0) : store.Put(type, value);
    }

    private JsonObject Replace(ResourceType type, JsonObject stored, JsonObject value, WriteOptions options)
    {
        var asked = value.Metadata.Text("resourceVersion");
        if (asked.Length > 0 && asked != stored.Metadata.Text("resourceVersion"))
        {
            throw ApiException.Modified(type, stored.Name);
        }

        var uid = value.Metadata.Text("uid");
        foreach (
            var field in new[]
            {
                "uid",
                "creationTimestamp",
                "deletionTimestamp",
                "deletionGracePeriodSeconds",
                "generation",
                "resourceVersion",
            }
        )
        {
            value.Metadata.SetOrRemove(field, stored["metadata"]?[field]?.DeepClone());
        }

        if (options.Subresource == "status")
        {
            var written = value;
            value = stored.Copy();
            value.SetOrRemove("status", written["status"]?.DeepClone());
            foreach (
                var field in type.Strategy.StatusResetFields.Contains("metadata", StringComparer.Ordinal)
                    ? (string[])["managedFields"]
                    : ["managedFields", "annotations"]
            )
            {
                value.Metadata.SetOrRemove(field, written["metadata"]?[field]?.DeepClone());
            }
        }
        else
        {
            type.Strategy.PrepareForUpdate(value, stored);
        }

        var request = new AdmissionRequest(type, stored.Namespace, value, stored, options.Warnings);
        foreach (var plugin in admission)
        {
            plugin.Mutate(request);
        }

        List<FieldError> errors = [];
        if (uid.Length > 0 && uid != stored.Uid)
        {
            var error = FieldError.Invalid("metadata.uid", FieldError.Quote(uid), "field is immutable");
            errors.AddRange([error, error]);
        }

        // On an update the API server validates metadata in four places and lists the errors of each.
        errors.AddRange(Enumerable.Repeat(ObjectMetaValidation.Validate(value, type), 4).SelectMany(static found => found));
        Check(type, value, [.. errors, .. type.Strategy.Validate(value), .. type.Strategy.ValidateUpdate(value, stored)]);
        foreach (var plugin in admission)
        {
            plugin.Validate(request);
        }

        options.Permit?.Invoke(value, stored);
        value = type.Ordered(value, stored.ResourceVersion);
        if (ManagedFields.DiffersOnlyInTimes(value, stored))
        {
            return stored;
        }

        if (options.DryRun)
        {
            return value;
        }

        if (
            stored.IsTerminating
            && !HasFinalizers(value)
            && (value["metadata"].Number("deletionGracePeriodSeconds") ?? 0) == 0
            && type != ResourceTable.Namespaces
        )
        {
            store.Remove(type, stored.Namespace, stored.Name);
            return value;
        }

        return store.Put(type, value);
    }

    // Sets the finalizer that makes the object wait for the garbage collector. True if it was not set before.
    private static bool SetPropagation(ResourceType type, JsonObject value, string asked)
    {
        var wanted = (asked.Length > 0 ? asked : type.Strategy.DefaultPropagation) switch
        {
            "Orphan" => OrphanFinalizer,
            "Foreground" => ForegroundFinalizer,
            _ => "",
        };
        string[] before = [.. value["metadata"].Texts("finalizers")];
        string[] after = [.. before.Where(finalizer => finalizer == wanted || finalizer is not (OrphanFinalizer or ForegroundFinalizer))];
        after = wanted.Length > 0 ? [.. after.Union([wanted], StringComparer.Ordinal)] : after;
        value.Metadata.SetTexts("finalizers", after);
        return wanted.Length > 0 && !before.Contains(wanted, StringComparer.Ordinal);
    }

    private void MarkDeleted(JsonObject value, long grace)
    {
        // A second deletion does not change the time of the first.
        var asked = value.IsTerminating
            ? DateTimeOffset
                .Parse(value.Metadata.Text("deletionTimestamp"), CultureInfo.InvariantCulture)
                .AddSeconds(-(value.Metadata.Number("deletionGracePeriodSeconds") ?? 0))
            : time.GetUtcNow();
        if (!value.IsTerminating && value.Metadata.Number("generation") is { } generation)
        {
            value.Metadata["generation"] = generation + 1;
        }

        value.Metadata["deletionTimestamp"] = Moment.Seconds(asked.AddSeconds(grace));
        value.Metadata["deletionGracePeriodSeconds"] = grace;
    }

    private void Stamp(JsonObject value)
    {
        value.Metadata["uid"] = Guid.NewGuid().ToString();
        value.Metadata["creationTimestamp"] = Moment.Seconds(time.GetUtcNow());
        foreach (var field in new[] { "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink" })
        {
            value.Metadata.Remove(field);
        }
    }

    private static IReadOnlyList<string> Reset(ResourceType type, WriteOptions options) =>
        options.Subresource == "status" ? type.Strategy.StatusResetFields : type.Strategy.ResetFields;

    private static void PlaceIn(ResourceType type, string @namespace, JsonObject value)
    {
        if (value.Namespace.Length > 0 && value.Namespace != @namespace)
        {
            throw ApiException.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
        }

        value.Metadata.SetOrRemove("namespace", type.Namespaced ? JsonValue.Create(@namespace) : null);
    }

    private static void CheckPreconditions(ResourceType type, JsonObject stored, DeleteOptions options)
    {
        if (options.Uid is { Length: > 0 } uid && uid != stored.Uid)
        {
            throw ApiException.Conflict(
                type.Group,
                type.Kind,
                stored.Name,
                $"the UID in the precondition ({uid}) does not match the UID in record ({stored.Uid}). "
                    + "The object might have been deleted and then recreated"
            );
        }

        if (options.ResourceVersion is { Length: > 0 } version && version != stored.Metadata.Text("resourceVersion"))
        {
            throw ApiException.Conflict(
                type.Group,
                type.Kind,
                stored.Name,
                $"the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record "
                    + $"({stored.ResourceVersion}). The object might have been modified"
            );
        }
    }

    private static bool HasFinalizers(JsonObject value) => value["metadata"]?["finalizers"] is JsonArray { Count: > 0 };

    private static void Check(ResourceType type, JsonObject value, IReadOnlyList<FieldError> errors)
    {
        if (errors.Count > 0)
        {
            throw ApiException.Invalid(type.Group, type.Kind, value.Name, errors);
        }
    }
}
