using Federation.Configuration;
using Federation.Findings;

namespace Federation.Diagnosis.Links;

/// <summary>How the workload gets its token: namespace, service account, the pods and what they mount, and the token itself.</summary>
internal static class TokenLink
{
    /// <returns>The link, and those of its findings that are about tokens that were seen.</returns>
    public static (Link Link, IReadOnlyList<Finding> OfTokens) Examine(WorkloadCase subject)
    {
        var kubernetes = subject.Evidence.Kubernetes;
        var findings = new List<Finding>();
        string? held = null;
        if (subject.IsTheCluster)
        {
            findings.AddRange(ServiceAccount(subject));
            if (findings.Count == 0)
            {
                findings.AddRange(kubernetes.Pods?.Refused is { } unread ? [unread] : []);
                findings.AddRange(subject.Pods.SelectMany(pod => PodChecks.Examine(subject, pod)));
                held = kubernetes.ServiceAccount?.Found is null ? null : $"{subject.Workload.Namespace}/{subject.Workload.ServiceAccount}";
            }
        }

        // A fault in how the pod gets its token also shows in the token.
        var explained = findings.Exists(finding => finding.Severity == Severity.Error);
        Finding[] ofTokens =
        [
            .. subject
                .Evidence.Tokens.Where(token => token.Pod is null || !explained)
                .SelectMany(token => TokenChecks.Examine(subject, token))
                .Select(finding => finding with { Resource = subject.ServiceAccountId }),
        ];
        findings.AddRange(ofTokens);
        return (new Link("token", findings, $"{subject.Workload.Namespace}/{subject.Workload.ServiceAccount}", held), ofTokens);
    }

    private static IEnumerable<Finding> ServiceAccount(WorkloadCase subject)
    {
        var workload = subject.Workload;
        var kubernetes = subject.Evidence.Kubernetes;
        if (kubernetes.Namespace is { Found: null } space)
        {
            yield return space.Refused
                ?? new Finding
                {
                    Code = FindingCodes.NamespaceMissing,
                    Resource = subject.NamespaceId,
                    Cause = $"The cluster {subject.Cluster.Key} has no namespace {workload.Namespace}.",
                    Fix = subject.ApplyOr(ExistingResources.Namespace, subject.Kubectl("create", "namespace", workload.Namespace)),
                    Expected = workload.Namespace,
                    Actual = "(none)",
                };
            if (space.IsAbsent)
            {
                yield break;
            }
        }

        if (kubernetes.Namespace?.Found is { Terminating: true })
        {
            yield return new Finding
            {
                Code = FindingCodes.NamespaceMissing,
                Resource = subject.NamespaceId,
                Cause = $"The namespace {workload.Namespace} is being deleted: nothing can be created in it.",
                Fix =
                    "Wait until it is gone, and run Apply again. If it does not go, this shows what holds it: "
                    + subject.Kubectl("get", "namespace", workload.Namespace, "-o", "jsonpath={.status.conditions}"),
                Expected = "Active",
                Actual = "Terminating",
            };
            yield break;
        }

        if (kubernetes.ServiceAccount is { Found: null } account)
        {
            yield return account.Refused
                ?? new Finding
                {
                    Code = FindingCodes.ServiceAccountMissing,
                    Resource = subject.ServiceAccountId,
                    Cause =
                        $"The namespace {workload.Namespace} of the cluster {subject.Cluster.Key} has no service account "
                        + $"{workload.ServiceAccount}.",
                    Fix = subject.ApplyOr(
                        ExistingResources.ServiceAccount,
                        subject.Kubectl("create", "serviceaccount", "-n", workload.Namespace, workload.ServiceAccount)
                    ),
                    Expected = workload.ServiceAccount,
                    Actual = "(none)",
                };
        }
    }
}
