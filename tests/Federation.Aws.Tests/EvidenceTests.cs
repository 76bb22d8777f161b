using Amazon.IdentityManagement.Model;
using Federation.Calls;
using Federation.Configuration;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Policies;

namespace Federation.Aws.Tests;

/// <summary>What is read from an account for a diagnosis, here from the sandbox's through the SDK's own clients.</summary>
public sealed class EvidenceTests : IAsyncLifetime
{
    private const string ReadOnly = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
    private readonly Workload _workload = Given.Workload();
    private LiveAws _aws = null!;

    public async ValueTask InitializeAsync() => _aws = await LiveAws.StartAsync();

    public ValueTask DisposeAsync() => _aws.DisposeAsync();

    [Fact]
    public async Task The_role_is_read_with_all_that_bears_on_it()
    {
        await FederateAsync(boundary: ReadOnly);

        var role = (await _aws.ReadAsync(_workload)).Role!.Found!;

        Assert.Equal((_workload.RoleArn, TimeSpan.FromHours(2)), (role.Arn, role.MaxSessionDuration));
        Assert.InRange(role.Created!.Value, TimeProvider.System.GetUtcNow().AddMinutes(-5), TimeProvider.System.GetUtcNow().AddMinutes(1));
        Assert.True(role.TrustPolicy.MeansTheSame(PolicyDocument.Parse(Given.Rendered(_workload).TrustPolicy)));
        Assert.Equal(["federation:tool"], role.Tags.Keys);
        Assert.Equal(["theirs", ReadOnly], role.Policies!.Found!.Select(policy => policy.Name));
        Assert.True(role.Policies.Found![0].Document.MeansTheSame(PolicyDocument.Parse(Given.ListBuckets)));
        Assert.Equal(ReadOnly, role.BoundaryArn);
        Assert.NotEmpty(role.Boundary!.Found!.Statements);
        Assert.Null(role.Policies.Refused);
    }

    [Fact]
    public async Task Providers_that_resemble_the_issuer_are_read_with_their_audiences()
    {
        await _aws.ProvideAsync(Given.Cluster.Issuer, "sts.amazonaws.com");
        await _aws.ProvideAsync(Given.Cluster.Issuer + "/", "sts.amazon.com");
        await _aws.ProvideAsync("https://sts.googleapis.com");
        await _aws.ProvideAsync("https://token.actions.githubusercontent.com", "sts.amazonaws.com");

        var providers = (await _aws.ReadAsync(_workload)).Providers!;

        Assert.Null(providers.Refused);
        var audiences = providers.Found!.ToDictionary(provider => provider.Url, provider => provider.ClientIds);
        Assert.Equal(4, audiences.Count);
        Assert.Equal(["sts.amazonaws.com"], audiences[Given.Cluster.IssuerPath]!);
        Assert.Equal(["sts.amazon.com"], audiences[Given.Cluster.IssuerPath + "/"]!);
        Assert.Equal([], audiences["sts.googleapis.com"]!);
        Assert.Null(audiences["token.actions.githubusercontent.com"]);
        Assert.Equal([new string('a', 40)], providers.Found!.First(provider => provider.Arn == _workload.ProviderArn).Thumbprints);
    }

    [Fact]
    public async Task Only_the_ten_closest_providers_are_read_with_their_audiences()
    {
        for (var number = 0; number < 15; number++)
        {
            await _aws.ProvideAsync(
                $"https://container.googleapis.com/v1/projects/other-{number}/locations/us-east1/clusters/main",
                "sts.amazonaws.com"
            );
        }

        await _aws.ProvideAsync(
            "https://container.googleapis.com/v1/projects/acme-prod/locations/asia-south1/clusters/main",
            "sts.amazonaws.com"
        );
        _aws.Forget();

        var providers = (await _aws.ReadAsync(_workload)).Providers!.Found!;

        Assert.Equal(16, providers.Count);
        Assert.Equal(10, providers.Count(provider => provider.ClientIds is not null));
        Assert.Equal(
            ["sts.amazonaws.com"],
            providers.First(provider => provider.Url.Contains("acme-prod", StringComparison.Ordinal)).ClientIds!
        );
        Assert.Equal(1 + 10, _aws.Operations.Count(operation => operation == "iam:GetOpenIDConnectProvider"));
    }

    [Fact]
    public async Task Absent_is_told_apart_from_not_permitted_to_read()
    {
        var evidence = await _aws.ReadAsync(_workload);

        Assert.Equal("123456789012", evidence.Caller!.Found!.Account);
        Assert.Empty(evidence.Providers!.Found!);
        Assert.Null(evidence.Providers.Refused);
        Assert.True(evidence.Role!.IsAbsent);
        Assert.Null(evidence.Exchange);
    }

