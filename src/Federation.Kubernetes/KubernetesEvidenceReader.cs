using System.Net.WebSockets;
using System.Text;
using Federation.Configuration;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Resources;
using k8s;
using k8s.Models;

namespace Federation.Kubernetes;

/// <summary>Reads the workloads' evidence from the clusters, and their tokens on request.</summary>
/// <param name="parallelism">How many calls may be under way at once.</param>
public sealed class KubernetesEvidenceReader(KubernetesCloud cloud, int parallelism = 16) : IEvidenceReader<KubernetesEvidence>
{
    public async Task<IReadOnlyDictionary<string, KubernetesEvidence>> ReadAsync(
        IReadOnlyList<WorkloadEvidence> workloads,
        EvidenceScope scope,
        CancellationToken cancellationToken
    )
    {
        using var turns = new SemaphoreSlim(parallelism);
        var byCluster = await Task.WhenAll(
            workloads
                .Select(evidence => evidence.Workload)
                .GroupBy(workload => workload.Cluster)
                .Select(group => ReadAsync(group.Key, [.. group], scope, turns, cancellationToken))
        );
        var read = byCluster.SelectMany(part => part).ToDictionary(StringComparer.Ordinal);

        // A named pod that one cluster has is not missed in another.
        return read.Values.Any(evidence => evidence.Pods?.Found?.Any(pod => pod.IsNamed) == true)
            ? read.ToDictionary(part => part.Key, part => WithoutMissing(part.Value), StringComparer.Ordinal)
            : read;

        static KubernetesEvidence WithoutMissing(KubernetesEvidence evidence) =>
            evidence.Pods?.Refused?.Kind.Class == FindingClass.Answer
                ? evidence with
                {
                    Pods = evidence.Pods with { Refused = null },
                }
                : evidence;
    }

    /// <summary>
    /// Asks for a token like those of the workload's pods: of its service account, for its audience, with its lifetime.
    /// The answer is a secret.
    /// </summary>
    /// <exception cref="FindingException">It may not be requested (FED6011), or there is no such service account (FED6002).</exception>
    public async Task<string> RequestTokenAsync(Workload workload, CancellationToken cancellationToken)
    {
        var connection = await cloud.ConnectAsync(workload.Cluster, cancellationToken);
        var attempt = new Attempt($"create serviceaccounts/token for {workload.ServiceAccount} in {workload.Namespace}");
        var request = new Authenticationv1TokenRequest
        {
            Spec = new V1TokenRequestSpec
            {
                Audiences = [workload.Audience],
                ExpirationSeconds = (long)workload.TokenLifetime.TotalSeconds,
            },
        };
        try
        {
            var answer = await connection.CallAsync(
                attempt,
                (api, token) =>
                    api.CoreV1.CreateNamespacedServiceAccountTokenAsync(
                        request,
                        workload.ServiceAccount,
                        workload.Namespace,
                        cancellationToken: token
                    ),
                cancellationToken
            );
            return answer.Status.Token;
        }
        catch (FindingException refused) when (refused.Findings[0].Code == FindingCodes.KubernetesPermissionDenied)
        {
            throw new FindingException(
                refused.Findings[0] with
                {
                    Fix =
                        "Apply preflight-role.yaml of the rendered documents and bind it to the identity this runs as, or leave out "
                        + "--preflight.",
                },
                refused
            );
        }
        catch (FindingException absent) when (KubernetesFaults.SaysAbsent(absent))
        {
            throw new FindingException(
                new Finding
                {
                    Code = FindingCodes.ServiceAccountMissing,
                    Resource = ResourceId
                        .Kubernetes(workload.Cluster.Key, workload.Namespace, ResourceKind.ServiceAccount, workload.ServiceAccount)
                        .Value,
                    Cause = $"No token can be asked for: {KubernetesFaults.RefusalOf(absent)!.Message}.",
                    Fix = $"`--target=Apply` creates the service account {workload.ServiceAccount} in {workload.Namespace}.",
                },
                absent
            );
        }
    }

