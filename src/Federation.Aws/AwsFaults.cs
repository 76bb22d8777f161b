using System.Net;
using System.Text.RegularExpressions;
using Amazon.IdentityManagement.Model;
using Amazon.Runtime;
using Federation.Configuration;
using Federation.Findings;
using Federation.Resources;

namespace Federation.Aws;

/// <summary>What AWS refuses, as findings; and which faults pass by themselves.</summary>
internal static partial class AwsFaults
{
    private static readonly string[] ThrottlingCodes =
    [
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "SlowDown",
    ];

    private static readonly string[] CredentialCodes =
    [
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "IncompleteSignature",
        "MissingAuthenticationToken",
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "TokenRefreshRequired",
    ];

    /// <summary>Throttling, the service's own faults, lost connections, and another writer at the same entity.</summary>
    public static bool IsTransient(Exception fault) =>
        fault switch
        {
            ConcurrentModificationException => true,
            AmazonServiceException { ErrorCode: "EntityTemporarilyUnmodifiable" } => true,
            AmazonServiceException refused when IsThrottling(refused) => true,
            AmazonServiceException { StatusCode: >= HttpStatusCode.InternalServerError } => true,
            _ => Connection(fault)
                is { HttpRequestError: not (HttpRequestError.SecureConnectionError or HttpRequestError.NameResolutionError) },
        };

    /// <summary>The entity written to is not there, or not there yet; a managed policy that a call names is another matter.</summary>
    public static bool IsUnseen(Exception fault) => fault is NoSuchEntityException absent && !NamesPolicy(absent);

    /// <param name="action">What was tried, such as <c>iam:GetRole</c>.</param>
    public static Finding FindingFor(Exception fault, Account account, string action, ResourceId? resource)
    {
        var finding = fault switch
        {
            _ when Connection(fault) is { } lost => new Finding
            {
                Code = FindingCodes.EndpointUnreachable,
                Cause = $"AWS could not be reached for {action} in {Name(account)}: {lost.GetBaseException().Message}",
                Fix =
                    lost.HttpRequestError == HttpRequestError.NameResolutionError
                        ? $"Check that {account.Region} is a region (accounts.{account.Key}.region), and this machine's network and proxy."
                        : "Check this machine's network and proxy, and the endpoint if AWS_ENDPOINT_URL is set.",
            },
            OperationCanceledException => new Finding
            {
                Code = FindingCodes.EndpointUnreachable,
                Cause = $"AWS did not answer {action} in {Name(account)} in time.",
                Fix = "Check this machine's network and proxy, and the endpoint if AWS_ENDPOINT_URL is set.",
            },
            AmazonServiceException { ErrorCode: "AccessDenied" or "AccessDeniedException" or "UnauthorizedOperation" } denied => Denied(
                denied,
                account,
                action,
                resource
            ),
            AmazonServiceException refused when CredentialCodes.Contains(refused.ErrorCode, StringComparer.Ordinal) => CredentialsMissing(
                account,
                $"AWS did not accept them for {action} ({refused.ErrorCode}: {refused.Message})",
                refused.ErrorCode == "InvalidClientTokenId"
                    ? $" An account that has not opted in to the region {account.Region} answers the same."
                    : ""
            ),
            AmazonServiceException { ErrorCode: "RegionDisabledException" or "OptInRequired" } disabled => new Finding
            {
                Code = FindingCodes.RegionUnavailable,
                Cause = $"The region {account.Region} cannot be used in {Name(account)}: {disabled.Message}",
                Fix =
                    $"aws account enable-region --account-id {account.Id} --region-name {account.Region}, or choose another accounts.{account.Key}.region.",
                Actual = account.Region,
            },
            AmazonServiceException throttled when IsThrottling(throttled) => new Finding
            {
                Code = FindingCodes.Throttled,
                Cause = $"AWS still throttles {action} in {Name(account)} after several tries: {throttled.Message}",
                Fix = "Try again later, or with a smaller --parallelism.",
            },
            LimitExceededException limit => new Finding
            {
                Code = FindingCodes.QuotaExceeded,
                Cause = $"{Name(account)} is at a quota of IAM's for {action}: {limit.Message}",
                Fix = $"Remove what is not needed, or raise the quota under Service Quotas > IAM in the account {account.Id}.",
            },
            EntityAlreadyExistsException exists => new Finding
            {
                Code = FindingCodes.ResourceNotOurs,
                Cause =
                    $"{resource?.Value ?? "It"} was made by somebody else meanwhile, or under a name that differs only in case: {exists.Message}",
                Fix = "Run again: the plan will say what is there now. Names of roles are unique ignoring case.",
            },
            MalformedPolicyDocumentException malformed => new Finding
            {
                Code = FindingCodes.TemplateInvalid,
                Cause = $"IAM does not take the policy document given to {action}: {malformed.Message}",
                Fix = "Correct the template or file it comes from; `--target=Render` shows what was sent.",
            },
            PolicyNotAttachableException or InvalidInputException => new Finding
            {
                Code = FindingCodes.AwsIdentifierInvalid,
                Cause = $"IAM does not take what it was given by {action}: {fault.Message}",
                Fix = "Correct the value that the message names.",
            },
            NoSuchEntityException absent => new Finding
            {
                Code = NamesPolicy(absent) ? FindingCodes.AwsIdentifierInvalid : FindingCodes.RoleMissing,
                Cause = $"What {action} needs is not there: {absent.Message}",
                Fix = "Correct the name if it is configured; otherwise run again, for it was deleted meanwhile.",
            },
            _ when CredentialChain.IsBroken(fault) => CredentialsMissing(account, CredentialChain.Reason(fault)),
            AmazonServiceException other => new Finding
            {
                Code = FindingCodes.EndpointUnreachable,
                Cause = $"AWS would not carry out {action} in {Name(account)}: {Text(other)}",
                Fix = "If the message names something to change, change it; otherwise try again.",
            },
            _ => new Finding
            {
                Code = FindingCodes.EndpointUnreachable,
                Cause = $"AWS could not be reached for {action} in {Name(account)}: {fault.Message}",
                Fix = "Check this machine's network and proxy, and the endpoint if AWS_ENDPOINT_URL is set.",
            },
        };
        return finding with { Resource = resource?.Value };
    }

