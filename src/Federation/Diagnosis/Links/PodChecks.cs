using Federation.Configuration;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.WebIdentity;

namespace Federation.Diagnosis.Links;

/// <summary>What a pod needs to assume the role: the service account, the projected token, the environment.</summary>
internal static class PodChecks
{
    /// <summary>Where Kubernetes mounts the token that every pod gets. It is for the API server: its audience is the issuer.</summary>
    private const string DefaultTokenPath = "/var/run/secrets/kubernetes.io/serviceaccount/token";

    /// <summary>Read by the EKS pod identity webhook; nothing on GKE reads it.</summary>
    private const string EksAnnotation = "eks.amazonaws.com/role-arn";

    public static IEnumerable<Finding> Examine(WorkloadCase subject, PodEvidence pod)
    {
        if (Stuck(subject, pod) is { } stuck)
        {
            yield return stuck;
        }

        if (pod.ServiceAccount != subject.Workload.ServiceAccount || pod.Snapshot.Namespace != subject.Workload.Namespace)
        {
            yield return WrongServiceAccount(subject, pod);
        }

        var users = pod.Containers.Where(AssumesRole).ToArray();
        if (users.Length == 0)
        {
            users = [.. pod.Containers.Where(container => HasToken(pod, container))];
        }

        if (users.Length == 0)
        {
            yield return NoToken(subject, pod);
            yield break;
        }

        foreach (var finding in users.SelectMany(container => Examine(subject, pod, container)))
        {
            yield return finding;
        }
    }

    /// <summary>An error if its state says that it will never start.</summary>
    private static Finding? Stuck(WorkloadCase subject, PodEvidence pod)
    {
        if (
            PodVerdict.From(pod.Snapshot, subject.Now)
            is not PodVerdict.Hopeless { Finding: { Kind.Class: not FindingClass.PodEnded } stuck }
        )
        {
            return null;
        }

        return stuck with
        {
            Resource = subject.PodId(pod),
            Fix =
                pod.IsValidation ? stuck.Fix
                : stuck.Code == FindingCodes.ImagePullFailed
                    ? $"Correct the image in its {Owner(pod)}, or give the cluster's nodes access to its registry."
                : $"Add a node that the pod fits on, or change its requests, tolerations or node selector in its {Owner(pod)}.",
        };
    }

    /// <summary>A container of it failed, or is restarted because it fails.</summary>
    public static bool IsFailing(PodEvidence pod) =>
        pod.Snapshot.Phase == "Failed"
        || pod.Snapshot.Containers.Any(container => container.WaitingReason is "CrashLoopBackOff" || container.ExitCode is not (null or 0));

    /// <summary>The container is configured to assume a role.</summary>
    private static bool AssumesRole(ContainerEvidence container) =>
        container.Environment.Any(variable => variable.Name is PodVariables.RoleArn or PodVariables.TokenFile);

    /// <summary>
    /// The container mounts a token for AWS. That alone is not an error if another container is the one that assumes the role.
    /// </summary>
    private static bool HasToken(PodEvidence pod, ContainerEvidence container) =>
        container.Mounts.Any(mount => pod.TokenVolumes.Any(volume => volume.Volume == mount.Volume && volume.Audience is not null));

    private static Finding WrongServiceAccount(WorkloadCase subject, PodEvidence pod)
    {
        var workload = subject.Workload;
        var isElsewhere = pod.Snapshot.Namespace != workload.Namespace;
        return new Finding
        {
            Code = FindingCodes.PodServiceAccountWrong,
            Resource = subject.PodId(pod),
            Cause = isElsewhere
                ? $"{Named(pod)} runs in the namespace {pod.Snapshot.Namespace}; the role is for "
                    + $"{workload.Namespace}/{workload.ServiceAccount}."
                : $"{Named(pod)} runs as the service account "
                    + $"{pod.ServiceAccount}{(pod.ServiceAccount == "default" ? ", the one of pods that name none" : "")}; the role "
                    + $"is for {workload.ServiceAccount}.",
            Fix = isElsewhere
                ? $"Run it in {workload.Namespace}, or add a workload for {pod.Snapshot.Namespace}/{pod.ServiceAccount} to federation.yaml."
                : $"Set serviceAccountName: {workload.ServiceAccount} in the pod's specification (of its {Owner(pod)}); a running "
                    + "pod cannot be changed.",
            Expected = isElsewhere ? workload.Namespace : workload.ServiceAccount,
            Actual = isElsewhere ? pod.Snapshot.Namespace : pod.ServiceAccount,
        };
    }

