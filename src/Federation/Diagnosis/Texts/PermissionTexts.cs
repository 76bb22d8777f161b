using System.Text.RegularExpressions;
using Federation.Findings;

namespace Federation.Diagnosis.Texts;

/// <summary>
/// What services answer after the role was assumed, as the IAM User Guide describes it under "Troubleshoot access denied
/// error messages".
/// </summary>
internal static partial class PermissionTexts
{
    /// <summary>Expects the action, and the resource if there is one, that the groups of those names matched.</summary>
    public static Finding ReadAction(Match said, Finding finding)
    {
        var resource = said.Groups["resource"] is { Success: true } named ? named.Value.TrimEnd('.', ',') : "its resource";
        return finding with { Expected = $"{said.Groups["action"].Value} on {resource}" };
    }

    public static IReadOnlyList<ErrorText> All { get; } =
    [
        new("explicit deny")
        {
            Code = FindingCodes.PermissionDenied,
            Form = Refusal(),
            DistinctBy = "action",
            Cause =
                "The role was assumed, and a Deny statement forbids the call. The text says which kind of policy it is: the "
                + "role's own, a resource's, a boundary, a session policy, or the organisation's.",
            Fix = "Find the Deny in a policy of that kind and remove or narrow it; no Allow overrides it.",
            Read = ReadAction,
        },
        new("no permissions boundary allows")
        {
            Code = FindingCodes.PermissionsBoundaryBlocks,
            Form = Refusal(),
            DistinctBy = "action",
            Cause =
                "The role was assumed, and its permissions boundary does not allow the call. A boundary grants nothing; it "
                + "must also allow what the role's policies allow.",
            Fix = "Add the action to the boundary's policy, or set another role.permissionsBoundary and run `--target=Apply`.",
            Read = ReadAction,
        },
        new(
            "no session policy allows",
            "no service control policy allows",
            "no resource control policy allows",
            "no resource-based policy allows",
            "no VPC endpoint policy allows"
        )
        {
            Code = FindingCodes.PermissionMissing,
            Form = Refusal(),
            DistinctBy = "action",
            Cause =
                "The role was assumed, and a policy other than the role's own does not allow the call; the text says which "
                + "kind it is. A session policy comes from the program, with its request; the others belong to the organisation, "
                + "the resource or the network.",
            Fix = "Allow the action in the policy of that kind; adding to role.policies does not help.",
            Read = ReadAction,
        },
        new("is not authorized to perform")
        {
            Code = FindingCodes.PermissionMissing,
            Form = Refusal(),
            DistinctBy = "action",
            Cause = "The federation works: the role was assumed. None of its policies allows the call.",
            Fix = "Add a policy with this action and resource to role.policies of the workload and run `--target=Apply`.",
            Read = ReadAction,
        },
        new("AccessDenied", "Access Denied (Service", "UnauthorizedOperation", "(403) when calling the")
        {
            Code = FindingCodes.PermissionMissing,
            Form = Unexplained(),
            Cause =
                "The service refused the call and does not say why. The role was assumed. Most likely its policies do not "
                + "allow the action on that resource; otherwise a bucket, key or queue policy, a permissions boundary (FED5002), "
                + "a Deny (FED5003), or a resource that does not exist and may not be listed.",
            Fix =
                "`--target=Diagnose` with read access to IAM evaluates the role's policies and boundary; for the resource's "
                + "own policy see e.g. `aws s3api get-bucket-policy --bucket NAME`.",
        },
    ];

    /// <summary>What they answer to any caller.</summary>
    public static IReadOnlyList<ErrorText> Busy { get; } =
    [
        new("ThrottlingException", "(Throttling)", "Rate exceeded", "TooManyRequestsException", "RequestLimitExceeded", "(SlowDown)")
        {
            Code = FindingCodes.Throttled,
            Cause = "AWS refuses calls for now, because there were too many.",
            Fix = "Retry later; in this tool lower --parallelism, in a program let the SDK retry (AWS_RETRY_MODE=adaptive).",
        },
    ];

    /// <summary>The actions of S3 operations (Service Authorization Reference, "Amazon S3").</summary>
    private static readonly Dictionary<string, string> Actions = new(StringComparer.Ordinal)
    {
        ["ListBuckets"] = "s3:ListAllMyBuckets",
        ["ListObjects"] = "s3:ListBucket",
        ["ListObjectsV2"] = "s3:ListBucket",
        ["HeadBucket"] = "s3:ListBucket",
        ["GetObject"] = "s3:GetObject",
        ["HeadObject"] = "s3:GetObject",
        ["PutObject"] = "s3:PutObject",
        ["CreateMultipartUpload"] = "s3:PutObject",
        ["DeleteObject"] = "s3:DeleteObject",
    };

    /// <summary>
    /// The action that a text says was denied, and the resource if it names one. Null if it names no action, and no
    /// operation whose action is known.
    /// </summary>
    public static (string Action, string? Resource)? Denied(string text)
    {
        if (Refusal().Match(text) is { Success: true } said)
        {
            return (
                said.Groups["action"].Value,
                said.Groups["resource"] is { Success: true } resource ? resource.Value.TrimEnd('.', ',') : null
            );
        }

        return Operation().Match(text) is { Success: true } called && Actions.TryGetValue(called.Groups["operation"].Value, out var action)
            ? (action, null)
            : null;
    }

    /// <summary>The text says that the role's own policies, or its boundary, do not allow the call.</summary>
    public static bool BlamesTheRole(string text) =>
        text.Contains("no identity-based policy allows", StringComparison.OrdinalIgnoreCase)
        || text.Contains("no permissions boundary allows", StringComparison.OrdinalIgnoreCase);

    /// <summary>The text does not say which kind of policy denied the call.</summary>
    public static bool NamesNoPolicy(string text) =>
        !text.Contains("policy allows", StringComparison.OrdinalIgnoreCase)
        && !text.Contains("explicit deny", StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(
        @"is not authorized to perform: ?(?<action>[\w-]+:[\w*]+)( on resource: ?""?(?<resource>[^\s""]+))?",
        ErrorText.Options
    )]
    private static partial Regex Refusal();

    /// <summary>An AWS error code. After a dot it is a class name, which Java uses for files as well.</summary>
    [GeneratedRegex(@"(\A|[^.\w])(AccessDenied|Access Denied \(Service|UnauthorizedOperation|\(403\) when calling the)", ErrorText.Options)]
    private static partial Regex Unexplained();

    [GeneratedRegex(@"(AccessDenied\w*|403)\) when calling the (?<operation>\w+) operation", ErrorText.Options)]
    private static partial Regex Operation();
}
