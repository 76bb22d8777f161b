using CsCheck;
using Federation.Configuration;
using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Policies;
using Federation.Resources;
using Reading = Federation.Diagnosis.Evidence.Reading;

namespace Federation.Tests.Diagnosis;

/// <summary>
/// One fault makes one error, with the two values that differ; independent ones make one each, in the order in which a token
/// would meet them.
/// </summary>
public sealed class DiagnosticianTests
{
    public static TheoryData<string> Names => [.. Faults.All.Select(fault => fault.Name)];

    [Fact]
    public void Nothing_is_found_where_nothing_is_wrong()
    {
        var diagnosis = Judge(Healthy.Evidence);

        Assert.Empty(diagnosis.Findings);
        Assert.Equal(
            ["issuer", "token", "provider", "audience", "subject", "role", "permissions", "check"],
            diagnosis.Chain.Select(link => link.Link)
        );
        Assert.All(diagnosis.Chain, link => Assert.Equal(LinkState.Held, link.State));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void One_fault_is_named_as_the_one_thing_that_is_wrong(string name)
    {
        var fault = Faults.All.Single(fault => fault.Name == name);

        var diagnosis = Judge(fault.Break(Healthy.Evidence));

        var error = Assert.Single(diagnosis.Findings, finding => finding.Severity == Severity.Error);
        Assert.Equal((fault.Code, fault.Expected, fault.Actual), (error.Code, error.Expected, error.Actual));
        Assert.Same(error, diagnosis.Findings[0]);
        Assert.NotNull(error.Fix);
        Assert.Equal(fault.Part is "google" or "annotation" ? 0 : 1, diagnosis.Chain.Count(link => link.State == LinkState.Broken));
    }

    [Fact]
    public void Two_independent_faults_are_both_named_and_nothing_else_is()
    {
        var pairs = 0;
        foreach (
            var (first, second) in Faults
                .All.SelectMany(first => Faults.All, (first, second) => (first, second))
                .Where(pair => string.CompareOrdinal(pair.first.Part, pair.second.Part) < 0)
        )
        {
            if (first.Hides.Contains(second.Part) || second.Hides.Contains(first.Part))
            {
                continue;
            }

            pairs++;
            // The second may look at what the first left, so both orders are one federation.
            var codes = Judge(second.Break(first.Break(Healthy.Evidence)))
                .Findings.Where(finding => finding.Severity == Severity.Error)
                .Select(finding => finding.Code)
                .ToArray();
            // A check that fails after a broken link fails because of it.
            string[] expected =
            [
                .. new[] { first, second }
                    .Where(fault =>
                        fault.Part != "check" || first.Part is "google" or "annotation" || second.Part is "google" or "annotation"
                    )
                    .Select(fault => fault.Code),
            ];
            Assert.True(expected.Order().SequenceEqual(codes.Order()), $"{first} and {second}: {string.Join(", ", codes)}");
        }

        Assert.True(pairs > 1500, $"{pairs} pairs");
    }

    [Fact]
    public void A_role_that_lost_the_id_of_its_cluster_cannot_tell_it_from_a_recreated_one()
    {
        var made = new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
        var evidence = Healthy.Evidence.WithRole(role => role with { Created = made, Tags = new Mark("acme", []).Tags }) with
        {
            Federation = "acme",
        };

        var younger = Assert.Single(Judge(Created(made.AddDays(1))).Findings);
        Assert.Equal((FindingCodes.ClusterRecreated, Severity.Error, "(no tag)"), (younger.Code, younger.Severity, younger.Actual));
        Assert.Empty(Judge(Created(made.AddDays(-1))).Findings);
        Assert.Empty(Judge(Created(made.AddDays(1)) with { Federation = "other" }).Findings);

        WorkloadEvidence Created(DateTimeOffset cluster) =>
            evidence.WithGoogle(google =>
                google with
                {
                    Cluster = Reading.Of<ClusterFacts>(google.Cluster!.Found! with { Created = cluster }),
                }
            );
    }

    [Fact]
    public void Who_else_comes_in_by_the_trust_policy_is_an_error_that_breaks_no_link()
    {
        var open = new PolicyStatement
        {
            Sid = "Open",
            Effect = PolicyEffect.Allow,
            Principals = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { ["AWS"] = ["*"] },
            Actions = ["sts:AssumeRole"],
        };
        var evidence = Healthy.Evidence.WithTrust(Healthy.Statement, open);

        var diagnosis = Judge(evidence);

        var error = Assert.Single(diagnosis.Findings);
        Assert.Equal((FindingCodes.TrustOpenToOthers, Severity.Error, "*"), (error.Code, error.Severity, error.Actual));
        Assert.Equal(error, diagnosis.SeenCause);
        Assert.All(diagnosis.Chain, link => Assert.Equal(LinkState.Held, link.State));
        var elsewhere = evidence with { Workload = evidence.Workload with { Existing = ExistingResources.Role } };
        Assert.Equal(Severity.Warning, Assert.Single(Judge(elsewhere).Findings).Severity);
    }

    [Fact]
    public void A_chain_is_held_up_to_the_broken_link_and_not_reached_after_it()
    {
        var chain = Judge(Faults.All.Single(fault => fault.Name == "the provider knows sts.amazon.com").Break(Healthy.Evidence)).Chain;

        Assert.Equal(
            [
                LinkState.Held,
                LinkState.Held,
                LinkState.Held,
                LinkState.Broken,
                LinkState.NotReached,
                LinkState.NotReached,
                LinkState.NotReached,
                LinkState.NotReached,
            ],
            chain.Select(link => link.State)
        );
        Assert.Equal(("sts.amazonaws.com", "sts.amazon.com"), (chain[3].Expected, chain[3].Actual));
    }

    [Fact]
    public void What_could_not_be_read_is_an_error_only_where_nothing_else_is()
    {
        var unread = new Finding
        {
            Code = FindingCodes.AwsPermissionDenied,
            Cause = "These credentials may not iam:ListOpenIDConnectProviders.",
            Fix = "Allow it.",
        };
        var blind = Healthy.Evidence with
        {
            Aws = Healthy.Evidence.Aws with { Providers = new Reading<IReadOnlyList<ProviderEvidence>> { Refused = unread } },
        };

        Assert.Equal(unread, Judge(blind).RootCause);
        Assert.Null(Judge(blind).SeenCause);
        var both = Judge(blind.WithTrust(Healthy.Statement with { Actions = ["sts:AssumeRole"] }));
        Assert.Equal(FindingCodes.TrustActionMismatch, both.RootCause!.Code);
        Assert.Equal(
            [(FindingCodes.TrustActionMismatch, Severity.Error), (FindingCodes.AwsPermissionDenied, Severity.Warning)],
            both.Findings.Select(finding => (finding.Code, finding.Severity))
        );
    }

    [Fact]
    public void A_cloud_that_shows_nothing_is_one_finding_however_much_was_asked_of_it()
    {
        var evidence = Healthy.Evidence with
        {
            Aws = new AwsEvidence
            {
                Caller = new() { Refused = Of("who asks") },
                Providers = new() { Refused = Of("the providers") },
                Role = new() { Refused = Of("the role") },
            },
        };

        var diagnosis = Judge(evidence);

        Assert.Equal(Of("who asks"), Assert.Single(diagnosis.Findings));
        Assert.Equal(Of("who asks"), Assert.Single(diagnosis.Unread));
        Assert.DoesNotContain(diagnosis.Chain, link => link.State == LinkState.Broken);

        static Finding Of(string part) =>
            new()
            {
                Code = FindingCodes.AwsCredentialsMissing,
                Cause = $"No credentials. Not checked: {part}.",
                Fix = "Log in.",
            };
    }

    public static TheoryData<string> Harmless => [.. HarmlessCases.Keys];

    private static Dictionary<string, Func<WorkloadEvidence, WorkloadEvidence>> HarmlessCases { get; } =
        new(StringComparer.Ordinal)
        {
            ["a session name that the trust policy asks for"] = evidence =>
                (evidence with { Workload = evidence.Workload with { Name = "r" } }).WithTrust(
                    Healthy.Statement with
                    {
                        Conditions = [.. Healthy.Statement.Conditions, new("StringEquals", "sts:RoleSessionName", ["workload-r"])],
                    }
                ),
            ["further audiences of the provider"] = evidence =>
                evidence.WithProviders(Healthy.Provider with { ClientIds = ["vault", Healthy.Workload.Audience] }),
            ["further providers, near misses among them"] = evidence =>
                evidence.WithProviders(
                    Healthy.Provider,
                    new ProviderEvidence(Healthy.Workload.ProviderArn + "/", Healthy.IssuerPath + "/") { ClientIds = [] }
                ),
            ["further statements of others in the trust policy"] = evidence =>
                evidence.WithTrust(
                    Healthy.Statement,
                    new PolicyStatement
                    {
                        Effect = PolicyEffect.Allow,
                        Principals = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal)
                        {
                            ["AWS"] = ["arn:aws:iam::111122223333:root"],
                        },
                        Actions = ["sts:AssumeRole"],
                    }
                ),
            ["a GitHub statement with a pattern for its repositories"] = evidence =>
                evidence.WithTrust(
                    Healthy.Statement,
                    new PolicyStatement
                    {
                        Effect = PolicyEffect.Allow,
                        Principals = Healthy.Federated("arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"),
                        Actions = ["sts:AssumeRoleWithWebIdentity"],
                        Conditions = [new("StringLike", "token.actions.githubusercontent.com:sub", ["repo:acme/*"])],
                    }
                ),
            ["a Deny that is about others"] = evidence =>
                evidence.WithTrust(
                    Healthy.Statement,
                    Healthy.Statement with
                    {
                        Effect = PolicyEffect.Deny,
                        Conditions = [new("StringEquals", Healthy.IssuerPath + ":sub", ["system:serviceaccount:team:other"])],
                    }
                ),
            ["condition keys in another case"] = evidence =>
                evidence.WithCondition(":sub", Healthy.IssuerPath.ToUpperInvariant() + ":SUB", Healthy.Workload.Subject),
            ["several subjects in one statement"] = evidence =>
                evidence.WithCondition(":sub", Healthy.IssuerPath + ":sub", "system:serviceaccount:team:other", Healthy.Workload.Subject),
            ["foreign tags"] = evidence =>
                evidence.WithRole(role =>
                    role with
                    {
                        Tags = new Dictionary<string, string>(role.Tags) { ["federation:team"] = "payments" },
                    }
                ),
            ["a role made by hand, without our tags"] = evidence =>
                evidence.WithRole(role => role with { Tags = new Dictionary<string, string>() }),
            ["further policies"] = evidence =>
                evidence.WithRole(role =>
                    role with
                    {
                        Policies = Reading.Of<IReadOnlyList<NamedPolicy>>([
                            .. role.Policies!.Found!,
                            new("more", Healthy.Allow("sqs:SendMessage", "arn:aws:sqs:ap-south-1:111122223333:queue")),
                        ]),
                    }
                ),
            ["a boundary that allows it"] = evidence =>
                evidence.WithRole(role =>
                    role with
                    {
                        BoundaryArn = "arn:aws:iam::111122223333:policy/edge",
                        Boundary = Reading.Of<PolicyDocument>(Healthy.Allow("s3:*", "*")),
                    }
                ),
            ["longer sessions than asked for"] = evidence =>
                evidence.WithRole(role => role with { MaxSessionDuration = TimeSpan.FromHours(12) }),
            ["a member of the pool's newer form"] = evidence =>
                evidence.WithGoogle(google =>
                    google with
                    {
                        WorkloadIdentityUsers = Reading.Of<IReadOnlyList<string>>([
                            "principal://iam.googleapis.com/projects/123456789012/locations/global/"
                                + "workloadIdentityPools/acme-prod.svc.id.goog/subject/ns/team/sa/reader",
                        ]),
                    }
                ),
            ["/run for /var/run"] = evidence => evidence.WithVariable("AWS_WEB_IDENTITY_TOKEN_FILE", "/run/secrets/tokens/token"),
            ["a sidecar without AWS"] = evidence =>
                evidence.WithPod(pod => pod with { Containers = [.. pod.Containers, new("proxy", "i")] }),
            ["a sidecar that holds the token too"] = evidence =>
                evidence.WithPod(pod =>
                    pod with
                    {
                        Containers = [.. pod.Containers, new("proxy", "i") { Mounts = pod.Containers[0].Mounts }],
                    }
                ),
            ["an access key that is empty"] = evidence => evidence.WithVariable("AWS_ACCESS_KEY_ID", ""),
            ["the default token beside the projected one"] = evidence =>
                evidence.WithPod(pod =>
                    pod with
                    {
                        TokenVolumes = [.. pod.TokenVolumes, new("kube-api-access", null, "token", TimeSpan.FromSeconds(3607))],
                    }
                ),
            ["a clock that is four minutes off"] = evidence => evidence.WithClaim("iat", Healthy.Now.AddMinutes(4).ToUnixTimeSeconds()),
            ["an exchange that STS agreed to"] = evidence =>
                evidence with
                {
                    Aws = evidence.Aws with { Exchange = new(Code: null, Message: null) },
                },
        };

