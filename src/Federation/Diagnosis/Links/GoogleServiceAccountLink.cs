using Federation.Diagnosis.Evidence;
using Federation.Findings;

namespace Federation.Diagnosis.Links;

/// <summary>
/// The Google service account (GSA) of a workload that has one: it must exist, let the Kubernetes service account act as
/// it, and be named on that one (Google Cloud, "Authenticate to Google Cloud APIs from GKE workloads").
/// </summary>
internal static class GoogleServiceAccountLink
{
    private const string Annotation = "iam.gke.io/gcp-service-account";

    public static IReadOnlyList<Finding> Examine(Case @case)
    {
        var workload = @case.Workload;
        if (workload.GoogleServiceAccountEmail is not { } email)
        {
            return [];
        }

        var google = @case.Evidence.Google;
        var findings = new List<Finding?>
        {
            google.Cluster?.Found is { } facts ? ClusterChecks.WorkloadIdentity(@case.Cluster, facts, [workload]) : null,
            google.ServiceAccount switch
            {
                { Refused: { } refused } => refused,
                { IsAbsent: true } => Missing(@case, email),
                { Found.Disabled: true } => Disabled(@case, email),
                _ => null,
            },
        };
        if (google.ServiceAccount is not { IsAbsent: true })
        {
            findings.Add(google.WorkloadIdentityUsers?.Refused ?? Binding(@case, email));
        }

        if (@case.IsTheCluster && @case.Evidence.Kubernetes.ServiceAccount?.Found is { } account)
        {
            findings.Add(Annotated(@case, account, email));
        }

        return [.. findings.OfType<Finding>()];
    }

    private static Finding Missing(Case @case, string email) =>
        new()
        {
            Code = FindingCodes.GoogleServiceAccountMissing,
            Resource = @case.GoogleServiceAccountId,
            Cause = $"The project {@case.Cluster.Project} has no service account {email}.",
            Fix = @case.Mend(
                Configuration.ExistingResources.None,
                $"gcloud iam service-accounts create {@case.Workload.GoogleServiceAccount} --project {@case.Cluster.Project}"
            ),
            Expected = email,
            Actual = "(none)",
        };

    private static Finding Disabled(Case @case, string email) =>
        new()
        {
            Code = FindingCodes.GoogleServiceAccountMissing,
            Resource = @case.GoogleServiceAccountId,
            Cause = $"The service account {email} is disabled: Google issues no token for it.",
            Fix = $"gcloud iam service-accounts enable {email} --project {@case.Cluster.Project}",
            Expected = "enabled",
            Actual = "disabled",
        };

    private static Finding? Binding(Case @case, string email)
    {
        if (@case.Evidence.Google.WorkloadIdentityUsers?.Found is not { } members)
        {
            return null;
        }

        var workload = @case.Workload;
        var expected = workload.WorkloadIdentityMember;
        var pooled = $"/workloadIdentityPools/{@case.Cluster.WorkloadPool}/subject/ns/{workload.Namespace}/sa/{workload.ServiceAccount}";
        if (
            members.Any(member =>
                member == expected
                || (
                    member.StartsWith("principal://iam.googleapis.com/projects/", StringComparison.Ordinal)
                    && member.EndsWith(pooled, StringComparison.Ordinal)
                )
            )
        )
        {
            return null;
        }

        var near =
            members.FirstOrDefault(member => member.Equals(expected, StringComparison.OrdinalIgnoreCase))
            ?? members.FirstOrDefault(member =>
                member.EndsWith($"[{workload.Namespace}/{workload.ServiceAccount}]", StringComparison.Ordinal)
            )
            ?? members.FirstOrDefault(member =>
                member.StartsWith($"serviceAccount:{@case.Cluster.WorkloadPool}[", StringComparison.Ordinal)
            );
        return new Finding
        {
            Code = FindingCodes.WorkloadIdentityBindingMissing,
            Resource = @case.GoogleServiceAccountId,
            Cause =
                $"{workload.Namespace}/{workload.ServiceAccount} may not act as {email}: it is not among the members of roles/iam.workloadIdentityUser"
                + (
                    near is null
                        ? "."
                        : $"; {near}, which is one, {(near.StartsWith($"serviceAccount:{@case.Cluster.WorkloadPool}[", StringComparison.Ordinal) ? "is another service account of the cluster's project" : "differs")}."
                )
                + " A new binding takes two minutes, at times seven, to be in force.",
            Fix = @case.Mend(
                Configuration.ExistingResources.None,
                ShellCommand.Of([
                    "gcloud",
                    "iam",
                    "service-accounts",
                    "add-iam-policy-binding",
                    email,
                    "--project",
                    @case.Cluster.Project,
                    "--role",
                    "roles/iam.workloadIdentityUser",
                    "--member",
                    expected,
                    "--condition",
                    "None",
                ])
            ),
            Expected = expected,
            Actual = near ?? (members.Count == 0 ? "(no member)" : string.Join(", ", members)),
        };
    }

    private static Finding? Annotated(Case @case, ServiceAccountEvidence account, string email)
    {
        var actual = account.Annotations.GetValueOrDefault(Annotation);
        return actual == email
            ? null
            : new Finding
            {
                Code = FindingCodes.ServiceAccountAnnotationWrong,
                Resource = @case.ServiceAccountId,
                Cause =
                    $"The service account {@case.Workload.Namespace}/{@case.Workload.ServiceAccount} {(actual is null ? $"has no annotation {Annotation}" : $"is annotated with another Google service account, {actual}")}, so its pods do not act as {email}.",
                Fix = @case.Mend(
                    Configuration.ExistingResources.ServiceAccount,
                    @case.Kubectl(
                        "annotate",
                        "serviceaccount",
                        "-n",
                        @case.Workload.Namespace,
                        @case.Workload.ServiceAccount,
                        "--overwrite",
                        $"{Annotation}={email}"
                    )
                ),
                Expected = email,
                Actual = actual ?? "(none)",
            };
    }
}
