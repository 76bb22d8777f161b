using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Findings;

namespace Federation.Templates;

/// <summary>A workload's documents, parsed: what <c>Render</c> writes and what the clouds apply are the same nodes.</summary>
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

    /// <summary>The trust policy of this workload alone; a shared role's is the union of its workloads'.</summary>
    public required JsonObject TrustPolicy { get; init; }

    /// <summary>Inline permissions policies by name.</summary>
    public required IReadOnlyDictionary<string, JsonObject> PermissionsPolicies { get; init; }

    /// <summary>Every file, by its path under <c>rendered/WORKLOAD/</c> with forward slashes, in order.</summary>
    public required IReadOnlyList<RenderedFile> Files { get; init; }

    /// <summary>Warnings about what was rendered; an error would have been thrown.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];
}

/// <summary>A rendered file: UTF-8, no byte order mark, line feeds.</summary>
public sealed record RenderedFile(string Path, ReadOnlyMemory<byte> Content);