    private static Finding NoToken(WorkloadCase subject, PodEvidence pod)
    {
        var annotated = subject.Evidence.Kubernetes.ServiceAccount?.Found?.Annotations.ContainsKey(EksAnnotation) is true;
        return new Finding
        {
            Code = FindingCodes.TokenVolumeMissing,
            // Not every pod of the service account needs AWS, but one that was asked for by name does.
            Severity = pod.IsNamed || pod.IsValidation || annotated ? Severity.Error : Severity.Warning,
            Resource = subject.PodId(pod),
            Cause =
                $"{Named(pod)} has no projected token for {subject.Workload.Audience} and no AWS environment"
                + (
                    annotated
                        ? $"; the annotation {EksAnnotation} does nothing on GKE, where no webhook reads it."
                        : ", so nothing in it can assume the role."
                ),
            Fix =
                $"Add the rendered component to the kustomization of its {Owner(pod)}: components: "
                + $"[artifacts/rendered/{subject.Workload.Name}/component]. Then recreate its pods (kubectl rollout restart).",
            Expected = subject.Workload.Audience,
            Actual = "(no token)",
        };
    }

    private static IEnumerable<Finding> Examine(WorkloadCase subject, PodEvidence pod, ContainerEvidence container)
    {
        var file = Value(container, PodVariables.TokenFile);
        if (Volume(subject, pod, container, file) is { } volume)
        {
            yield return volume;
        }

        if (Role(subject, pod, container) is { } role)
        {
            yield return role;
        }

        if (
            pod.TokenVolumes.FirstOrDefault(volume =>
                volume.Lifetime > FederationKeys.Defaults.LongestToken && Mount(container, volume) is not null
            ) is
            { } capped
        )
        {
            yield return new Finding
            {
                Code = FindingCodes.TokenLifetimeOutOfRange,
                Severity = Severity.Warning,
                Resource = subject.PodId(pod),
                Cause =
                    $"{In(pod, container)} requests a token for {Wording.Duration(capped.Lifetime)}, but GKE's tokens are valid "
                    + $"for {Wording.Duration(FederationKeys.Defaults.LongestToken)} at most.",
                Fix =
                    "Read the token's file again for each exchange, and set expirationSeconds to "
                    + $"{FederationKeys.Defaults.LongestToken.TotalSeconds:0} or less, so that the manifest states the real "
                    + "lifetime.",
                Expected = $"at most {Wording.Seconds(FederationKeys.Defaults.LongestToken)}",
                Actual = Wording.Seconds(capped.Lifetime),
            };
        }

        if (
            container.Environment.FirstOrDefault(variable => variable.Name is PodVariables.AccessKey && variable.Value is not "") is { } key
        )
        {
            yield return new Finding
            {
                Code = FindingCodes.StaticCredentialsShadow,
                Resource = subject.PodId(pod),
                Cause =
                    $"{In(pod, container)} has {key.Name}{(key.From is { } from ? $" (from {from})" : "")}: the AWS SDKs prefer "
                    + "access keys in the environment to a web identity, so the token is never used.",
                Fix = $"Remove {PodVariables.AccessKey} and {PodVariables.SecretKey} from the container's env and envFrom.",
                Expected = $"no {PodVariables.AccessKey}",
                Actual = $"{key.Name}{(key.From is { } source ? $" from {source}" : " set")}",
            };
        }

        if (
            container.Environment.FirstOrDefault(variable =>
                variable.Name is "AWS_ENDPOINT_URL" or "AWS_ENDPOINT_URL_STS" && variable.Value is { Length: > 0 } && !IsAws(variable.Value)
            ) is
            { } endpoint
        )
        {
            yield return new Finding
            {
                Code = FindingCodes.PodEnvironmentWrong,
                Severity = IsFailing(pod) ? Severity.Error : Severity.Warning,
                Resource = subject.PodId(pod),
                Cause =
                    $"{In(pod, container)} sends its calls to {endpoint.Value} ({endpoint.Name}), which is not AWS; perhaps it "
                    + "is left over from an emulator.",
                Fix = $"Remove {endpoint.Name} from the container's environment.",
                Expected = $"no {endpoint.Name}",
                Actual = endpoint.Value,
            };
        }

        if (!MayHave(container, "AWS_REGION") && !MayHave(container, "AWS_DEFAULT_REGION"))
        {
            yield return new Finding
            {
                Code = FindingCodes.PodEnvironmentWrong,
                Severity = Severity.Warning,
                Resource = subject.PodId(pod),
                Cause =
                    $"{In(pod, container)} has no region. Outside AWS an SDK cannot find one by itself: it calls STS at the "
                    + "global endpoint, or not at all.",
                Fix =
                    $"Set AWS_REGION and AWS_DEFAULT_REGION to {subject.Workload.Account.Region}: the other SDKs read the "
                    + "first, boto3 and the AWS CLI the second.",
                Expected = subject.Workload.Account.Region,
                Actual = "(not set)",
            };
        }
    }

