using System.Text.RegularExpressions;
using Federation.Findings;

namespace Federation.Diagnosis.Texts;

/// <summary>What the AWS SDKs and the AWS CLI write before STS says anything: environment, token file, network.</summary>
internal static partial class SdkTexts
{
    private const string PodEnvironment =
        "`kubectl exec -n NAMESPACE POD -c CONTAINER -- env` must show AWS_ROLE_ARN, AWS_WEB_IDENTITY_TOKEN_FILE, AWS_REGION and AWS_DEFAULT_REGION";

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
                "The program lacks the part of its SDK that exchanges tokens: in .NET the package AWSSDK.SecurityToken, in Java the module sts.",
            Fix =
                "`dotnet add package AWSSDK.SecurityToken`, or software.amazon.awssdk:sts in the build, and a new image. Nothing is wrong with the federation so far.",
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
                "AWS was called with access keys that it does not take. A pod that uses its token has none of its own: keys in its environment, a mounted credentials file or the program's configuration win over the token. In a pipeline it is the runner's own credentials that are wrong (FED8001). Rarely the keys are good and the region is one that the account has not opted in to (FED8004).",
            Fix =
                "Take AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_PROFILE and any ~/.aws/credentials out of the container. `--target=Diagnose --pod=NAMESPACE/POD` lists what shadows the token.",
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
                "One half of the pair AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE is not set in the container. On GKE no webhook sets them: an annotation eks.amazonaws.com/role-arn does nothing there.",
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
                "The program knows no region. boto3 and the AWS CLI version 1 read AWS_DEFAULT_REGION alone, the other SDKs AWS_REGION: with one of them the other half of the programs has none.",
            Fix = "Set both AWS_REGION and AWS_DEFAULT_REGION in the container.",
        },
        new("webIdentityTokenFile must be an absolute path")
        {
            Code = FindingCodes.TokenPathMismatch,
            Cause = "AWS_WEB_IDENTITY_TOKEN_FILE is a relative path, which the SDK for .NET does not take.",
            Fix = "Set it to mountPath + / + path of the projected token, such as /var/run/secrets/tokens/token.",
        },
        new("permission denied", "EACCES", "Access to the path", "AccessDeniedException: /")
        {
            Code = FindingCodes.TokenVolumeMissing,
            Form = TokenPath(),
            Cause =
                "The container may not read its token file. Likeliest it runs as another user than the volume was made for: with several users in a pod the kubelet gives the file to root alone.",
            Fix =
                "Set `securityContext.fsGroup` of the pod to a group the container is in (any number does), or the same runAsUser for all its containers.",
            Read = (said, finding) =>
                finding with
                {
                    Cause =
                        $"The container may not read its token file {said.Groups["path"].Value}. Likeliest it runs as another user than the volume was made for: with several users in a pod the kubelet gives the file to root alone.",
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
                        $"There is no token at {said.Groups["path"].Value}. Likeliest AWS_WEB_IDENTITY_TOKEN_FILE is not mountPath + / + path of the projected volume; otherwise the volume is not mounted in this container (an init container, a sidecar), or there is none (FED6007).",
                    Fix =
                        "`kubectl get pod -n NAMESPACE POD -o yaml`: compare volumeMounts[].mountPath and serviceAccountToken.path with the variable. `--target=Diagnose --pod=NAMESPACE/POD` does it.",
                    Actual = said.Groups["path"].Value,
                },
        },
        Unreached(
            AwsHost(),
            (said, finding) =>
                finding with
                {
                    Cause =
                        $"{said.Groups["host"].Value} was not reached. From a GKE pod that is likeliest a private cluster without Cloud NAT, or an egress NetworkPolicy; otherwise a proxy that is not set, or a region in the host name that does not exist.",
                    Fix =
                        $"Allow TCP 443 to {said.Groups["host"].Value} (and to the service's own endpoint): Cloud NAT for the cluster's network, an egress rule, or HTTPS_PROXY. `kubectl exec -n NAMESPACE POD -- curl -sv https://{said.Groups["host"].Value}` shows how far it gets.",
                }
        ),
        Unreached(
            OtherEndpoint(),
            (said, finding) =>
                finding with
                {
                    Cause =
                        $"{said.Groups["url"].Value} was not reached. That is no endpoint of AWS: AWS_ENDPOINT_URL, a service's own variable or a profile sends the calls there, those to STS included.",
                    Fix =
                        "Take AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_STS and endpoint_url out of the pod, or set AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true.",
                }
        ),
    ];

    /// <summary>
    /// What an SDK ends with when every source of credentials has failed, whatever failed first: to be believed only
    /// where nothing else was said.
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
                "The SDK found no credentials, and tried the metadata address last, which on GKE is Google's and has none for AWS. Likeliest AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE are not set in this container (on GKE no webhook sets them, whatever the service account's annotations say), or the pod is older than the change; otherwise the SDK is older than web identity, or in a pipeline the runner has no credentials (FED8001).",
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

    private const RegexOptions Options =
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking;

    /// <summary>A path that is a token's by its folder or its name; other files are the program's own matter.</summary>
    [GeneratedRegex(@"(?<path>([a-z]:)?[/\\][^\s'"",:;()]*(secrets|token)[^\s'"",:;()]*)", Options)]
    private static partial Regex TokenPath();

    [GeneratedRegex(@"(?<host>[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?)", Options)]
    private static partial Regex AwsHost();

    /// <summary>Any endpoint but the metadata addresses, which are numbers.</summary>
    [GeneratedRegex(@"endpoint URL: ?""?(?<url>https?://[a-z][^\s""]*)", Options)]
    private static partial Regex OtherEndpoint();
}
