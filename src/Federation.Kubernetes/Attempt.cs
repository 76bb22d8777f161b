using Federation.Findings;
using Federation.Resources;

namespace Federation.Kubernetes;

/// <summary>What a call tries to do, for findings.</summary>
/// <param name="What">Verb and resource, which is also what a Role must allow: <c>get namespaces/reports</c>.</param>
/// <param name="Resource">The resource concerned, if it is one of the federation's.</param>
internal sealed record Attempt(string What, ResourceId? Resource = null)
{
    /// <summary>What the call writes; null for a call that only reads.</summary>
    public WrittenObject? Writes { get; init; }

    public override string ToString() => What;
}

/// <summary>An object that is written, for findings about a server that does not take it.</summary>
/// <param name="Name">For a person: <c>the namespace reports</c>.</param>
/// <param name="Namespace">The namespace that it is written in, or is.</param>
/// <param name="Template">The template that it is rendered from, which users may replace; null for a deletion.</param>
/// <param name="RefusedAs">The finding code for a server that does not take it.</param>
internal sealed record WrittenObject(string Name, string Namespace, string? Template, string RefusedAs = FindingCodes.KubernetesRefused);
