using Federation.Aws;
using Federation.Configuration;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Google;
using Federation.Issuers;
using Federation.Kubernetes;
using Federation.WebIdentity;

namespace Federation.Runs;

/// <summary>Every cloud's evidence, read side by side, and the tokens that were asked for.</summary>
internal sealed class CloudEvidence(GoogleCloud google, KubernetesCloud kubernetes, AwsCloud aws, IssuerClient issuers, RunOptions options)
    : IEvidenceSource
{
    private readonly GoogleEvidenceReader _google = new(google, issuers);
    private readonly KubernetesEvidenceReader _kubernetes = new(kubernetes, options.Parallelism);
    private readonly AwsEvidenceReader _aws = new(aws);

    public async Task<WorkloadEvidence[]> ReadAsync(
        IReadOnlyList<WorkloadEvidence> workloads,
        EvidenceScope scope,
        CancellationToken cancellationToken
    )
    {
        var fromGoogle = _google.ReadAsync(workloads, scope, cancellationToken);
        var fromKubernetes = _kubernetes.ReadAsync(workloads, scope, cancellationToken);
        var fromAws = _aws.ReadAsync(workloads, scope, cancellationToken);
        await Task.WhenAll(fromGoogle, fromKubernetes, fromAws);
        return await Task.WhenAll(
            workloads.Select(evidence =>
                WithTokensAsync(
                    evidence with
                    {
                        Google = fromGoogle.Result[evidence.Workload.Name],
                        Kubernetes = fromKubernetes.Result[evidence.Workload.Name],
                        Aws = fromAws.Result[evidence.Workload.Name],
                    },
                    cancellationToken
                )
            )
        );
    }

    private async Task<WorkloadEvidence> WithTokensAsync(WorkloadEvidence evidence, CancellationToken cancellationToken)
    {
        var pods = evidence.Kubernetes.Pods?.Found ?? [];
        var tokens = new List<TokenEvidence>(pods.Select(PodLog.TokenOf).OfType<TokenEvidence>());
        if (options.Token is { } given)
        {
            tokens.Add(Show(given.Source, given.Text, evidence));
        }

        if (pods.FirstOrDefault(pod => pod.IsNamed) is { } named)
        {
            evidence = await WithPodsTokenAsync(evidence, named, tokens, cancellationToken);
        }

        // A token of another cluster than the configured one would prove nothing.
        return options.Preflight && evidence.Workload.Identity == IdentityKind.Cluster && evidence.Kubernetes.Issuer?.Refused is null
            ? await WithExchangeAsync(evidence, tokens, cancellationToken)
            : evidence with
            {
                Tokens = tokens,
            };
    }

    /// <summary>Reads the token of the pod that was asked for by name, if it runs and has one.</summary>
    private async Task<WorkloadEvidence> WithPodsTokenAsync(
        WorkloadEvidence evidence,
        PodEvidence pod,
        List<TokenEvidence> tokens,
        CancellationToken cancellationToken
    )
    {
        var container = pod.Containers.FirstOrDefault(container =>
            container.Environment.Any(variable => variable is { Name: PodVariables.TokenFile, Value: not null })
        );
        if (container is null || pod.Snapshot.Phase != "Running")
        {
            return evidence;
        }

        var path = container.Environment.First(variable => variable.Name == PodVariables.TokenFile).Value!;
        try
        {
            var text = await _kubernetes.ReadTokenAsync(
                evidence.Workload.Cluster,
                pod.Snapshot.Namespace,
                pod.Snapshot.Name,
                container.Name,
                path,
                cancellationToken
            );
            tokens.Add(
                Show($"the pod {pod.Snapshot.Namespace}/{pod.Snapshot.Name}", text, evidence) with
                {
                    Pod = $"{pod.Snapshot.Namespace}/{pod.Snapshot.Name}",
                }
            );
            return evidence;
        }
        catch (FindingException refused)
        {
            IReadOnlyList<PodEvidence> pods =
            [
                .. evidence.Kubernetes.Pods!.Found!.Select(other =>
                    ReferenceEquals(other, pod) ? other with { Refused = [.. other.Refused, .. refused.Findings] } : other
                ),
            ];
            return evidence with { Kubernetes = evidence.Kubernetes with { Pods = evidence.Kubernetes.Pods with { Found = pods } } };
        }
    }

    /// <summary>Tries the exchange from here, with a token requested for this purpose alone.</summary>
    private async Task<WorkloadEvidence> WithExchangeAsync(
        WorkloadEvidence evidence,
        List<TokenEvidence> tokens,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var text = await _kubernetes.RequestTokenAsync(evidence.Workload, cancellationToken);
            tokens.Add(Show("a request from here", text, evidence));
            return evidence with
            {
                Tokens = tokens,
                Aws = evidence.Aws with { Exchange = await _aws.TryExchangeAsync(evidence.Workload, text, cancellationToken) },
            };
        }
        catch (FindingException refused)
        {
            return evidence with { Tokens = tokens, Refused = [.. evidence.Refused, .. refused.Findings] };
        }
    }

    /// <summary>What may be shown of a token, and whether its issuer signed it. The rest is dropped.</summary>
    private static TokenEvidence Show(string source, string text, WorkloadEvidence evidence) =>
        TokenEvidence.FromText(source, text) with
        {
            SignatureHolds = evidence.Google.Issuer?.Found is { } published
                ? TokenSignature.Holds(text, published.Issuer, published.Keys)
                : null,
        };
}
