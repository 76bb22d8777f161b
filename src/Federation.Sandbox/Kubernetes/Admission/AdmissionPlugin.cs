using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Resources;

namespace Federation.Sandbox.Kubernetes.Admission;

/// <summary>A write on its way into the store.</summary>
/// <param name="Value">What will be stored; changed in place by those that mutate.</param>
/// <param name="Stored">What is stored, or null on creation.</param>
/// <param name="Warnings">Told to the client beside the answer.</param>
internal sealed record AdmissionRequest(
    ResourceType Type,
    string Namespace,
    JsonObject Value,
    JsonObject? Stored,
    ICollection<string> Warnings
)
{
    public bool IsCreate => Stored is null;

    public ApiException Refuse(string reason, JsonArray? causes = null) => ApiException.Forbidden(Type, Value.Name, reason, causes);
}

/// <summary>A rule over writes that is not a kind's own. All mutate, in their order, before any validates.</summary>
internal abstract class AdmissionPlugin
{
    public virtual void Mutate(AdmissionRequest request) { }

    public virtual void Validate(AdmissionRequest request) { }
}
