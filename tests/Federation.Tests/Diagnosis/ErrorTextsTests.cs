using CsCheck;
using Federation.Diagnosis;
using Federation.Findings;

namespace Federation.Tests.Diagnosis;

/// <summary>Texts as AWS, Google, Kubernetes and the SDKs write them, one per variant, and what each is taken for.</summary>
public sealed class ErrorTextsTests
{
    private const string Issuer = "https://container.googleapis.com/v1/projects/acme-prod/locations/asia-south1-a/clusters/main";
    private const string Boto =
        "botocore.errorfactory.InvalidIdentityTokenException: An error occurred (InvalidIdentityToken) when calling the "
        + "AssumeRoleWithWebIdentity operation: ";
    private const string Refused =
        "An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: Not authorized to perform "
        + "sts:AssumeRoleWithWebIdentity";
    private const string ListDenied =
        "An error occurred (AccessDenied) when calling the ListObjectsV2 operation: User: "
        + "arn:aws:sts::111122223333:assumed-role/reader/s is not authorized to perform: s3:ListBucket on resource: "
        + "\"arn:aws:s3:::exports\" ";

    public static TheoryData<string, string, string> Variants =>
        new()
        {
            // STS, by what is said
            { "no provider", Boto + "No OpenIDConnect provider found in your account for " + Issuer, FindingCodes.ProviderMissing },
            { "audience, old wording", Boto + "Incorrect token audience", FindingCodes.AudienceNotRegistered },
            {
                "audience, wording of 2026",
                Boto
                    + "The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity documentation "
                    + "for requirements.",
                FindingCodes.AudienceNotRegistered
            },
            {
                "two audiences",
                Boto + "Token audience contains more than one audience while authorized party is not present",
                FindingCodes.TokenAudiencesMany
            },
            { "claim missing", Boto + "Missing a required claim: aud", FindingCodes.TokenClaimMissing },
            { "audience empty", Boto + "Claim is not allowed to be empty: aud", FindingCodes.TokenClaimMissing },
            {
                "subject null",
                "An error occurred (InternalFailure) when calling the AssumeRoleWithWebIdentity operation: Unknown error "
                    + "validating third-party token",
                FindingCodes.TokenClaimMissing
            },
            { "issued ahead", Boto + "Token issued in the future: 1789120800", FindingCodes.TokenFromTheFuture },
            {
                "not yet valid",
                Boto + "Token not yet valid: current date/time 1789121100 must be after or equal to the not-before date/time 1789124400",
                FindingCodes.TokenFromTheFuture
            },
            { "timestamp", Boto + "Invalid timestamp in token claims.", FindingCodes.TokenMalformed },
            {
                "key, two spaces",
                Boto
                    + "Couldn't retrieve verification key from your identity provider,  please reference "
                    + "AssumeRoleWithWebIdentity documentation for requirements",
                FindingCodes.VerificationKeyUnavailable
            },
            {
                "key, one space",
                Boto
                    + "Couldn't retrieve verification key from your identity provider, please reference "
                    + "AssumeRoleWithWebIdentity documentation for requirements",
                FindingCodes.VerificationKeyUnavailable
            },
            {
                "issuer unreachable",
                "An error occurred (IDPCommunicationError) when calling the AssumeRoleWithWebIdentity operation: ",
                FindingCodes.VerificationKeyUnavailable
            },
            {
                "thumbprint",
                Boto + "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint",
                FindingCodes.ThumbprintUnneeded
            },
            {
                "no JWT",
                Boto + "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
                FindingCodes.TokenMalformed
            },
            { "provider id of Amazon", Boto + "Provided Token is not a Login With Amazon token", FindingCodes.CheckFailed },
            {
                "provider id, other",
                "AccessDenied: Unrecognized OAuth provider. Do not include a provider parameter when submitting OpenIDConnect ID tokens",
                FindingCodes.CheckFailed
            },
            { "provider id of Facebook", "IDPRejectedClaim: graph.facebook.com: Invalid OAuth access token.", FindingCodes.CheckFailed },
            { "session tags", Boto + "principal_tags passed in claim is not in correct format.", FindingCodes.TokenMalformed },
            {
                "expired",
                "An error occurred (ExpiredTokenException) when calling the AssumeRoleWithWebIdentity operation: Token "
                    + "expired: current date/time 1789120500 must be before the expiration date/time 1789117200",
                FindingCodes.TokenExpired
            },
            {
                "expired, without the space",
                "ExpiredTokenException: Token expired: current date/time 1789120500 must be before the expiration date/time1789117200",
                FindingCodes.TokenExpired
            },
            { "expired, the code alone", "ExpiredTokenException", FindingCodes.TokenExpired },
            { "not authorised", Refused, FindingCodes.TrustSubjectMismatch },
            {
                "not authorised, explicitly",
                "User: anonymous is not authorized to perform: sts:AssumeRoleWithWebIdentity on resource: "
                    + "arn:aws:iam::111122223333:role/reader with an explicit deny in a resource control policy",
                FindingCodes.TrustDenied
            },
            {
                "session over the role's maximum",
                "ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
                FindingCodes.SessionTooLong
            },
            {
                "role ARN",
                "An error occurred (ValidationError) when calling the AssumeRoleWithWebIdentity operation: Request ARN is invalid",
                FindingCodes.RoleArnWrong
            },
            {
                "duration",
                "1 validation error detected: Value '100' at 'durationSeconds' failed to satisfy constraint: Member must have "
                    + "value greater than or equal to 900",
                FindingCodes.SessionDurationOutOfRange
            },
            {
                "session name",
                "1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: Member must "
                    + "satisfy regular expression pattern: [\\w+=,.@-]*",
                FindingCodes.AwsIdentifierInvalid
            },
            {
                "role ARN, too short",
                "1 validation error detected: Value '' at 'roleArn' failed to satisfy constraint: Member must have length "
                    + "greater than or equal to 20",
                FindingCodes.RoleArnWrong
            },
            {
                "token, too short",
                "1 validation error detected: Value '' at 'webIdentityToken' failed to satisfy constraint: Member must have "
                    + "length greater than or equal to 4",
                FindingCodes.TokenMalformed
            },
            {
                "session policy",
                "An error occurred (PackedPolicyTooLarge) when calling the AssumeRoleWithWebIdentity operation",
                FindingCodes.CheckFailed
            },
            {
                "region switched off",
                "An error occurred (RegionDisabledException) when calling the AssumeRoleWithWebIdentity operation: STS is not "
                    + "activated in this region for account:111122223333.",
                FindingCodes.RegionUnavailable
            },
            // STS, by who passes it on
            {
                "AWS CLI",
                "\nAn error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: Not authorized to "
                    + "perform sts:AssumeRoleWithWebIdentity\n",
                FindingCodes.TrustSubjectMismatch
            },
            {
                "Java v1",
                "com.amazonaws.services.securitytoken.model.InvalidIdentityTokenException: Incorrect token audience (Service: "
                    + "AWSSecurityTokenService; Status Code: 400; Error Code: InvalidIdentityToken; Request ID: 1; Proxy: null)",
                FindingCodes.AudienceNotRegistered
            },
            {
                "Java v2",
                "software.amazon.awssdk.services.sts.model.StsException: Not authorized to perform "
                    + "sts:AssumeRoleWithWebIdentity (Service: Sts, Status Code: 403, Request ID: 1)",
                FindingCodes.TrustSubjectMismatch
            },
            {
                "Java v1, the whole chain",
                "Unable to load AWS credentials from any provider in the chain: [EnvironmentVariableCredentialsProvider: "
                    + "Unable to load AWS credentials from environment variables, WebIdentityTokenCredentialsProvider: Incorrect "
                    + "token audience (Service: AWSSecurityTokenService), EC2ContainerCredentialsProviderWrapper: Failed to connect "
                    + "to service endpoint: ]",
                FindingCodes.AudienceNotRegistered
            },
            {
                "Go v1",
                "WebIdentityErr: failed to retrieve credentials\ncaused by: AccessDenied: Not authorized to perform "
                    + "sts:AssumeRoleWithWebIdentity\n\tstatus code: 403, request id: 1",
                FindingCodes.TrustSubjectMismatch
            },
            {
                "Go v2",
                "operation error S3: ListBuckets, get identity: get credentials: failed to refresh cached credentials, failed "
                    + "to retrieve credentials, operation error STS: AssumeRoleWithWebIdentity, https response error StatusCode: "
                    + "400, RequestID: 1, InvalidIdentityToken: No OpenIDConnect provider found in your account for "
                    + Issuer,
                FindingCodes.ProviderMissing
            },
            {
                ".NET",
                "Amazon.SecurityToken.AmazonSecurityTokenServiceException: Not authorized to perform "
                    + "sts:AssumeRoleWithWebIdentity\n ---> Amazon.Runtime.Internal.HttpErrorResponseException",
                FindingCodes.TrustSubjectMismatch
            },
            {
                "JavaScript",
                "CredentialsProviderError: Could not load credentials from any providers\nInvalidIdentityToken: Incorrect "
                    + "token audience\n    at throwDefaultError (/app/node_modules/@smithy/smithy-client/dist-cjs/index.js:388:20)",
                FindingCodes.AudienceNotRegistered
            },
            {
                "the answer itself",
                "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidIdentityToken</Code><Message>Couldn&apos;t retrieve "
                    + "verification key from your identity provider,  please reference</Message></Error></ErrorResponse>",
                FindingCodes.VerificationKeyUnavailable
            },
            {
                "a JSON log",
                """{"level":"error","msg":"sts: InvalidIdentityToken: Couldn\u0027t retrieve verification key from your """
                    + """identity provider\n\tstatus code: 400"}""",
                FindingCodes.VerificationKeyUnavailable
            },
            {
                "a coloured terminal",
                "\u001b[31m\u001b[1mAn error occurred\u001b[0m (InvalidIdentityToken) when calling the "
                    + "AssumeRoleWithWebIdentity operation: Incorrect \u001b[4mtoken audience\u001b[0m",
                FindingCodes.AudienceNotRegistered
            },
            { "a chat", "**Not authorized** to perform `sts:AssumeRoleWithWebIdentity`", FindingCodes.TrustSubjectMismatch },
            {
                "a web page",
                "Couldn’t retrieve <em>verification</em> key from your identity provider,&nbsp; please reference",
                FindingCodes.VerificationKeyUnavailable
            },
            // SDKs
            {
                "boto3, no credentials",
                "botocore.exceptions.NoCredentialsError: Unable to locate credentials",
                FindingCodes.PodEnvironmentWrong
            },
            {
                "AWS CLI, no credentials",
                "Unable to locate credentials. You can configure credentials by running \"aws configure\".",
                FindingCodes.PodEnvironmentWrong
            },
            {
                "Java v2, no credentials",
                "SdkClientException: Unable to load credentials from any of the providers in the chain AwsCredentialsProviderChain(",
                FindingCodes.PodEnvironmentWrong
            },
            {
                "Go, IMDS",
                "failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, request "
                    + "canceled, context deadline exceeded",
                FindingCodes.PodEnvironmentWrong
            },
            {
                ".NET, IMDS",
                "Amazon.Runtime.AmazonServiceException: Unable to get IAM security credentials from EC2 Instance Metadata Service.",
                FindingCodes.PodEnvironmentWrong
            },
            {
                "boto3, IMDS",
                "Caught retryable HTTP exception while making metadata service request to "
                    + "http://169.254.169.254/latest/api/token: Connect timeout on endpoint URL: "
                    + "\"http://169.254.169.254/latest/api/token\"",
                FindingCodes.PodEnvironmentWrong
            },
            { "boto3, no region", "botocore.exceptions.NoRegionError: You must specify a region.", FindingCodes.PodEnvironmentWrong },
            {
                "AWS CLI, no region",
                "You must specify a region. You can also configure your region by running \"aws configure\".",
                FindingCodes.PodEnvironmentWrong
            },
            { "Java, no region", "Unable to load region from any of the providers in the chain", FindingCodes.PodEnvironmentWrong },
            { ".NET, no region", "No RegionEndpoint or ServiceURL configured", FindingCodes.PodEnvironmentWrong },
            { "JavaScript, no region", "Error: Region is missing", FindingCodes.PodEnvironmentWrong },
            {
                "boto3, no role ARN",
                "The provided profile or the current environment is configured to assume role with web identity but has no "
                    + "role ARN configured.",
                FindingCodes.PodEnvironmentWrong
            },
            {
                "Python, no token file",
                "[Errno 2] No such file or directory: '/var/run/secrets/tokens/token'",
                FindingCodes.TokenPathMismatch
            },
            {
                "Go, no token file",
                "WebIdentityErr: unable to read file at /var/run/secrets/tokens/token\ncaused by: open "
                    + "/var/run/secrets/tokens/token: no such file or directory",
                FindingCodes.TokenPathMismatch
            },
            {
                "JavaScript, no token file",
                "Error: ENOENT: no such file or directory, open '/var/run/secrets/tokens/token'",
                FindingCodes.TokenPathMismatch
            },
            {
                ".NET, no token file",
                "System.IO.DirectoryNotFoundException: Could not find a part of the path '/var/run/secrets/tokens/token'.",
                FindingCodes.TokenPathMismatch
            },
            {
                ".NET, no token file on Windows",
                @"System.IO.FileNotFoundException: Could not find file 'C:\var\run\secrets\tokens\token'.",
                FindingCodes.TokenPathMismatch
            },
            {
                "Java v1, no token file",
                "Unable to locate specified web identity token file: /var/run/secrets/tokens/token",
                FindingCodes.TokenPathMismatch
            },
            {
                "Java v2, no token file",
                "java.nio.file.NoSuchFileException: /var/run/secrets/tokens/token",
                FindingCodes.TokenPathMismatch
            },
            {
                ".NET, relative path",
                "System.ArgumentException: The webIdentityTokenFile must be an absolute path.",
                FindingCodes.TokenPathMismatch
            },
            { "Go, token unreadable", "caused by: open /var/run/secrets/tokens/token: permission denied", FindingCodes.TokenVolumeMissing },
            {
                "Python, token unreadable",
                "PermissionError: [Errno 13] Permission denied: '/var/run/secrets/tokens/token'",
                FindingCodes.TokenVolumeMissing
            },
            {
                ".NET, token unreadable",
                "System.UnauthorizedAccessException: Access to the path '/var/run/secrets/tokens/token' is denied.",
                FindingCodes.TokenVolumeMissing
            },
            {
                "Java v2, token unreadable",
                "java.nio.file.AccessDeniedException: /var/run/secrets/tokens/token",
                FindingCodes.TokenVolumeMissing
            },
            {
                ".NET, package missing",
                "System.InvalidOperationException: Assembly AWSSDK.SecurityToken could not be found or loaded. This assembly "
                    + "must be available at runtime to use Amazon.Runtime.AssumeRoleAWSCredentials",
                FindingCodes.CheckFailed
            },
            {
                "Java, module missing",
                "To use web identity tokens, the 'sts' service module must be on the class path.",
                FindingCodes.CheckFailed
            },
            {
                "static keys unknown",
                "An error occurred (InvalidAccessKeyId) when calling the ListBuckets operation: The AWS Access Key Id you "
                    + "provided does not exist in our records.",
                FindingCodes.StaticCredentialsShadow
            },
            {
                "static keys invalid",
                "An error occurred (InvalidClientTokenId) when calling the GetCallerIdentity operation: The security token "
                    + "included in the request is invalid",
                FindingCodes.StaticCredentialsShadow
            },
            {
                "static session expired",
                "An error occurred (ExpiredTokenException) when calling the ListTables operation: The security token included "
                    + "in the request is expired",
                FindingCodes.StaticCredentialsShadow
            },
            {
                "STS times out",
                "Connect timeout on endpoint URL: \"https://sts.ap-south-1.amazonaws.com/\"",
                FindingCodes.EndpointUnreachable
            },
            {
                "STS not reached",
                "Could not connect to the endpoint URL: \"https://sts.ap-south-1.amazonaws.com/\"",
                FindingCodes.EndpointUnreachable
            },
            {
                "Go, STS times out",
                "Post \"https://sts.ap-south-1.amazonaws.com/\": dial tcp 192.0.2.1:443: i/o timeout",
                FindingCodes.EndpointUnreachable
            },
            {
                "Java, STS times out",
                "Unable to execute HTTP request: Connect to sts.ap-south-1.amazonaws.com:443 failed: connect timed out",
                FindingCodes.EndpointUnreachable
            },
            { ".NET, STS unknown", "Name or service not known (sts.ap-soth-1.amazonaws.com:443)", FindingCodes.EndpointUnreachable },
            { "JavaScript, STS unknown", "Error: getaddrinfo ENOTFOUND sts.ap-soth-1.amazonaws.com", FindingCodes.EndpointUnreachable },
            {
                "an emulator's endpoint",
                "Could not connect to the endpoint URL: \"http://localhost:4566/\"",
                FindingCodes.EndpointUnreachable
            },
            // Permissions
            {
                "no policy allows",
                ListDenied + "because no identity-based policy allows the s3:ListBucket action",
                FindingCodes.PermissionMissing
            },
            { "no reason", ListDenied, FindingCodes.PermissionMissing },
            { "explicit deny", ListDenied + "with an explicit deny in an identity-based policy", FindingCodes.PermissionDenied },
            {
                "boundary",
                ListDenied + "because no permissions boundary allows the s3:ListBucket action",
                FindingCodes.PermissionsBoundaryBlocks
            },
            {
                "session policy allows nothing",
                ListDenied + "because no session policy allows the s3:ListBucket action",
                FindingCodes.PermissionMissing
            },
            {
                "S3, bare",
                "An error occurred (AccessDenied) when calling the ListBuckets operation: Access Denied",
                FindingCodes.PermissionMissing
            },
            {
                "S3, HEAD",
                "fatal error: An error occurred (403) when calling the HeadObject operation: Forbidden",
                FindingCodes.PermissionMissing
            },
            {
                "S3, Go v2",
                "operation error S3: ListBuckets, https response error StatusCode: 403, RequestID: 1, HostID: 2, api error "
                    + "AccessDenied: Access Denied",
                FindingCodes.PermissionMissing
            },
            {
                "S3, Java v1",
                "com.amazonaws.services.s3.model.AmazonS3Exception: Access Denied (Service: Amazon S3; Status Code: 403; Error "
                    + "Code: AccessDenied; Request ID: 1)",
                FindingCodes.PermissionMissing
            },
            {
                "EC2",
                "An error occurred (UnauthorizedOperation) when calling the DescribeInstances operation: You are not "
                    + "authorized to perform this operation.",
                FindingCodes.PermissionMissing
            },
            {
                "throttled",
                "An error occurred (ThrottlingException) when calling the Query operation: Rate exceeded",
                FindingCodes.Throttled
            },
            // IAM, when it is set up
            {
                "installer denied",
                "User: arn:aws:iam::111122223333:user/ci is not authorized to perform: iam:CreateOpenIDConnectProvider on "
                    + "resource: arn:aws:iam::111122223333:oidc-provider/container.googleapis.com/v1/projects/p",
                FindingCodes.AwsPermissionDenied
            },
            {
                "provider exists",
                "An error occurred (EntityAlreadyExists) when calling the CreateOpenIDConnectProvider operation: Provider with url "
                    + Issuer
                    + " already exists.",
                FindingCodes.ResourceNotOurs
            },
            {
                "URL with a query",
                "An error occurred (InvalidInput) when calling the CreateOpenIDConnectProvider operation: Unknown",
                FindingCodes.AwsIdentifierInvalid
            },
            { "no thumbprint", "Thumbprint list must contain at least one entry.", FindingCodes.ThumbprintUnneeded },
            {
                "issuer not there",
                "An error occurred (OpenIdIdpCommunicationError) when calling the CreateOpenIDConnectProvider operation",
                FindingCodes.VerificationKeyUnavailable
            },
            {
                "second delete",
                "OpenId connect Provider arn:aws:iam::111122223333:oidc-provider/x cannot be found.",
                FindingCodes.ProviderMissing
            },
            {
                "no such provider",
                "OpenIDConnect Provider not found for arn arn:aws:iam::111122223333:oidc-provider/x",
                FindingCodes.ProviderMissing
            },
            {
                "principal malformed",
                "An error occurred (MalformedPolicyDocument) when calling the CreateRole operation: Federated principals must "
                    + "be valid domain names or SAML metadata ARNs",
                FindingCodes.TrustPrincipalMismatch
            },
            {
                "trust with resource",
                "An error occurred (MalformedPolicyDocument) when calling the CreateRole operation: Has prohibited field Resource",
                FindingCodes.TemplateInvalid
            },
            {
                "trust too long",
                "An error occurred (LimitExceeded) when calling the UpdateAssumeRolePolicy operation: Cannot exceed quota for "
                    + "ACLSizePerRole: 2048",
                FindingCodes.TrustPolicyTooLarge
            },
            { "client ids", "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100", FindingCodes.QuotaExceeded },
            {
                "delete conflict",
                "An error occurred (DeleteConflict) when calling the DeleteRole operation: Cannot delete entity, must detach "
                    + "all policies first.",
                FindingCodes.ResourceNotOurs
            },
            {
                "no role",
                "An error occurred (NoSuchEntity) when calling the GetRole operation: The role with name reader cannot be found.",
                FindingCodes.RoleMissing
            },
            // Google
            {
                "no Google credentials",
                "google: could not find default credentials. See https://cloud.google.com/docs/authentication/external/set-up-adc",
                FindingCodes.GoogleCredentialsMissing
            },
            { "plugin missing", "exec: executable gke-gcloud-auth-plugin not found", FindingCodes.GoogleCredentialsMissing },
            {
                "API disabled",
                "Kubernetes Engine API has not been used in project 123 before or it is disabled.",
                FindingCodes.GoogleApiDisabled
            },
            {
                "no pool",
                "ERROR: (gcloud.iam.service-accounts.add-iam-policy-binding) INVALID_ARGUMENT: Identity Pool does not exist "
                    + "(acme-prod.svc.id.goog).",
                FindingCodes.WorkloadIdentityDisabled
            },
            {
                "no cluster",
                "ERROR: (gcloud.container.clusters.describe) ResponseError: code=404, message=Not found: "
                    + "projects/acme-prod/locations/asia-south1/clusters/main.",
                FindingCodes.ClusterNotFound
            },
            {
                "no binding",
                "compute: Received 403 `Unable to generate access token; IAM returned 403 Forbidden: The caller does not have permission",
                FindingCodes.WorkloadIdentityBindingMissing
            },
            {
                "no annotation, Python",
                "Failed to retrieve "
                    + "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/?recursive=true from the "
                    + "Google Compute Engine metadata service. Status: 404",
                FindingCodes.ServiceAccountAnnotationWrong
            },
            {
                "no annotation, Go",
                "metadata: GCE metadata \"instance/service-accounts/default/token\" not defined",
                FindingCodes.ServiceAccountAnnotationWrong
            },
            {
                "no annotation, JavaScript",
                "GaxiosError: Could not fetch ID token: Unsuccessful response status code. Request failed with status code 400",
                FindingCodes.ServiceAccountAnnotationWrong
            },
            {
                "no GSA",
                "ERROR: (gcloud.iam.service-accounts.describe) NOT_FOUND: Unknown service account",
                FindingCodes.GoogleServiceAccountMissing
            },
            {
                "Google permission",
                "ERROR: (gcloud.iam.service-accounts.create) PERMISSION_DENIED: Permission 'iam.serviceAccounts.create' denied "
                    + "on resource (or it may not exist).",
                FindingCodes.GooglePermissionDenied
            },
            {
                "GKE permission",
                "ResponseError: code=403, message=Required \"container.clusters.get\" permission(s) for \"projects/acme-prod\".",
                FindingCodes.GooglePermissionDenied
            },
            // Kubernetes
            {
                "lifetime",
                "The Pod \"p\" is invalid: spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid "
                    + "value: 300: may not specify a duration less than 10 minutes",
                FindingCodes.TokenLifetimeOutOfRange
            },
            { "no namespace", "Error from server (NotFound): namespaces \"exports\" not found", FindingCodes.NamespaceMissing },
            {
                "no service account, admission",
                "pods \"p\" is forbidden: error looking up service account apps/absent: serviceaccount \"absent\" not found",
                FindingCodes.ServiceAccountMissing
            },
            {
                "no service account, kubectl",
                "error: failed to create token: serviceaccounts \"absent\" not found",
                FindingCodes.ServiceAccountMissing
            },
            {
                "forbidden",
                "Error from server (Forbidden): pods is forbidden: User \"ci@acme.example\" cannot create resource \"pods\" in "
                    + "API group \"\" in the namespace \"exports\"",
                FindingCodes.KubernetesPermissionDenied
            },
            { "not logged in", "error: You must be logged in to the server (Unauthorized)", FindingCodes.KubernetesPermissionDenied },
            {
                "quota",
                "pods \"p\" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1",
                FindingCodes.PodRejected
            },
            {
                "Pod Security",
                "pods \"p\" is forbidden: violates PodSecurity \"restricted:latest\": runAsNonRoot != true",
                FindingCodes.PodRejected
            },
            { "webhook", "admission webhook \"policy.example\" denied the request: no", FindingCodes.PodRejected },
            { "scheduler", "0/3 nodes are available: 3 Insufficient cpu.", FindingCodes.PodUnschedulable },
            { "scheduler, event", "Warning  FailedScheduling  2m  default-scheduler", FindingCodes.PodUnschedulable },
            { "image", "Back-off pulling image \"registry.example/aws:1\": ImagePullBackOff", FindingCodes.ImagePullFailed },
            {
                "mount",
                "MountVolume.SetUp failed for volume \"aws-token\" : failed to fetch token: serviceaccounts is not allowed",
                FindingCodes.TokenVolumeMissing
            },
            { "deadline", "Pod was active on the node longer than the specified deadline", FindingCodes.PodTimedOut },
            {
                "another cluster's CA",
                "Unable to connect to the server: x509: certificate signed by unknown authority",
                FindingCodes.KubeconfigWrongCluster
            },
            {
                "API server unreachable",
                "Unable to connect to the server: dial tcp 192.0.2.1:443: i/o timeout",
                FindingCodes.EndpointUnreachable
            },
        };

