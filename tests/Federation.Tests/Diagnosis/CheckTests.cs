using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Policies;
using Reading = Federation.Diagnosis.Evidence.Reading;

namespace Federation.Tests.Diagnosis;

/// <summary>Why a check failed: by the evidence, and by its text only where the evidence says nothing.</summary>
public sealed class CheckTests
{
    private const string Denied = "An error occurred (AccessDenied) when calling the ListBuckets operation: Access Denied";
    private const string NotAuthorized =
        "An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: Not authorized to perform "
        + "sts:AssumeRoleWithWebIdentity";

    /// <summary>The pod alone is known, as to the gate where nothing else may be read.</summary>
    private static WorkloadEvidence PodAlone =>
        Healthy.Evidence with
        {
            Google = new(),
            Aws = new(),
            Tokens = [],
            Kubernetes = new() { Pods = Healthy.Evidence.Kubernetes.Pods },
        };

    [Theory]
    [InlineData(
        "An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: No OpenIDConnect "
            + "provider found in your account for https://x",
        FindingCodes.ProviderMissing
    )]
    [InlineData(
        "An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: Incorrect token audience",
        FindingCodes.AudienceNotRegistered
    )]
    [InlineData(
        "An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: Couldn't retrieve "
            + "verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for "
            + "requirements",
        FindingCodes.VerificationKeyUnavailable
    )]
    [InlineData(
        "An error occurred (ExpiredTokenException) when calling the AssumeRoleWithWebIdentity operation: Token expired: "
            + "current date/time 1 must be before the expiration date/time 0",
        FindingCodes.TokenExpired
    )]
    [InlineData("something else went wrong, an Error of its own", FindingCodes.CheckFailed)]
    public void A_refused_identity_is_named_by_the_text_of_STS_if_nothing_else_is_known(string said, string code)
    {
        var cause = Judge(PodAlone.Failed(CheckVerdict.IdentityRefused, "waiting", said)).RootCause!;
        Assert.Equal(code, cause.Code);
    }

    [Fact]
    public void A_denied_check_misses_a_permission_where_its_log_is_all_there_is() =>
        Assert.Equal(
            (FindingCodes.PermissionMissing, Denied),
            (
                Judge(PodAlone.Failed(254, "I am reader", Denied)).RootCause!.Code,
                Judge(PodAlone.Failed(254, "I am reader", Denied)).RootCause!.Actual
            )
        );

