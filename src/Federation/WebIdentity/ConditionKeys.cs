using System.Collections.Frozen;
using Federation.Policies;

namespace Federation.WebIdentity;

/// <summary>Whether requests of a kind have a condition key.</summary>
internal enum KeyPresence
{
    Never,
    Sometimes,
    Always,
}

/// <summary>One of the condition keys that AWS documents for all services, or for STS.</summary>
/// <param name="Name">As AWS writes it; ends in <c>/</c> where a tag's name follows.</param>
/// <param name="Exchange">In <c>AssumeRoleWithWebIdentity</c>, which is unsigned: no AWS principal makes the call.</param>
/// <param name="Session">In a call that a pod makes with the role's session.</param>
/// <param name="Why">Why it is present or absent, as the rest of a sentence about the key.</param>
/// <param name="Source">Where that is documented, or "recorded" from the real service.</param>
internal sealed record ConditionKey(string Name, KeyPresence Exchange, KeyPresence Session, string Why, string Source)
{
    /// <summary>How a person finds out the value; null: only AWS knows it.</summary>
    public string? HowToSee { get; init; }
}

/// <summary>
/// The table of condition keys. A key has a value, is known to be absent, or cannot be known from here; the table says
/// which if the evidence does not. Written from "AWS global condition context keys" (Availability of each) and
/// "IAM and AWS STS condition context keys" of the IAM User Guide.
/// </summary>
internal static class ConditionKeys
{
    private const string Global = "IAM User Guide, AWS global condition context keys";
    private const string Sts = "IAM User Guide, IAM and AWS STS condition context keys";
    private const string Reference = "Service Authorization Reference, AWS Security Token Service";

    private const string Unsigned = "is only in signed requests, and AssumeRoleWithWebIdentity is not signed";
    private const string ByService = "is only in calls that an AWS service makes";
    private const string ByCompute = "is only in calls with credentials that AWS gave to one of its own machines or functions";
    private const string Endpoint = "is there only if the call goes through a VPC endpoint";
    private const string Everywhere = "is in every request";
    private const string OfOrganization = "depends on the AWS organization, which is not read";
    private const string OfToken = "is there only if the token carries it";

