using System.Text.Json.Nodes;
using Federation.Sandbox.Hosting;
using Federation.Sandbox.Kubernetes.Resources;

namespace Federation.Sandbox.Kubernetes.Apply;

/// <summary>The writer of a change, and the subresource it writes to.</summary>
internal sealed record FieldManager(string Name, string Subresource = "");

/// <summary>
/// Tracks the owners of an object's fields (<c>metadata.managedFields</c>) on every write, and decides server-side apply by
/// them.
/// See <see href="https://kubernetes.io/docs/reference/using-api/server-side-apply/"/>.
/// </summary>
internal static class ManagedFields
{
    // What identifies an object, and what only the server writes, has no owner.
    private static readonly string[][] Unowned =
    [
        ["f:apiVersion"],
        ["f:kind"],
        ["f:metadata", "f:name"],
        ["f:metadata", "f:namespace"],
        ["f:metadata", "f:creationTimestamp"],
        ["f:metadata", "f:selfLink"],
        ["f:metadata", "f:uid"],
        ["f:metadata", "f:generation"],
        ["f:metadata", "f:managedFields"],
        ["f:metadata", "f:resourceVersion"],
    ];

    /// <summary>
    /// Makes a manager the owner of the fields that an update changed, and sets the new object's managedFields. Owners that the
    /// client sends in the new object replace the stored ones.
    /// </summary>
    public static void Update(
        JsonObject stored,
        JsonObject value,
        ResourceType type,
        FieldManager manager,
        DateTimeOffset now,
        IEnumerable<string> reset
    )
    {
        var owners =
            value["metadata"].Items("managedFields").Any() && manager.Subresource.Length == 0
                ? Owners.ReadOr(value, stored)
                : Owners.Read(stored);
        var comparison = TypedValue.Compare(WithoutManagedFields(stored), WithoutManagedFields(value), type.Schema);
        var changed = Strip(comparison.Modified.Union(comparison.Added), reset);
        owners.Disown(changed, comparison.Removed, except: null);
        if (!changed.IsEmpty)
        {
            var owner = owners.FindOrAdd(new Owner(manager.Name, "Update", type.GroupVersion, manager.Subresource));
            owner.Fields = owner.Fields.Union(changed);
            owner.Time = Moment.Seconds(now);
        }

        owners.Write(value);
    }

    /// <summary>Applies a configuration to an object.</summary>
    /// <param name="stored">The present object; an empty one on creation.</param>
    /// <returns>The new object, with its owners.</returns>
    /// <exception cref="ApiException">Another manager owns a field that would change.</exception>
    public static JsonObject Apply(
        JsonObject stored,
        JsonObject applied,
        ResourceType type,
        FieldManager manager,
        bool force,
        DateTimeOffset now,
        IEnumerable<string> reset
    )
    {
        var owners = Owners.Read(stored);
        var live = WithoutManagedFields(stored);
        var merged = TypedValue.Merge(live, applied, type.Schema);
        var owner = owners.FindOrAdd(new Owner(manager.Name, "Apply", type.GroupVersion, manager.Subresource));
        var last = owner.Fields;
        owner.Fields = TypedValue.Fields(applied, type.Schema);
        owner.GroupVersion = type.GroupVersion;
        var result = Prune(merged, owners, last, type);

        var comparison = TypedValue.Compare(live, result, type.Schema);
        var changed = comparison.Modified.Union(comparison.Added);
        var conflicts = owners.Conflicts(changed, owner).ToList();
        if (conflicts.Count > 0 && !force)
        {
            throw Conflict(conflicts);
        }

        owners.Disown(changed, comparison.Removed, except: owner);
        owner.Fields = Strip(owner.Fields, reset);
        if (!JsonNode.DeepEquals(live, result))
        {
            owner.Time = Moment.Seconds(now);
        }

        owners.Write(result);
        return result;
    }

    /// <summary>Whether the objects differ only in the times of ownership, which does not count as a change.</summary>
    public static bool DiffersOnlyInTimes(JsonObject value, JsonObject stored)
    {
        var copy = value.Copy();
        var other = stored.Copy();
        foreach (var entry in copy.Metadata.Items("managedFields").Concat(other.Metadata.Items("managedFields")))
        {
            entry.Remove("time");
        }

        return JsonNode.DeepEquals(copy, other);
    }

    // Removes what the manager applied last time but not now, unless another manager owns it.
    private static JsonObject Prune(JsonObject merged, Owners owners, FieldSet last, ResourceType type)
    {
        if (last.IsEmpty)
        {
            return merged;
        }

        FieldSet Named(FieldSet set) => TypedValue.WithNamedFields(set, type.Schema);
        FieldSet Present(JsonObject value) => Named(TypedValue.Fields(value, type.Schema));

        var present = Present(merged);
        var pruned = TypedValue.Remove(merged, Named(last), type.Schema);
        var owned = Named(owners.All.Aggregate(new FieldSet(), static (union, owner) => union.Union(owner.Fields)));
        pruned = TypedValue.Remove(merged, present.Difference(Present(pruned).Union(owned)), type.Schema);
        return TypedValue.Remove(merged, present.Difference(Present(pruned)).Intersection(Named(last)), type.Schema);
    }

