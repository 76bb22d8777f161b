using System.Text.Json.Nodes;
using CsCheck;
using Federation.Configuration;
using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using Federation.Diagnosis.Links;
using Federation.Findings;
using Federation.Policies;
using Federation.Tests.WebIdentity;
using Federation.WebIdentity;
using Reading = Federation.Diagnosis.Evidence.Reading;

namespace Federation.Tests.Diagnosis;

/// <summary>The diagnosis asks the engine that the sandbox's STS asks, and only translates its answers.</summary>
public sealed class OneEngineTests
{
    private static readonly Workload Workload = Healthy.Workload;
    private static readonly TestIssuer Issuer = TestIssuer.Cluster;
    private const string OtherRole = "arn:aws:iam::111122223333:role/other";

    /// <summary>Tokens that the engine refuses; the claims are those of a good token but for one.</summary>
    private static Dictionary<string, (Action<JsonObject> Spoil, string Code)> Refused { get; } =
        new(StringComparer.Ordinal)
        {
            ["a time that is no number"] = (claims => claims["iat"] = "yesterday", FindingCodes.TokenMalformed),
            ["a fraction of a second"] = (claims => claims["exp"] = 1.5, FindingCodes.TokenMalformed),
            ["an authorized party"] = (claims => claims["azp"] = "somebody", FindingCodes.TokenAudienceMismatch),
            ["session tags that are no lists"] = (claims => claims[Tags] = Principal("ada"), FindingCodes.TokenMalformed),
            ["session tags that the trust policy does not allow"] = (
                claims => claims[Tags] = Principal(new JsonArray("ada")),
                FindingCodes.TrustActionMismatch
            ),
            ["a source identity that the trust policy does not allow"] = (
                claims => claims["https://aws.amazon.com/source_identity"] = "ada",
                FindingCodes.TrustActionMismatch
            ),
            ["another role in its list of roles"] = (
                claims => claims["https://aws.amazon.com/roles"] = new JsonArray(OtherRole),
                FindingCodes.TokenMalformed
            ),
            ["a list of roles that is a number"] = (claims => claims["https://aws.amazon.com/roles"] = 1, FindingCodes.TokenMalformed),
            ["no subject"] = (claims => claims["sub"] = null, FindingCodes.TokenClaimMissing),
            ["an empty list of audiences"] = (claims => claims["aud"] = new JsonArray(), FindingCodes.TokenClaimMissing),
            ["an empty subject"] = (claims => claims["sub"] = "", FindingCodes.TokenSubjectMismatch),
        };

    private const string Tags = "https://aws.amazon.com/tags";

