using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Resources;

namespace Federation.Sandbox.Kubernetes.Admission;

/// <summary>A write before it reaches the store.</summary>
/// <param name="Value">The object to be stored. Mutating plugins change it in place.</param>
/// <param name="Stored">The object before the write; null on creation.</param>
/// <param name="Warnings">Sent to the client with the answer.</param>
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

/// <summary>A rule about writes to several kinds. All plugins mutate, in order, before the first one validates.</summary>
internal abstract class AdmissionPlugin
{
    public virtual void Mutate(AdmissionRequest request) { }

    public virtual void Validate(AdmissionRequest request) { }
}
