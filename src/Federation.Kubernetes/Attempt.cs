using Federation.Resources;

namespace Federation.Kubernetes;

/// <summary>What a call tries to do, for findings.</summary>
/// <param name="What">Verb and resource, which is also what a Role must allow: <c>get namespaces/reports</c>.</param>
/// <param name="Resource">The resource concerned, if it is one of the federation's.</param>
internal sealed record Attempt(string What, ResourceId? Resource = null)
{
    public override string ToString() => What;
}
