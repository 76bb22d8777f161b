using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using Federation.Calls;
using Federation.Configuration;
using Federation.Findings;
using k8s;
using k8s.Autorest;
using Polly.Timeout;
using Cluster = Federation.Configuration.Cluster;

namespace Federation.Kubernetes;

/// <summary>Why a call to a Kubernetes API failed, as findings; and which failures may pass by themselves.</summary>
internal static class KubernetesFaults
{
    /// <summary>Throttling, 5xx, lost connections, and answers with success that are not the API's own, such as a gateway's page.</summary>
    public static bool IsTransient(Exception fault) =>
        fault switch
        {
            HttpOperationException refused => Refusal.Of(refused).MayPass,
            HttpRequestException lost => lost.HttpRequestError
                is not (HttpRequestError.SecureConnectionError or HttpRequestError.NameResolutionError),
            IOException or JsonException or UnreadableAnswerException => true,
            // A connection that timed out. A cancellation by the caller has no such cause.
            OperationCanceledException => fault.InnerException is TimeoutException,
            _ => false,
        };

    /// <summary>The HTTP status behind a finding of <see cref="Explain"/>; null where there was no answer.</summary>
    public static HttpStatusCode? StatusOf(FindingException refused) => RefusalOf(refused)?.Status;

    /// <summary>The server's answer behind a finding of <see cref="Explain"/>; null where there was none.</summary>
    public static Refusal? RefusalOf(FindingException refused) =>
        refused.InnerException is HttpOperationException answer ? Refusal.Of(answer) : null;

    /// <summary>The API itself answered that the object does not exist. A 404 of another server on the way does not say so.</summary>
    public static bool SaysAbsent(FindingException refused) =>
        RefusalOf(refused) is { Kind: RefusalKind.Absent or RefusalKind.NamespaceMissing };

    /// <summary>The finding for a call that failed. Pure.</summary>
    public static Finding Explain(Exception fault, ClusterConnection connection, Attempt attempt)
    {
        var finding = fault switch
        {
            HttpOperationException answer => Answered(Refusal.Of(answer), connection, attempt),
            KubernetesException answer => Answered(Refusal.Of(answer), connection, attempt),
            TimeoutRejectedException => Unreachable(
                connection,
                $"takes connections but did not answer within {CallPolicy.TryTimeout.TotalSeconds:0} s when asked to {attempt}, "
                    + "each time it was tried.",
                "Check the proxy, VPN or firewall on the way to it, and whether the cluster's control plane is up."
            ),
            UnreadableAnswerException foreign => Unreadable(connection, attempt, foreign.Answer),
            JsonException => Unreadable(connection, attempt, "JSON of another shape"),
            _ when ExceptionChain.Find<CertificateNotTrustedException>(fault) is { } untrusted => Untrusted(untrusted, connection, attempt),
            OperationCanceledException { InnerException: not TimeoutException } => Unreachable(
                connection,
                $"did not {attempt} in the time that there was for it.",
                "Run again; if it happens again, check the way to the cluster and its control plane."
            ),
            HttpRequestException or IOException or WebSocketException or OperationCanceledException => Unreachable(
                connection,
                $"could not be reached to {attempt}: {fault.GetBaseException().Message}",
                "Check that this machine may reach it (authorised networks, VPN, proxy) and that the kubeconfig is fresh."
            ),
            _ => UnexpectedFailure.While($"trying to {attempt} in the cluster {connection.Cluster.Key}", fault),
        };
        return finding with { Resource = attempt.Resource?.Value };
    }

    /// <summary>The finding for a namespace that is being deleted (FED6001).</summary>
    public static Finding Terminating(Cluster cluster, string @namespace) =>
        new()
        {
            Code = FindingCodes.NamespaceMissing,
            Cause = $"The namespace {@namespace} of the cluster {cluster.Key} is being deleted: nothing new can be created in it.",
            Fix =
                "Wait until it is gone, and run again; if it does not go, this shows what holds it: "
                + $"kubectl get namespace {@namespace} -o yaml",
            Expected = "Active",
            Actual = "Terminating",
        };

    /// <summary>The command that writes the cluster's context into the user's kubeconfig.</summary>
    public static string GetCredentials(Cluster cluster) =>
        $"gcloud container clusters get-credentials {cluster.Name} --location {cluster.Location} --project {cluster.Project}";

