using System.Net;
using System.Text.Json;
using Federation.Findings;
using k8s.Autorest;
using k8s.Models;
using Polly;
using Polly.Retry;
using Cluster = Federation.Configuration.Cluster;

namespace Federation.Kubernetes;

/// <summary>What a Kubernetes API refuses, as findings; and which faults pass by themselves.</summary>
internal static class KubernetesFaults
{
    /// <summary>Up to four tries, with back-off and jitter, for faults that pass: throttling, 5xx, lost connections.</summary>
    public static ResiliencePipeline Retries(TimeProvider time) =>
        new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(
                new RetryStrategyOptions
                {
                    ShouldHandle = new PredicateBuilder()
                        .Handle<HttpOperationException>(IsTransient)
                        .Handle<HttpRequestException>(fault =>
                            fault.HttpRequestError is not (HttpRequestError.SecureConnectionError or HttpRequestError.NameResolutionError)
                        ),
                    MaxRetryAttempts = 3,
                    Delay = TimeSpan.FromMilliseconds(300),
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                }
            )
            .Build();

    /// <summary>The server's own words: the message of the Status object it answers with.</summary>
    public static string MessageOf(HttpOperationException fault)
    {
        var body = fault.Response.Content;
        if (!string.IsNullOrEmpty(body) && body.StartsWith('{'))
        {
            try
            {
                if (JsonSerializer.Deserialize<V1Status>(body)?.Message is { Length: > 0 } message)
                {
                    return message;
                }
            }
            catch (JsonException)
            {
                // Not a Status: a proxy's page, say. The text as it is serves better than none.
            }
        }

        return string.IsNullOrWhiteSpace(body) ? $"HTTP {(int)fault.Response.StatusCode}" : body.Trim();
    }

    /// <summary>The finding for a refused or failed call.</summary>
    /// <param name="attempt">The verb and resource, such as <c>patch serviceaccounts/ksa</c>.</param>
    public static Finding FindingFor(Exception fault, ClusterConnection connection, string attempt, string? resource) =>
        fault switch
        {
            HttpOperationException { Response.StatusCode: HttpStatusCode.Forbidden } refused => new Finding
            {
                Code = FindingCodes.KubernetesPermissionDenied,
                Resource = resource,
                Cause = $"The cluster {connection.Cluster.Key} does not let this identity {attempt}: {MessageOf(refused)}",
                Fix = "Bind a Role with that verb and resource to the identity this runs as (README, \"What the runner needs\").",
            },
            HttpOperationException { Response.StatusCode: HttpStatusCode.Unauthorized } => new Finding
            {
                Code = FindingCodes.KubernetesPermissionDenied,
                Resource = resource,
                Cause = $"The cluster {connection.Cluster.Key} does not accept the credentials of {connection.Origin} (401 Unauthorized).",
                Fix = GetCredentials(connection.Cluster),
            },
            HttpOperationException other => new Finding
            {
                Code =
                    other.Response.StatusCode == HttpStatusCode.TooManyRequests ? FindingCodes.Throttled : FindingCodes.EndpointUnreachable,
                Resource = resource,
                Cause =
                    $"The Kubernetes API of {connection.Cluster.Key} at {connection.Server} would not {attempt}: {MessageOf(other)} (HTTP {(int)other.Response.StatusCode}).",
                Fix = "If the message names something to change, change it; otherwise try again.",
            },
            _ => new Finding
            {
                Code = FindingCodes.EndpointUnreachable,
                Resource = resource,
                Cause =
                    $"The Kubernetes API of {connection.Cluster.Key} at {connection.Server} ({connection.Origin}) could not be reached to {attempt}: {Innermost(fault)}",
                Fix = "Check that this machine may reach it (authorised networks, VPN, proxy) and that the kubeconfig is fresh.",
            },
        };

    /// <summary>The command that writes the cluster's context into the user's kubeconfig.</summary>
    public static string GetCredentials(Cluster cluster) =>
        $"gcloud container clusters get-credentials {cluster.Name} --location {cluster.Location} --project {cluster.Project}";

    private static bool IsTransient(HttpOperationException fault) =>
        fault.Response.StatusCode is HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError
        && fault.Response.StatusCode is not HttpStatusCode.NotImplemented;

    private static string Innermost(Exception fault) => fault.GetBaseException().Message;
}
