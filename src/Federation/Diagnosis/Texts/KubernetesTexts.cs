using System.Text.RegularExpressions;
using Federation.Findings;

namespace Federation.Diagnosis.Texts;

/// <summary>What kubectl, the API server, the scheduler and the kubelet write before a container runs.</summary>
internal static partial class KubernetesTexts
{
    public static IReadOnlyList<ErrorText> All { get; } =
    [
        new("Unable to connect to the server: x509", "Unable to connect to the server: tls")
        {
            Code = FindingCodes.KubeconfigWrongCluster,
            Cause =
                "The server at the kubeconfig's endpoint has another certificate authority: the endpoint now belongs to "
                + "another cluster, or the cluster was recreated.",
            Fix = "`gcloud container clusters get-credentials NAME --location LOCATION --project PROJECT` rewrites the context.",
        },
        new("Unable to connect to the server", "The connection to the server")
        {
            Code = FindingCodes.EndpointUnreachable,
            Cause =
                "The cluster's API server cannot be reached from here: most likely its endpoint is private, or its authorised "
                + "networks do not include this machine.",
            Fix =
                "`gcloud container clusters get-credentials NAME --location LOCATION --dns-endpoint`, or run it from a network "
                + "that is allowed.",
        },
        new("must be logged in to the server", "system:anonymous")
        {
            Code = FindingCodes.KubernetesPermissionDenied,
            Cause = "The API server does not know the caller: the kubeconfig's credentials have expired, or belong to another cluster.",
            Fix = "`gcloud container clusters get-credentials NAME --location LOCATION --project PROJECT`",
        },
        new("may not specify a duration")
        {
            Code = FindingCodes.TokenLifetimeOutOfRange,
            Form = Lifetime(),
            Cause = "Kubernetes refuses the lifetime of the projected token.",
            Fix = "Set tokenLifetime (expirationSeconds) to 600 s or more; GKE caps it at 48 hours.",
            Read = (said, finding) =>
                said.Groups["seconds"] is { Success: true } seconds
                    ? finding with
                    {
                        Expected = said.Groups["bound"].Value.StartsWith("less", StringComparison.OrdinalIgnoreCase)
                            ? "600 s or more"
                            : "2^32 s or less",
                        Actual = $"{seconds.Value} s",
                    }
                    : finding,
        },
        new("not found")
        {
            Code = FindingCodes.NamespaceMissing,
            Form = NoNamespace(),
            Cause = "The namespace does not exist in this cluster.",
            Read = (said, finding) =>
                finding with
                {
                    Cause = $"The namespace {said.Groups["name"].Value} does not exist in this cluster.",
                    Fix =
                        $"`--target=Apply`, or `kubectl create namespace {said.Groups["name"].Value}`; `kubectl config "
                        + "current-context` shows which cluster it is.",
                },
        },
        new("not found")
        {
            Code = FindingCodes.ServiceAccountMissing,
            Form = NoServiceAccount(),
            Cause = "The Kubernetes service account does not exist in that namespace.",
            Read = (said, finding) =>
                finding with
                {
                    Cause = $"The Kubernetes service account {said.Groups["name"].Value} does not exist in that namespace.",
                    Fix = $"`--target=Apply`, or `kubectl create serviceaccount -n NAMESPACE {said.Groups["name"].Value}`.",
                },
        },
        new("cannot")
        {
            Code = FindingCodes.KubernetesPermissionDenied,
            Form = Forbidden(),
            DistinctBy = "verb",
            Cause = "The identity that calls the cluster lacks a permission.",
            Read = (said, finding) =>
            {
                var wanted =
                    $"{said.Groups["verb"].Value} "
                    + $"{said.Groups["resource"].Value}{(said.Groups["namespace"] is { Success: true } named ? $" in {named.Value}" : "")}";
                return finding with
                {
                    Cause = $"{said.Groups["user"].Value} may not {wanted}.",
                    Fix = "Bind a Role with that verb and resource to it (README, \"What the runner needs\").",
                    Expected = wanted,
                };
            },
        },
        new("exceeded quota:", "failed quota:", "violates PodSecurity", "admission webhook")
        {
            Code = FindingCodes.PodRejected,
            Form = Rejection(),
            Cause =
                "The API server does not admit the pod: a quota of the namespace, its Pod Security level, or an admission "
                + "webhook. The text says which, and what it requires.",
            Fix =
                "`kubectl describe quota -n NAMESPACE`, or change the pod (securityContext, requests and limits) in your own "
                + "validation-pod.yaml (--templates).",
        },
        new("FailedScheduling", "NotTriggerScaleUp", "nodes are available")
        {
            Code = FindingCodes.PodUnschedulable,
            Form = Unschedulable(),
            Cause =
                "No node accepts the pod: too little is free, or its selectors, tolerations or volumes fit none. The first pod "
                + "of an autoscaled pool or of Autopilot is usually unschedulable for a minute or two.",
            Fix = "Wait two minutes; then run `kubectl describe pod -n NAMESPACE POD`, and add a node that fits or change the pod.",
        },
        new(
            "ImagePullBackOff",
            "ErrImagePull",
            "InvalidImageName",
            "ErrImageNeverPull",
            "Failed to pull image",
            "Back-off pulling image",
            "manifest unknown"
        )
        {
            Code = FindingCodes.ImagePullFailed,
            Cause =
                "The node cannot pull the image: its name or tag does not exist, or its registry requires credentials or cannot "
                + "be reached.",
            Fix =
                "Set verify.image to an image that the nodes can pull and that contains the AWS CLI; for a registry of your "
                + "own give the nodes access, or add an imagePullSecret.",
        },
        new("MountVolume.SetUp failed", "failed to fetch token")
        {
            Code = FindingCodes.TokenVolumeMissing,
            Form = Unmounted(),
            Cause =
                "The kubelet cannot give the pod its volume: the API server did not issue the projected token, or what the "
                + "volume refers to does not exist.",
            Fix =
                "`kubectl describe pod -n NAMESPACE POD` shows the reason after \"failed to fetch token\"; check audience and "
                + "expirationSeconds (600 or more).",
        },
        new("active on the node longer than the specified deadline")
        {
            Code = FindingCodes.PodTimedOut,
            Cause = "The pod was still running at its activeDeadlineSeconds and was ended.",
            Fix = "Make the command of verify.run end sooner, or raise verify.timeout.",
        },
    ];