    private static Finding Answered(Refusal refusal, ClusterConnection connection, Attempt attempt)
    {
        var cluster = connection.Cluster;
        return refusal.Kind switch
        {
            RefusalKind.Unauthenticated => new Finding
            {
                Code = FindingCodes.KubernetesPermissionDenied,
                Cause = $"The cluster {cluster.Key} does not accept the credentials of {connection.Origin} (401 Unauthorized).",
                Fix = GetCredentials(cluster),
            },
            RefusalKind.NotPermitted => new Finding
            {
                Code = FindingCodes.KubernetesPermissionDenied,
                Cause = $"The cluster {cluster.Key} does not let this identity {attempt}: {refusal.Message}",
                Fix = "Bind a Role with that verb and resource to the identity this runs as (README, \"What the runner needs\").",
            },
            RefusalKind.CreationNotPermitted => new Finding
            {
                Code = FindingCodes.KubernetesPermissionDenied,
                Cause =
                    $"The cluster {cluster.Key} does not let this identity {attempt}: the object does not exist, and to create it takes "
                    + $"the verb create beside patch ({refusal.Message}).",
                Fix = "Bind a Role with both verbs to the identity this runs as (README, \"What the runner needs\").",
            },
            RefusalKind.Throttled => new Finding
            {
                Code = FindingCodes.Throttled,
                Cause = $"The cluster {cluster.Key} still throttles after several tries to {attempt}{After(refusal)} (HTTP 429).",
                Fix = "Run again later, or with a smaller --parallelism.",
            },
            RefusalKind.NotTheApi => Unreadable(
                connection,
                attempt,
                UnreadableAnswerException.Describe(refusal.Status, type: null, refusal.Message)
            ),
            RefusalKind.ServerError => Unreachable(
                connection,
                $"failed to {attempt}: {refusal.Message} (HTTP {(int)refusal.Status})",
                "Run again later; if it happens again, look at the cluster's control plane."
            ),
            RefusalKind.NamespaceMissing => new Finding
            {
                Code = FindingCodes.NamespaceMissing,
                Cause = $"The cluster {cluster.Key} could not {attempt}: {refusal.Message}.",
                Fix = "--target=Apply creates the namespace, unless `existing:` lists it; then create it where it is owned.",
            },
            _ when attempt.Writes is { } written => NotTaken(refusal, cluster, written),
            _ => Unreachable(
                connection,
                $"would not {attempt}: {refusal.Message} (HTTP {(int)refusal.Status})",
                "If the message names something to change, change it; otherwise run again."
            ),
        };
    }

    /// <summary>The finding for an object that the API read and does not take.</summary>
    private static Finding NotTaken(Refusal refusal, Cluster cluster, WrittenObject written)
    {
        var finding = new Finding
        {
            Code = written.RefusedAs,
            Cause = $"The cluster {cluster.Key} does not take {written.Name}: {refusal.Message} (HTTP {(int)refusal.Status})",
            Fix = "If the message names something to change, change it; otherwise run again.",
            Actual = refusal.Message,
        };
        var template = written.Template is null ? "the object" : $"your own {written.Template} (--templates)";
        return refusal.Kind switch
        {
            RefusalKind.NotAdmitted => finding with
            {
                Cause = $"The cluster {cluster.Key} does not admit {written.Name}: {refusal.Message}",
                Fix = $"Change what the message names in {template}, or have whoever owns the policy allow it.",
            },
            RefusalKind.QuotaExceeded when refusal.Quota is var (name, requested, used, limited) => finding with
            {
                Cause =
                    $"The quota {name} of the namespace {written.Namespace} in the cluster {cluster.Key} has no room for {written.Name}: "
                    + $"it requests {requested}; used: {used}; limit: {limited}.",
                Fix = $"Raise the quota, or free some of it: kubectl describe resourcequota -n {written.Namespace} {name}",
                Expected = limited,
                Actual = $"{used}, and {requested} more",
            },
            RefusalKind.NamespaceTerminating => Terminating(cluster, written.Namespace),
            RefusalKind.ServiceAccountMissing => finding with
            {
                Code = FindingCodes.ServiceAccountMissing,
                Cause = $"The cluster {cluster.Key} does not admit {written.Name}: {refusal.Message}",
                Fix = "--target=Apply creates the service account, unless `existing:` lists it; then create it where it is owned.",
            },
            RefusalKind.Invalid => finding with
            {
                Cause = $"The cluster {cluster.Key} does not take {written.Name}, because it is not valid: {refusal.Message}",
                Fix = $"Change the value that the message names; it comes from the configuration or from {template}.",
            },
            RefusalKind.WebhookOutOfReach => finding with
            {
                Cause =
                    $"The cluster {cluster.Key} takes {written.Name} only if an admission webhook agrees, and could not reach that webhook"
                    + ": "
                    + refusal.Message,
                Fix =
                    "Have the webhook's service repaired, or its failurePolicy changed: "
                    + "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations",
            },
            _ => finding,
        };
    }

    private static string After(Refusal refusal) => refusal.Message.Length == 0 ? "" : $": {refusal.Message}";

    /// <param name="answer">What came, as <see cref="UnreadableAnswerException.Answer"/> says it.</param>
    private static Finding Unreadable(ClusterConnection connection, Attempt attempt, string answer) =>
        new()
        {
            Code = FindingCodes.AnswerUnreadable,
            Cause =
                $"{Name(connection)} answered an attempt to {attempt}, but not as a Kubernetes API does: it sent {answer}. "
                + "As when a proxy or gateway answers with a page of its own, whether it was done is not known.",
            Fix = "Check which proxy or gateway stands between this machine and the cluster, then run again.",
        };

    private static Finding Untrusted(CertificateNotTrustedException untrusted, ClusterConnection connection, Attempt attempt)
    {
        var finding = untrusted.Finding($"{Name(connection)} could not be asked to {attempt}");
        return connection.Cluster.Access == ClusterAccess.Google
            ? finding
            : finding with
            {
                Fix =
                    $"If {connection.Origin} is another cluster's, or from before the cluster's CA was rotated: "
                    + $"{GetCredentials(connection.Cluster)}. Otherwise: {finding.Fix}",
            };
    }

    private static string Name(ClusterConnection connection) =>
        $"The Kubernetes API of {connection.Cluster.Key} at {connection.Server} ({connection.Origin})";

    private static Finding Unreachable(ClusterConnection connection, string what, string fix) =>
        new()
        {
            Code = FindingCodes.EndpointUnreachable,
            Cause = $"{Name(connection)} {what}",
            Fix = fix,
        };
}
