using Federation.Configuration;
using Federation.Findings;

namespace Federation.Diagnosis.Links;

/// <summary>How the workload comes by its token: namespace, service account, the pods and what they are given, and the token itself.</summary>
internal static class TokenLink
{
    public static Link Examine(Case @case)
    {
        var kubernetes = @case.Evidence.Kubernetes;
        var findings = new List<Finding>();
        string? held = null;
        if (@case.IsTheCluster)
        {
            findings.AddRange(ServiceAccount(@case));
            if (findings.Count == 0)
            {
                findings.AddRange(kubernetes.Pods?.Refused is { } unread ? [unread] : []);
                findings.AddRange(@case.Pods.SelectMany(pod => PodChecks.Examine(@case, pod)));
                held = kubernetes.ServiceAccount?.Found is null ? null : $"{@case.Workload.Namespace}/{@case.Workload.ServiceAccount}";
            }
        }

        // What is wrong with how a pod gets its token shows in the token too.
        var explained = findings.Exists(finding => finding.Severity == Severity.Error);
        findings.AddRange(
            @case
                .Evidence.Tokens.Where(token => token.Pod is null || !explained)
                .SelectMany(token => TokenChecks.Examine(@case, token))
                .Select(finding => finding with { Resource = @case.ServiceAccountId })
        );
        return new Link("token", findings, $"{@case.Workload.Namespace}/{@case.Workload.ServiceAccount}", held);
    }

    private static IEnumerable<Finding> ServiceAccount(Case @case)
    {
        var workload = @case.Workload;
        var kubernetes = @case.Evidence.Kubernetes;
        if (kubernetes.Namespace is { Found: null } space)
        {
            yield return space.Refused
                ?? new Finding
                {
                    Code = FindingCodes.NamespaceMissing,
                    Resource = @case.NamespaceId,
                    Cause = $"The cluster {@case.Cluster.Key} has no namespace {workload.Namespace}.",
                    Fix = @case.Mend(ExistingResources.Namespace, @case.Kubectl("create", "namespace", workload.Namespace)),
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
                Resource = @case.NamespaceId,
                Cause = $"The namespace {workload.Namespace} is being deleted: nothing can be made in it any more.",
                Fix =
                    $"Wait until it is gone, and Apply again; if it does not go, what holds it: {@case.Kubectl("get", "namespace", workload.Namespace, "-o", "jsonpath={.status.conditions}")}",
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
                    Resource = @case.ServiceAccountId,
                    Cause =
                        $"The namespace {workload.Namespace} of the cluster {@case.Cluster.Key} has no service account {workload.ServiceAccount}.",
                    Fix = @case.Mend(
                        ExistingResources.ServiceAccount,
                        @case.Kubectl("create", "serviceaccount", "-n", workload.Namespace, workload.ServiceAccount)
                    ),
                    Expected = workload.ServiceAccount,
                    Actual = "(none)",
                };
        }
    }
}
