using System.Text.RegularExpressions;
using Federation.Findings;

namespace Federation.Diagnosis.Texts;

/// <summary>What IAM answers when provider and role are set up.</summary>
internal static partial class AwsSetupTexts
{
    public static IReadOnlyList<ErrorText> All { get; } =
    [
        new("is not authorized to perform")
        {
            Code = FindingCodes.AwsPermissionDenied,
            Form = IamRefusal(),
            DistinctBy = "action",
            Cause =
                "The identity that sets up the federation may not do this in IAM. The workload is not involved. For a provider "
                + "the policy's resource must cover its whole path, not only the host.",
            Fix =
                "Allow the action to that identity (README, \"What the runner needs\"); for providers on "
                + "arn:aws:iam::ACCOUNT:oidc-provider/container.googleapis.com/*.",
            Read = PermissionTexts.ReadAction,
        },
        new("(InvalidInput) when calling the CreateOpenIDConnectProvider")
        {
            Code = FindingCodes.AwsIdentifierInvalid,
            Cause =
                "IAM does not accept the provider's URL: most likely it has a query or a fragment (? or #), or does not begin "
                + "with https://.",
            Fix = "Give only the issuer, as `kubectl get --raw /.well-known/openid-configuration` shows it.",
        },
        new("Thumbprint list must contain")
        {
            Code = FindingCodes.ThumbprintUnneeded,
            Cause =
                "IAM accepts one to five thumbprints when they are replaced. A GKE cluster's issuer needs none, because AWS "
                + "trusts its certificate authority.",
            Fix = "Leave the thumbprints as they are, and create providers without any.",
        },
        new("OpenIdIdpCommunicationError")
        {
            Code = FindingCodes.VerificationKeyUnavailable,
            Cause =
                "IAM did not reach the issuer when it created the provider: most likely its URL is not a cluster's, or the "
                + "cluster no longer exists.",
            Fix = "`curl -sS ISSUER/.well-known/openid-configuration` must answer from anywhere, and must name the same issuer.",
        },
        new("EntityAlreadyExists")
        {
            Code = FindingCodes.ResourceNotOurs,
            Cause = "The provider or role already exists, created by somebody else or under a name that differs only in case.",
            Fix =
                "Use the existing one: for a provider `aws iam add-client-id-to-open-id-connect-provider "
                + "--open-id-connect-provider-arn ARN --client-id sts.amazonaws.com`; `--target=Apply` does that by itself, and "
                + "takes over a role with `adopt: true`.",
        },
        new("Federated principals must be valid domain names")
        {
            Code = FindingCodes.TrustPrincipalMismatch,
            Cause = "IAM does not accept the principal of the trust policy: it is empty, a URL with https://, or a malformed ARN.",
            Fix =
                "\"Principal\": { \"Federated\": "
                + "\"arn:aws:iam::ACCOUNT:oidc-provider/container.googleapis.com/v1/projects/PROJECT/locations/LOCATION/clusters/NAME\" "
                + "}",
        },
        new("Has prohibited field Resource")
        {
            Code = FindingCodes.TemplateInvalid,
            Cause = "The trust policy has a Resource. A role's trust policy is always about that role and has none.",
            Fix = "Remove Resource from trust-policy.json.",
        },
        new("ACLSizePerRole")
        {
            Code = FindingCodes.TrustPolicyTooLarge,
            Cause =
                "The trust policy is longer than the account's quota, 2,048 characters unless it was raised: most likely it "
                + "lists many subjects or clusters.",
            Fix = "Give the workloads separate roles, or raise \"Role trust policy length\" (up to 4,096) under Service Quotas > IAM.",
        },
        new("Cannot exceed quota for")
        {
            Code = FindingCodes.QuotaExceeded,
            Form = Quota(),
            Cause = "The account has reached an IAM quota.",
            Fix = "Remove what is not needed, or raise the quota under Service Quotas > IAM.",
            Read = (said, finding) => finding with { Cause = $"The account has reached IAM's quota {said.Groups["quota"].Value}." },
        },
        new("Cannot delete entity, must")
        {
            Code = FindingCodes.ResourceNotOurs,
            Cause = "The role still has policies, or is in an instance profile, that somebody else added.",
            Fix =
                "`aws iam list-attached-role-policies --role-name NAME`, and likewise `list-role-policies` and "
                + "`list-instance-profiles-for-role`, show them; detach or delete them, then delete the role.",
        },
        new("cannot be found")
        {
            Code = FindingCodes.ProviderMissing,
            Severity = Severity.Information,
            Form = ProviderGone(),
            Cause = "The provider to be deleted no longer exists.",
            Fix = "Nothing needs to be done.",
        },
        new("OpenIDConnect Provider not found for arn")
        {
            Code = FindingCodes.ProviderMissing,
            Cause =
                "There is no provider with that ARN in the account: most likely it belongs to another account, or the ARN was "
                + "made with another issuer.",
            Fix = "`aws iam list-open-id-connect-providers` lists those that exist.",
        },
        new("The role with name")
        {
            Code = FindingCodes.RoleMissing,
            Form = NoRole(),
            Cause = "There is no such role in the account whose credentials were used.",
            Fix =
                "`aws sts get-caller-identity` shows the account, `aws iam list-roles --query 'Roles[].Arn'` its roles; "
                + "`--target=Apply` creates the role.",
            Read = (said, finding) =>
                finding with
                {
                    Cause = $"There is no role {said.Groups["name"].Value} in the account whose credentials were used.",
                },
        },
    ];

    [GeneratedRegex(
        @"is not authorized to perform: ?(?<action>iam:(\w*OpenIDConnectProvider\w*"
            + @"|(Create|Delete|Update|Put|Attach|Detach|Tag|Untag|Get|List)\w*Role\w*))( on resource: ?""?(?<resource>[^\s""]+))?",
        ErrorText.Options
    )]
    private static partial Regex IamRefusal();

    [GeneratedRegex(@"Cannot exceed quota for (?<quota>\w+)", ErrorText.Options)]
    private static partial Regex Quota();

    [GeneratedRegex(@"OpenId ?connect Provider \S+ cannot be found", ErrorText.Options)]
    private static partial Regex ProviderGone();

    [GeneratedRegex(@"The role with name (?<name>[\w+=,.@-]{1,64}) cannot be found", ErrorText.Options)]
    private static partial Regex NoRole();
}
