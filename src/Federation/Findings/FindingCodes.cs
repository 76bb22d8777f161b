namespace Federation.Findings;

/// <summary>
/// The catalogue of findings, a row per code: the constant's value is the code, its name the title, its attribute the
/// rest. A code never changes its meaning. Each has a section of the same title in <c>docs/diagnostics.md</c>.
/// </summary>
public static class FindingCodes
{
    // Configuration and templates: before any call.
    [FindingKind(ExitCodes.Invalid, "Unknown key, wrong type or missing value in the configuration.")]
    public const string ConfigurationInvalid = "FED1001";

    [FindingKind(ExitCodes.Invalid, "Not a DNS label or subdomain, or too long.")]
    public const string KubernetesNameInvalid = "FED1002";

    [FindingKind(ExitCodes.Invalid, "An account id, role name or path, policy ARN, region or session name that AWS would refuse.")]
    public const string AwsIdentifierInvalid = "FED1003";

    [FindingKind(ExitCodes.Invalid, "A project, location, cluster or Google service account id that Google would refuse.")]
    public const string GoogleIdentifierInvalid = "FED1004";

    [FindingKind(ExitCodes.Invalid, "Two workloads contradict each other.")]
    public const string WorkloadConflict = "FED1005";

    [FindingKind(ExitCodes.Invalid, "A template or policy document that is not valid.")]
    public const string TemplateInvalid = "FED1006";

    [FindingKind(ExitCodes.Invalid, "The minified trust policy is longer than the quota.")]
    public const string TrustPolicyTooLarge = "FED1007";

    [FindingKind(ExitCodes.Invalid, "The token lifetime is out of range.")]
    public const string TokenLifetimeOutOfRange = "FED1008";

    [FindingKind(ExitCodes.Invalid, "The session length is out of range.")]
    public const string SessionDurationOutOfRange = "FED1009";

    [FindingKind(ExitCodes.Invalid, "A policy allows more than it needs to.")]
    public const string PermissionsTooBroad = "FED1101";

    [FindingKind(ExitCodes.Invalid, "A trust template does not pin the subject with StringEquals.")]
    public const string SubjectNotPinned = "FED1102";

    [FindingKind(ExitCodes.Invalid, "A trust template does not pin the audience.")]
    public const string AudienceNotPinned = "FED1103";

    [FindingKind(ExitCodes.No, "The trust policy of a role lets in callers of AWS whom nobody named.")]
    public const string TrustOpenToOthers = "FED1104";

    // Google and GKE.
    [FindingKind(ExitCodes.No, "No such cluster exists in that location.", Class = FindingClass.Answer)]
    public const string ClusterNotFound = "FED2001";

    [FindingKind(ExitCodes.No, "Workload Identity is off, and the workload needs it.")]
    public const string WorkloadIdentityDisabled = "FED2002";

    [FindingKind(ExitCodes.No, "The cluster names another issuer than the one built from the configuration.", Class = FindingClass.Answer)]
    public const string IssuerMismatch = "FED2003";

    [FindingKind(ExitCodes.No, "The Google service account does not exist.")]
    public const string GoogleServiceAccountMissing = "FED2004";

    [FindingKind(ExitCodes.No, "The Google service account has no binding for the Kubernetes service account.")]
    public const string WorkloadIdentityBindingMissing = "FED2005";

    [FindingKind(ExitCodes.Refused, "The runner lacks a Google permission.")]
    public const string GooglePermissionDenied = "FED2006";

    [FindingKind(ExitCodes.No, "The cluster is not running.")]
    public const string ClusterNotRunning = "FED2007";

    [FindingKind(ExitCodes.No, "Another cluster now has the name that the role was made for.")]
    public const string ClusterRecreated = "FED2008";

    [FindingKind(ExitCodes.Refused, "A Google API is disabled in the project.")]
    public const string GoogleApiDisabled = "FED2009";

    [FindingKind(ExitCodes.No, "Anybody may become the Google service account.")]
    public const string GoogleServiceAccountOpen = "FED2010";

    // The OIDC provider in AWS.
    [FindingKind(ExitCodes.No, "The role's account has no provider for the issuer.")]
    public const string ProviderMissing = "FED3001";

    [FindingKind(ExitCodes.No, "A provider exists, but its URL differs from the issuer.")]
    public const string ProviderNearMiss = "FED3002";

    [FindingKind(ExitCodes.No, "The audience is not among the provider's client ids.")]
    public const string AudienceNotRegistered = "FED3003";

    [FindingKind(ExitCodes.No, "The provider's thumbprint does not match the issuer's certificate chain.")]
    public const string ThumbprintUnneeded = "FED3004";