    private static Finding? Volume(WorkloadCase subject, PodEvidence pod, ContainerEvidence container, string? file)
    {
        var audience = subject.Workload.Audience;
        var right = pod.TokenVolumes.Where(volume => volume.Audience == audience).ToArray();
        if (file == DefaultTokenPath)
        {
            return new Finding
            {
                Code = FindingCodes.TokenAudienceMismatch,
                Resource = subject.PodId(pod),
                Cause =
                    $"{In(pod, container)} sends AWS the default token of Kubernetes ({PodVariables.TokenFile}={file}), whose "
                    + "audience is the issuer and which is valid for a year: AWS must not get it, and does not accept it.",
                Fix =
                    right is [var there, ..] && Mount(container, there) is { } path
                        ? $"Set {PodVariables.TokenFile} to {path}."
                        : Project(subject),
                Expected = audience,
                Actual = subject.Cluster.Issuer,
            };
        }

        if (right.Length == 0)
        {
            // The one that every pod gets by default is not meant for AWS.
            var requested = pod.TokenVolumes.Where(volume => !pod.Containers.Any(any => Mount(any, volume) == DefaultTokenPath)).ToArray();
            var other =
                requested.FirstOrDefault(volume => container.Mounts.Any(mount => mount.Volume == volume.Volume))
                ?? (requested is [var first, ..] ? first : null);
            return new Finding
            {
                Code = FindingCodes.TokenVolumeMissing,
                Resource = subject.PodId(pod),
                Cause = other is null
                    ? $"{Named(pod)} has no projected service account token to send to AWS."
                    : $"{Named(pod)} projects its token {other.Volume} for {other.Audience ?? "the API server"}, not for {audience}.",
                Fix = Project(subject),
                Expected = audience,
                Actual = other is null ? "(no token)" : other.Audience ?? subject.Cluster.Issuer,
            };
        }

        if (right.FirstOrDefault(volume => Mount(container, volume) is not null) is not { } mounted)
        {
            var elsewhere = pod.Containers.FirstOrDefault(other => Mount(other, right[0]) is not null);
            return new Finding
            {
                Code = FindingCodes.TokenVolumeMissing,
                Resource = subject.PodId(pod),
                Cause =
                    $"{In(pod, container)} does not mount the token volume "
                    + $"{right[0].Volume}{(elsewhere is null ? "" : $"; only {elsewhere.Name} does")}.",
                Fix = $"Add the volume {right[0].Volume} to the volumeMounts of {container.Name}.",
                Expected = $"{right[0].Volume} mounted in {container.Name}",
                Actual = elsewhere is null ? "mounted nowhere" : $"mounted in {elsewhere.Name}",
            };
        }

        var expected = Mount(container, mounted)!;
        if (container.Mounts.First(mount => mount.Volume == mounted.Volume).SubPath is { } subPath)
        {
            return new Finding
            {
                Code = FindingCodes.TokenPathMismatch,
                Resource = subject.PodId(pod),
                Cause =
                    $"{In(pod, container)} mounts the token with subPath {subPath}. Such a mount is never refreshed, so it "
                    + "works only until the first token expires.",
                Fix =
                    $"Mount the volume {mounted.Volume} as a folder, without subPath, and set {PodVariables.TokenFile} to the file in it.",
                Expected = "no subPath",
                Actual = $"subPath: {subPath}",
            };
        }

        if (file is null)
        {
            // If it comes from a ConfigMap, for example, its value is not known here.
            return MayHave(container, PodVariables.TokenFile) ? null : Unset(subject, pod, container, PodVariables.TokenFile, expected);
        }

        return Normalized(file) == Normalized(expected)
            ? null
            : new Finding
            {
                Code = FindingCodes.TokenPathMismatch,
                Resource = subject.PodId(pod),
                Cause =
                    $"{In(pod, container)} looks for the token at {file}, but it is mounted at {expected} (mountPath and the "
                    + "source's path).",
                Fix = $"Set {PodVariables.TokenFile} to {expected}.",
                Expected = expected,
                Actual = file,
            };
    }