    [Theory]
    [MemberData(nameof(Harmless))]
    public void What_is_harmless_is_not_reported(string name) =>
        Assert.DoesNotContain(Judge(HarmlessCases[name](Healthy.Evidence)).Findings, finding => finding.Severity > Severity.Information);

    [Fact]
    public void A_foreign_thumbprint_is_information_at_most()
    {
        var evidence = Healthy
            .Evidence.WithProviders(Healthy.Provider with { Thumbprints = ["0000000000000000000000000000000000000000"] })
            .WithGoogle(google =>
                google with
                {
                    Issuer = Reading.Of<PublishedIssuer>(
                        google.Issuer!.Found! with
                        {
                            Thumbprint = "08745487e891c19e3078c1f2a07e452950ef36f6",
                        }
                    ),
                }
            );

        Assert.Equal(
            (FindingCodes.ThumbprintUnneeded, Severity.Information),
            Assert.Single(Judge(evidence).Findings.Select(finding => (finding.Code, finding.Severity)))
        );
    }

    [Fact]
    public void A_pod_that_asks_for_a_longer_token_than_GKE_gives_is_warned()
    {
        var evidence = Healthy.Evidence.WithPod(pod =>
            pod with
            {
                TokenVolumes = [pod.TokenVolumes[0] with { Lifetime = TimeSpan.FromDays(7) }],
            }
        );

        var warning = Assert.Single(Judge(evidence).Findings);
        Assert.Equal(
            (FindingCodes.TokenLifetimeOutOfRange, Severity.Warning, "at most 172800 s", "604800 s"),
            (warning.Code, warning.Severity, warning.Expected, warning.Actual)
        );
    }