    [GeneratedRegex("(Invalid value: (?<seconds>[0-9]{1,12}): )?may not specify a duration (?<bound>less|larger)", ErrorText.Options)]
    private static partial Regex Lifetime();

    [GeneratedRegex(@"namespaces? ""?(?<name>[a-z0-9-]{1,63})""? not found", ErrorText.Options)]
    private static partial Regex NoNamespace();

    [GeneratedRegex(@"serviceaccounts? ""?(?<name>[a-z0-9.-]{1,253})""? not found", ErrorText.Options)]
    private static partial Regex NoServiceAccount();

    [GeneratedRegex(
        @"User ""(?<user>[^""]+)"" cannot (?<verb>\w+) (resource|path) ""(?<resource>[^""]+)""( in API group ""[^""]*"")?"
            + @"( in the namespace ""(?<namespace>[^""]+)"")?",
        ErrorText.Options
    )]
    private static partial Regex Forbidden();

    [GeneratedRegex("(exceeded|failed) quota:|violates PodSecurity|admission webhook .*denied", ErrorText.Options)]
    private static partial Regex Rejection();

    [GeneratedRegex("FailedScheduling|NotTriggerScaleUp|[0-9]+/[0-9]+ nodes are available", ErrorText.Options)]
    private static partial Regex Unschedulable();

    [GeneratedRegex(@"MountVolume\.SetUp failed.*(token|secrets)|failed to fetch token", ErrorText.Options)]
    private static partial Regex Unmounted();
}
