using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Storage;

namespace Federation.Sandbox.Kubernetes.Controllers;

/// <summary>Identifies an object for a controller. A later object of the same name has another uid.</summary>
internal sealed record ObjectKey(ResourceType Type, string Namespace, string Name, string Uid);

/// <summary>
/// Brings the state of an object closer to its spec, whenever something relevant changes. A controller has no state of its own:
/// all it knows is in the store.
/// </summary>
internal interface IController
{
    /// <summary>The objects to reconcile after a change. Called with the store's gate held: it must be quick and must not write.</summary>
    IEnumerable<ObjectKey> Concerns(Change change);

    /// <summary>Reconciles one object, which may no longer exist. Called with the store's gate held.</summary>
    /// <returns>The time until the next call if nothing changes before, or null.</returns>
    TimeSpan? Reconcile(ObjectKey key);
}
