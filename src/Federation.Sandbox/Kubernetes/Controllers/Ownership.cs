using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Resources;

namespace Federation.Sandbox.Kubernetes.Controllers;

/// <summary>
/// Owners and dependents: <c>metadata.ownerReferences</c>.
/// See <see href="https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/"/>.
/// </summary>
internal static class Ownership
{
    extension(JsonObject value)
    {
        public IEnumerable<JsonObject> Owners => value["metadata"].Items("ownerReferences");

        /// <summary>The owner that controls the object, or null.</summary>
        public JsonObject? ControllerReference => value.Owners.FirstOrDefault(static owner => owner.Flag("controller") is true);

        /// <summary>The object that controls this one, if it is of a kind.</summary>
        public ObjectKey? ControllerOf(ResourceType type) =>
            value.ControllerReference is { } owner && Key(owner, value.Namespace) is { } key && key.Type == type ? key : null;

        public bool IsControlledBy(string uid) => value.ControllerReference.Text("uid") == uid;

        public ObjectKey KeyIn(ResourceType type) => new(type, value.Namespace, value.Name, value.Uid);

        /// <summary>An owner reference to this object as the controller of another.</summary>
        public JsonObject ToControllerReference(ResourceType type) =>
            new()
            {
                ["apiVersion"] = type.GroupVersion,
                ["kind"] = type.Kind,
                ["name"] = value.Name,
                ["uid"] = value.Uid,
                ["controller"] = true,
                ["blockOwnerDeletion"] = true,
            };

        /// <summary>Whether a condition of the status is True.</summary>
        public bool Has(string condition) => value.Condition(condition).Text("status") == "True";

        public JsonObject? Condition(string type) =>
            value["status"].Items("conditions").FirstOrDefault(known => known.Text("type") == type);
    }

    /// <summary>The object that an owner reference refers to; null if its kind is not served.</summary>
    public static ObjectKey? Key(JsonObject reference, string @namespace) =>
        ResourceTable.FindKind(reference.Text("apiVersion"), reference.Text("kind")) is { } type
            ? new ObjectKey(type, type.Namespaced ? @namespace : "", reference.Text("name"), reference.Text("uid"))
            : null;
}
