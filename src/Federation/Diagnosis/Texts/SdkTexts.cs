using System.Text.RegularExpressions;
using Federation.Findings;

namespace Federation.Diagnosis.Texts;

/// <summary>What the AWS SDKs and the AWS CLI write before STS answers: environment, token file, network.</summary>
internal static partial class SdkTexts
{
    private const string PodEnvironment =
        "`kubectl exec -n NAMESPACE POD -c CONTAINER -- env` must show AWS_ROLE_ARN, AWS_WEB_IDENTITY_TOKEN_FILE, AWS_REGION "
        + "and AWS_DEFAULT_REGION";

    private const string OtherUser =
        "Most likely it runs as another user than the one that owns the file: "
        + "in a pod with several users the kubelet gives the file to root.";

    public static IReadOnlyList<ErrorText> All { get; } =
    [
        new(
            "AWSSDK.SecurityToken could not be found",
            "'sts' service module must be on the class path",
            "STS module must be on the class path"
        )
        {
            Code = FindingCodes.CheckFailed,
            Cause =
                "The program lacks the part of its SDK that exchanges tokens: in .NET the package AWSSDK.SecurityToken, in "
                + "Java the module sts.",
            Fix =
                "`dotnet add package AWSSDK.SecurityToken`, or software.amazon.awssdk:sts in the build, and a new image. The "
                + "federation itself is not the problem.",
        },
        new(
            "AWS Access Key Id you provided does not exist",
            "security token included in the request is",
            "InvalidClientTokenId",
            "InvalidAccessKeyId",
            "UnrecognizedClientException",
            "SignatureDoesNotMatch",
            "provided token has expired",
            "(ExpiredToken)"
        )
        {
            Code = FindingCodes.StaticCredentialsShadow,
            Cause =
                "AWS was called with access keys that it does not accept. A pod that uses its token has no keys: keys in its "
                + "environment, a mounted credentials file or the program's configuration take precedence over the token. In a "
                + "pipeline the runner's own credentials are wrong (FED8001). In rare cases the keys are right and the account "
                + "has not opted in to the region (FED8004).",
            Fix =
                "Remove AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_PROFILE and any ~/.aws/credentials "
                + "from the container. `--target=Diagnose --pod=NAMESPACE/POD` lists what shadows the token.",
        },
        new(
            "but has no role ARN configured",
            "role ARN is not set",
            "AWS_WEB_IDENTITY_TOKEN_FILE or the javaproperty",
            "AWS_ROLE_ARN or the javaproperty",
            "Partial credentials found"
        )
        {
            Code = FindingCodes.PodEnvironmentWrong,
            Cause =
                "Only one of AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE is set in the container. On GKE no webhook sets "
                + "them: an annotation eks.amazonaws.com/role-arn does nothing there.",
            Fix = $"{PodEnvironment}; component/ of the rendered documents gives them to your own Deployment.",
        },
        new(
            "must specify a region",
            "NoRegionError",
            "Region is missing",
            "Missing region in config",
            "MissingRegion",
            "Missing Region",
            "Unable to load region from any",
            "find a region via the region provider chain",
            "No RegionEndpoint or ServiceURL configured",
            "Unable to determine region"
        )
        {
            Code = FindingCodes.PodEnvironmentWrong,
            Cause =
                "The program has no region. boto3 and version 1 of the AWS CLI read only AWS_DEFAULT_REGION, the other SDKs "
                + "AWS_REGION, so both are needed.",
            Fix = "Set both AWS_REGION and AWS_DEFAULT_REGION in the container.",
        },
        new("webIdentityTokenFile must be an absolute path")
        {
            Code = FindingCodes.TokenPathMismatch,
            Cause = "AWS_WEB_IDENTITY_TOKEN_FILE is a relative path, which the SDK for .NET does not accept.",
            Fix = "Set it to mountPath + / + path of the projected token, such as /var/run/secrets/tokens/token.",
        },
        new("permission denied", "EACCES", "Access to the path", "AccessDeniedException: /")
        {
            Code = FindingCodes.TokenVolumeMissing,
            Form = TokenPath(),
            Cause = $"The container may not read its token file. {OtherUser}",
            Fix = "Set `securityContext.fsGroup` of the pod to any group id, or the same runAsUser for all its containers.",
            Read = (said, finding) =>
                finding with
                {
                    Cause = $"The container may not read its token file {said.Groups["path"].Value}. {OtherUser}",
                },
        },
        new(
            "no such file or directory",
            "ENOENT",
            "Could not find file",
            "Could not find a part of the path",
            "NoSuchFileException",
            "cannot find the path specified",
            "cannot find the file specified",
            "FileNotFound",
            "locate specified web identity token file"
        )
        {
            Code = FindingCodes.TokenPathMismatch,
            Form = TokenPath(),
            Cause = "There is no token file where the program looks for one.",
            Read = (said, finding) =>
                finding with
                {
                    Cause =
                        $"There is no token at {said.Groups["path"].Value}. Most likely AWS_WEB_IDENTITY_TOKEN_FILE is not "
                        + "mountPath + / + path of the projected volume; otherwise the volume is not mounted in this container "
                        + "(an init container, a sidecar), or there is none (FED6007).",
                    Fix =
                        "`kubectl get pod -n NAMESPACE POD -o yaml`: compare volumeMounts[].mountPath and "
                        + "serviceAccountToken.path with the variable. `--target=Diagnose --pod=NAMESPACE/POD` does that.",
                    Actual = said.Groups["path"].Value,
                },
        },
        Unreached(
            AwsHost(),
            (said, finding) =>
                finding with
                {
                    Cause =
                        $"{said.Groups["host"].Value} was not reached. In a GKE pod the cause is most likely a private cluster "
                        + "without Cloud NAT, or an egress NetworkPolicy; otherwise a proxy that is not configured, or a region "
                        + "in the host name that does not exist.",
                    Fix =
                        $"Allow TCP 443 to {said.Groups["host"].Value} (and to the service's own endpoint): Cloud NAT for the "
                        + "cluster's network, an egress rule, or HTTPS_PROXY. `kubectl exec -n NAMESPACE POD -- curl -sv "
                        + $"https://{said.Groups["host"].Value}` shows how far it gets.",
                }
        ),
        Unreached(
            OtherEndpoint(),
            (said, finding) =>
                finding with
                {
                    Cause =
                        $"{said.Groups["url"].Value} was not reached. It is not an AWS endpoint: AWS_ENDPOINT_URL, a service's "
                        + "own variable or a profile sends the calls there, also those to STS.",
                    Fix =
                        "Remove AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_STS and endpoint_url from the pod, or set "
                        + "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true.",
                }
        ),
    ];