    /// <summary>
    /// Reads a file, such as a projected token, in a container of a running pod, by running <c>cat</c> there. What it
    /// holds is a secret.
    /// </summary>
    /// <param name="container">None: the pod's only one.</param>
    /// <exception cref="FindingException">
    /// It may not be read from here (FED6011), there is no such pod (FED8013), <c>cat</c> could not read the file (FED6008)
    /// or could not be run (FED8005).
    /// </exception>
    public async Task<string> ReadTokenAsync(
        Cluster cluster,
        string @namespace,
        string pod,
        string? container,
        string path,
        CancellationToken cancellationToken
    )
    {
        var connection = await cloud.ConnectAsync(cluster, cancellationToken);
        var where = $"{@namespace}/{pod}{(container is null ? "" : $" ({container})")}";
        using var output = new MemoryStream();
        using var errors = new MemoryStream();
        try
        {
            var exitCode = await connection.CallAsync(
                new Attempt($"exec into {where} (get and create pods/exec)"),
                async (api, token) =>
                {
                    output.SetLength(0);
                    errors.SetLength(0);
                    try
                    {
                        return await api.NamespacedPodExecAsync(pod, @namespace, container, ["cat", path], tty: false, CopyAsync, token);
                    }
                    catch (WebSocketException)
                    {
                        // A refused handshake gives the status alone; asked without one, the server says why.
                        var only = container is null ? "" : $"&container={Uri.EscapeDataString(container)}";
                        await connection.GetTextAsync(
                            $"/api/v1/namespaces/{@namespace}/pods/{pod}/exec?command=cat&command={Uri.EscapeDataString(path)}"
                                + $"&stdout=1{only}",
                            token
                        );
                        throw;
                    }
                },
                cancellationToken
            );
            return exitCode == 0
                ? Text(output)
                : throw new FindingException(
                    new Finding
                    {
                        Code = FindingCodes.TokenPathMismatch,
                        Cause = $"The token {path} of the pod {where} cannot be read: {Secrets.Strip(Text(errors).Trim())}",
                        Fix =
                            $"kubectl exec -n {@namespace} {pod} -- ls -l {path} shows what is there; "
                            + "AWS_WEB_IDENTITY_TOKEN_FILE has to be mountPath and path of the projected token.",
                        Actual = path,
                    }
                );
        }
        catch (FindingException absent) when (KubernetesFaults.SaysAbsent(absent))
        {
            throw new FindingException(
                new Finding
                {
                    Code = FindingCodes.ArgumentInvalid,
                    Cause = $"--pod={@namespace}/{pod}: {KubernetesFaults.RefusalOf(absent)!.Message}.",
                    Fix = "kubectl get pods -A shows what there is.",
                    Actual = $"{@namespace}/{pod}",
                },
                absent
            );
        }

        Task CopyAsync(Stream input, Stream standardOutput, Stream standardError) =>
            Task.WhenAll(standardOutput.CopyToAsync(output, cancellationToken), standardError.CopyToAsync(errors, cancellationToken));

        static string Text(MemoryStream written) => Encoding.UTF8.GetString(written.GetBuffer(), 0, (int)written.Length);
    }

    private async Task<IReadOnlyDictionary<string, KubernetesEvidence>> ReadAsync(
        Cluster cluster,
        IReadOnlyList<Workload> workloads,
        EvidenceScope scope,
        SemaphoreSlim turns,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var reader = await cloud.ReaderOfAsync(cluster, cancellationToken);
            return await new ClusterReading(cloud, reader, scope, turns, cancellationToken).ReadAsync(workloads);
        }
        catch (FindingException unreachable)
        {
            var evidence = new KubernetesEvidence { Issuer = new() { Refused = unreachable.Findings[0] } };
            return workloads.ToDictionary(workload => workload.Name, _ => evidence, StringComparer.Ordinal);
        }
    }
}
