using System.Text;
using Federation.Findings;

namespace Federation.Diagnosis.Evidence;

/// <summary>What the workload's cluster has.</summary>
public sealed record KubernetesEvidence
{
    /// <summary>The issuer that the cluster itself names; refused with FED8008 or FED2003 if it is not the configured one.</summary>
    public Reading<IssuerDocument>? Issuer { get; init; }

    public Reading<NamespaceEvidence>? Namespace { get; init; }

    public Reading<ServiceAccountEvidence>? ServiceAccount { get; init; }

    /// <summary>
    /// The pods that matter for the workload: its validation pod, the user's own that run as its service account or ask for
    /// its role (one per owner), and one that was asked for by name. Refused set together with Found: some of them, such as
    /// the named one, could not be read.
    /// </summary>
    public Reading<IReadOnlyList<PodEvidence>>? Pods { get; init; }
}

/// <summary>The discovery document that the Kubernetes API itself serves.</summary>
/// <param name="Issuer">Null if this identity may not read it, although the endpoint is the cluster's.</param>
/// <param name="KeyIds">The <c>kid</c> of each of its keys; null if they were not read.</param>
public sealed record IssuerDocument(string? Issuer, IReadOnlyList<string>? KeyIds = null);

public sealed record NamespaceEvidence(string Name, bool Terminating = false);

/// <param name="Annotations">Those about a cloud identity (<see cref="IsAboutIdentity"/>).</param>
public sealed record ServiceAccountEvidence(string Name, IReadOnlyDictionary<string, string> Annotations)
{
    /// <summary>Whether an annotation is one of GKE's or EKS's own. Others may hold anything and are not kept.</summary>
    public static bool IsAboutIdentity(string annotation) =>
        annotation.StartsWith("iam.gke.io/", StringComparison.Ordinal)
        || annotation.StartsWith("eks.amazonaws.com/", StringComparison.Ordinal);
}

/// <summary>A pod: its specification and its state.</summary>
public sealed record PodEvidence
{
    /// <summary>State, conditions and events.</summary>
    public required PodSnapshot Snapshot { get; init; }

    public required string ServiceAccount { get; init; }

    /// <summary>In the order of the specification, init containers first.</summary>
    public required IReadOnlyList<ContainerEvidence> Containers { get; init; }

    /// <summary>The projected service account tokens among its volumes.</summary>
    public IReadOnlyList<TokenVolume> TokenVolumes { get; init; } = [];

    /// <summary>This tool created it to prove the workload.</summary>
    public bool IsValidation { get; init; }

    /// <summary>It was asked for by name.</summary>
    public bool IsNamed { get; init; }

    /// <summary>The controller that owns it, <c>ReplicaSet/NAME</c>; null if there is none.</summary>
    public string? Owner { get; init; }

    /// <summary>The last lines of its log, after those of the container's previous run.</summary>
    public IReadOnlyList<string> Log { get; init; } = [];

    /// <summary>What could not be read of it, such as its log.</summary>
    public IReadOnlyList<Finding> Refused { get; init; } = [];
}

/// <summary>A container's part of the pod's specification.</summary>
public sealed record ContainerEvidence(string Name, string Image)
{
    public bool IsInit { get; init; }

    public IReadOnlyList<VariableEvidence> Environment { get; init; } = [];

    public IReadOnlyList<MountEvidence> Mounts { get; init; } = [];
}

/// <summary>
/// An environment variable. <paramref name="Value"/> is kept only if it is empty or the variable configures an AWS SDK and
/// is not secret (<see cref="PodVariables.Shown"/>). <paramref name="From"/> names the source of the value, such as
/// <c>secret aws-keys</c>. The name <c>*</c>, after a prefix if there is one, stands for all variables of a source whose
/// keys are not known.
/// </summary>
public sealed record VariableEvidence(string Name, string? Value = null, string? From = null);

/// <param name="SubPath">If set, the mount is never refreshed (Kubernetes documentation, "Volumes", using subPath).</param>
public sealed record MountEvidence(string Volume, string Path, string? SubPath = null);

/// <summary>A projected <c>serviceAccountToken</c> source.</summary>
/// <param name="Audience">Null: the API server's default, which is the issuer.</param>
/// <param name="Path">The file's name under the mount.</param>
public sealed record TokenVolume(string Volume, string? Audience, string Path, TimeSpan Lifetime);

/// <summary>The environment variables by which a pod gives an AWS SDK its identity.</summary>
public static class PodVariables
{
    /// <summary>The name that stands for all variables of a source whose keys are not known.</summary>
    public const string Unknown = "*";

    public const string RoleArn = "AWS_ROLE_ARN";
    public const string TokenFile = "AWS_WEB_IDENTITY_TOKEN_FILE";
    public const string SessionName = "AWS_ROLE_SESSION_NAME";
    public const string AccessKey = "AWS_ACCESS_KEY_ID";
    public const string SecretKey = "AWS_SECRET_ACCESS_KEY";

    /// <summary>Those whose value may be kept as evidence; of others only the name is kept.</summary>
    public static IReadOnlySet<string> Shown { get; } =
        new HashSet<string>(StringComparer.Ordinal)
        {
            RoleArn,
            TokenFile,
            SessionName,
            "AWS_REGION",
            "AWS_DEFAULT_REGION",
            "AWS_PROFILE",
            "AWS_CONFIG_FILE",
            "AWS_SHARED_CREDENTIALS_FILE",
            "AWS_ENDPOINT_URL",
            "AWS_ENDPOINT_URL_STS",
            "AWS_STS_REGIONAL_ENDPOINTS",
            "AWS_EC2_METADATA_DISABLED",
        };

    /// <summary>
    /// Fills in <c>$(NAME)</c> as the kubelet does. <c>$$</c> is a dollar sign; an unknown name stays as it is written
    /// (Kubernetes documentation, "Define Dependent Environment Variables").
    /// </summary>
    public static string Expand(string text, IReadOnlyDictionary<string, string> environment)
    {
        var result = new StringBuilder(text.Length);
        for (var index = 0; index < text.Length; index++)
        {
            var next = index + 1 < text.Length ? text[index + 1] : '\0';
            if (text[index] != '$' || next is not ('$' or '('))
            {
                result.Append(text[index]);
            }
            else if (next == '$')
            {
                result.Append('$');
                index++;
            }
            else if (text.IndexOf(')', index) is var end and >= 0)
            {
                result.Append(environment.TryGetValue(text[(index + 2)..end], out var value) ? value : text[index..(end + 1)]);
                index = end;
            }
            else
            {
                result.Append('$');
            }
        }

        return result.ToString();
    }
}