    public static TheoryData<string> Names => [.. Refused.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_token_that_STS_refuses_is_an_error_whatever_it_is_refused_for(string name)
    {
        var (spoil, code) = Refused[name];
        var claims = Healthy.Claims;
        spoil(claims);
        var evidence = Seeing(TokenEvidence.FromText("a file", Issuer.Sign(claims)));

        Assert.Equal(code, Assert.Single(Errors(evidence)).Code);
    }

    [Fact]
    public void A_token_signed_with_a_shared_secret_is_an_error() =>
        Assert.Equal(
            FindingCodes.TokenSignatureInvalid,
            Assert
                .Single(
                    Errors(
                        Seeing(
                            TokenEvidence.FromText(
                                "a file",
                                Issuer.Sign(Healthy.Claims.ToJsonString(), """{"alg":"HS256","kid":"key-1"}""")
                            )
                        )
                    )
                )
                .Code
        );

    [Fact]
    public void A_claim_given_twice_counts_as_STS_reads_it()
    {
        var claims = Healthy.Claims.ToJsonString();
        var evidence = Seeing(
            TokenEvidence.FromText("a file", Issuer.Sign($$"""{{claims[..^1]}},"sub":"system:serviceaccount:team:other"}"""))
        );

        Assert.Equal(FindingCodes.TokenSubjectMismatch, Assert.Single(Errors(evidence)).Code);
    }

    [Fact]
    public void A_claim_given_twice_is_a_warning_also_if_STS_accepts_the_token()
    {
        var claims = Healthy.Claims.ToJsonString();
        var evidence = Seeing(TokenEvidence.FromText("a file", Issuer.Sign($$"""{"sub":"other",{{claims[1..]}}""")));

        var finding = Assert.Single(Diagnostician.Diagnose(evidence, Healthy.Now).Findings);
        Assert.Equal((FindingCodes.TokenMalformed, Severity.Warning), (finding.Code, finding.Severity));
        Assert.Contains("The token of a file gives the claim \"sub\" more than once.", finding.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_of_another_service_account_that_the_role_admits_too_is_a_warning()
    {
        var other = Healthy.Claims;
        other["sub"] = "system:serviceaccount:team:other";
        var evidence = Seeing(TokenEvidence.FromText("a file", Issuer.Sign(other)))
            .WithCondition(":sub", Healthy.IssuerPath + ":sub", Workload.Subject, "system:serviceaccount:team:other");

        var warning = Assert.Single(Diagnostician.Diagnose(evidence, Healthy.Now).Findings);
        Assert.Equal((FindingCodes.TokenSubjectMismatch, Severity.Warning), (warning.Code, warning.Severity));
    }

    [Fact]
    public void Every_reason_of_a_refusal_has_a_row() => Assert.All(Enum.GetValues<RefusalReason>(), reason => RefusalTable.Row(reason));

    [Theory]
    [MemberData(
        nameof(SecurityTokenServiceTests.Answers),
        MemberType = typeof(SecurityTokenServiceTests),
        DisableDiscoveryEnumeration = true
    )]
    public void A_text_of_STS_is_explained_with_a_code_of_its_reason(
        string name,
        WebIdentityEvidence evidence,
        RefusalReason reason,
        string code,
        int status,
        string message
    )
    {
        Assert.NotNull(name);
        Assert.NotNull(evidence);
        Assert.InRange(status, 400, 599);
        var texts = ErrorTexts.Explain($"An error occurred ({code}) when calling the AssumeRoleWithWebIdentity operation: {message}");
        var row = RefusalTable.Row(reason);

        if (
            row.OfToken is null
            || (reason is RefusalReason.ParameterInvalid && !message.Contains("webIdentityToken", StringComparison.Ordinal))
        )
        {
            // Not about the token: the text's code is that of the parameter.
            return;
        }

        // Where AWS says one thing for several reasons, the text has the code of the likeliest.
        string?[] codes = message switch
        {
            var said when said.StartsWith("Not authorized", StringComparison.Ordinal) => [FindingCodes.TrustSubjectMismatch],
            var said when said.StartsWith("The web identity token provided", StringComparison.Ordinal) =>
            [
                FindingCodes.AudienceNotRegistered,
            ],
            var said when said.StartsWith("No OpenIDConnect provider", StringComparison.Ordinal) =>
            [
                row.OfAws,
                row.OfToken,
                FindingCodes.ProviderNearMiss,
            ],
            _ => [row.OfAws, row.OfToken],
        };
        Assert.Contains(Assert.Single(texts).Code, codes);
    }

    /// <summary>
    /// Over generated tokens, providers, keys and trust policies: the diagnosis has an error exactly where STS would
    /// refuse the workload's own token or the one that was seen.
    /// </summary>
    [Fact]
    public void The_engine_refuses_exactly_where_the_diagnosis_has_an_error()
    {
        var (refusals, total) = (0, 0);
        Gen.Select(Token, Providers, Keys, Trusts, (token, providers, keys, trust) => (token, providers, keys, trust))
            .Sample(
                scene =>
                {
                    var (token, providers, keys, trust) = scene;
                    var seen = TokenEvidence.FromText("a file", token) with
                    {
                        SignatureHolds = TokenSignature.Holds(token, Workload.Cluster.Issuer, keys),
                    };
                    var evidence = Healthy
                        .Evidence.WithProviders(providers)
                        .WithTrust(trust)
                        .WithGoogle(google =>
                            google with
                            {
                                Issuer = Reading.Of<PublishedIssuer>(new PublishedIssuer(Workload.Cluster.Issuer, keys)),
                            }
                        )
                        .WithKubernetes(kubernetes =>
                            kubernetes with
                            {
                                Issuer = Reading.Of<IssuerDocument>(new IssuerDocument(Workload.Cluster.Issuer)),
                            }
                        ) with
                    {
                        Tokens = [seen],
                    };

                    var expected = UnsignedToken.ForCluster(Workload, Healthy.Now);
                    var isRefused =
                        Refusals(expected, new IssuerKeys.Unknown()).Count > 0 || Refusals(token, new IssuerKeys.Published(keys)).Count > 0;

                    Interlocked.Increment(ref total);
                    if (isRefused)
                    {
                        Interlocked.Increment(ref refusals);
                    }

                    Assert.Equal(isRefused, Errors(evidence).Any());

                    IReadOnlyList<WebIdentityDecision.Refused> Refusals(string text, IssuerKeys published)
                    {
                        var issuer = WebIdentityToken.TryParse(text, out var parsed, out _) ? parsed.Issuer : null;
                        return SecurityTokenService.Refusals(
                            new WebIdentityEvidence(
                                new AssumeRoleWithWebIdentityRequest(Workload.RoleArn, Workload.SessionName, text),
                                providers
                                    .Where(provider => issuer is not null && ProviderUrl.Matches(provider.Url, issuer))
                                    .Select(provider => new OpenIdConnectProvider(provider.Arn, provider.Url, provider.ClientIds!))
                                    .FirstOrDefault(),
                                issuer == Workload.Cluster.Issuer ? published : new IssuerKeys.Unknown(),
                                new AssumableRole(Workload.RoleArn, "AROAEXAMPLE", Healthy.Trust(trust)),
                                Healthy.Now
                            )
                        );
                    }
                },
                iter: 3000
            );

        Assert.InRange(refusals, total / 10, total * 9 / 10);
    }

    private const string OtherIssuer = "container.googleapis.com/v1/projects/acme-prod/locations/asia-south1-a/clusters/other";

    private static readonly Gen<string> Token = Gen.Select(
        Mostly<JsonNode?>(Workload.Cluster.Issuer, "https://" + OtherIssuer, Healthy.IssuerPath, null),
        Mostly<JsonNode?>(Workload.Subject, "system:serviceaccount:team:other", "", 7, null),
        Mostly<JsonNode?>(
            new JsonArray(Workload.Audience),
            Workload.Audience,
            new JsonArray("vault"),
            new JsonArray(Workload.Audience, "vault"),
            new JsonArray(),
            Workload.Cluster.Issuer,
            null
        ),
        Mostly<JsonNode?>(At(3540), At(-400), At(-200), "1.5", null),
        Mostly<JsonNode?>(At(-60), At(200), At(400), "soon", null),
        Mostly<(string, JsonNode?)>(
            ("nbf", At(-60)),
            ("nbf", At(400)),
            ("azp", Workload.Audience),
            ("azp", "vault"),
            ("azp", ""),
            (Tags, Principal("ada")),
            (Tags, Principal(new JsonArray("ada"))),
            ("https://aws.amazon.com/source_identity", "ada"),
            ("https://aws.amazon.com/roles", new JsonArray(Workload.RoleArn)),
            ("https://aws.amazon.com/roles", OtherRole),
            ("https://aws.amazon.com/roles", true)
        ),
        Gen.Frequency(
            (8, Gen.Const((Issuer, """{"alg":"RS256","kid":"key-1"}"""))),
            (1, Gen.Const((TestIssuer.Stranger, """{"alg":"RS256","kid":"key-1"}"""))),
            (1, Gen.Const((Issuer, """{"alg":"RS256","kid":"key-2"}"""))),
            (1, Gen.Const((Issuer, """{"alg":"RS256"}"""))),
            (1, Gen.Const((Issuer, """{"alg":"HS256","kid":"key-1"}"""))),
            (1, Gen.Const((Issuer, """{"kid":"key-1"}"""))),
            (1, Gen.Const((Issuer, """{"alg":"RS256","kid":"key-1","crit":["x"]}""")))
        ),
        (issuer, subject, audience, expires, issued, further, signing) =>
        {
            var claims = new JsonObject();
            foreach (
                var (name, value) in new[]
                {
                    ("iss", issuer),
                    ("sub", subject),
                    ("aud", audience),
                    ("exp", expires),
                    ("iat", issued),
                    further,
                }
            )
            {
                // Null leaves the claim out; a subject of null is refused in its own way.
                if (value is not null || name == "sub")
                {
                    claims[name] = value?.DeepClone();
                }
            }

            return signing.Item1.Sign(claims.ToJsonString(), signing.Item2);
        }
    );

    private static readonly Gen<IReadOnlyList<ProviderEvidence>> Providers = Gen.Frequency<IReadOnlyList<ProviderEvidence>>(
        (8, Gen.Const<IReadOnlyList<ProviderEvidence>>([Provider(Healthy.IssuerPath, Workload.Audience)])),
        (
            2,
            Gen.Const<IReadOnlyList<ProviderEvidence>>([
                Provider(Healthy.IssuerPath, Workload.Audience, "vault", ""),
                Provider(OtherIssuer, Workload.Audience),
            ])
        ),
        (1, Gen.Const<IReadOnlyList<ProviderEvidence>>([Provider(Healthy.IssuerPath, "vault")])),
        (1, Gen.Const<IReadOnlyList<ProviderEvidence>>([Provider(OtherIssuer, Workload.Audience)])),
        (1, Gen.Const<IReadOnlyList<ProviderEvidence>>([]))
    );

    private static readonly Gen<IReadOnlyList<IssuerKey>> Keys = Gen.Frequency<IReadOnlyList<IssuerKey>>(
        (8, Gen.Const<IReadOnlyList<IssuerKey>>([Issuer.Key("key-1")])),
        (1, Gen.Const<IReadOnlyList<IssuerKey>>([Issuer.Key("key-1"), Issuer.Key("key-2", "ES256")])),
        (1, Gen.Const<IReadOnlyList<IssuerKey>>([Issuer.Key("key-1") with { Use = "enc" }])),
        (1, Gen.Const<IReadOnlyList<IssuerKey>>([]))
    );

    private static readonly Gen<PolicyStatement[]> Trusts = Gen.Frequency(
        (8, Gen.Const(new[] { Healthy.Statement })),
        (1, Gen.Const(new[] { Healthy.Statement with { Actions = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"] } })),
        (1, Gen.Const(new[] { Healthy.Statement with { Actions = ["sts:AssumeRole"] } })),
        (1, Gen.Const(new[] { Conditioned(Workload.Subject, "system:serviceaccount:team:other") })),
        (1, Gen.Const(new[] { Conditioned("system:serviceaccount:team:other") })),
        (1, Gen.Const(new[] { Healthy.Statement, ForOther() })),
        (1, Gen.Const(new[] { ForOther() })),
        (1, Gen.Const(new[] { Healthy.Statement, Conditioned("system:serviceaccount:team:other") with { Effect = PolicyEffect.Deny } })),
        (1, Gen.Const(new[] { Healthy.Statement, Healthy.Statement with { Effect = PolicyEffect.Deny, Conditions = [] } }))
    );

    private static PolicyStatement Conditioned(params string[] subjects) =>
        Healthy.Statement with
        {
            Conditions = [Healthy.Statement.Conditions[0], Healthy.Statement.Conditions[1] with { Values = subjects }],
        };

    private static PolicyStatement ForOther() =>
        Healthy.Statement with
        {
            Sid = "Other",
            Principals = Healthy.Federated($"arn:aws:iam::111122223333:oidc-provider/{OtherIssuer}"),
            Conditions =
            [
                new("StringEquals", OtherIssuer + ":aud", [Workload.Audience]),
                new("StringEquals", OtherIssuer + ":sub", [Workload.Subject]),
            ],
        };

    private static ProviderEvidence Provider(string path, params string[] audiences) =>
        new($"arn:aws:iam::111122223333:oidc-provider/{path}", path) { ClientIds = audiences };

    private static JsonObject Principal(JsonNode value) => new() { ["principal_tags"] = new JsonObject { ["user"] = value } };

    private static JsonNode At(int seconds) => Healthy.Now.AddSeconds(seconds).ToUnixTimeSeconds();

    /// <summary>The first value most of the time, one of the others otherwise.</summary>
    private static Gen<T> Mostly<T>(T usual, params T[] others) =>
        Gen.Frequency((12, Gen.Const(usual)), (1, Gen.Int[0, others.Length - 1].Select(index => others[index])));

    private static WorkloadEvidence Seeing(TokenEvidence token) => Healthy.Evidence with { Tokens = [token] };

    private static IEnumerable<Finding> Errors(WorkloadEvidence evidence) =>
        Diagnostician.Diagnose(evidence, Healthy.Now).Findings.Where(finding => finding.Severity == Severity.Error);
}
