using System.Net;
using System.Text.RegularExpressions;
using System.Xml;
using Amazon.Runtime;
using Federation.Calls;
using Federation.Configuration;
using Federation.Findings;
using Polly.Timeout;

namespace Federation.Aws;

/// <summary>
/// Turns what AWS refuses into findings, and says which faults pass by themselves. Errors are told apart by their code and never
/// by the exception's type: the SDK has a type only for the codes that an operation declares.
/// </summary>
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

    /// <summary>
    /// Throttling, the service's own faults, lost connections, answers that are not AWS's, and another writer at the same entity.
    /// </summary>
    public static bool IsTransient(Exception fault) =>
        fault switch
        {
            AmazonServiceException { ErrorCode: "ConcurrentModification" or "EntityTemporarilyUnmodifiable" } => true,
            AmazonServiceException { StatusCode: >= HttpStatusCode.InternalServerError } => true,
            // The time for connecting is up. The call policy itself judges a try that takes too long.
            OperationCanceledException => true,
            _ => IsThrottling(fault)
                || (
                    ConnectionError(fault) is { } error
                        ? error is not (HttpRequestError.SecureConnectionError or HttpRequestError.NameResolutionError)
                        : IsUnreadable(fault)
                ),
        };

    public static bool IsThrottling(Exception fault) =>
        fault is AmazonServiceException refused
        && (refused.StatusCode == HttpStatusCode.TooManyRequests || ThrottlingCodes.Contains(refused.ErrorCode, StringComparer.Ordinal));

    public static bool IsAbsence(Exception? fault) => fault is AmazonServiceException { ErrorCode: "NoSuchEntity" };

    public static bool IsTaken(Exception? fault) => fault is AmazonServiceException { ErrorCode: "EntityAlreadyExists" };

    /// <summary>
    /// The entity that is written to is absent or not visible yet. An absent managed policy that the call names does not count.
    /// </summary>
    public static bool IsUnseen(Exception fault) => IsAbsence(fault) && !NamesPolicy(fault);

    /// <summary>The exception of a failed call: what was tried, where it went, and why it failed.</summary>
    public static FindingException Refusal(Exception fault, AwsCall call, CallTrace trace)
    {
        var finding = FindingFor(fault, call, trace) with { Resource = call.Resource?.Value };
        // The SDK's exception for an unreadable answer quotes that answer, with whatever credentials it holds.
        return IsUnreadable(fault) ? new FindingException(finding) : new FindingException(finding, fault);
    }

    /// <param name="why">A sentence without its full stop.</param>
    public static Finding CredentialsMissing(Account account, string why, string hint = "") =>
        new()
        {
            Code = FindingCodes.AwsCredentialsMissing,
            Cause = $"There are no usable AWS credentials for {Name(account)}: {why.TrimEnd('.')}.{hint}",
            Fix = "Log in: `aws sso login` or `aws configure`.",
        };

    private static Finding FindingFor(Exception fault, AwsCall call, CallTrace trace) =>
        fault switch
        {
            TimeoutRejectedException => Silent(call, trace, CallPolicy.TryTimeout, "sent no answer"),
            OperationCanceledException => Silent(call, trace, CallPolicy.ConnectTimeout, "made no connection"),
            _ when ExceptionChain.Find<CertificateNotTrustedException>(fault) is { } untrusted => untrusted.Finding(
                $"AWS could not be asked for {call.Action} in {Name(call.Account)} at {Place(trace)}"
            ),
            _ when ConnectionError(fault) is { } error => Unreached(fault, error, call, trace),
            _ when IsUnreadable(fault) => Unreadable(
                ExceptionChain.Find<UnreadableAnswerException>(fault)?.Answer ?? trace.Answer ?? "nothing",
                call,
                trace
            ),
            AmazonServiceException refused => Refused(refused, call),
            _ => UnexpectedFailure.While($"calling {call.Action} in {Name(call.Account)}", fault),
        };

    private static Finding Silent(AwsCall call, CallTrace trace, TimeSpan limit, string did)
    {
        var tries = trace.Tries == 1 ? "" : $", in the last of {trace.Tries} tries";
        return new()
        {
            Code = FindingCodes.EndpointUnreachable,
            Cause = trace.Endpoint is null
                ? $"{call.Action} in {Name(call.Account)} could not be sent within {limit.TotalSeconds:0} seconds{tries}."
                : $"AWS did not answer {call.Action} in {Name(call.Account)}: {Place(trace)} {did} within {limit.TotalSeconds:0} "
                    + $"seconds{tries}.",
            Fix = Route(trace),
        };
    }

    private static Finding Unreached(Exception fault, HttpRequestError error, AwsCall call, CallTrace trace) =>
        new()
        {
            Code = FindingCodes.EndpointUnreachable,
            Cause =
                $"AWS could not be reached for {call.Action} in {Name(call.Account)} at {Place(trace)}: "
                + call.Quote(fault.GetBaseException().Message),
            Fix =
                error == HttpRequestError.NameResolutionError
                    ? $"Check that {call.Account.Region} is a region (accounts.{call.Account.Key}.region), and this machine's network "
                        + "and proxy."
                    : Route(trace),
        };

    /// <param name="answer">What came, as <see cref="UnreadableAnswerException.Answer"/> says it.</param>
    private static Finding Unreadable(string answer, AwsCall call, CallTrace trace) =>
        new()
        {
            Code = FindingCodes.AnswerUnreadable,
            Cause =
                $"The answer to {call.Action} in {Name(call.Account)} cannot be read: {Place(trace)} sent "
                + $"{call.Quote(answer)}, which is neither a whole answer nor an error of AWS.",
            Fix = $"A proxy or a login page may have answered instead of AWS. {Route(trace)} Then run again.",
        };

    private static Finding Refused(AmazonServiceException refused, AwsCall call) =>
        refused.ErrorCode switch
        {
            "AccessDenied" or "AccessDeniedException" or "UnauthorizedOperation" => Denied(refused, call),
            var code when CredentialCodes.Contains(code, StringComparer.Ordinal) => CredentialsMissing(
                call.Account,
                $"AWS did not accept them for {call.Action} ({code}: {call.Quote(refused.Message)})",
                code == "InvalidClientTokenId"
                    ? $" An account that has not opted in to the region {call.Account.Region} answers the same."
                    : ""
            ),
            "RegionDisabledException" or "OptInRequired" => new Finding
            {
                Code = FindingCodes.RegionUnavailable,
                Cause = $"The region {call.Account.Region} cannot be used in {Name(call.Account)}: {call.Quote(refused.Message)}",
                Fix =
                    $"aws account enable-region --account-id {call.Account.Id} --region-name {call.Account.Region}, or choose another "
                    + $"accounts.{call.Account.Key}.region.",
                Actual = call.Account.Region,
            },
            _ when IsThrottling(refused) => new Finding
            {
                Code = FindingCodes.Throttled,
                Cause = $"AWS still throttles {call.Action} in {Name(call.Account)} after several tries: {call.Quote(refused.Message)}",
                Fix = "Try again later, or with a smaller --parallelism.",
            },
            "LimitExceeded" => new Finding
            {
                Code = FindingCodes.QuotaExceeded,
                Cause = $"{Name(call.Account)} is at a quota of IAM for {call.Action}: {call.Quote(refused.Message)}",
                Fix = $"Remove what is not needed, or raise the quota under Service Quotas > IAM in the account {call.Account.Id}.",
            },
            "EntityAlreadyExists" => new Finding
            {
                Code = FindingCodes.ResourceNotOurs,
                Cause =
                    $"{call.Resource?.Value ?? "It"} exists already: somebody else created it since the plan, or it has a name that "
                    + $"differs only in case: {call.Quote(refused.Message)}",
                Fix = "Run again: the plan then shows what exists. Names of roles are unique ignoring case.",
            },
            "UnmodifiableEntity" or "DeleteConflict" => new Finding
            {
                Code = FindingCodes.ResourceNotOurs,
                Cause = $"IAM does not allow {call.Action} in {Name(call.Account)}: {call.Quote(refused.Message)}",
                Fix = "Something else owns or uses it: change that first, or choose another name.",
            },
            "MalformedPolicyDocument" => new Finding
            {
                Code = FindingCodes.TemplateInvalid,
                Cause = $"IAM does not accept the policy document given to {call.Action}: {call.Quote(refused.Message)}",
                Fix = "Correct the template or file it comes from; `--target=Render` shows the documents.",
            },
            "PolicyNotAttachable" or "InvalidInput" or "ValidationError" => new Finding
            {
                Code = FindingCodes.AwsIdentifierInvalid,
                Cause = $"IAM does not accept a value given to {call.Action}: {call.Quote(refused.Message)}",
                Fix = "Correct the value that the message names.",
            },
            "NoSuchEntity" => new Finding
            {
                Code =
                    NamesPolicy(refused) ? FindingCodes.AwsIdentifierInvalid
                    : call.Action.EndsWith("OpenIDConnectProvider", StringComparison.Ordinal) ? FindingCodes.ProviderMissing
                    : FindingCodes.RoleMissing,
                Cause = $"What {call.Action} needs does not exist: {call.Quote(refused.Message)}",
                Fix = "Correct the name if it is configured; otherwise run again, because it was deleted since the plan.",
            },
            _ => new Finding
            {
                Code = FindingCodes.EndpointUnreachable,
                Cause =
                    $"AWS would not carry out {call.Action} in {Name(call.Account)}: {refused.ErrorCode} (HTTP {(int)refused.StatusCode}), "
                    + call.Quote(refused.Message),
                Fix = "If the message names something to change, change it; otherwise try again.",
            },
        };

    private static Finding Denied(AmazonServiceException denied, AwsCall call)
    {
        var stated = StatedRefusal().Match(denied.Message);
        var missing = stated.Success ? stated.Groups["action"].Value : call.Action;
        var on = stated.Groups["resource"] is { Success: true } named ? named.Value : call.Resource?.Value ?? "*";
        var who = stated.Success ? stated.Groups["who"].Value : $"The identity used for accounts.{call.Account.Key}";
        return new Finding
        {
            Code = FindingCodes.AwsPermissionDenied,
            Cause = $"{who} may not {missing} on {on}: {call.Quote(denied.Message)}",
            Fix =
                $"Allow {missing} on {on} to that identity (README, \"What the runner needs\"); if a policy already does, look for a Deny, "
                + "a permissions boundary or a service control policy.",
            Expected = missing,
        };
    }

    /// <summary>What came back is neither an answer nor an error of AWS.</summary>
    private static bool IsUnreadable(Exception? fault) =>
        fault
            is AmazonUnmarshallingException
                or XmlException
                or AmazonServiceException { ErrorCode: null or "" }
                or { InnerException: AmazonUnmarshallingException or XmlException }
        || ExceptionChain.Find<UnreadableAnswerException>(fault) is not null;

    private static bool NamesPolicy(Exception absent) => absent.Message.Contains(":policy/", StringComparison.Ordinal);

    /// <summary>Why the connection failed, whatever the SDK wrapped the fault in; null where a service answered.</summary>
    private static HttpRequestError? ConnectionError(Exception? fault)
    {
        for (; fault is not null; fault = fault.InnerException)
        {
            switch (fault)
            {
                case HttpRequestException { StatusCode: null } lost:
                    return lost.HttpRequestError;
                case HttpIOException lost:
                    return lost.HttpRequestError;
                case AmazonServiceException refused and not AmazonUnmarshallingException when Enum.IsDefined(refused.StatusCode):
                    return null;
            }
        }

        return null;
    }

    private static string Place(CallTrace trace)
    {
        var endpoint = trace.Endpoint?.GetLeftPart(UriPartial.Authority) ?? "its endpoint";
        return trace.Proxy is { } proxy ? $"{endpoint} (through the proxy {proxy.Host}:{proxy.Port})" : endpoint;
    }

    private static string Route(CallTrace trace) =>
        trace switch
        {
            { Proxy: { } proxy } =>
                $"Check the proxy {proxy.Host}:{proxy.Port} (HTTPS_PROXY, HTTP_PROXY), or name the endpoint's host in NO_PROXY.",
            { Endpoint.Host: { } host } when !IsOfAmazon(host) =>
                "Check that the endpoint is up; unset AWS_ENDPOINT_URL if it should not be called.",
            _ => "Check this machine's network and proxy.",
        };

    private static bool IsOfAmazon(string host) =>
        host.EndsWith(".amazonaws.com", StringComparison.OrdinalIgnoreCase)
        || host.EndsWith(".amazonaws.com.cn", StringComparison.OrdinalIgnoreCase);

    private static string Name(Account account) => $"accounts.{account.Key} ({account.Id})";

    [GeneratedRegex(
        @"User: (?<who>\S+) is not authorized to perform: (?<action>[\w-]+:\w+)(?: on resource: (?<resource>\S+))?",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex StatedRefusal();
}
