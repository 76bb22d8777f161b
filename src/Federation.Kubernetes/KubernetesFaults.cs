using System.Net;
using System.Text.Json;
using Federation.Calls;
using Federation.Findings;
using k8s.Autorest;
using k8s.Models;
using Polly.Timeout;
using Cluster = Federation.Configuration.Cluster;

namespace Federation.Kubernetes;

/// <summary>What a call to a Kubernetes API failed of, as findings; and which faults may pass by themselves.</summary>
internal static class KubernetesFaults
{
    /// <summary>Throttling, 5xx, lost connections, and answers that are not the API's own, such as a gateway's page.</summary>
    public static bool IsTransient(Exception fault) =>
        fault switch
        {
            HttpOperationException refused => refused.Response.StatusCode
                is HttpStatusCode.TooManyRequests
                    or >= HttpStatusCode.InternalServerError
                    and not HttpStatusCode.NotImplemented,
            HttpRequestException lost => lost.HttpRequestError
                is not (HttpRequestError.SecureConnectionError or HttpRequestError.NameResolutionError),
            IOException or JsonException => true,
            // A connection that could not be made in time: the caller's own cancellation has no such cause.
            OperationCanceledException => fault.InnerException is TimeoutException,
            _ => false,
        };

    /// <summary>The HTTP status behind a finding of <see cref="Explain"/>; null where there was no answer.</summary>
    public static HttpStatusCode? StatusOf(FindingException refused) =>
        (refused.InnerException as HttpOperationException)?.Response.StatusCode;

    /// <summary>The server's own words behind a finding of <see cref="Explain"/>; otherwise those of the exception.</summary>
    public static string MessageOf(FindingException refused) =>
        refused.InnerException is HttpOperationException answer ? MessageOf(answer) : refused.GetBaseException().Message;

    private static string MessageOf(HttpOperationException fault)
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

    /// <summary>The finding for a call that failed. Pure.</summary>
    public static Finding Explain(Exception fault, ClusterConnection connection, Attempt attempt)
    {
        var api = $"The Kubernetes API of {connection.Cluster.Key} at {connection.Server}";
        return fault switch
        {
            HttpOperationException { Response.StatusCode: HttpStatusCode.Forbidden } refused => new Finding
            {
                Code = FindingCodes.KubernetesPermissionDenied,
                Resource = attempt.Resource?.Value,
                Cause = $"The cluster {connection.Cluster.Key} does not let this identity {attempt}: {MessageOf(refused)}",
                Fix = "Bind a Role with that verb and resource to the identity this runs as (README, \"What the runner needs\").",
            },
            HttpOperationException { Response.StatusCode: HttpStatusCode.Unauthorized } => new Finding
            {
                Code = FindingCodes.KubernetesPermissionDenied,
                Resource = attempt.Resource?.Value,
                Cause = $"The cluster {connection.Cluster.Key} does not accept the credentials of {connection.Origin} (401 Unauthorized).",
                Fix = GetCredentials(connection.Cluster),
            },
            HttpOperationException other => new Finding
            {
                Code =
                    other.Response.StatusCode == HttpStatusCode.TooManyRequests ? FindingCodes.Throttled : FindingCodes.EndpointUnreachable,
                Resource = attempt.Resource?.Value,
                Cause = $"{api} would not {attempt}: {MessageOf(other)} (HTTP {(int)other.Response.StatusCode}).",
                Fix = "If the message names something to change, change it; otherwise try again.",
            },
            TimeoutRejectedException => new Finding
            {
                Code = FindingCodes.EndpointUnreachable,
                Resource = attempt.Resource?.Value,
                Cause =
                    $"{api} ({connection.Origin}) takes connections but did not answer within {CallPolicy.TryTimeout.TotalSeconds:0} s "
                    + $"when asked to {attempt}, each time it was tried.",
                Fix = "Check the proxy, VPN or firewall on the way to it, and whether the cluster's control plane is up.",
            },
            JsonException => new Finding
            {
                Code = FindingCodes.EndpointUnreachable,
                Resource = attempt.Resource?.Value,
                Cause =
                    $"{api} ({connection.Origin}) answered an attempt to {attempt} with success and with something that is not JSON, "
                    + "as a proxy's or gateway's own page is. Whether it was done is not known.",
                Fix = "Check which proxy or gateway stands between this machine and the cluster, then run again.",
            },
            _ => new Finding
            {
                Code = FindingCodes.EndpointUnreachable,
                Resource = attempt.Resource?.Value,
                Cause = $"{api} ({connection.Origin}) could not be reached to {attempt}: {fault.GetBaseException().Message}",
                Fix = "Check that this machine may reach it (authorised networks, VPN, proxy) and that the kubeconfig is fresh.",
            },
        };
    }

    /// <summary>The command that writes the cluster's context into the user's kubeconfig.</summary>
    public static string GetCredentials(Cluster cluster) =>
        $"gcloud container clusters get-credentials {cluster.Name} --location {cluster.Location} --project {cluster.Project}";
}