    private static Finding CredentialsMissing(Account account, string why, string hint = "") =>
        new()
        {
            Code = FindingCodes.AwsCredentialsMissing,
            Cause = $"There are no usable AWS credentials for {Name(account)}: {why.TrimEnd('.')}.{hint}",
            Fix = "Log in: `aws sso login` or `aws configure`.",
        };

    private static Finding Denied(AmazonServiceException denied, Account account, string action, ResourceId? resource)
    {
        var stated = Refusal().Match(denied.Message);
        var missing = stated.Success ? stated.Groups["action"].Value : action;
        var on = stated.Groups["resource"] is { Success: true } named ? named.Value : resource?.Value ?? "*";
        var who = stated.Success ? stated.Groups["who"].Value : $"The identity used for accounts.{account.Key}";
        return new Finding
        {
            Code = FindingCodes.AwsPermissionDenied,
            Cause = $"{who} may not {missing} on {on}: {denied.Message}",
            Fix =
                $"Allow {missing} on {on} to that identity (README, \"What the runner needs\"); if a policy does already, look for a Deny, a permissions boundary or a service control policy.",
            Expected = missing,
        };
    }

    private static bool NamesPolicy(NoSuchEntityException absent) => absent.Message.Contains(":policy/", StringComparison.Ordinal);

    private static bool IsThrottling(AmazonServiceException refused) =>
        refused.StatusCode == HttpStatusCode.TooManyRequests || ThrottlingCodes.Contains(refused.ErrorCode, StringComparer.Ordinal);

    /// <summary>The fault of the connection itself, which the SDK may wrap.</summary>
    private static HttpRequestException? Connection(Exception? fault)
    {
        for (; fault is not null; fault = fault.InnerException)
        {
            if (fault is AmazonServiceException refused && Enum.IsDefined(refused.StatusCode))
            {
                return null;
            }

            if (fault is HttpRequestException lost)
            {
                return lost;
            }
        }

        return null;
    }

    private static string Name(Account account) => $"accounts.{account.Key} ({account.Id})";

    private static string Text(AmazonServiceException other) =>
        string.IsNullOrEmpty(other.ErrorCode)
            ? $"HTTP {(int)other.StatusCode}, {other.Message}"
            : $"{other.ErrorCode} (HTTP {(int)other.StatusCode}), {other.Message}";

    [GeneratedRegex(
        @"User: (?<who>\S+) is not authorized to perform: (?<action>[\w-]+:\w+)(?: on resource: (?<resource>\S+))?",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Refusal();
}
