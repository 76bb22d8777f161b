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

    public static IReadOnlyList<Finding> Examine(WorkloadCase subject)
    {
        var workload = subject.Workload;
        if (workload.GoogleServiceAccountEmail is not { } email)
        {
            return [];
        }

        var google = subject.Evidence.Google;
        var findings = new List<Finding?>
        {
            google.Cluster?.Found is { } facts ? ClusterChecks.WorkloadIdentity(subject.Cluster, facts, [workload]) : null,
            google.ServiceAccount switch
            {
                { Refused: { } refused } => refused,
                { IsAbsent: true } => Missing(subject, email),
                { Found.Disabled: true } => Disabled(subject, email),
                _ => null,
            },
        };
        if (google.ServiceAccount is not { IsAbsent: true })
        {
            findings.Add(google.WorkloadIdentityUsers?.Refused ?? Binding(subject, email));
            findings.AddRange(
                GoogleServiceAccountChecks.Open(email, subject.Cluster.Project, subject.GoogleServiceAccountId, google.Grants ?? [])
            );
        }

        if (subject.IsTheCluster && subject.Evidence.Kubernetes.ServiceAccount?.Found is { } account)
        {
            findings.Add(Annotated(subject, account, email));
        }

        return [.. findings.OfType<Finding>()];
    }

    private static Finding Missing(WorkloadCase subject, string email) =>
        new()
        {
            Code = FindingCodes.GoogleServiceAccountMissing,
            Resource = subject.GoogleServiceAccountId,
            Cause = $"The project {subject.Cluster.Project} has no service account {email}.",
            Fix = subject.ApplyOr(
                Configuration.ExistingResources.None,
                $"gcloud iam service-accounts create {subject.Workload.GoogleServiceAccount} --project {subject.Cluster.Project}"
            ),
            Expected = email,
            Actual = "(none)",
        };

    private static Finding Disabled(WorkloadCase subject, string email) =>
        new()
        {
            Code = FindingCodes.GoogleServiceAccountMissing,
            Resource = subject.GoogleServiceAccountId,
            Cause = $"The service account {email} is disabled: Google issues no token for it.",
            Fix = $"gcloud iam service-accounts enable {email} --project {subject.Cluster.Project}",
            Expected = "enabled",
            Actual = "disabled",
        };

    private static Finding? Binding(WorkloadCase subject, string email)
    {
        if (subject.Evidence.Google.WorkloadIdentityUsers?.Found is not { } members)
        {
            return null;
        }

        var workload = subject.Workload;
        var expected = workload.WorkloadIdentityMember;
        var pooled = $"/workloadIdentityPools/{subject.Cluster.WorkloadPool}/subject/ns/{workload.Namespace}/sa/{workload.ServiceAccount}";
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

        var pool = $"serviceAccount:{subject.Cluster.WorkloadPool}[";
        var near =
            members.FirstOrDefault(member => member.Equals(expected, StringComparison.OrdinalIgnoreCase))
            ?? members.FirstOrDefault(member =>
                member.EndsWith($"[{workload.Namespace}/{workload.ServiceAccount}]", StringComparison.Ordinal)
            )
            ?? members.FirstOrDefault(member => member.StartsWith(pool, StringComparison.Ordinal));
        return new Finding
        {
            Code = FindingCodes.WorkloadIdentityBindingMissing,
            Resource = subject.GoogleServiceAccountId,
            Cause =
                $"{workload.Namespace}/{workload.ServiceAccount} may not act as {email}: it is not among the members of "
                + "roles/iam.workloadIdentityUser"
                + near switch
                {
                    null => ".",
                    _ when near.StartsWith(pool, StringComparison.Ordinal) =>
                        $"; {near}, which is one, is another service account of the cluster's project.",
                    _ => $"; {near}, which is one, differs.",
                }
                + " A new binding takes effect after two minutes, sometimes seven.",
            Fix = subject.ApplyOr(
                Configuration.ExistingResources.None,
                ShellCommand.Quote([
                    "gcloud",
                    "iam",
                    "service-accounts",
                    "add-iam-policy-binding",
                    email,
                    "--project",
                    subject.Cluster.Project,
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

    private static Finding? Annotated(WorkloadCase subject, ServiceAccountEvidence account, string email)
    {
        var actual = account.Annotations.GetValueOrDefault(Annotation);
        return actual == email
            ? null
            : new Finding
            {
                Code = FindingCodes.ServiceAccountAnnotationWrong,
                Resource = subject.ServiceAccountId,
                Cause =
                    $"The service account {subject.Workload.Namespace}/{subject.Workload.ServiceAccount} "
                    + (actual is null ? $"has no annotation {Annotation}" : $"is annotated with another Google service account, {actual}")
                    + $", so its pods do not act as {email}.",
                Fix = subject.ApplyOr(
                    Configuration.ExistingResources.ServiceAccount,
                    subject.Kubectl(
                        "annotate",
                        "serviceaccount",
                        "-n",
                        subject.Workload.Namespace,
                        subject.Workload.ServiceAccount,
                        "--overwrite",
                        $"{Annotation}={email}"
                    )
                ),
                Expected = email,
                Actual = actual ?? "(none)",
            };
    }
}