    [Fact]
    public void A_denied_check_is_explained_by_the_policies_that_are_there()
    {
        var evidence = (Healthy.Evidence with { PermissionsPolicies = new Dictionary<string, PolicyDocument>() })
            .WithRole(role =>
                role with
                {
                    Policies = Reading.Of<IReadOnlyList<NamedPolicy>>([
                        new("objects", Healthy.Allow("s3:GetObject", "arn:aws:s3:::exports/*")),
                    ]),
                }
            )
            .Failed(254, Denied);

        var cause = Judge(evidence).RootCause!;

        Assert.Equal((FindingCodes.PermissionMissing, "s3:ListAllMyBuckets on *"), (cause.Code, cause.Expected));
        Assert.Contains("it has objects", cause.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void A_denied_check_that_the_role_s_policies_allow_is_denied_elsewhere()
    {
        var cause = Judge(Healthy.Evidence.Failed(254, Denied)).RootCause!;

        Assert.Equal(FindingCodes.PermissionMissing, cause.Code);
        Assert.Contains("The role's own policies allow s3:ListAllMyBuckets", cause.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void A_denied_check_under_a_boundary_is_the_boundary_s_doing()
    {
        var evidence = (Healthy.Evidence with { PermissionsPolicies = new Dictionary<string, PolicyDocument>() })
            .WithRole(role =>
                role with
                {
                    BoundaryArn = "arn:aws:iam::111122223333:policy/edge",
                    Boundary = Reading.Of<PolicyDocument>(Healthy.Allow("s3:GetObject", "*")),
                }
            )
            .Failed(
                254,
                "User: arn:aws:sts::111122223333:assumed-role/reader/reader is not authorized to perform: s3:ListAllMyBuckets "
                    + "because no permissions boundary allows the s3:ListAllMyBuckets action"
            );

        Assert.Equal(FindingCodes.PermissionsBoundaryBlocks, Judge(evidence).RootCause!.Code);
    }

    [Fact]
    public void A_refused_identity_is_a_consequence_of_the_link_that_is_broken()
    {
        var evidence = Healthy
            .Evidence.WithCondition(":sub", Healthy.IssuerPath + ":sub", "system:serviceaccount:team:other")
            .Failed(CheckVerdict.IdentityRefused, NotAuthorized);

        Assert.Equal([FindingCodes.TrustSubjectMismatch], Judge(evidence).Findings.Select(finding => finding.Code));
    }

    [Theory]
    [InlineData(null, "is 10 s old")]
    [InlineData(20, "was written 20 s ago")]
    public void A_young_role_that_agrees_with_everything_is_on_its_way(int? writtenSeconds, string says)
    {
        var evidence = (Healthy.Evidence with { WrittenAgo = writtenSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null })
            .WithRole(role => role with { Created = Healthy.Now.AddSeconds(-10) })
            .Failed(CheckVerdict.IdentityRefused, NotAuthorized);

        var cause = Judge(evidence).RootCause!;

        Assert.Equal(FindingCodes.RoleNotYetVisible, cause.Code);
        Assert.Contains(says, cause.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void An_old_role_that_agrees_with_everything_is_denied_by_the_organisation()
    {
        var cause = Judge(Healthy.Evidence.Failed(CheckVerdict.IdentityRefused, NotAuthorized)).RootCause!;

        Assert.Equal(FindingCodes.RoleNotYetVisible, cause.Code);
        Assert.Contains("organisation", cause.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void An_exchange_that_STS_refused_from_here_is_explained_by_its_text()
    {
        var evidence = Healthy.Evidence with
        {
            Aws = Healthy.Evidence.Aws with
            {
                Exchange = new(
                    "InvalidIdentityToken",
                    "Couldn't retrieve verification key from your identity provider,  please reference "
                        + "AssumeRoleWithWebIdentity documentation for requirements"
                ),
            },
        };

        Assert.Equal(FindingCodes.VerificationKeyUnavailable, Judge(evidence).RootCause!.Code);
    }

    [Fact]
    public void A_pod_of_the_user_s_own_is_read_only_while_it_fails()
    {
        var crashing = Healthy.Evidence.WithPod(pod =>
            pod with
            {
                IsValidation = false,
                Snapshot = pod.Snapshot with { Phase = "Running", Containers = [new("app", "i") { WaitingReason = "CrashLoopBackOff" }] },
                Log = ["botocore.exceptions.ClientError: " + Denied],
            }
        );

        Assert.Equal(FindingCodes.PermissionMissing, Judge(crashing).RootCause!.Code);
        Assert.Null(Judge(crashing.WithPod(pod => pod with { Snapshot = pod.Snapshot with { Containers = [new("app", "i")] } })).RootCause);
    }

    [Fact]
    public void A_pod_of_the_user_s_own_that_is_refused_the_role_has_not_been_denied_an_action()
    {
        var refused = Healthy.Evidence.Failed(1, NotAuthorized).WithPod(pod => pod with { IsValidation = false });

        Assert.Equal(FindingCodes.RoleNotYetVisible, Judge(refused).RootCause!.Code);
    }

    [Theory]
    [InlineData(" because no identity-based policy allows the s3:ListAllMyBuckets action", "changed since")]
    [InlineData(" because no permissions boundary allows the s3:ListAllMyBuckets action", "changed since")]
    [InlineData(" with an explicit deny in a resource-based policy", "a Deny statement forbids the call")]
    [InlineData("", "check the policy of the bucket")]
    public void An_action_that_the_role_s_policies_allow_now_was_denied_by_others_or_before(string reason, string says)
    {
        var text =
            "User: arn:aws:sts::111122223333:assumed-role/reader/reader is not authorized to perform: s3:ListAllMyBuckets on "
            + "resource: \"*\""
            + reason;

        var cause = Judge(Healthy.Evidence.Failed(254, text)).RootCause!.Cause;

        Assert.Contains(says, cause, StringComparison.Ordinal);
        Assert.DoesNotContain("None of its policies allows", cause, StringComparison.Ordinal);
    }

    [Fact]
    public void A_check_that_passed_as_somebody_else_did_not_pass()
    {
        var evidence = Healthy.Evidence.WithPod(pod =>
            pod with
            {
                Snapshot = pod.Snapshot with
                {
                    Containers =
                    [
                        new("verify", Healthy.Image)
                        {
                            ExitCode = 0,
                            TerminatedMessage = """{"Arn":"arn:aws:iam::111122223333:user/somebody"}""",
                        },
                    ],
                },
            }
        );

        Assert.Equal(
            (FindingCodes.PodEnvironmentWrong, "arn:aws:iam::111122223333:user/somebody"),
            (Judge(evidence).RootCause!.Code, Judge(evidence).RootCause!.Actual)
        );
    }

    [Theory]
    [InlineData(false, Severity.Warning)]
    [InlineData(true, Severity.Error)]
    public void A_users_own_pod_that_the_cluster_ended_is_an_error_only_if_it_was_asked_about(bool isNamed, Severity severity)
    {
        var evidence = Healthy.Evidence.WithPod(pod =>
            pod with
            {
                IsValidation = false,
                IsNamed = isNamed,
                Snapshot = new PodSnapshot("team", "app-1", "Failed") { Reason = "Evicted", Message = "The node was low on memory." },
            }
        );

        var finding = Assert.Single(Judge(evidence).Findings);

        Assert.Equal((FindingCodes.PodTimedOut, severity), (finding.Code, finding.Severity));
        Assert.Equal("This shows how it ended: kubectl describe pod -n team app-1", finding.Fix);
    }

    private static WorkloadDiagnosis Judge(WorkloadEvidence evidence) => Diagnostician.Diagnose(evidence, Healthy.Now);
}
