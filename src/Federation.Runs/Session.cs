using Federation.Aws;
using Federation.Calls;
using Federation.Configuration;
using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Google;
using Federation.Issuers;
using Federation.Kubernetes;
using Federation.Planning;

namespace Federation.Runs;

/// <summary>Reads evidence from every cloud.</summary>
public interface IEvidenceSource
{
    /// <summary>Completes what is known of each workload, in the same order. What may not be read is a refusal in the evidence.</summary>
    Task<WorkloadEvidence[]> ReadAsync(IReadOnlyList<WorkloadEvidence> workloads, EvidenceScope scope, CancellationToken cancellationToken);
}

/// <summary>The clouds of a run, and the endpoints that all their clients use.</summary>
/// <param name="owned">Disposed with the session, the last one first.</param>
public sealed class Session(
    CloudEndpoints endpoints,
    IReadOnlyList<ICloud> clouds,
    IClusterDirectory directory,
    IGate gate,
    IEvidenceSource evidence,
    params IReadOnlyList<object> owned
) : IAsyncDisposable
{
    public CloudEndpoints Endpoints => endpoints;

    public IReadOnlyList<ICloud> Clouds => clouds;

    public IClusterDirectory Directory => directory;

    public IGate Gate => gate;

    public IEvidenceSource Evidence => evidence;

    /// <summary>The calls made so far, by cloud.</summary>
    public IReadOnlyDictionary<string, int> Calls =>
        new SortedDictionary<string, int>(
            clouds.ToDictionary(cloud => cloud.Name, cloud => cloud.Calls, StringComparer.Ordinal),
            StringComparer.Ordinal
        );

    /// <summary>The clients of every cloud, on the same endpoints.</summary>
    /// <param name="behind">What the endpoints need, such as a sandbox: it ends after the clients, and also if they cannot be made.</param>
    /// <exception cref="FindingException">An endpoint is malformed (FED8013), or a sandbox's leads off this machine (FED8005).</exception>
    internal static Session Open(
        CloudEndpoints endpoints,
        FederationConfiguration configuration,
        RunOptions options,
        TimeProvider time,
        params IReadOnlyList<object> behind
    )
    {
        if (endpoints.IsSandbox)
        {
            RefuseOtherMachines(endpoints);
        }

        var google = new GoogleCloud(endpoints, time);
        var kubernetes = new KubernetesCloud(configuration, google, endpoints, time);
        var aws = new AwsCloud(configuration, google, endpoints, time);
        var issuers = new IssuerClient(IssuerTransport.For(endpoints), time, IssuerClient.PatientAttempts);
        return new Session(
            endpoints,
            [google, kubernetes, aws],
            google,
            new ValidationGate(kubernetes, time),
            new CloudEvidence(google, kubernetes, aws, issuers, options),
            [.. behind, google, kubernetes, aws, issuers]
        );
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var item in owned.Reverse())
        {
            switch (item)
            {
                case IAsyncDisposable asynchronous:
                    await asynchronous.DisposeAsync();
                    break;
                case IDisposable disposable:
                    disposable.Dispose();
                    break;
            }
        }
    }

    /// <summary>
    /// The last guard of <c>--cloud=sandbox</c>: whatever made the endpoints, each of them must be an address of this machine.
    /// </summary>
    private static void RefuseOtherMachines(CloudEndpoints endpoints)
    {
        foreach (var address in (Uri?[])[endpoints.Aws?.Url, endpoints.GoogleIam, endpoints.GoogleContainer])
        {
            if (address is not { IsLoopback: true })
            {
                throw new FindingException(
                    new Finding
                    {
                        Code = FindingCodes.EndpointUnreachable,
                        Cause =
                            $"An endpoint of the sandbox is {(address is null ? "not set" : $"{address}, which is not this machine")}. "
                            + "With --cloud=sandbox only this machine is called.",
                        Fix = "Please report this: it is a fault of this tool.",
                    }
                );
            }
        }
    }
}