    private static readonly ConditionKey[] All =
    [
        // The principal.
        new("aws:PrincipalArn", KeyPresence.Never, KeyPresence.Always, Unsigned, Global + "; recorded"),
        new("aws:PrincipalAccount", KeyPresence.Always, KeyPresence.Always, Everywhere, Global + "; recorded"),
        new("aws:PrincipalOrgID", KeyPresence.Never, KeyPresence.Sometimes, Unsigned, Global),
        new("aws:PrincipalOrgPaths", KeyPresence.Never, KeyPresence.Sometimes, Unsigned, Global),
        new("aws:PrincipalTag/", KeyPresence.Never, KeyPresence.Sometimes, Unsigned, Global),
        new("aws:PrincipalIsAWSService", KeyPresence.Never, KeyPresence.Always, Unsigned, Global),
        new("aws:PrincipalServiceName", KeyPresence.Never, KeyPresence.Never, ByService, Global),
        new("aws:PrincipalServiceNamesList", KeyPresence.Never, KeyPresence.Never, ByService, Global),
        new("aws:PrincipalType", KeyPresence.Always, KeyPresence.Always, Everywhere, Global + "; recorded"),
        new("aws:userid", KeyPresence.Always, KeyPresence.Always, Everywhere, Global),
        new("aws:username", KeyPresence.Never, KeyPresence.Never, "is only in calls of IAM users", Global),
        // The session that makes the request.
        new("aws:AssumedRoot", KeyPresence.Never, KeyPresence.Never, "is only in sessions of AssumeRoot", Global),
        new("aws:FederatedProvider", KeyPresence.Always, KeyPresence.Always, Everywhere, Global + "; recorded"),
        new("aws:TokenIssueTime", KeyPresence.Never, KeyPresence.Always, Unsigned, Global),
        new("aws:MultiFactorAuthAge", KeyPresence.Never, KeyPresence.Never, "is only in sessions begun with MFA", Global),
        new("aws:MultiFactorAuthPresent", KeyPresence.Never, KeyPresence.Sometimes, Unsigned, Global),
        new("aws:ChatbotSourceArn", KeyPresence.Never, KeyPresence.Never, ByService, Global),
        new("aws:SourceIdentity", KeyPresence.Never, KeyPresence.Sometimes, "is set only after a role was assumed", Global),
        new("aws:Ec2InstanceSourceVpc", KeyPresence.Never, KeyPresence.Never, ByCompute, Global),
        new("aws:Ec2InstanceSourcePrivateIPv4", KeyPresence.Never, KeyPresence.Never, ByCompute, Global),
        new("ec2:RoleDelivery", KeyPresence.Never, KeyPresence.Never, ByCompute, Global),
        new("ec2:SourceInstanceArn", KeyPresence.Never, KeyPresence.Never, ByCompute, Global),
        new("glue:RoleAssumedBy", KeyPresence.Never, KeyPresence.Never, ByCompute, Global),
        new("glue:CredentialIssuingService", KeyPresence.Never, KeyPresence.Never, ByCompute, Global),
        new("codebuild:BuildArn", KeyPresence.Never, KeyPresence.Never, ByCompute, Global),
        new("codebuild:ProjectArn", KeyPresence.Never, KeyPresence.Never, ByCompute, Global),
        new("lambda:SourceFunctionArn", KeyPresence.Never, KeyPresence.Never, ByCompute, Global),
        new("ssm:SourceInstanceArn", KeyPresence.Never, KeyPresence.Never, ByCompute, Global),
        new("identitystore:UserId", KeyPresence.Never, KeyPresence.Never, "is only in calls of users of IAM Identity Center", Global),
        // The network.
        new("aws:SourceIp", KeyPresence.Sometimes, KeyPresence.Sometimes, "is the address from which AWS sees the pod", Global)
        {
            HowToSee = "sourceIPAddress of the event in CloudTrail, or `curl https://checkip.amazonaws.com` in the pod",
        },
        new("aws:SourceVpc", KeyPresence.Sometimes, KeyPresence.Sometimes, Endpoint, Global),
        new("aws:SourceVpcArn", KeyPresence.Sometimes, KeyPresence.Sometimes, Endpoint, Global),
        new("aws:SourceVpce", KeyPresence.Sometimes, KeyPresence.Sometimes, Endpoint, Global)
        {
            HowToSee = "vpcEndpointId of the event in CloudTrail",
        },
        new("aws:VpceAccount", KeyPresence.Sometimes, KeyPresence.Sometimes, Endpoint, Global),
        new("aws:VpceOrgID", KeyPresence.Sometimes, KeyPresence.Sometimes, Endpoint, Global),
        new("aws:VpceOrgPaths", KeyPresence.Sometimes, KeyPresence.Sometimes, Endpoint, Global),
        new("aws:VpcSourceIp", KeyPresence.Sometimes, KeyPresence.Sometimes, Endpoint, Global),
        // The resource.
        new("aws:ResourceAccount", KeyPresence.Sometimes, KeyPresence.Sometimes, "is in most requests", Global),
        new("aws:ResourceOrgID", KeyPresence.Sometimes, KeyPresence.Sometimes, OfOrganization, Global),
        new("aws:ResourceOrgPaths", KeyPresence.Sometimes, KeyPresence.Sometimes, OfOrganization, Global),
        new("aws:ResourceTag/", KeyPresence.Sometimes, KeyPresence.Sometimes, "depends on the tags of the resource", Global),
        new("iam:ResourceTag/", KeyPresence.Sometimes, KeyPresence.Sometimes, "depends on the tags of the role", Reference),
        // The request.
        new("aws:CalledVia", KeyPresence.Never, KeyPresence.Never, ByService, Global),
        new("aws:CalledViaFirst", KeyPresence.Never, KeyPresence.Never, ByService, Global),
        new("aws:CalledViaLast", KeyPresence.Never, KeyPresence.Never, ByService, Global),
        new("aws:ViaAWSService", KeyPresence.Always, KeyPresence.Always, Everywhere, Global),
        new("aws:CurrentTime", KeyPresence.Always, KeyPresence.Always, "is the time at which the pod calls", Global),
        new("aws:EpochTime", KeyPresence.Always, KeyPresence.Always, "is the time at which the pod calls", Global),
        new("aws:referer", KeyPresence.Never, KeyPresence.Never, "is only in requests of a browser", Global),
        new("aws:RequestedRegion", KeyPresence.Always, KeyPresence.Always, "is the region whose STS the pod calls", Global)
        {
            HowToSee = "awsRegion of the event in CloudTrail; AWS_REGION and AWS_DEFAULT_REGION of the pod decide it",
        },
        new("aws:RequestTag/", KeyPresence.Never, KeyPresence.Sometimes, OfToken, Global),
        new("aws:TagKeys", KeyPresence.Never, KeyPresence.Sometimes, OfToken, Global),
        new("aws:SecureTransport", KeyPresence.Always, KeyPresence.Always, Everywhere, Global),
        new("aws:SourceAccount", KeyPresence.Never, KeyPresence.Never, ByService, Global),
        new("aws:SourceArn", KeyPresence.Never, KeyPresence.Never, ByService, Global),
        new("aws:SourceOrgID", KeyPresence.Never, KeyPresence.Never, ByService, Global),
        new("aws:SourceOrgPaths", KeyPresence.Never, KeyPresence.Never, ByService, Global),
        new("aws:UserAgent", KeyPresence.Always, KeyPresence.Always, "is what the pod's SDK calls itself", Global)
        {
            HowToSee = "userAgent of the event in CloudTrail",
        },
        // STS.
        new("sts:ExternalId", KeyPresence.Never, KeyPresence.Never, "is a parameter that AssumeRoleWithWebIdentity does not have", Sts),
        new("sts:RoleSessionName", KeyPresence.Always, KeyPresence.Never, "is the session name of the request", Sts + "; recorded"),
        new("sts:SourceIdentity", KeyPresence.Never, KeyPresence.Never, OfToken, Sts),
        new("sts:TransitiveTagKeys", KeyPresence.Never, KeyPresence.Never, OfToken, Sts),
        new(
            "sts:RoleAuthorizedByIdp",
            KeyPresence.Always,
            KeyPresence.Never,
            "says whether the token lists the role",
            Reference + "; recorded"
        ),
        new("sts:AWSServiceName", KeyPresence.Never, KeyPresence.Never, "is only in requests for a bearer token", Sts),
        new("sts:DurationSeconds", KeyPresence.Never, KeyPresence.Never, "is only in requests for a bearer token", Sts),
        new("sts:TaskPolicyArn", KeyPresence.Never, KeyPresence.Never, "is only in AssumeRoot", Reference),
        new("sts:RequestContext/", KeyPresence.Never, KeyPresence.Never, "is only in AssumeRole with a provided context", Reference),
        new(
            "sts:RequestContextProviders",
            KeyPresence.Never,
            KeyPresence.Never,
            "is only in AssumeRole with a provided context",
            Reference
        ),
    ];