    [Fact]
    public void Broad_permissions_and_an_unpinned_audience_are_warnings_and_errors_where_strict()
    {
        var evidence = Healthy.Evidence.WithRole(role =>
            role with
            {
                Policies = Reading.Of<IReadOnlyList<NamedPolicy>>([new("all", Healthy.Allow("s3:*", "*"))]),
                TrustPolicy = Healthy.Trust(Healthy.Statement with { Conditions = [Healthy.Statement.Conditions[1]] }),
            }
        );

        Assert.Equal(
            [FindingCodes.AudienceNotPinned, FindingCodes.PermissionsTooBroad],
            Judge(evidence).Findings.Select(finding => finding.Code).Distinct()
        );
        Assert.Null(Judge(evidence).RootCause);
        Assert.Equal(FindingCodes.AudienceNotPinned, Judge(evidence with { Strict = true }).RootCause!.Code);
    }

    [Fact]
    public void Evidence_that_was_saved_is_judged_as_it_was_when_it_was_taken()
    {
        foreach (var fault in Faults.All)
        {
            var evidence = fault.Break(Healthy.Evidence);
            var file = new EvidenceFile { Taken = Healthy.Now, Workloads = [evidence] };

            var read = EvidenceFile.Parse(file.ToJson(), "evidence.json");

            Assert.Equal(file.ToJson(), read.ToJson());
            Assert.Equal(Judge(evidence).Findings, Judge(read.Workloads[0]).Findings);
            Assert.Equal(Judge(evidence).Chain, Judge(read.Workloads[0]).Chain);
        }
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("not json")]
    [InlineData("""{"schema":"federation-evidence/9"}""")]
    [InlineData("""{"schema":"federation-evidence/1"}""")]
    [InlineData("""{"schema":"federation-evidence/1","taken":"2026-11-23T12:00:00+00:00","workloads":[{}]}""")]
    [InlineData("""{"schema":"federation-evidence/1","schema":"federation-evidence/1"}""")]
    [InlineData("""{"schema":"\ud800"}""")]
    [InlineData("""{"\ud800":1,"schema":"federation-evidence/1"}""")]
    public void A_file_that_is_not_evidence_is_refused(string text) =>
        Assert.Equal(
            FindingCodes.ArgumentInvalid,
            Assert.Single(Assert.Throws<FindingException>(() => EvidenceFile.Parse(text, "x.json")).Findings).Code
        );

    [Fact]
    public void Any_part_of_the_evidence_may_be_missing()
    {
        var evidence = Healthy.Evidence;
        var parts = new Func<WorkloadEvidence, WorkloadEvidence>[]
        {
            one => one with { Google = new() },
            one => one with { Kubernetes = new() },
            one => one with { Aws = new() },
            one => one with { Tokens = [] },
            one => one.WithGoogle(google => google with { Cluster = null }),
            one => one.WithGoogle(google => google with { Issuer = null }),
            one => one.WithKubernetes(kubernetes => kubernetes with { Pods = null }),
            one => one with { Aws = one.Aws with { Role = null } },
            one => one with { Aws = one.Aws with { Providers = null } },
        };

        Gen.Bool.Array[parts.Length]
            .Sample(drops =>
            {
                var partial = parts.Where((_, index) => drops[index]).Aggregate(evidence, (one, drop) => drop(one));
                Assert.Empty(Judge(partial).Findings);
            });
    }

    private static WorkloadDiagnosis Judge(WorkloadEvidence evidence) => Diagnostician.Diagnose(evidence, Healthy.Now);
}
