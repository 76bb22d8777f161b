using System.Net;
using Federation.Configuration;
using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Federation.Kubernetes;

/// <summary>Reads what the clusters have of the workloads, and, where asked, their tokens.</summary>
/// <param name="parallelism">So many calls are under way at once.</param>
public sealed class KubernetesEvidenceReader(KubernetesCloud cloud, int parallelism = 16) : IEvidenceReader<KubernetesEvidence>
{
    public async Task<IReadOnlyDictionary<string, KubernetesEvidence>> ReadAsync(
        IReadOnlyList<WorkloadEvidence> workloads, EvidenceScope scope, CancellationToken cancellationToken)
    {
        using var turns = new SemaphoreSlim(parallelism);
        var byCluster = await Task.WhenAll(workloads.Select(evidence => evidence.Workload).GroupBy(workload => workload.Cluster)
            .Select(group => ReadAsync(group.Key, [.. group], scope, turns, cancellationToken)));
        var read = byCluster.SelectMany(part => part).ToDictionary(StringComparer.Ordinal);

        // A named pod that one cluster has is not missed in another.
        return read.Values.Any(evidence => evidence.Pods?.Found?.Any(pod => pod.IsNamed) == true)
            ? read.ToDictionary(part => part.Key, part => WithoutMissing(part.Value), StringComparer.Ordinal)
            : read;

        static KubernetesEvidence WithoutMissing(KubernetesEvidence evidence) =>
            evidence.Pods?.Refused?.Code == FindingCodes.ArgumentInvalid ? evidence with { Pods = evidence.Pods with { Refused = null } } : evidence;
    }

    /// <summary>
    /// Asks for a token like those of the workload's pods: of its service account, for its audience, with its lifetime.
    /// The answer is a secret.
    /// </summary>
    /// <exception cref="FindingException">It may not be asked for (FED6011), or there is no such service account (FED6002).</exception>
    public async Task<string> RequestTokenAsync(Workload workload, CancellationToken cancellationToken)
    {
        var connection = await cloud.Connections.GetAsync(workload.Cluster, cancellationToken);
        var attempt = $"create serviceaccounts/token for {workload.ServiceAccount} in {workload.Namespace}";
        var request = new Authenticationv1TokenRequest
        {
            Spec = new V1TokenRequestSpec { Audiences = [workload.Audience], ExpirationSeconds = (long)workload.TokenLifetime.TotalSeconds },
        };
        try
        {
            var answer = await cloud.CallAsync(
                connection,
                attempt,
                resource: null,
                (client, token) => client.CoreV1.CreateNamespacedServiceAccountTokenAsync(request, workload.ServiceAccount, workload.Namespace, cancellationToken: token),
                cancellationToken);
            return answer.Status.Token;
        }
        catch (FindingException refused) when (refused.Findings[0].Code == FindingCodes.KubernetesPermissionDenied)
        {
            throw new FindingException(
                refused.Findings[0] with { Fix = "Apply preflight-role.yaml of the rendered documents and bind it to the identity this runs as, or leave out --preflight." }, refused);
        }
        catch (HttpOperationException absent) when (absent.Response.StatusCode == HttpStatusCode.NotFound)
        {
            throw new FindingException(
                new Finding
                {
                    Code = FindingCodes.ServiceAccountMissing,
                    Resource = Planning.ResourceId.Kubernetes(workload.Cluster.Key, workload.Namespace, "service-account", workload.ServiceAccount).Value,
                    Cause = $"No token can be asked for: {KubernetesFaults.MessageOf(absent)}.",
                    Fix = $"`Apply` makes the service account {workload.ServiceAccount} in {workload.Namespace}.",
                },
                absent);
        }
        catch (HttpOperationException fault)
        {
            throw new FindingException(KubernetesFaults.FindingFor(fault, connection, attempt, resource: null), fault);
        }
    }

    private async Task<IReadOnlyDictionary<string, KubernetesEvidence>> ReadAsync(
        Cluster cluster, IReadOnlyList<Workload> workloads, EvidenceScope scope, SemaphoreSlim turns, CancellationToken cancellationToken)
    {
        try
        {
            var connection = await cloud.Connections.GetAsync(cluster, cancellationToken);
            return await new ClusterReading(cloud, connection, scope, turns, cancellationToken).ReadAsync(workloads);
        }
        catch (FindingException unreachable)
        {
            var evidence = new KubernetesEvidence { Issuer = new() { Refused = unreachable.Findings[0] } };
            return workloads.ToDictionary(workload => workload.Name, _ => evidence, StringComparer.Ordinal);
        }
    }
}
