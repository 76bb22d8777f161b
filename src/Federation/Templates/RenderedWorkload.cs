using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Findings;

namespace Federation.Templates;

/// <summary>A workload's documents, parsed. <c>Render</c> writes them, and the clouds apply them.</summary>
public sealed record RenderedWorkload
{
    internal const string NamespaceFile = "namespace.yaml";
    internal const string ServiceAccountFile = "service-account.yaml";
    internal const string ValidationPodFile = "validation-pod.yaml";
    internal const string TrustPolicyFile = "trust-policy.json";
    internal const string PreflightRoleFile = "preflight-role.yaml";
    internal const string KustomizationFile = "kustomization.yaml";

    public required Workload Workload { get; init; }

    public required JsonObject Namespace { get; init; }

    public required JsonObject ServiceAccount { get; init; }

    public required JsonObject ValidationPod { get; init; }

    /// <summary>The trust policy for this workload alone. That of a shared role is the union of its workloads'.</summary>
    public required JsonObject TrustPolicy { get; init; }

    /// <summary>Inline permissions policies by name.</summary>
    public required IReadOnlyDictionary<string, JsonObject> PermissionsPolicies { get; init; }

    /// <summary>The files in order of their paths.</summary>
    public required IReadOnlyList<RenderedFile> Files { get; init; }

    /// <summary>Warnings. Errors are thrown.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];
}

/// <summary>A rendered file: UTF-8 without byte order mark, line feeds.</summary>
/// <param name="Path">Relative to <c>rendered/WORKLOAD/</c>, with forward slashes.</param>
public sealed record RenderedFile(string Path, ReadOnlyMemory<byte> Content);
