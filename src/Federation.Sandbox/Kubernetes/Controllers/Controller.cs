using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Storage;

namespace Federation.Sandbox.Kubernetes.Controllers;

/// <summary>Names an object that a controller is to look at; another object of the same name has another uid.</summary>
internal sealed record ObjectKey(ResourceType Type, string Namespace, string Name, string Uid);

/// <summary>
/// Brings one object of the cluster nearer to what it asks for, as often as something happens that may concern it.
/// A controller keeps nothing of its own: all it knows is in the store.
/// </summary>
internal interface IController
{
    /// <summary>The objects to look at after a change. Called with the store's gate held: quick, and without writes.</summary>
    IEnumerable<ObjectKey> Concerns(Change change);

    /// <summary>Looks at one object, which may be gone. Called with the store's gate held.</summary>
    /// <returns>How long until it is to be looked at again if nothing happens, or null.</returns>
    TimeSpan? Reconcile(ObjectKey key);
}