    [FindingKind(ExitCodes.No, "The key that signed the token cannot be fetched.", Class = FindingClass.Answer)]
    public const string VerificationKeyUnavailable = "FED3005";

    // The role and its trust policy.
    [FindingKind(ExitCodes.No, "The role does not exist.", Class = FindingClass.RoleRefused)]
    public const string RoleMissing = "FED4001";

    [FindingKind(ExitCodes.No, "The trust policy names another principal.", Class = FindingClass.RoleRefused)]
    public const string TrustPrincipalMismatch = "FED4002";

    [FindingKind(ExitCodes.No, "The trust policy allows another action.")]
    public const string TrustActionMismatch = "FED4003";

    [FindingKind(ExitCodes.No, "The trust policy requires another subject.", Class = FindingClass.RoleRefused)]
    public const string TrustSubjectMismatch = "FED4004";

    [FindingKind(ExitCodes.No, "The trust policy requires another audience.", Class = FindingClass.RoleRefused)]
    public const string TrustAudienceMismatch = "FED4005";

    [FindingKind(ExitCodes.No, "A condition tests a key that the token cannot satisfy.")]
    public const string TrustConditionKeyWrong = "FED4006";

    [FindingKind(ExitCodes.No, "A wildcard is compared literally.")]
    public const string TrustWildcardLiteral = "FED4007";

    [FindingKind(ExitCodes.No, "Anyone in the cluster could assume the role.")]
    public const string TrustSubjectOpen = "FED4008";

    [FindingKind(ExitCodes.No, "An explicit Deny matches.")]
    public const string TrustDenied = "FED4009";

    [FindingKind(ExitCodes.No, "The role ARN does not name the role.")]
    public const string RoleArnWrong = "FED4010";

    [FindingKind(ExitCodes.No, "The session is longer than the role allows.")]
    public const string SessionTooLong = "FED4011";

    [FindingKind(ExitCodes.No, "Everything is right, but the role is too new for STS to see everywhere.", Class = FindingClass.RoleRefused)]
    public const string RoleNotYetVisible = "FED4012";

    [FindingKind(ExitCodes.No, "Conditions for Google's identity are mixed up.")]
    public const string GoogleIdentityConditionWrong = "FED4013";

    [FindingKind(ExitCodes.No, "A condition of the trust policy depends on something that cannot be known from here.")]
    public const string TrustConditionUndecided = "FED4014";

    // The role's permissions.
    [FindingKind(ExitCodes.No, "A permission is missing.", Class = FindingClass.ActionDenied)]
    public const string PermissionMissing = "FED5001";

    [FindingKind(ExitCodes.No, "The permissions boundary does not allow the action.", Class = FindingClass.ActionDenied)]
    public const string PermissionsBoundaryBlocks = "FED5002";

    [FindingKind(ExitCodes.No, "An explicit Deny forbids the action.", Class = FindingClass.ActionDenied)]
    public const string PermissionDenied = "FED5003";

    // Kubernetes.
    [FindingKind(ExitCodes.No, "The namespace does not exist.")]
    public const string NamespaceMissing = "FED6001";

    [FindingKind(ExitCodes.No, "The Kubernetes service account does not exist.")]
    public const string ServiceAccountMissing = "FED6002";

    [FindingKind(ExitCodes.No, "The annotation for the Google service account is absent or names another one.")]
    public const string ServiceAccountAnnotationWrong = "FED6003";

    [FindingKind(ExitCodes.No, "The pod runs as another service account.")]
    public const string PodServiceAccountWrong = "FED6004";

    [FindingKind(ExitCodes.No, "The image cannot be pulled.")]
    public const string ImagePullFailed = "FED6005";

    [FindingKind(ExitCodes.No, "No node can take the pod.")]
    public const string PodUnschedulable = "FED6006";

    [FindingKind(ExitCodes.No, "The container has no token that it can read.")]
    public const string TokenVolumeMissing = "FED6007";

    [FindingKind(ExitCodes.No, "AWS_WEB_IDENTITY_TOKEN_FILE is not where the token is.")]
    public const string TokenPathMismatch = "FED6008";

    [FindingKind(ExitCodes.No, "The API server does not admit the pod.", Class = FindingClass.Answer)]
    public const string PodRejected = "FED6009";

    [FindingKind(ExitCodes.No, "The pod did not finish in time.", Class = FindingClass.PodEnded)]
    public const string PodTimedOut = "FED6010";

    [FindingKind(ExitCodes.Refused, "The runner lacks a permission in the cluster.")]
    public const string KubernetesPermissionDenied = "FED6011";

    [FindingKind(ExitCodes.No, "The pod's AWS environment is wrong.")]
    public const string PodEnvironmentWrong = "FED6012";