    [Theory]
    [MemberData(nameof(Variants))]
    public void A_known_text_gives_its_finding(string variant, string text, string code)
    {
        var finding = Assert.Single(ErrorTexts.Explain(text));
        Assert.True(finding.Code == code, $"{variant}: {finding.Code} {finding.Title}");
        Assert.All([finding.Cause, finding.Fix, finding.Actual], said => Assert.False(string.IsNullOrWhiteSpace(said), variant));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("2026-09-11 10:00:00 INFO started on port 8080")]
    [InlineData("open /etc/app.yaml: no such file or directory")]
    [InlineData("permission denied: /data/out.csv")]
    [InlineData("java.nio.file.AccessDeniedException: /data/out.csv")]
    [InlineData("dial tcp 10.0.0.1:5432: connection refused")]
    [InlineData("404 page not found")]
    [InlineData("expired")]
    public void An_unrelated_text_gives_no_finding(string text) => Assert.Empty(ErrorTexts.Explain(text));

    [Fact]
    public void The_line_is_in_the_finding()
    {
        Assert.Equal(Refused, Assert.Single(ErrorTexts.Explain($"starting\n  {Refused}  \nexit 254")).Actual);
    }

    [Fact]
    public void The_clock_in_an_expiry_is_the_clock_again()
    {
        var expired = Assert.Single(
            ErrorTexts.Explain("Token expired: current date/time 1789120500 must be before the expiration date/time 1789117200")
        );
        Assert.Equal(("used before 2026-09-11T09:00:00Z", "used at 2026-09-11T10:00:00Z"), (expired.Expected, expired.Actual));

        var early = Assert.Single(
            ErrorTexts.Explain(
                "Token not yet valid: current date/time 1789121100 must be after or equal to the not-before date/time 1789124400"
            )
        );
        Assert.Equal(("used from 2026-09-11T11:00:00Z on", "used at 2026-09-11T10:00:00Z"), (early.Expected, early.Actual));
    }