    [Fact]
    public async Task A_refusal_names_the_missing_permission_and_what_was_not_checked()
    {
        await FederateAsync();

        var evidence = await _aws.ReadAsync(_workload with { Account = await _aws.AsRunnerAsync() });

        Assert.Equal("arn:aws:sts::123456789012:assumed-role/runner/gke-to-aws-federation", evidence.Caller!.Found!.Arn);
        var (providers, role) = (evidence.Providers!.Refused!, evidence.Role!.Refused!);
        Assert.Equal(("FED8002", "iam:GetOpenIDConnectProvider"), (providers.Code, providers.Expected));
        Assert.Contains($"iam:GetOpenIDConnectProvider on {_workload.ProviderArn}", providers.Fix, StringComparison.Ordinal);
        Assert.EndsWith("Therefore not checked: the provider's audiences.", providers.Cause, StringComparison.Ordinal);
        Assert.Equal(("FED8002", "iam:GetRole"), (role.Code, role.Expected));
        Assert.Contains($"iam:GetRole on {_workload.RoleArn}", role.Fix, StringComparison.Ordinal);
        Assert.EndsWith("who may assume the role, and what it may do.", role.Cause, StringComparison.Ordinal);
        Assert.Null(evidence.Providers.Found);
        Assert.Null(evidence.Role.Found);
    }

