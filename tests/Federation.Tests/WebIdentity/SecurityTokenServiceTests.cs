using System.Text.Json.Nodes;
using Federation.Policies;
using Federation.WebIdentity;

namespace Federation.Tests.WebIdentity;

/// <summary>One row for each recorded or documented answer of STS.</summary>
public sealed class SecurityTokenServiceTests
{
    private const string NotValidated =
        "The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity documentation for requirements.";
    private const string NoKey =
        "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity "
        + "documentation for requirements";
    private const string NotAuthorized = "Not authorized to perform sts:AssumeRoleWithWebIdentity";
    private const string NotJwt = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)";

    [Fact]
    public void A_token_that_fits_provider_and_trust_is_allowed()
    {
        var allowed = Assert.IsType<WebIdentityDecision.Allowed>(SecurityTokenService.Decide(Scene.Evidence));

        Assert.Equal(Scene.Subject, allowed.Subject);
        Assert.Equal(Scene.Audience, allowed.Audience);
        Assert.Equal(Scene.ProviderArn, allowed.Provider);
        Assert.Equal(TimeSpan.FromHours(1), allowed.SessionDuration);
        Assert.Equal("arn:aws:sts::111122223333:assumed-role/gke-to-aws-test/check", allowed.Role.AssumedRole("check"));
        Assert.Equal("FederationMain", allowed.Statement.Sid);
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("RS384")]
    [InlineData("RS512")]
    [InlineData("ES256")]
    [InlineData("ES384")]
    [InlineData("ES512")]
    public void All_six_algorithms_work(string algorithm)
    {
        var token = TestIssuer.Cluster.Sign(Scene.Claims.ToJsonString(), $$"""{"alg":"{{algorithm}}","kid":"k"}""", algorithm);
        var evidence = Scene.EvidenceOf(token) with { Keys = new IssuerKeys.Published([TestIssuer.Cluster.Key("k", algorithm)]) };

        Assert.IsType<WebIdentityDecision.Allowed>(SecurityTokenService.Decide(evidence));
    }

    public static TheoryData<string, WebIdentityEvidence, RefusalReason, string, int, string> Answers
    {
        get
        {
            var rows = new TheoryData<string, WebIdentityEvidence, RefusalReason, string, int, string>();

            // Request limits.
            Row(
                "DurationSeconds under 900",
                Scene.EvidenceOf(r => r with { DurationSeconds = 100 }),
                RefusalReason.ParameterInvalid,
                "ValidationError",
                400,
                "1 validation error detected: Value '100' at 'durationSeconds' failed to satisfy constraint: Member must have "
                    + "value greater than or equal to 900"
            );
            Row(
                "DurationSeconds over 43200",
                Scene.EvidenceOf(r => r with { DurationSeconds = 43_201 }),
                RefusalReason.ParameterInvalid,
                "ValidationError",
                400,
                "1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must "
                    + "have value less than or equal to 43200"
            );
            Row(
                "RoleSessionName of one character",
                Scene.EvidenceOf(r => r with { RoleSessionName = "a" }),
                RefusalReason.ParameterInvalid,
                "ValidationError",
                400,
                "1 validation error detected: Value 'a' at 'roleSessionName' failed to satisfy constraint: Member must have "
                    + "length greater than or equal to 2"
            );
            Row(
                "RoleSessionName of 65 characters",
                Scene.EvidenceOf(r => r with { RoleSessionName = new string('a', 65) }),
                RefusalReason.ParameterInvalid,
                "ValidationError",
                400,
                $"1 validation error detected: Value '{new string('a', 65)}' at 'roleSessionName' failed to satisfy constraint: "
                    + "Member must have length less than or equal to 64"
            );
            Row(
                "RoleSessionName with a colon",
                Scene.EvidenceOf(r => r with { RoleSessionName = "a:b" }),
                RefusalReason.ParameterInvalid,
                "ValidationError",
                400,
                @"1 validation error detected: Value 'a:b' at 'roleSessionName' failed to satisfy constraint: Member must "
                    + @"satisfy regular expression pattern: [\w+=,.@-]*"
            );
            Row(
                "RoleArn too short",
                Scene.EvidenceOf(r => r with { RoleArn = "arn" }),
                RefusalReason.ParameterInvalid,
                "ValidationError",
                400,
                "1 validation error detected: Value 'arn' at 'roleArn' failed to satisfy constraint: Member must have length "
                    + "greater than or equal to 20"
            );
            Row(
                "token under 4 characters, its value not shown",
                Scene.EvidenceOf("abc"),
                RefusalReason.ParameterInvalid,
                "ValidationError",
                400,
                "1 validation error detected: Value at 'webIdentityToken' failed to satisfy constraint: Member must have "
                    + "length greater than or equal to 4"
            );
            Row(
                "token over 20,000 characters",
                Scene.EvidenceOf(new string('a', 20_001)),
                RefusalReason.ParameterInvalid,
                "ValidationError",
                400,
                "1 validation error detected: Value at 'webIdentityToken' failed to satisfy constraint: Member must have "
                    + "length less than or equal to 20000"
            );
            Row(
                "session policy over 2048 characters",
                Scene.EvidenceOf(r => r with { Policy = new string('a', 2049) }),
                RefusalReason.ParameterInvalid,
                "ValidationError",
                400,
                $"1 validation error detected: Value '{new string('a', 2049)}' at 'policy' failed to satisfy constraint: Member "
                    + "must have length less than or equal to 2048"
            );
            Row(
                "two limits at once",
                Scene.EvidenceOf(r => r with { RoleSessionName = "a", DurationSeconds = 1 }),
                RefusalReason.ParameterInvalid,
                "ValidationError",
                400,
                "2 validation errors detected: Value 'a' at 'roleSessionName' failed to satisfy constraint: Member must have "
                    + "length greater than or equal to 2; Value '1' at 'durationSeconds' failed to satisfy constraint: Member must "
                    + "have value greater than or equal to 900"
            );
            Row(
                "the provider's ARN as role ARN",
                Scene.EvidenceOf(r => r with { RoleArn = Scene.ProviderArn }),
                RefusalReason.RoleArnInvalid,
                "ValidationError",
                400,
                "Request ARN is invalid"
            );
            Row(
                "a placeholder as role ARN",
                Scene.EvidenceOf(r => r with { RoleArn = "arn:aws:iam::ACCOUNT_ID:role/name" }),
                RefusalReason.RoleArnInvalid,
                "ValidationError",
                400,
                "Request ARN is invalid"
            );
            Row(
                "malformed session policy",
                Scene.EvidenceOf(r => r with { Policy = "{" }),
                RefusalReason.SessionPolicyMalformed,
                "MalformedPolicyDocument",
                400,
                "Syntax errors in policy."
            );

            // The form of the token.
            Row(
                "opaque access token",
                Scene.EvidenceOf("ya29.a0AfB_byDhQ"),
                RefusalReason.TokenMalformed,
                "InvalidIdentityToken",
                400,
                NotJwt
            );
            Row(
                "the token's path",
                Scene.EvidenceOf("/var/run/secrets/aws/token"),
                RefusalReason.TokenMalformed,
                "InvalidIdentityToken",
                400,
                NotJwt
            );
            Row(
                "header with crit",
                Scene.EvidenceOf(TestIssuer.Cluster.Sign(Scene.Claims.ToJsonString(), """{"alg":"RS256","kid":"key-1","crit":["x"]}""")),
                RefusalReason.TokenMalformed,
                "InvalidIdentityToken",
                400,
                NotJwt
            );
            foreach (var claim in (string[])["iss", "sub", "aud", "iat", "exp"])
            {
                Row(
                    $"without {claim}",
                    Scene.EvidenceOf(claims => claims.Remove(claim)),
                    RefusalReason.ClaimMissing,
                    "InvalidIdentityToken",
                    400,
                    $"Missing a required claim: {claim}"
                );
            }

            Row(
                "aud is an empty list",
                Scene.EvidenceOf(claims => claims["aud"] = new JsonArray()),
                RefusalReason.AudienceEmpty,
                "InvalidIdentityToken",
                400,
                "Claim is not allowed to be empty: aud"
            );
            Row(
                "sub is null",
                Scene.EvidenceOf(claims => claims["sub"] = null),
                RefusalReason.SubjectNull,
                "InternalFailure",
                500,
                "Unknown error validating third-party token"
            );
            foreach (var claim in (string[])["iat", "exp", "nbf"])
            {
                Row(
                    $"{claim} is null",
                    Scene.EvidenceOf(claims => claims[claim] = null),
                    RefusalReason.TimestampInvalid,
                    "InvalidIdentityToken",
                    400,
                    "Invalid timestamp in token claims."
                );
                Row(
                    $"{claim} is fractional",
                    Scene.EvidenceOf(claims => claims[claim] = 1.5),
                    RefusalReason.TimestampInvalid,
                    "InvalidIdentityToken",
                    400,
                    "Invalid timestamp in token claims."
                );
                Row(
                    $"{claim} is a word",
                    Scene.EvidenceOf(claims => claims[claim] = "soon"),
                    RefusalReason.TimestampInvalid,
                    "InvalidIdentityToken",
                    400,
                    "Invalid timestamp in token claims."
                );
            }

            Row(
                "a session tag that is no list",
                Scene.EvidenceOf(claims =>
                    claims["https://aws.amazon.com/tags"] = new JsonObject { ["principal_tags"] = new JsonObject { ["team"] = "a" } }
                ),
                RefusalReason.SessionTagsMalformed,
                "InvalidIdentityToken",
                400,
                "principal_tags passed in claim is not in correct format."
            );

            // OAuth providers.
            Row(
                "ProviderId of Login with Amazon",
                Scene.EvidenceOf(r => r with { ProviderId = "www.amazon.com" }),
                RefusalReason.ProviderIdGiven,
                "InvalidIdentityToken",
                400,
                "Provided Token is not a Login With Amazon token"
            );
            Row(
                "another ProviderId",
                Scene.EvidenceOf(r => r with { ProviderId = "accounts.google.com" }),
                RefusalReason.ProviderIdGiven,
                "AccessDenied",
                403,
                "Unrecognized OAuth provider. Do not include a provider parameter when submitting OpenIDConnect ID tokens"
            );

            // The provider.
            const string noProvider = "No OpenIDConnect provider found in your account for ";
            Row(
                "no provider in the account",
                Scene.Evidence with
                {
                    Provider = null,
                },
                RefusalReason.ProviderMissing,
                "InvalidIdentityToken",
                400,
                noProvider + Scene.Issuer
            );
            Row(
                "the provider of another account",
                Provider(p => p with { Arn = p.Arn.Replace("111122223333", "444455556666", StringComparison.Ordinal) }),
                RefusalReason.ProviderMissing,
                "InvalidIdentityToken",
                400,
                noProvider + Scene.Issuer
            );
            Row(
                "the provider of another partition",
                Provider(p => p with { Arn = p.Arn.Replace("arn:aws:", "arn:aws-us-gov:", StringComparison.Ordinal) }),
                RefusalReason.ProviderMissing,
                "InvalidIdentityToken",
                400,
                noProvider + Scene.Issuer
            );
            Row(
                "a slash more at the provider",
                Provider(p => p with { Arn = p.Arn + "/", Url = p.Url + "/" }),
                RefusalReason.ProviderMissing,
                "InvalidIdentityToken",
                400,
                noProvider + Scene.Issuer
            );
            Row(
                "another case at the provider",
                Provider(p =>
                    p with
                    {
                        Arn = p.Arn.Replace("main", "Main", StringComparison.Ordinal),
                        Url = p.Url.Replace("main", "Main", StringComparison.Ordinal),
                    }
                ),
                RefusalReason.ProviderMissing,
                "InvalidIdentityToken",
                400,
                noProvider + Scene.Issuer
            );
            Row(
                "a region for a zone",
                Scene.EvidenceOf(claims => claims["iss"] = Scene.Issuer.Replace("asia-south1-a", "asia-south1", StringComparison.Ordinal)),
                RefusalReason.ProviderMissing,
                "InvalidIdentityToken",
                400,
                noProvider + Scene.Issuer.Replace("asia-south1-a", "asia-south1", StringComparison.Ordinal)
            );
            Row(
                "an issuer without https",
                Scene.EvidenceOf(claims => claims["iss"] = "http://" + Scene.IssuerPath),
                RefusalReason.ProviderMissing,
                "InvalidIdentityToken",
                400,
                noProvider + "http://" + Scene.IssuerPath
            );

            // Keys and signature.
            Row(
                "keys cannot be fetched",
                Scene.Evidence with
                {
                    Keys = new IssuerKeys.Unreachable("timed out after 5 s"),
                },
                RefusalReason.KeyUnavailable,
                "InvalidIdentityToken",
                400,
                NoKey
            );
            Row("unknown kid", Keys(TestIssuer.Cluster.Key("key-2")), RefusalReason.KeyUnavailable, "InvalidIdentityToken", 400, NoKey);
            Row(
                "empty kid",
                Scene.EvidenceOf(TestIssuer.Cluster.Sign(Scene.Claims.ToJsonString(), """{"alg":"RS256","kid":""}""")),
                RefusalReason.KeyUnavailable,
                "InvalidIdentityToken",
                400,
                NoKey
            );
            Row(
                "no kid with several keys",
                Scene.EvidenceOf(TestIssuer.Cluster.Sign(Scene.Claims.ToJsonString(), """{"alg":"RS256"}""")) with
                {
                    Keys = new IssuerKeys.Published([TestIssuer.Cluster.Key("a"), TestIssuer.Stranger.Key("b")]),
                },
                RefusalReason.KeyUnavailable,
                "InvalidIdentityToken",
                400,
                NoKey
            );
            Row(
                "a key for encryption",
                Keys(TestIssuer.Cluster.Key("key-1") with { Use = "enc" }),
                RefusalReason.KeyUnavailable,
                "InvalidIdentityToken",
                400,
                NoKey
            );
            Row(
                "a key with key_ops",
                Keys(TestIssuer.Cluster.Key("key-1") with { HasKeyOperations = true }),
                RefusalReason.KeyUnavailable,
                "InvalidIdentityToken",
                400,
                NoKey
            );
            Row("a key without kid", Keys(TestIssuer.Cluster.Key(null)), RefusalReason.KeyUnavailable, "InvalidIdentityToken", 400, NoKey);
            Row(
                "101 RSA keys",
                Keys([.. Enumerable.Range(0, 100).Select(i => TestIssuer.Stranger.Key($"other-{i}")), TestIssuer.Cluster.Key("key-1")]),
                RefusalReason.KeyUnavailable,
                "InvalidIdentityToken",
                400,
                NoKey
            );
            Row(
                "a key that is none",
                Keys(new IssuerKey("key-1", "RSA") { Modulus = "!", Exponent = "AQAB" }),
                RefusalReason.KeyUnavailable,
                "InvalidIdentityToken",
                400,
                NoKey
            );
            Row(
                "of two keys with one kid the last counts",
                Keys(TestIssuer.Cluster.Key("key-1"), TestIssuer.Stranger.Key("key-1")),
                RefusalReason.SignatureInvalid,
                "InvalidIdentityToken",
                400,
                NotValidated
            );
            Row(
                "signed by another key",
                Scene.EvidenceOf(TestIssuer.Stranger.Sign(Scene.Claims)),
                RefusalReason.SignatureInvalid,
                "InvalidIdentityToken",
                400,
                NotValidated
            );
            Row(
                "alg none",
                Scene.EvidenceOf(TestIssuer.Cluster.Sign(Scene.Claims.ToJsonString(), """{"alg":"none","kid":"key-1"}""")),
                RefusalReason.AlgorithmUnsupported,
                "InvalidIdentityToken",
                400,
                NotValidated
            );
            Row(
                "alg HS256",
                Scene.EvidenceOf(TestIssuer.Cluster.Sign(Scene.Claims.ToJsonString(), """{"alg":"HS256","kid":"key-1"}""")),
                RefusalReason.AlgorithmUnsupported,
                "InvalidIdentityToken",
                400,
                NotValidated
            );

            // Times; N is moved by the five minutes.
            Row(
                "expired",
                Scene.EvidenceOf(claims => claims["exp"] = Scene.At(-324)),
                RefusalReason.Expired,
                "ExpiredTokenException",
                400,
                $"Token expired: current date/time {Scene.At(-300)} must be before the expiration date/time {Scene.At(-324)}"
            );
            Row(
                "issued in the future",
                Scene.EvidenceOf(claims => claims["iat"] = Scene.At(3600)),
                RefusalReason.FromTheFuture,
                "InvalidIdentityToken",
                400,
                $"Token issued in the future: {Scene.At(3600)}"
            );
            Row(
                "not valid yet",
                Scene.EvidenceOf(claims => claims["nbf"] = Scene.At(3600)),
                RefusalReason.NotYetValid,
                "InvalidIdentityToken",
                400,
                $"Token not yet valid: current date/time {Scene.At(300)} must be after or equal to the not-before date/time "
                    + $"{Scene.At(3600)}"
            );

            // The audience.
            Row(
                "audience not registered",
                Scene.EvidenceOf(claims => claims["aud"] = "sts.amazon.com"),
                RefusalReason.AudienceNotRegistered,
                "InvalidIdentityToken",
                400,
                "Incorrect token audience"
            );
            Row(
                "the default token, whose audience is the issuer",
                Scene.EvidenceOf(claims => claims["aud"] = new JsonArray(Scene.Issuer)),
                RefusalReason.AudienceNotRegistered,
                "InvalidIdentityToken",
                400,
                "Incorrect token audience"
            );
            Row(
                "a provider without client ids",
                Provider(p => p with { ClientIds = [] }),
                RefusalReason.AudienceNotRegistered,
                "InvalidIdentityToken",
                400,
                "Incorrect token audience"
            );
            Row(
                "azp not registered",
                Scene.EvidenceOf(claims => claims["azp"] = "other"),
                RefusalReason.AudienceNotRegistered,
                "InvalidIdentityToken",
                400,
                NotValidated
            );
            Row(
                "empty aud",
                Scene.EvidenceOf(claims => claims["aud"] = ""),
                RefusalReason.AudienceNotRegistered,
                "InvalidIdentityToken",
                400,
                NotValidated
            );
            Row(
                "empty azp",
                Scene.EvidenceOf(claims => claims["azp"] = ""),
                RefusalReason.AudienceNotRegistered,
                "InvalidIdentityToken",
                400,
                NotValidated
            );
            Row(
                "aud given twice, the last not registered",
                Scene.EvidenceOf(TestIssuer.Cluster.Sign(Scene.Claims.ToJsonString()[..^1] + ",\"aud\":\"other\"}")),
                RefusalReason.AudienceNotRegistered,
                "InvalidIdentityToken",
                400,
                NotValidated
            );
            Row(
                "two audiences, both registered",
                Provider(
                    p => p with { ClientIds = [Scene.Audience, "other"] },
                    claims => claims["aud"] = new JsonArray(Scene.Audience, "other")
                ),
                RefusalReason.ManyAudiences,
                "InvalidIdentityToken",
                400,
                "Token audience contains more than one audience while authorized party is not present"
            );

            // The role and its trust.
            Row(
                "the role does not exist, or not yet",
                Scene.Evidence with
                {
                    Role = null,
                },
                RefusalReason.RoleMissing,
                "AccessDenied",
                403,
                NotAuthorized
            );
            Row(
                "the role ARN without its path",
                Scene.Evidence with
                {
                    Role = Scene.Evidence.Role! with { Arn = "arn:aws:iam::111122223333:role/team/gke-to-aws-test" },
                },
                RefusalReason.RoleMissing,
                "AccessDenied",
                403,
                NotAuthorized
            );
            Row(
                "trust wants another subject",
                Scene.EvidenceOf(Scene.Statement(subject: "system:serviceaccount:other:gke-service-account")),
                RefusalReason.TrustSubject,
                "AccessDenied",
                403,
                NotAuthorized
            );
            Row(
                "trust wants the subject in another case",
                Scene.EvidenceOf(Scene.Statement(subject: Scene.Subject.ToUpperInvariant())),
                RefusalReason.TrustSubject,
                "AccessDenied",
                403,
                NotAuthorized
            );
            Row(
                "trust wants another audience",
                Scene.EvidenceOf(Scene.Statement(audience: "other")),
                RefusalReason.TrustAudience,
                "AccessDenied",
                403,
                NotAuthorized
            );
            Row(
                "the subject's value under :aud",
                Scene.EvidenceOf(Scene.Statement(audience: Scene.Subject)),
                RefusalReason.TrustAudience,
                "AccessDenied",
                403,
                NotAuthorized
            );
            Row(
                "https:// in the condition keys",
                Scene.EvidenceOf(Scene.Statement(issuerPath: Scene.Issuer)),
                RefusalReason.TrustConditionKey,
                "AccessDenied",
                403,
                NotAuthorized
            );
            Row(
                "another issuer's condition keys",
                Scene.EvidenceOf(Scene.Statement(issuerPath: "token.actions.githubusercontent.com")),
                RefusalReason.TrustConditionKey,
                "AccessDenied",
                403,
                NotAuthorized
            );
            Row(
                "a claim that AWS cannot test",
                Scene.EvidenceOf(Scene.Statement().With("StringEquals", Scene.IssuerPath + ":kubernetes.io/namespace", "gke-to-aws-test")),
                RefusalReason.TrustConditionKey,
                "AccessDenied",
                403,
                NotAuthorized
            );
            Row(
                "a wildcard under StringEquals",
                Scene.EvidenceOf(Scene.Statement(subject: "system:serviceaccount:gke-to-aws-test:*")),
                RefusalReason.TrustWildcardLiteral,
                "AccessDenied",
                403,
                NotAuthorized
            );
            Row(
                "the action sts:AssumeRole",
                Scene.EvidenceOf(Scene.Statement() with { Actions = ["sts:AssumeRole"] }),
                RefusalReason.TrustAction,
                "AccessDenied",
                403,
                NotAuthorized
            );
            Row(
                "the provider of another account as principal",
                Scene.EvidenceOf(
                    Scene.Statement().For("Federated", Scene.ProviderArn.Replace("111122223333", "444455556666", StringComparison.Ordinal))
                ),
                RefusalReason.TrustPrincipal,
                "AccessDenied",
                403,
                NotAuthorized
            );
            Row(
                "accounts.google.com as principal for a cluster's token",
                Scene.EvidenceOf(Scene.Statement().For("Federated", "accounts.google.com")),
                RefusalReason.TrustPrincipal,
                "AccessDenied",
                403,
                NotAuthorized
            );
            Row(
                "AWS * does not admit a web identity",
                Scene.EvidenceOf(Scene.Statement().For("AWS", "*")),
                RefusalReason.TrustPrincipal,
                "AccessDenied",
                403,
                NotAuthorized
            );
            Row(
                "a trust policy without statements",
                Scene.EvidenceOf(Array.Empty<PolicyStatement>()),
                RefusalReason.TrustPrincipal,
                "AccessDenied",
                403,
                NotAuthorized
            );
            Row(
                "a Deny beside the Allow",
                Scene.EvidenceOf(Scene.Statement(), Scene.Statement() with { Sid = "No", Effect = PolicyEffect.Deny }),
                RefusalReason.TrustDenied,
                "AccessDenied",
                403,
                NotAuthorized
            );
            Row(
                "another session name than trust wants",
                Scene.EvidenceOf(Scene.Statement().With("StringEquals", "sts:RoleSessionName", "other")),
                RefusalReason.TrustCondition,
                "AccessDenied",
                403,
                NotAuthorized
            );
            Row(
                "aws:PrincipalArn is absent",
                Scene.EvidenceOf(Scene.Statement().With("StringLike", "aws:PrincipalArn", "*")),
                RefusalReason.TrustCondition,
                "AccessDenied",
                403,
                NotAuthorized
            );
            Row(
                "session tags without sts:TagSession in the trust",
                Scene.EvidenceOf(Tagged),
                RefusalReason.TrustAction,
                "AccessDenied",
                403,
                NotAuthorized
            );
            Row(
                "a source identity without sts:SetSourceIdentity in the trust",
                Scene.EvidenceOf(claims => claims["https://aws.amazon.com/source_identity"] = "ada"),
                RefusalReason.TrustAction,
                "AccessDenied",
                403,
                NotAuthorized
            );
            Row(
                "the token lists other roles",
                Scene.EvidenceOf(claims => claims["https://aws.amazon.com/roles"] = new JsonArray("arn:aws:iam::111122223333:role/other")),
                RefusalReason.RoleNotListed,
                "InvalidIdentityToken",
                400,
                "The target role ARN is not present in the roles claim of the identity token"
            );
            foreach (
                var (name, roles) in new (string, JsonNode)[]
                {
                    ("an empty text", ""),
                    ("an empty list", new JsonArray()),
                    ("a list in a list", new JsonArray(new JsonArray(Scene.RoleArn))),
                    ("a wildcard", "arn:aws:iam::111122223333:role/*"),
                    ("ARNs separated by commas", $"{Scene.RoleArn},{Scene.RoleArn}"),
                    ("an ARN in capitals", Scene.RoleArn.Replace("arn:aws:iam", "ARN:AWS:IAM", StringComparison.Ordinal)),
                }
            )
            {
                Row(
                    $"the token's list of roles is {name}",
                    Scene.EvidenceOf(claims => claims["https://aws.amazon.com/roles"] = roles),
                    RefusalReason.RolesMalformed,
                    "InvalidIdentityToken",
                    400,
                    "The roles claim contains no valid role ARNs"
                );
            }

            foreach (var roles in new JsonNode[] { 1, true, new JsonObject() })
            {
                Row(
                    $"the token's list of roles is {roles.ToJsonString()}",
                    Scene.EvidenceOf(claims => claims["https://aws.amazon.com/roles"] = roles),
                    RefusalReason.RolesMalformed,
                    "InvalidIdentityToken",
                    400,
                    "The roles claim is not in a supported format"
                );
            }

            Row(
                "DurationSeconds above the role's maximum",
                Scene.EvidenceOf(r => r with { DurationSeconds = 7200 }),
                RefusalReason.SessionTooLong,
                "ValidationError",
                400,
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
            );
            return rows;

            void Row(string name, WebIdentityEvidence evidence, RefusalReason reason, string code, int status, string message) =>
                rows.Add(
                    new TheoryDataRow<string, WebIdentityEvidence, RefusalReason, string, int, string>(
                        name,
                        evidence,
                        reason,
                        code,
                        status,
                        message
                    )
                    {
                        TestDisplayName = name,
                    }
                );
        }
    }

    [Theory]
    [MemberData(nameof(Answers), DisableDiscoveryEnumeration = true)]
    public void STS_refuses_in_these_words(
        string name,
        WebIdentityEvidence evidence,
        RefusalReason reason,
        string code,
        int status,
        string message
    )
    {
        var refused = Assert.IsType<WebIdentityDecision.Refused>(SecurityTokenService.Decide(evidence));

        Assert.True(refused.Reason == reason, $"{name}: {refused.Reason}: {refused.Message}");
        Assert.Equal((code, status, message), (refused.Code, refused.Status, refused.Message));
    }

    public static TheoryData<string, WebIdentityEvidence> Accepted
    {
        get
        {
            var rows = new TheoryData<string, WebIdentityEvidence>();
            Row("aud as text", Scene.EvidenceOf(claims => claims["aud"] = Scene.Audience));
            Row(
                "integer times as text",
                Scene.EvidenceOf(claims => (claims["iat"], claims["exp"]) = (Scene.At(-60).ToString(), Scene.At(60).ToString()))
            );
            Row("no nbf", Scene.EvidenceOf(claims => claims.Remove("nbf")));
            Row(
                "two audiences with a registered azp",
                Scene.EvidenceOf(claims => (claims["aud"], claims["azp"]) = (new JsonArray("x", "y"), Scene.Audience))
            );
            Row(
                "aud given twice, the last registered",
                Scene.EvidenceOf(TestIssuer.Cluster.Sign("{\"aud\":\"other\"," + Scene.Claims.ToJsonString()[1..]))
            );
            Row("no kid with one key", Scene.EvidenceOf(TestIssuer.Cluster.Sign(Scene.Claims.ToJsonString(), """{"alg":"RS256"}""")));
            Row("a key whose alg is another", Keys(TestIssuer.Cluster.Key("key-1") with { Algorithm = "RS512" }));
            Row("of two keys with one kid the last counts", Keys(TestIssuer.Stranger.Key("key-1"), TestIssuer.Cluster.Key("key-1")));
            Row(
                "100 RSA keys",
                Keys([.. Enumerable.Range(0, 99).Select(i => TestIssuer.Stranger.Key($"other-{i}")), TestIssuer.Cluster.Key("key-1")])
            );
            Row(
                "keys that are not known",
                Scene.EvidenceOf(TestIssuer.Stranger.Sign(Scene.Claims)) with
                {
                    Keys = new IssuerKeys.Unknown(),
                }
            );
            Row("condition keys in another case", Scene.EvidenceOf(Scene.Statement(issuerPath: Scene.IssuerPath.ToUpperInvariant())));
            Row("an empty subject where trust does not ask", Empty(Scene.Statement() with { Conditions = [] }));
            Row(
                "StringLike with a wildcard",
                Scene.EvidenceOf(
                    Scene.Statement() with
                    {
                        Conditions =
                        [
                            new PolicyCondition("StringLike", Scene.IssuerPath + ":sub", ["system:serviceaccount:gke-to-aws-test:*"]),
                        ],
                    }
                )
            );
            Row(
                "the session name that trust wants",
                Scene.EvidenceOf(Scene.Statement().With("StringEquals", "sts:RoleSessionName", "check"))
            );
            Row("aws:PrincipalType is User", Scene.EvidenceOf(Scene.Statement().With("StringEquals", "aws:PrincipalType", "User")));
            Row(
                "aws:userid is the provider's ARN",
                Scene.EvidenceOf(Scene.Statement().With("StringEquals", "aws:userid", Scene.ProviderArn))
            );
            Row(
                "aws:PrincipalAccount is the provider's account",
                Scene.EvidenceOf(Scene.Statement().With("StringEquals", "aws:PrincipalAccount", "111122223333"))
            );
            Row("amr", Amr());
            Row(
                "session tags with sts:TagSession in the trust",
                WithTrust(Tagged, Scene.Statement() with { Actions = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"] })
            );
            Row(
                "the role among the token's, parted by semicolons",
                WithTrust(
                    claims => claims["https://aws.amazon.com/roles"] = "arn:aws:iam::111122223333:role/other; " + Scene.RoleArn,
                    Scene.Statement().With("Bool", "sts:RoleAuthorizedByIdp", "true")
                )
            );
            Row(
                "a roles claim of null is none",
                WithTrust(
                    claims => claims["https://aws.amazon.com/roles"] = null,
                    Scene.Statement().With("Bool", "sts:RoleAuthorizedByIdp", "false")
                )
            );
            Row(
                "ForAllValues holds where the key is absent",
                Scene.EvidenceOf(Scene.Statement().With("ForAllValues:StringEquals", Scene.IssuerPath + ":absent", "x"))
            );
            Row("a stranger's statement beside ours", Scene.EvidenceOf(Scene.Statement().For("AWS", "111122223333"), Scene.Statement()));
            Row(
                "a Deny about another subject",
                Scene.EvidenceOf(Scene.Statement(), Scene.Statement(subject: "other") with { Sid = "No", Effect = PolicyEffect.Deny })
            );
            return rows;

            void Row(string name, WebIdentityEvidence evidence) =>
                rows.Add(new TheoryDataRow<string, WebIdentityEvidence>(name, evidence) { TestDisplayName = name });
        }
    }

    [Theory]
    [MemberData(nameof(Accepted), DisableDiscoveryEnumeration = true)]
    public void STS_accepts(string name, WebIdentityEvidence evidence)
    {
        var decision = SecurityTokenService.Decide(evidence);

        Assert.True(decision is WebIdentityDecision.Allowed, $"{name}: {decision}");
        Assert.Empty(SecurityTokenService.Refusals(evidence));
    }

    [Theory]
    [InlineData(-299, true)]
    [InlineData(-300, false)]
    [InlineData(-23, true)]
    [InlineData(-324, false)]
    public void Exp_may_be_less_than_five_minutes_past(int seconds, bool allowed) =>
        Assert.Equal(allowed, IsAllowed(Scene.EvidenceOf(claims => claims["exp"] = Scene.At(seconds))));

    [Theory]
    [InlineData(276, true)]
    [InlineData(300, true)]
    [InlineData(301, false)]
    public void Iat_may_be_five_minutes_ahead(int seconds, bool allowed) =>
        Assert.Equal(allowed, IsAllowed(Scene.EvidenceOf(claims => claims["iat"] = Scene.At(seconds))));

    [Theory]
    [InlineData(300, true)]
    [InlineData(301, false)]
    public void Nbf_may_be_five_minutes_ahead(int seconds, bool allowed) =>
        Assert.Equal(allowed, IsAllowed(Scene.EvidenceOf(claims => claims["nbf"] = Scene.At(seconds))));

    [Fact]
    public void The_tokens_expiry_does_not_cap_the_session()
    {
        var evidence = Scene.EvidenceOf(claims => claims["exp"] = Scene.At(60));
        evidence = evidence with
        {
            Request = evidence.Request with { DurationSeconds = 7200 },
            Role = evidence.Role! with { MaxSessionDuration = TimeSpan.FromHours(2) },
        };

        Assert.Equal(
            TimeSpan.FromHours(2),
            Assert.IsType<WebIdentityDecision.Allowed>(SecurityTokenService.Decide(evidence)).SessionDuration
        );
    }

    [Fact]
    public void The_authorized_party_is_the_audience_of_the_answer()
    {
        var evidence = Scene.EvidenceOf(claims => (claims["aud"], claims["azp"]) = ("other", Scene.Audience));

        Assert.Equal(Scene.Audience, Assert.IsType<WebIdentityDecision.Allowed>(SecurityTokenService.Decide(evidence)).Audience);
    }

    [Fact]
    public void A_facebook_provider_id_is_refused_as_that_providers_rejection()
    {
        var refused = Assert.IsType<WebIdentityDecision.Refused>(
            SecurityTokenService.Decide(Scene.EvidenceOf(r => r with { ProviderId = "graph.facebook.com" }))
        );

        Assert.Equal(("IDPRejectedClaim", 403), (refused.Code, refused.Status));
        Assert.StartsWith("graph.facebook.com: ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Independent_faults_are_all_named_in_the_order_STS_meets_them()
    {
        var evidence = Scene.EvidenceOf(claims => (claims["exp"], claims["aud"], claims["sub"]) = (Scene.At(-400), "other", "someone"));

        Assert.Equal(
            [RefusalReason.Expired, RefusalReason.AudienceNotRegistered, RefusalReason.TrustAudience, RefusalReason.TrustSubject],
            SecurityTokenService.Refusals(evidence).Select(refusal => refusal.Reason)
        );
    }

    [Fact]
    public void A_trust_refusal_has_the_expected_and_the_actual_value()
    {
        var refused = Assert.IsType<WebIdentityDecision.Refused>(
            SecurityTokenService.Decide(Scene.EvidenceOf(Scene.Statement(subject: "system:serviceaccount:a:b")))
        );

        Assert.Equal(("system:serviceaccount:a:b", Scene.Subject), (refused.Expected, refused.Actual));
        Assert.Equal("FederationMain", refused.Trust!.NearMisses[0].Statement.Sid);
    }

    [Fact]
    public void Nothing_in_a_refusal_shows_the_signature()
    {
        var token = TestIssuer.Stranger.Sign(Scene.Claims);
        var signature = token[(token.LastIndexOf('.') + 1)..];

        foreach (var refusal in SecurityTokenService.Refusals(Scene.EvidenceOf(token)))
        {
            Assert.DoesNotContain(signature, refusal.ToString(), StringComparison.Ordinal);
        }
    }

    private static bool IsAllowed(WebIdentityEvidence evidence) => SecurityTokenService.Decide(evidence) is WebIdentityDecision.Allowed;

    private static WebIdentityEvidence Provider(Func<OpenIdConnectProvider, OpenIdConnectProvider> spoil, Action<JsonObject>? claims = null)
    {
        var evidence = Scene.EvidenceOf(claims ?? (_ => { }));
        return evidence with { Provider = spoil(evidence.Provider!) };
    }

    private static WebIdentityEvidence Keys(params IssuerKey[] keys) => Scene.Evidence with { Keys = new IssuerKeys.Published(keys) };

    private static void Tagged(JsonObject claims) =>
        claims["https://aws.amazon.com/tags"] = new JsonObject { ["principal_tags"] = new JsonObject { ["team"] = new JsonArray("a") } };

    private static WebIdentityEvidence WithTrust(Action<JsonObject> spoil, PolicyStatement trust)
    {
        var evidence = Scene.EvidenceOf(spoil);
        return evidence with { Role = evidence.Role! with { TrustPolicy = Scene.Trust(trust) } };
    }

    private static WebIdentityEvidence Empty(PolicyStatement trust) => WithTrust(claims => claims["sub"] = "", trust);

    private static WebIdentityEvidence Amr() =>
        WithTrust(
            claims => claims["amr"] = new JsonArray("authenticated", "x"),
            Scene.Statement().With("ForAnyValue:StringEquals", Scene.IssuerPath + ":amr", "authenticated")
        );
}