    [FindingKind(ExitCodes.No, "Static access keys take precedence over the token.")]
    public const string StaticCredentialsShadow = "FED6013";

    [FindingKind(ExitCodes.No, "The role was assumed; the command failed for a reason of its own.", Class = FindingClass.PodEnded)]
    public const string CheckFailed = "FED6014";

    [FindingKind(ExitCodes.Refused, "The API server does not take a namespace or a service account.")]
    public const string KubernetesRefused = "FED6015";

    // The token.
    [FindingKind(ExitCodes.No, "The token is for another audience.")]
    public const string TokenAudienceMismatch = "FED7001";

    [FindingKind(ExitCodes.No, "The token has several audiences.")]
    public const string TokenAudiencesMany = "FED7002";

    [FindingKind(ExitCodes.No, "The token has expired.")]
    public const string TokenExpired = "FED7003";

    [FindingKind(ExitCodes.No, "The token is not valid yet.")]
    public const string TokenFromTheFuture = "FED7004";

    [FindingKind(ExitCodes.No, "What was sent is not a token that AWS can read.")]
    public const string TokenMalformed = "FED7005";

    [FindingKind(ExitCodes.No, "The token comes from another issuer.")]
    public const string TokenIssuerMismatch = "FED7006";

    [FindingKind(ExitCodes.No, "The token names another subject.")]
    public const string TokenSubjectMismatch = "FED7007";

    [FindingKind(ExitCodes.No, "The token lacks a claim.")]
    public const string TokenClaimMissing = "FED7008";

    [FindingKind(ExitCodes.No, "The signature is not valid.")]
    public const string TokenSignatureInvalid = "FED7009";

    // This machine, the network and what may be changed.
    [FindingKind(ExitCodes.Refused, "No usable AWS credentials were found.", Class = FindingClass.OutOfReach)]
    public const string AwsCredentialsMissing = "FED8001";

    [FindingKind(ExitCodes.Refused, "The runner lacks an AWS permission.")]
    public const string AwsPermissionDenied = "FED8002";

    [FindingKind(ExitCodes.No, "The AWS credentials belong to another account.", Class = FindingClass.WrongTarget)]
    public const string AwsAccountMismatch = "FED8003";

    [FindingKind(ExitCodes.Refused, "The region cannot be used.", Class = FindingClass.OutOfReach)]
    public const string RegionUnavailable = "FED8004";

    [FindingKind(ExitCodes.Refused, "An endpoint could not be reached.", Class = FindingClass.OutOfReach)]
    public const string EndpointUnreachable = "FED8005";

    [FindingKind(ExitCodes.Refused, "Too many calls; the service kept refusing them.", Class = FindingClass.OutOfReach)]
    public const string Throttled = "FED8006";

    [FindingKind(ExitCodes.Refused, "No usable Google credentials were found.", Class = FindingClass.OutOfReach)]
    public const string GoogleCredentialsMissing = "FED8007";

    [FindingKind(ExitCodes.No, "The kubeconfig leads to another cluster.", Class = FindingClass.WrongTarget)]
    public const string KubeconfigWrongCluster = "FED8008";

    [FindingKind(ExitCodes.No, "The resource exists and was not created by this federation.")]
    public const string ResourceNotOurs = "FED8009";

    [FindingKind(ExitCodes.Refused, "A quota is used up.")]
    public const string QuotaExceeded = "FED8010";

    [FindingKind(ExitCodes.No, "The plan is not the one that was reviewed.")]
    public const string PlanStale = "FED8011";

    [FindingKind(ExitCodes.No, "More than a third of what this federation owns would be deleted.")]
    public const string TooMuchDeletion = "FED8012";

    [FindingKind(ExitCodes.Invalid, "An argument is wrong.", Class = FindingClass.Answer)]
    public const string ArgumentInvalid = "FED8013";

    [FindingKind(ExitCodes.No, "A resource carries this federation's mark, and is no longer configured.")]
    public const string LeftBehind = "FED8014";

    [FindingKind(ExitCodes.Refused, "An endpoint answered, but not as its API does.", Class = FindingClass.OutOfReach)]
    public const string AnswerUnreadable = "FED8015";

    [FindingKind(ExitCodes.Refused, "The certificate of an endpoint is not trusted.", Class = FindingClass.OutOfReach)]
    public const string CertificateNotTrusted = "FED8016";

    [FindingKind(ExitCodes.Refused, "Something went wrong that this tool does not know.")]
    public const string UnexpectedFailure = "FED8017";

    [FindingKind(ExitCodes.Refused, "The run took longer than it may.")]
    public const string RunTimedOut = "FED8018";

    [FindingKind(ExitCodes.No, "A move is not finished: the old access stands beside the new one.")]
    public const string OldAccessStands = "FED8019";
}