    [Fact]
    public async Task Without_permission_to_list_providers_the_issuers_own_is_still_read()
    {
        await _aws.ProvideAsync(Given.Cluster.Issuer, "sts.amazonaws.com");
        await _aws.ProvideAsync(Given.Cluster.Issuer + "/");

        var providers = (
            await _aws.ReadAsync(_workload with { Account = await _aws.AsRunnerAsync("iam:GetOpenIDConnectProvider") })
        ).Providers!;

        Assert.Equal(_workload.ProviderArn, Assert.Single(providers.Found!).Arn);
        Assert.Equal("iam:ListOpenIDConnectProviders", providers.Refused!.Expected);
        Assert.EndsWith("whether there is a provider that nearly fits.", providers.Refused.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_permission_only_to_list_providers_the_issuers_own_is_found_without_audiences()
    {
        await _aws.ProvideAsync(Given.Cluster.Issuer, "sts.amazonaws.com");

        var providers = (
            await _aws.ReadAsync(_workload with { Account = await _aws.AsRunnerAsync("iam:ListOpenIDConnectProviders") })
        ).Providers!;

        Assert.Null(Assert.Single(providers.Found!).ClientIds);
        Assert.Equal("iam:GetOpenIDConnectProvider", providers.Refused!.Expected);
    }

    [Fact]
    public async Task An_unreadable_policy_does_not_hide_the_others()
    {
        await FederateAsync(boundary: ReadOnly);

        var role = (
            await _aws.ReadAsync(
                _workload with
                {
                    Account = await _aws.AsRunnerAsync(
                        "iam:GetRole",
                        "iam:ListRolePolicies",
                        "iam:GetRolePolicy",
                        "iam:ListAttachedRolePolicies"
                    ),
                }
            )
        )
            .Role!
            .Found!;

        Assert.Equal("theirs", Assert.Single(role.Policies!.Found!).Name);
        Assert.Equal(("FED8002", "iam:GetPolicy"), (role.Policies.Refused!.Code, role.Policies.Refused.Expected));
        Assert.Contains(ReadOnly, role.Policies.Refused.Cause, StringComparison.Ordinal);
        Assert.Equal("iam:GetPolicy", role.Boundary!.Refused!.Expected);
        Assert.Equal(ReadOnly, role.BoundaryArn);
    }

    [Fact]
    public async Task Nothing_of_another_account_is_taken_for_the_workloads_own()
    {
        await FederateAsync();

        var evidence = await _aws.ReadAsync(_workload with { Account = Given.Account with { Id = "999999999999" } });

        Assert.All(
            [evidence.Caller!.Refused, evidence.Providers!.Refused, evidence.Role!.Refused],
            refused => Assert.Equal(("FED8003", "999999999999", "123456789012"), (refused!.Code, refused.Expected, refused.Actual))
        );
        Assert.DoesNotContain("Not checked", evidence.Caller!.Refused!.Cause, StringComparison.Ordinal);
        Assert.Null(evidence.Role.Found);
    }

    [Fact]
    public async Task Without_credentials_each_reading_says_so()
    {
        var evidence = await _aws.ReadAsync(_workload with { Account = Given.Account with { Profile = "absent" } });

        Assert.All(
            [evidence.Caller!.Refused, evidence.Providers!.Refused, evidence.Role!.Refused],
            refused => Assert.Equal("FED8001", refused!.Code)
        );
    }

    [Fact]
    public async Task One_workload_takes_nine_calls_and_another_with_the_same_role_none()
    {
        await FederateAsync(boundary: ReadOnly);
        _aws.Forget();

        await _aws.ReadAllAsync(_workload, _workload with { Name = "again" });

        Assert.Equal(
            [
                "iam:GetOpenIDConnectProvider",
                "iam:GetPolicy",
                "iam:GetPolicyVersion",
                "iam:GetRole",
                "iam:GetRolePolicy",
                "iam:ListAttachedRolePolicies",
                "iam:ListOpenIDConnectProviders",
                "iam:ListRolePolicies",
                "sts:GetCallerIdentity",
            ],
            _aws.Operations.Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task What_was_read_for_the_plan_is_not_read_again_for_the_diagnosis()
    {
        var rendered = Given.Rendered(_workload, ("s3-list-buckets", Given.ListBuckets));
        using (var earlier = _aws.Cloud())
        {
            await Given.ConvergeAsync(earlier, rendered);
        }

        using var cloud = _aws.Cloud();
        await Given.ConfirmAsync(cloud, rendered);
        await Given.ConvergeAsync(cloud, rendered);
        _aws.Forget();

        var evidence = await LiveAws.ReadAsync(cloud, _workload);

        Assert.Equal(["iam:ListOpenIDConnectProviders"], _aws.Operations);
        Assert.Equal(_workload.RoleArn, evidence.Role!.Found!.Arn);
        Assert.Equal("s3-list-buckets", Assert.Single(evidence.Role.Found.Policies!.Found!).Name);
        Assert.Equal(["sts.amazonaws.com"], Assert.Single(evidence.Providers!.Found!).ClientIds!);
    }

    [Fact]
    public async Task What_this_run_wrote_is_read_again_each_time()
    {
        var rendered = Given.Rendered(_workload, ("s3-list-buckets", Given.ListBuckets));
        using var cloud = _aws.Cloud();
        await Given.ConvergeAsync(cloud, rendered);
        await LiveAws.ReadAsync(cloud, _workload);
        await _aws.Iam.DeleteRolePolicyAsync(new() { RoleName = _workload.Role.Name, PolicyName = "s3-list-buckets" });
        await _aws.Iam.AddClientIDToOpenIDConnectProviderAsync(
            new() { OpenIDConnectProviderArn = _workload.ProviderArn, ClientID = "theirs" }
        );

        var evidence = await LiveAws.ReadAsync(cloud, _workload);

        Assert.Empty(evidence.Role!.Found!.Policies!.Found!);
        Assert.Equal(["sts.amazonaws.com", "theirs"], Assert.Single(evidence.Providers!.Found!).ClientIds!);
    }

    [Fact]
    public async Task A_role_that_could_only_be_read_in_part_is_read_again()
    {
        var isDenied = true;
        using var endpoint = new Endpoint(request =>
            request["Action"] switch
            {
                "GetRole" => Answer.Ok("GetRole", Answer.Role("x")),
                "ListRolePolicies" when isDenied => Answer.Error(403, "AccessDenied", "No."),
                var action => Answer.Ok(action),
            }
        );
        using var cloud = new AwsCloud(Given.Configuration(), new Directory(), endpoint.Clouds, new ImpatientTime());
        var roles = cloud.Accounts.For(Given.Account).Roles;

        var first = await roles.FindAsync("gke-exports", TestContext.Current.CancellationToken);
        isDenied = false;
        var second = await roles.FindAsync("GKE-exports", TestContext.Current.CancellationToken);
        var third = await roles.FindAsync("gke-exports", TestContext.Current.CancellationToken);

        Assert.Equal("FED8002", first!.InlinePolicies.Refused!.Code);
        Assert.True(second!.IsWhole);
        Assert.Same(second, third);
    }

    [Fact]
    public async Task Many_roles_are_read_with_the_account_and_give_the_same_evidence()
    {
        Workload[] workloads =
        [
            .. Enumerable
                .Range(1, 17)
                .Select(number => Given.Workload($"w{number}"))
                .Select(workload => workload with { Role = workload.Role with { Name = workload.Name } }),
        ];
        foreach (var workload in workloads.SkipLast(1))
        {
            await FederateAsync(workload, ReadOnly);
        }

        _aws.Forget();

        var read = await _aws.ReadAllAsync(workloads);

        Assert.Equal(
            [
                "iam:GetAccountAuthorizationDetails",
                "iam:GetOpenIDConnectProvider",
                "iam:GetPolicy",
                "iam:GetPolicyVersion",
                "iam:ListOpenIDConnectProviders",
                "iam:ListRoles",
                "sts:GetCallerIdentity",
            ],
            _aws.Operations.Order(StringComparer.Ordinal)
        );
        Assert.True(read["w17"].Role!.IsAbsent);
        var alone = await _aws.ReadAsync(workloads[0]);
        Assert.Equal(Written(alone with { Providers = null }), Written(read["w1"] with { Providers = null }));
    }

    [Fact]
    public async Task A_successful_exchange_needs_no_credentials_and_leaves_none()
    {
        await FederateAsync();
        await _aws.ProvideAsync(Given.Cluster.Issuer, "sts.amazonaws.com");
        var token = await _aws.RequestTokenAsync(_workload, "sts.amazonaws.com");

        var answer = await ExchangeAsync(_aws.Clouds with { Aws = _aws.Clouds.Aws! with { AccessKeyId = "unknown" } }, token);

        Assert.Equal(new ExchangeEvidence(Code: null, Message: null), answer);
    }

    [Fact]
    public async Task A_refused_exchange_is_reported_in_the_words_of_STS()
    {
        await FederateAsync();
        await _aws.ProvideAsync(Given.Cluster.Issuer, "sts.amazonaws.com");
        var token = await _aws.RequestTokenAsync(_workload, "sts.amazon.com");

        var answer = await ExchangeAsync(_aws.Clouds, token);

        Assert.Equal(new ExchangeEvidence("InvalidIdentityToken", "Incorrect token audience"), answer);
    }

    [Fact]
    public async Task An_exchange_asks_for_the_shortest_session_that_may_do_nothing()
    {
        using var endpoint = new Endpoint(_ =>
            Answer.Error(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
        );

        var answer = await ExchangeAsync(endpoint.Clouds, "the.secret.token");

        Assert.Equal(new ExchangeEvidence("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"), answer);
        var request = Assert.Single(endpoint.Requests);
        Assert.Equal((_workload.RoleArn, "exports", "900"), (request["RoleArn"], request["RoleSessionName"], request["DurationSeconds"]));
        var policy = Assert.Single(PolicyDocument.Parse(request["Policy"]).Statements);
        Assert.Equal((PolicyEffect.Deny, "*", "*"), (policy.Effect, policy.Actions!.Single(), policy.Resources!.Single()));
    }

    [Fact]
    public async Task The_token_is_never_repeated_whatever_is_answered()
    {
        const string Token = "the.secret.token";
        using (var endpoint = new Endpoint(_ => Answer.Error(400, "InvalidIdentityToken", $"I do not like {Token}.")))
        {
            Assert.Equal("I do not like (the token).", (await ExchangeAsync(endpoint.Clouds, Token)).Message);
        }

        using (var endpoint = new Endpoint(_ => Answer.Error(503, "ServiceUnavailable", $"Later, {Token}.")))
        {
            var failed = await Assert.ThrowsAsync<FindingException>(() => ExchangeAsync(endpoint.Clouds, Token));
            Assert.Equal("FED8005", Assert.Single(failed.Findings).Code);
            Assert.DoesNotContain(Token, failed.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(Token, failed.Findings[0].Cause, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(
            Token,
            (await Assert.ThrowsAsync<FindingException>(() => ExchangeAsync(Given.Nowhere, Token))).ToString(),
            StringComparison.Ordinal
        );
    }

    private Task FederateAsync(string? boundary = null) => FederateAsync(_workload, boundary);

    private async Task FederateAsync(Workload workload, string? boundary)
    {
        await _aws.CreateRoleAsync(workload, boundary);
        await _aws.Iam.PutRolePolicyAsync(
            new PutRolePolicyRequest
            {
                RoleName = workload.Role.Name,
                PolicyName = "theirs",
                PolicyDocument = Given.ListBuckets,
            }
        );
        await _aws.Iam.AttachRolePolicyAsync(new AttachRolePolicyRequest { RoleName = workload.Role.Name, PolicyArn = ReadOnly });
    }

    private async Task<ExchangeEvidence> ExchangeAsync(CloudEndpoints clouds, string token)
    {
        using var cloud = new AwsCloud(Given.Configuration(), new Directory(), clouds, new ImpatientTime());
        return await new AwsEvidenceReader(cloud).TryExchangeAsync(_workload, token, TestContext.Current.CancellationToken);
    }

    private string Written(AwsEvidence evidence) =>
        new EvidenceFile
        {
            Taken = DateTimeOffset.UnixEpoch,
            Workloads =
            [
                new WorkloadEvidence
                {
                    Workload = _workload,
                    TrustPolicy = new() { Statements = [] },
                    PermissionsPolicies = new Dictionary<string, PolicyDocument>(),
                    Aws = evidence,
                },
            ],
        }.ToJson();
}