    private static Finding? Role(WorkloadCase subject, PodEvidence pod, ContainerEvidence container)
    {
        var expected = subject.Workload.RoleArn;
        var value = Value(container, PodVariables.RoleArn);
        if (value is null)
        {
            return MayHave(container, PodVariables.RoleArn) ? null : Unset(subject, pod, container, PodVariables.RoleArn, expected);
        }

        if (value == expected)
        {
            return null;
        }

        var isRole = RoleArn.TryParse(value, out var role);
        var why = !isRole
            ? value.Contains(":oidc-provider/", StringComparison.Ordinal)
                ? "is the ARN of the provider, not of the role"
                : value.AsSpan().IndexOfAny("<>${}") >= 0 || value.Contains("ACCOUNT", StringComparison.OrdinalIgnoreCase)
                    ? "is a placeholder that was not filled in"
                    : "is not the ARN of a role"
            : role!.Account != subject.Workload.Account.Id
                ? $"is a role of the account {role.Account}"
                : role.Partition != subject.Workload.Account.Partition
                    ? $"is of the partition {role.Partition}"
                    : string.Equals(role.Name, subject.Workload.Role.Name, StringComparison.OrdinalIgnoreCase)
                        ? role.Path == subject.Workload.Role.Path
                            ? "differs in case"
                            : "lacks the role's path, which is part of its ARN"
                        : "is another role";
        return new Finding
        {
            Code = why is "is another role" ? FindingCodes.PodEnvironmentWrong : FindingCodes.RoleArnWrong,
            Resource = subject.PodId(pod),
            Cause = $"{In(pod, container)} has {PodVariables.RoleArn}={value}, which {why}.",
            Fix = $"Set {PodVariables.RoleArn} to {expected}.",
            Expected = expected,
            Actual = value,
        };
    }

    private static Finding Unset(WorkloadCase subject, PodEvidence pod, ContainerEvidence container, string variable, string expected) =>
        new()
        {
            Code = FindingCodes.PodEnvironmentWrong,
            Resource = subject.PodId(pod),
            Cause =
                $"{In(pod, container)} has no {variable}: its SDK does not know the web identity and tries the metadata address "
                + "last, which on GKE is Google's.",
            Fix = $"Set {variable} to {expected}. A pod that is older than the variable in its {Owner(pod)} must be recreated.",
            Expected = $"{variable}={expected}",
            Actual = "(not set)",
        };

    private static string Project(WorkloadCase subject) =>
        $"Give the pod a projected volume with {{ serviceAccountToken: {{ path: token, audience: {subject.Workload.Audience}, "
        + $"expirationSeconds: {subject.Workload.TokenLifetime.TotalSeconds:0} }} }}, as "
        + $"artifacts/rendered/{subject.Workload.Name}/component does, and set {PodVariables.TokenFile} to its file.";

    /// <summary>Where a container finds the file of a token volume; null if it does not mount it.</summary>
    private static string? Mount(ContainerEvidence container, TokenVolume volume) =>
        container.Mounts.FirstOrDefault(mount => mount.Volume == volume.Volume) is { } mount
            ? mount.SubPath is null
                ? $"{mount.Path.TrimEnd('/')}/{volume.Path}"
                : mount.Path
            : null;

    /// <summary>
    /// The path without doubled slashes and <c>/./</c>, and with <c>/run</c> for <c>/var/run</c>, a link to it in most images.
    /// </summary>
    private static string Normalized(string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".").ToArray();
        return "/" + string.Join('/', parts is ["var", "run", ..] ? parts[1..] : parts);
    }

    private static bool IsAws(string endpoint) =>
        Uri.TryCreate(endpoint, UriKind.Absolute, out var address)
        && (
            address.Host.EndsWith(".amazonaws.com", StringComparison.OrdinalIgnoreCase)
            || address.Host.EndsWith(".amazonaws.com.cn", StringComparison.OrdinalIgnoreCase)
            || address.Host.EndsWith(".api.aws", StringComparison.OrdinalIgnoreCase)
        );

    /// <summary>It has the variable, or a source with unknown keys that may contain it.</summary>
    private static bool MayHave(ContainerEvidence container, string name) =>
        container.Environment.Any(variable =>
            variable.Name == name
            || (
                variable.Name.EndsWith(PodVariables.Unknown, StringComparison.Ordinal)
                && name.StartsWith(variable.Name[..^1], StringComparison.Ordinal)
            )
        );

    private static string? Value(ContainerEvidence container, string name) =>
        container.Environment.FirstOrDefault(variable => variable.Name == name)?.Value;

    private static string Named(PodEvidence pod) => $"The pod {pod.Snapshot.Namespace}/{pod.Snapshot.Name}";

    private static string In(PodEvidence pod, ContainerEvidence container) =>
        $"The container {container.Name} of the pod {pod.Snapshot.Namespace}/{pod.Snapshot.Name}";

    private static string Owner(PodEvidence pod) => pod.Owner ?? "manifest";
}