    /// <summary>
    /// What an SDK writes last when every source of credentials has failed, whatever failed first: used only if the text
    /// has no other known error.
    /// </summary>
    public static IReadOnlyList<ErrorText> Consequences { get; } =
    [
        new(
            "Unable to locate credentials",
            "NoCredentialsError",
            "could not be found. You can configure credentials",
            "load credentials from any of the providers",
            "load AWS credentials from any provider",
            "load credentials from any providers",
            "CredentialsProviderError",
            "Missing credentials in config",
            "NoCredentialProviders",
            "failed to refresh cached credentials",
            "Failed to resolve AWS credentials",
            "get IAM security credentials from EC2",
            "IMDS",
            "EC2 Instance Metadata",
            "EC2 metadata",
            "169.254.169.254",
            "169.254.170.2"
        )
        {
            Code = FindingCodes.PodEnvironmentWrong,
            Cause =
                "The SDK found no credentials. It tried the metadata address last, which on GKE is Google's and has none for "
                + "AWS. Most likely AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE are not set in this container (on GKE no "
                + "webhook sets them, whatever the service account's annotations say), or the pod is older than the change; "
                + "otherwise the SDK is too old to know web identities, or in a pipeline the runner has no credentials (FED8001).",
            Fix = $"{PodEnvironment}; component/ of the rendered documents gives them to your own Deployment. Then restart the pod.",
        },
    ];

    private static ErrorText Unreached(Regex form, Func<Match, Finding, Finding> read) =>
        new(
            "endpoint URL",
            "SSL validation failed for",
            "i/o timeout",
            "no such host",
            "connection refused",
            "context deadline exceeded",
            "Unable to execute HTTP request",
            "UnknownHostException",
            "Name or service not known",
            "Temporary failure in name resolution",
            "ENOTFOUND",
            "EAI_AGAIN",
            "ETIMEDOUT",
            "ECONNREFUSED",
            "Connection timed out",
            "connect timed out"
        )
        {
            Code = FindingCodes.EndpointUnreachable,
            Cause = "An endpoint was not reached.",
            Form = form,
            Read = read,
        };

    /// <summary>A path that is a token's by its folder or its name. Other files do not concern the federation.</summary>
    [GeneratedRegex(@"(?<path>([a-z]:)?[/\\][^\s'"",:;()]*(secrets|token)[^\s'"",:;()]*)", ErrorText.Options)]
    private static partial Regex TokenPath();

    [GeneratedRegex(@"(?<host>[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?)", ErrorText.Options)]
    private static partial Regex AwsHost();

    /// <summary>Any endpoint except the metadata addresses, which are numbers.</summary>
    [GeneratedRegex(@"endpoint URL: ?""?(?<url>https?://[a-z][^\s""]*)", ErrorText.Options)]
    private static partial Regex OtherEndpoint();
}
