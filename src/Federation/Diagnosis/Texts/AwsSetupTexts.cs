using System.Text.RegularExpressions;
using Federation.Findings;

namespace Federation.Diagnosis.Texts;

/// <summary>What IAM answers to whoever sets up provider and role.</summary>
internal static partial class AwsSetupTexts
{
    public static IReadOnlyList<ErrorText> All { get; } =
    [
        new("is not authorized to perform")
        {
            Code = FindingCodes.AwsPermissionDenied,
            Form = IamRefusal(),
            Apart = "action",
            Cause =
                "Whoever sets up the federation may not do this in IAM; the workload has no part in it. For a provider the resource of the policy has to cover its whole path, not the host alone.",
            Fix =
                "Allow the action to that identity (README, \"What the runner needs\"); for providers on arn:aws:iam::ACCOUNT:oidc-provider/container.googleapis.com/*.",
            Read = (said, finding) =>
                finding with
                {
                    Expected =
                        $"{said.Groups["action"].Value} on {(said.Groups["resource"] is { Success: true } resource ? resource.Value.TrimEnd('.', ',') : "its resource")}",
                },
        },
        new("(InvalidInput) when calling the CreateOpenIDConnectProvider")
        {
            Code = FindingCodes.AwsIdentifierInvalid,
            Cause =
                "IAM does not take the provider's URL: likeliest it has a query or a fragment (? or #), or does not begin with https://.",
            Fix = "Give the issuer alone, as `kubectl get --raw /.well-known/openid-configuration` shows it.",
        },
        new("Thumbprint list must contain")
        {
            Code = FindingCodes.ThumbprintUnneeded,
            Cause =
                "IAM takes one to five thumbprints when they are replaced. A GKE cluster's issuer needs none: AWS trusts the authority of its certificate itself.",
            Fix = "Leave the thumbprints as they are, and create providers without any.",
        },
        new("OpenIdIdpCommunicationError")
        {
            Code = FindingCodes.VerificationKeyUnavailable,
            Cause =
                "IAM did not reach the issuer when it made the provider: likeliest its URL is not a cluster's, or the cluster no longer exists.",
            Fix = "`curl -sS ISSUER/.well-known/openid-configuration` must answer from anywhere, and must name the very same issuer.",
        },
        new("EntityAlreadyExists")
        {
            Code = FindingCodes.ResourceNotOurs,
            Cause = "The provider or role is there already, made by somebody else or under a name that differs only in case.",
            Fix =
                "Use what is there: for a provider `aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn ARN --client-id sts.amazonaws.com`; `--target=Apply` does that by itself, and takes over a role with `adopt: true`.",
        },
        new("Federated principals must be valid domain names")
        {
            Code = FindingCodes.TrustPrincipalMismatch,
            Cause = "The principal of the trust policy is not what IAM takes: it is empty, a URL with https://, or a mangled ARN.",
            Fix =
                "\"Principal\": { \"Federated\": \"arn:aws:iam::ACCOUNT:oidc-provider/container.googleapis.com/v1/projects/PROJECT/locations/LOCATION/clusters/NAME\" }",
        },
        new("Has prohibited field Resource")
        {
            Code = FindingCodes.TemplateInvalid,
            Cause = "The trust policy has a Resource. A role's trust policy is about that role alone and has none.",
            Fix = "Take Resource out of trust-policy.json.",
        },
        new("ACLSizePerRole")
        {
            Code = FindingCodes.TrustPolicyTooLarge,
            Cause =
                "The trust policy is longer than the account's quota, 2,048 characters unless it was raised: likeliest it lists many subjects or clusters.",
            Fix = "Give the workloads roles of their own, or raise \"Role trust policy length\" (up to 4,096) under Service Quotas > IAM.",
        },
        new("Cannot exceed quota for")
        {
            Code = FindingCodes.QuotaExceeded,
            Form = Quota(),
            Cause = "The account is at a quota of IAM's.",
            Fix = "Remove what is not needed, or raise the quota under Service Quotas > IAM.",
            Read = (said, finding) => finding with { Cause = $"The account is at IAM's quota {said.Groups["quota"].Value}." },
        },
        new("Cannot delete entity, must")
        {
            Code = FindingCodes.ResourceNotOurs,
            Cause = "The role still has policies, or stands in an instance profile, that somebody else put there.",
            Fix =
                "`aws iam list-attached-role-policies --role-name NAME`, and likewise `list-role-policies` and `list-instance-profiles-for-role`, show them; detach or delete them, then delete the role.",
        },
        new("cannot be found")
        {
            Code = FindingCodes.ProviderMissing,
            Severity = Severity.Information,
            Form = ProviderGone(),
            Cause = "The provider to be deleted is gone already.",
            Fix = "Nothing is to be done: take it as deleted.",
        },
        new("OpenIDConnect Provider not found for arn")
        {
            Code = FindingCodes.ProviderMissing,
            Cause =
                "There is no provider of that ARN in the account: likeliest it is another account's, or the ARN has been put together with another issuer.",
            Fix = "`aws iam list-open-id-connect-providers` shows those there are.",
        },
        new("The role with name")
        {
            Code = FindingCodes.RoleMissing,
            Form = NoRole(),
            Cause = "There is no such role in the account whose credentials were used.",
            Fix =
                "`aws sts get-caller-identity` shows the account, `aws iam list-roles --query 'Roles[].Arn'` its roles; `--target=Apply` makes the role.",
            Read = (said, finding) =>
                finding with
                {
                    Cause = $"There is no role {said.Groups["name"].Value} in the account whose credentials were used.",
                },
        },
    ];

    private const RegexOptions Options =
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking;

    [GeneratedRegex(
        @"is not authorized to perform: ?(?<action>iam:(\w*OpenIDConnectProvider\w*|(Create|Delete|Update|Put|Attach|Detach|Tag|Untag|Get|List)\w*Role\w*))( on resource: ?""?(?<resource>[^\s""]+))?",
        Options
    )]
    private static partial Regex IamRefusal();

    [GeneratedRegex(@"Cannot exceed quota for (?<quota>\w+)", Options)]
    private static partial Regex Quota();

    [GeneratedRegex(@"OpenId ?connect Provider \S+ cannot be found", Options)]
    private static partial Regex ProviderGone();

    [GeneratedRegex(@"The role with name (?<name>[\w+=,.@-]{1,64}) cannot be found", Options)]
    private static partial Regex NoRole();
}