    private static ApiException Conflict(List<(Owner Owner, string Path)> conflicts)
    {
        var text =
            conflicts.Count == 1
                ? $"conflict with {conflicts[0].Owner.Shown}: {conflicts[0].Path}"
                : string.Join(
                    '\n',
                    conflicts
                        .GroupBy(static conflict => conflict.Owner.Shown, StringComparer.Ordinal)
                        .OrderBy(static group => group.Key, StringComparer.Ordinal)
                        .Select(static group =>
                            $"conflicts with {group.Key}:\n{string.Join('\n', group.Select(static conflict => "- " + conflict.Path))}"
                        )
                );
        var causes = new JsonArray([
            .. conflicts.Select(static conflict => new JsonObject
            {
                ["reason"] = "FieldManagerConflict",
                ["message"] = "conflict with " + conflict.Owner.Shown,
                ["field"] = conflict.Path,
            }),
        ]);
        return ApiException.Failure(
            409,
            "Conflict",
            $"Apply failed with {conflicts.Count} conflict{(conflicts.Count == 1 ? "" : "s")}: {text}",
            new JsonObject { ["causes"] = causes }
        );
    }

    private static FieldSet Strip(FieldSet set, IEnumerable<string> reset)
    {
        foreach (var path in Unowned)
        {
            set = set.Without(path);
        }

        foreach (var field in reset)
        {
            set = set.Without("f:" + field);
        }

        return set;
    }

    private static JsonObject WithoutManagedFields(JsonObject value)
    {
        var copy = value.Copy();
        copy.Metadata.Remove("managedFields");
        return copy;
    }

    private sealed class Owner(string manager, string operation, string groupVersion, string subresource)
    {
        public string GroupVersion { get; set; } = groupVersion;

        public string? Time { get; set; }

        public FieldSet Fields { get; set; } = new();

        public bool IsUpdate => operation == "Update";

        public string Shown =>
            FieldError.Quote(manager)
            + (subresource.Length > 0 ? $" with subresource {FieldError.Quote(subresource)}" : "")
            + (IsUpdate ? $" using {GroupVersion}" : "");

        public bool Is(Owner other) =>
            Manager == other.Manager
            && Operation == other.Operation
            && Subresource == other.Subresource
            && (!IsUpdate || GroupVersion == other.GroupVersion);

        public string Manager => manager;

        public string Operation => operation;

        public string Subresource => subresource;

        public static Owner Read(JsonObject entry) =>
            new(entry.Text("manager"), entry.Text("operation"), entry.Text("apiVersion"), entry.Text("subresource"))
            {
                Time = entry["time"]?.GetValue<string>(),
                Fields = entry["fieldsV1"] is JsonObject fields ? FieldSet.Parse(fields) : new FieldSet(),
            };

        public JsonObject ToJson()
        {
            var entry = new JsonObject
            {
                ["manager"] = manager,
                ["operation"] = operation,
                ["apiVersion"] = GroupVersion,
            };
            entry.SetText("time", Time);
            entry["fieldsType"] = "FieldsV1";
            entry["fieldsV1"] = Fields.ToJson();
            entry.SetText("subresource", subresource);
            return entry;
        }
    }

    private sealed class Owners
    {
        private readonly List<Owner> _owners = [];

        public IEnumerable<Owner> All => _owners;

        public static Owners Read(JsonObject value)
        {
            var owners = new Owners();
            owners._owners.AddRange(value["metadata"].Items("managedFields").Select(Owner.Read));
            return owners;
        }

        /// <summary>The owners that a client sent, or the stored ones if those cannot be read.</summary>
        public static Owners ReadOr(JsonObject value, JsonObject stored)
        {
            try
            {
                return Read(value);
            }
            catch (FormatException)
            {
                return Read(stored);
            }
        }

        public Owner FindOrAdd(Owner sought)
        {
            var owner = _owners.Find(sought.Is);
            if (owner is null)
            {
                _owners.Add(owner = sought);
            }

            return owner;
        }

        public IEnumerable<(Owner Owner, string Path)> Conflicts(FieldSet changed, Owner except) =>
            _owners
                .Where(owner => owner != except)
                .SelectMany(owner => owner.Fields.Intersection(changed).Paths().Select(path => (owner, path)));

        /// <summary>Removes the changed and removed paths from every owner except one.</summary>
        public void Disown(FieldSet changed, FieldSet removed, Owner? except)
        {
            foreach (var owner in _owners.Where(owner => owner != except))
            {
                owner.Fields = owner.Fields.Difference(changed).Difference(removed);
            }
        }

        public void Write(JsonObject value)
        {
            JsonObject[] entries =
            [
                .. _owners
                    .Where(static owner => !owner.Fields.IsEmpty)
                    .OrderBy(static owner => owner.Operation, StringComparer.Ordinal)
                    .ThenBy(static owner => owner.Time ?? "", StringComparer.Ordinal)
                    .ThenBy(static owner => owner.Manager, StringComparer.Ordinal)
                    .ThenBy(static owner => owner.GroupVersion, StringComparer.Ordinal)
                    .ThenBy(static owner => owner.Subresource, StringComparer.Ordinal)
                    .Select(static owner => owner.ToJson()),
            ];
            value.Metadata.SetOrRemove("managedFields", entries.Length > 0 ? new JsonArray([.. entries]) : null);
        }
    }
}
