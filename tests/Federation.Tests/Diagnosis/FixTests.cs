using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Policies;
using Reading = Federation.Diagnosis.Evidence.Reading;

namespace Federation.Tests.Diagnosis;

/// <summary>A command in a fix can be pasted as it is, and fixes only what was found.</summary>
public sealed class FixTests
{
    [Fact]
    public void A_trust_policy_that_is_put_by_hand_keeps_the_statements_of_other_owners()
    {
        var theirs = new PolicyStatement
        {
            Sid = "BreakGlass",
            Effect = PolicyEffect.Allow,
            Principals = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal)
            {
                ["AWS"] = ["arn:aws:iam::111122223333:root"],
            },
            Actions = ["sts:AssumeRole"],
        };
        var broken = Healthy.Statement with { Actions = ["sts:AssumeRole"] };

        var fix = FixOf(Healthy.Evidence.WithTrust(broken, theirs));

        Assert.EndsWith(
            "aws iam update-assume-role-policy --role-name reader --policy-document "
                + $"'{Healthy.Trust(theirs, Healthy.Statement).ToMinifiedJson()}'",
            fix,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void The_fix_for_a_missing_role_creates_it_with_everything_that_is_configured()
    {
        var evidence = Healthy.Evidence with { Aws = Healthy.Evidence.Aws with { Role = Reading.Of<RoleEvidence>(null) } };
        var boundary = "arn:aws:iam::111122223333:policy/edge";

        var fix = FixOf(
            evidence with
            {
                Workload = evidence.Workload with { Role = evidence.Workload.Role with { PermissionsBoundary = boundary } },
            }
        );

        Assert.EndsWith(
            $"aws iam create-role --role-name reader --path / --max-session-duration 3600 --permissions-boundary {boundary} "
                + $"--assume-role-policy-document '{Healthy.Evidence.TrustPolicy.ToMinifiedJson()}'",
            fix,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void What_a_shell_would_read_otherwise_is_quoted()
    {
        var evidence = Healthy.Evidence with { Workload = Healthy.Workload with { Audience = "it's$(id)" } };

        Assert.EndsWith(
            @" --client-id 'it'\''s$(id)'",
            FixOf(evidence.WithProviders(Healthy.Provider), FindingCodes.AudienceNotRegistered),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("ap-south-1", null, "reader-role")]
    [InlineData("us-gov-west-1", null, "reader-role --region us-gov-west-1")]
    [InlineData("cn-north-1", "china", "reader-role --profile china --region cn-north-1")]
    public void An_AWS_command_names_the_profile_of_the_account_and_a_region_of_its_partition(
        string region,
        string? profile,
        string expected
    )
    {
        var account = Healthy.Workload.Account with { Region = region, Profile = profile };
        var workload = Healthy.Workload with { Account = account, Role = Healthy.Workload.Role with { Name = "reader-role" } };
        var denied = new PolicyStatement
        {
            Effect = PolicyEffect.Deny,
            Principals = Healthy.Federated(workload.ProviderArn),
            Actions = ["sts:*"],
        };
        var evidence = Healthy.Evidence with { Workload = workload };

        var fix = FixOf(
            evidence
                .WithRole(role => role with { Arn = workload.RoleArn, TrustPolicy = Healthy.Trust(denied) })
                .WithProviders(Healthy.Provider with { Arn = workload.ProviderArn }),
            FindingCodes.TrustDenied
        );

        Assert.EndsWith(
            "aws iam get-role --role-name "
                + $"{expected.Replace("reader-role", "reader-role --query Role.AssumeRolePolicyDocument", StringComparison.Ordinal)}",
            fix,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_command_ends_its_fix_so_that_the_rest_of_the_line_can_be_pasted()
    {
        var unbound = Healthy.Evidence.WithGoogle(google => google with { WorkloadIdentityUsers = Reading.Of<IReadOnlyList<string>>([]) });

        Assert.EndsWith(
            " --member 'serviceAccount:acme-prod.svc.id.goog[team/reader]' --condition None",
            FixOf(unbound),
            StringComparison.Ordinal
        );
        Assert.EndsWith(
            $" --url {Healthy.Workload.Cluster.Issuer} --client-id-list sts.amazonaws.com",
            FixOf(Healthy.Evidence.WithProviders()),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_kubectl_command_names_the_context_that_is_configured()
    {
        var evidence = Healthy.Evidence.WithKubernetes(kubernetes => kubernetes with { Namespace = Reading.Of<NamespaceEvidence>(null) });

        var fix = FixOf(
            evidence with
            {
                Workload = evidence.Workload with { Cluster = evidence.Workload.Cluster with { Context = "prod main" } },
            }
        );

        Assert.EndsWith("kubectl --context 'prod main' create namespace team", fix, StringComparison.Ordinal);
    }

    [Fact]
    public void A_provider_with_a_slip_may_go_and_that_of_another_cluster_stays()
    {
        Assert.StartsWith(
            $"Delete arn:aws:iam::111122223333:oidc-provider/{Healthy.IssuerPath}/ if nothing else uses it.",
            FixOf(Healthy.Evidence.WithProviders(Of(Healthy.IssuerPath + "/"))),
            StringComparison.Ordinal
        );
        Assert.StartsWith(
            "--target=Apply ",
            FixOf(Healthy.Evidence.WithProviders(Of(Healthy.IssuerPath.Replace("/main", "/other", StringComparison.Ordinal)))),
            StringComparison.Ordinal
        );

        static ProviderEvidence Of(string url) => new("arn:aws:iam::111122223333:oidc-provider/" + url, url);
    }

    [Theory]
    [InlineData("ErrImagePull", "not found", FindingCodes.ImagePullFailed)]
    [InlineData(null, null, FindingCodes.PodUnschedulable)]
    public void A_users_own_pod_is_fixed_in_its_owner(string? waiting, string? message, string code)
    {
        var stuck = Healthy.Evidence.WithPod(pod =>
            pod with
            {
                IsValidation = false,
                Owner = "ReplicaSet/app-7c",
                Snapshot = new PodSnapshot("team", "app-7c-1", "Pending")
                {
                    Created = Healthy.Now.AddHours(-1),
                    UnscheduledReason = waiting is null ? "Unschedulable" : null,
                    Containers = waiting is null
                        ? []
                        : [new ContainerSnapshot("app", "i") { WaitingReason = waiting, WaitingMessage = message }],
                },
            }
        );

        var fix = FixOf(stuck, code);

        Assert.EndsWith(
            "its ReplicaSet/app-7c.",
            fix.Replace(", or give the cluster's nodes access to its registry.", ".", StringComparison.Ordinal),
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("verif", fix, StringComparison.Ordinal);
    }

    [Fact]
    public void A_role_under_another_name_is_named_as_it_is()
    {
        var moved = Healthy.Evidence.WithRole(role => role with { Arn = "arn:aws:iam::111122223333:role/team/Reader" });

        Assert.StartsWith("Set name: Reader and path: /team/ ", FixOf(moved), StringComparison.Ordinal);
    }

    private static string FixOf(WorkloadEvidence evidence, string? code = null) =>
        Diagnostician
            .Diagnose(evidence, Healthy.Now)
            .Findings.First(finding => finding.Severity == Severity.Error && (code is null || finding.Code == code))
            .Fix;
}