    private static readonly FrozenDictionary<string, ConditionKey> ByName = All.ToFrozenDictionary(
        key => key.Name,
        StringComparer.OrdinalIgnoreCase
    );

    /// <summary>The row of a key, in any case; null if AWS documents none.</summary>
    public static ConditionKey? Find(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return ByName.TryGetValue(slash < 0 ? key : key[..(slash + 1)], out var row) ? row : null;
    }

    /// <summary>What is known, without more evidence, of a key in a request to <c>AssumeRoleWithWebIdentity</c>.</summary>
    public static KeyState InExchange(string key) =>
        Find(key) is { } row ? State(row.Exchange)
        // AWS adds keys: one that is not in the table may be new.
        : IsOfAws(key) ? KeyState.Unknown
        // Another issuer's key, a claim that AWS does not map, another service's key.
        : KeyState.Absent;

    /// <summary>
    /// What is known, without more evidence, of a key in a call with the role's session; services have keys of their own.
    /// </summary>
    public static KeyState InSession(string key) => Find(key) is { } row ? State(row.Session) : KeyState.Unknown;

    private static bool IsOfAws(string key) =>
        key.StartsWith("aws:", StringComparison.OrdinalIgnoreCase) || key.StartsWith("sts:", StringComparison.OrdinalIgnoreCase);

    private static KeyState State(KeyPresence presence) =>
        presence switch
        {
            KeyPresence.Never => KeyState.Absent,
            KeyPresence.Always => KeyState.Present,
            _ => KeyState.Unknown,
        };
}