    [Theory]
    [InlineData("https://container.googleapis.com/v1/projects/acme-prod/locations/asia-south1-a/clusters/main/", "has a slash at the end")]
    [InlineData("http://container.googleapis.com/v1/projects/acme-prod/locations/asia-south1-a/clusters/main", "http://")]
    [InlineData("container.googleapis.com/v1/projects/acme-prod/locations/asia-south1-a/clusters/main", "does not begin with https://")]
    [InlineData("https://container.googleapis.com/projects/acme-prod/locations/asia-south1-a/clusters/main", "lacks /v1")]
    [InlineData("https://container.googleapis.com:443/v1/projects/acme-prod/locations/asia-south1-a/clusters/main", "port")]
    [InlineData("https://container.googleapis.com/v1/projects/acme-prod/zones/asia-south1-a/clusters/main", "zones instead of locations")]
    [InlineData("https://container.googleapis.com/v1/projects/Acme-Prod/locations/asia-south1-a/clusters/main", "differs in case")]
    public void An_issuer_that_is_nearly_right_is_shown_beside_the_right_one(string issuer, string difference)
    {
        var finding = Assert.Single(
            ErrorTexts.Explain($"InvalidIdentityToken: No OpenIDConnect provider found in your account for {issuer}")
        );
        Assert.Equal((FindingCodes.ProviderNearMiss, Issuer, issuer), (finding.Code, finding.Expected, finding.Actual));
        Assert.Contains(difference, finding.Cause, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://container.googleapis.com/v1/projects/123456789012/locations/asia-south1-a/clusters/main", "number")]
    [InlineData("https://accounts.google.com", "Google's own")]
    [InlineData("https://sts.googleapis.com", "sts.googleapis.com")]
    public void An_issuer_of_Google_that_is_not_a_clusters_is_named(string issuer, string says)
    {
        var finding = Assert.Single(ErrorTexts.Explain($"No OpenIDConnect provider found in your account for {issuer}"));
        Assert.Equal((FindingCodes.ProviderNearMiss, issuer), (finding.Code, finding.Actual));
        Assert.Contains(says, finding.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void The_fix_creates_the_missing_provider()
    {
        var finding = Assert.Single(ErrorTexts.Explain($"No OpenIDConnect provider found in your account for {Issuer}"));
        Assert.Contains(
            $"aws iam create-open-id-connect-provider --url {Issuer} --client-id-list sts.amazonaws.com",
            finding.Fix,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void What_a_shell_would_run_never_gets_into_a_fix()
    {
        var finding = Assert.Single(
            ErrorTexts.Explain("No OpenIDConnect provider found in your account for https://x.example/$(reboot);`reboot`")
        );
        Assert.DoesNotContain("reboot", finding.Fix, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "Value '100' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
        "Member must have value greater than or equal to 900",
        "100"
    )]
    [InlineData("expirationSeconds: Invalid value: 300: may not specify a duration less than 10 minutes", "600 s or more", "300 s")]
    [InlineData("Missing a required claim: iat", "iat", "Missing a required claim: iat")]
    [InlineData("[Errno 2] No such file or directory: '/var/run/secrets/tokens/token'", null, "/var/run/secrets/tokens/token")]
    public void Values_of_the_text_stand_apart(string text, string? expected, string actual)
    {
        var finding = Assert.Single(ErrorTexts.Explain(text));
        Assert.Equal((expected, actual), (finding.Expected, finding.Actual));
    }

    [Fact]
    public void Each_action_that_is_denied_is_a_finding_however_many_resources_it_was_tried_on()
    {
        var findings = ErrorTexts.Explain(
            string.Join(
                '\n',
                ListDenied,
                ListDenied.Replace("exports", "backups", StringComparison.Ordinal),
                ListDenied.Replace("s3:ListBucket", "s3:PutObject", StringComparison.Ordinal)
            )
        );
        Assert.Equal(
            ["s3:ListBucket on arn:aws:s3:::exports", "s3:PutObject on arn:aws:s3:::exports"],
            findings.Select(finding => finding.Expected)
        );
    }

    [Fact]
    public void Several_faults_stand_in_the_order_in_which_a_token_meets_them()
    {
        string[] log =
        [
            ListDenied,
            Refused,
            Boto + "No OpenIDConnect provider found in your account for " + Issuer,
            "Connect timeout on endpoint URL: \"https://sts.ap-south-1.amazonaws.com/\"",
            "open /var/run/secrets/tokens/token: no such file or directory",
            "Back-off pulling image \"x\": ImagePullBackOff",
        ];
        Assert.Equal(
            [
                FindingCodes.ImagePullFailed,
                FindingCodes.TokenPathMismatch,
                FindingCodes.EndpointUnreachable,
                FindingCodes.ProviderMissing,
                FindingCodes.TrustSubjectMismatch,
                FindingCodes.PermissionMissing,
            ],
            ErrorTexts.Explain(string.Join('\n', log)).Select(finding => finding.Code)
        );
    }

    [Fact]
    public void Missing_credentials_are_no_finding_if_the_reason_is_known() =>
        Assert.Equal(
            [FindingCodes.AudienceNotRegistered],
            ErrorTexts
                .Explain($"Unable to locate credentials\n{Boto}Incorrect token audience\nno EC2 IMDS role found")
                .Select(finding => finding.Code)
        );

    [Theory]
    [InlineData("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl")]
    [InlineData("ya29.a0AfH6SMBx-secret")]
    [InlineData("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/secret")]
    [InlineData("\"SessionToken\": \"IQoJb3JpZ2lu//secret\"")]
    [InlineData("<SecretAccessKey>wJalrXUtnFEMI/secret</SecretAccessKey>")]
    [InlineData("Authorization: Bearer abc.secret")]
    public void A_secret_on_the_line_is_not_shown(string secret)
    {
        var finding = Assert.Single(ErrorTexts.Explain($"{secret} {Refused}"));
        Assert.DoesNotContain(
            "secret",
            finding
                .Actual!.Replace("SecretAccessKey", "", StringComparison.OrdinalIgnoreCase)
                .Replace("SECRET_ACCESS", "", StringComparison.Ordinal),
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("c2lnbmF0dXJl", finding.Actual, StringComparison.Ordinal);
        Assert.Contains("Not authorized", finding.Actual, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_long_log_the_end_is_read_and_of_a_long_line_what_matters_is_shown()
    {
        var noise = new string('x', 2 << 20);
        Assert.Empty(ErrorTexts.Explain($"{Refused}\n{noise}"));
        var shown = Assert.Single(ErrorTexts.Explain($"{noise} {Refused} {noise[..1000]}")).Actual!;
        Assert.Contains("Not authorized to perform sts:AssumeRoleWithWebIdentity", shown, StringComparison.Ordinal);
        Assert.InRange(shown.Length, 1, 700);
    }

    private static readonly Gen<string> Noise = Gen.OneOf(
        Gen.String[Gen.Char["abcxyz 0123456789.:/-_[]{}"], 0, 60],
        Gen.OneOf<string>(
            "INFO ready",
            "\tat com.example.Main.run(Main.java:7)",
            "GET /healthz 200",
            "{\"level\":\"info\"}",
            "\u001b[32mok\u001b[0m",
            "<nil>",
            "…"
        )
    );

    private static readonly Gen<string> Known = Gen.OneOf<string>([.. Variants.Select(row => row.Data.Item2)]);

    [Fact]
    public void Nothing_makes_it_throw() =>
        Gen.OneOf(
                Gen.String,
                Known.Array[0, 4].Select(Gen.String, (texts, noise) => string.Join(noise, texts)),
                Known.Select(Gen.Int[0, 400], (text, cut) => text[..Math.Min(cut, text.Length)])
            )
            .Sample(text => Assert.All(ErrorTexts.Explain(text), finding => Assert.False(string.IsNullOrEmpty(finding.Title))), iter: 1000);

    [Fact]
    public void Lines_of_another_matter_around_a_text_change_nothing() =>
        Known
            .Array[1, 4]
            .Select(Noise.Array[0, 6], Noise.Array[0, 6])
            .Sample(
                sample =>
                    Assert.Equal(
                        Codes(string.Join('\n', sample.Item1)),
                        Codes(
                            string.Join(
                                '\n',
                                [.. sample.Item2, .. sample.Item1.SelectMany(text => sample.Item3.Prepend(text)), .. sample.Item2]
                            )
                        )
                    ),
                iter: 300
            );

    [Fact]
    public void The_order_of_the_lines_does_not_change_the_order_of_the_findings() =>
        Known
            .Array[1, 6]
            .SelectMany(texts => Gen.Shuffle(texts).Select(shuffled => (texts, shuffled)))
            .Sample(sample => Assert.Equal(Codes(string.Join('\n', sample.texts)), Codes(string.Join('\n', sample.shuffled))), iter: 300);

    private static IEnumerable<string> Codes(string text) => ErrorTexts.Explain(text).Select(finding => finding.Code);
}
