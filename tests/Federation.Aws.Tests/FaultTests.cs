using Federation.Calls;
using Federation.Configuration;
using Federation.Findings;
using Federation.Planning;
using Federation.Resources;

namespace Federation.Aws.Tests;

/// <summary>What becomes of AWS's refusals and faults; over real HTTP, at an address of this machine.</summary>
public sealed class FaultTests
{
    private readonly ImpatientTime _time = new();

    [Fact]
    public async Task Credentials_of_another_account_are_an_error_before_anything_is_written()
    {
        using var endpoint = new Endpoint(_ =>
            Answer.Ok("GetCallerIdentity", "<Account>999999999999</Account><Arn>arn:aws:iam::999999999999:user/eve</Arn>")
        );
        using var cloud = Cloud(endpoint);

        var finding = Assert.Single(
            await cloud.ConfirmAsync(Given.Input(Given.Rendered(Given.Workload())), TestContext.Current.CancellationToken)
        );

        Assert.Equal(("FED8003", "123456789012", "999999999999"), (finding.Code, finding.Expected, finding.Actual));
        Assert.Contains("arn:aws:iam::999999999999:user/eve", finding.Cause, StringComparison.Ordinal);
        Assert.Contains("accounts.data.id", finding.Fix, StringComparison.Ordinal);
        Assert.Equal(["GetCallerIdentity"], endpoint.Actions);
    }

    [Fact]
    public async Task Several_accounts_are_confirmed_each_with_its_own_credentials()
    {
        using var endpoint = new Endpoint(request =>
            request["Action"] switch
            {
                "AssumeRole" => Answer.Ok(
                    "AssumeRole",
                    "<Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
                        + "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
                ),
                _ => Answer.Ok("GetCallerIdentity", "<Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/ci</Arn>"),
            }
        );
        using var cloud = Cloud(endpoint);
        var assuming = Given.Workload("reports") with
        {
            Account = Given.Account with { Key = "other", AssumeRole = "arn:aws:iam::123456789012:role/deployer" },
        };

        var findings = await cloud.ConfirmAsync(
            Given.Input(Given.Rendered(Given.Workload()), Given.Rendered(assuming)),
            TestContext.Current.CancellationToken
        );

        Assert.Empty(findings);
        Assert.Equal(["AssumeRole", "GetCallerIdentity", "GetCallerIdentity"], endpoint.Actions.Order(StringComparer.Ordinal));
        Assert.Equal(
            "arn:aws:iam::123456789012:role/deployer",
            Assert.Single(endpoint.Requests, request => request["Action"] == "AssumeRole")["RoleArn"]
        );
    }

    [Theory]
    [InlineData(
        403,
        "AccessDenied",
        "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: iam:GetRole on resource: role gke-exports because no "
            + "identity-based policy allows the iam:GetRole action",
        "FED8002",
        "iam:GetRole"
    )]
    [InlineData(403, "InvalidClientTokenId", "The security token included in the request is invalid.", "FED8001", "aws sso login")]
    [InlineData(403, "ExpiredToken", "The security token included in the request is expired", "FED8001", "aws sso login")]
    [InlineData(403, "RegionDisabledException", "STS is not activated in this region", "FED8004", "aws account enable-region")]
    [InlineData(409, "LimitExceeded", "Cannot exceed quota for RolesPerAccount: 1000", "FED8010", "Service Quotas")]
    [InlineData(400, "SomethingElse", "Odd.", "FED8005", "try again")]
    public async Task A_refusal_is_permanent_and_says_what_to_do(int status, string code, string message, string expected, string hint)
    {
        using var endpoint = new Endpoint(_ => Answer.Error(status, code, message));

        var finding = await ReadingFailsAsync(endpoint.Clouds);

        Assert.Equal(expected, finding.Code);
        Assert.Equal("aws/123456789012/role/gke-exports", finding.Resource);
        Assert.Contains(hint, finding.Fix, StringComparison.Ordinal);
        Assert.Contains(message, finding.Cause, StringComparison.Ordinal);
        Assert.Single(endpoint.Requests);
        Assert.Empty(_time.Waits);
    }

    [Theory]
    [InlineData(400, "Throttling", "FED8006", 8)]
    [InlineData(503, "ServiceUnavailable", "FED8005", 5)]
    public async Task A_fault_that_may_pass_is_retried_within_bounds(int status, string code, string expected, int tries)
    {
        using var endpoint = new Endpoint(_ => Answer.Error(status, code));

        var finding = await ReadingFailsAsync(endpoint.Clouds);

        Assert.Equal(expected, finding.Code);
        Assert.Equal(tries, endpoint.Requests.Count);
        Assert.Equal(tries - 1, _time.Waits.Count);
        Assert.All(_time.Waits, wait => Assert.InRange(wait, TimeSpan.Zero, TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task A_fault_that_passes_costs_one_more_call_and_nothing_else()
    {
        var faults = 2;
        using var endpoint = new Endpoint(_ => faults-- > 0 ? Answer.Error(503, "ServiceUnavailable") : Answer.Error(404, "NoSuchEntity"));
        using var cloud = Cloud(endpoint);

        var observation = Assert.Single(await cloud.ReadAsync([RoleOf(Given.Workload())], TestContext.Current.CancellationToken));

        Assert.Null(observation.Fields);
        Assert.Equal(3, cloud.Calls);
    }

    [Fact]
    public async Task An_address_where_nothing_listens_is_unreachable()
    {
        var finding = await ReadingFailsAsync(Given.Nowhere);

        Assert.Equal("FED8005", finding.Code);
        Assert.Contains("AWS_ENDPOINT_URL", finding.Fix, StringComparison.Ordinal);
        Assert.Equal(4, _time.Waits.Count);
    }

    [Fact]
    public async Task A_certificate_that_is_not_trusted_is_said_at_once()
    {
        await using var aws = await LiveAws.StartAsync();

        var finding = await ReadingFailsAsync(Given.CloudsAt(aws.Untrusted));

        Assert.Equal(("FED8016", "CN=sandbox", "aws/123456789012/role/gke-exports"), (finding.Code, finding.Actual, finding.Resource));
        Assert.Contains(
            $"for iam:GetRole in accounts.data (123456789012) at {aws.Untrusted.GetLeftPart(UriPartial.Authority)}: the certificate of ",
            finding.Cause,
            StringComparison.Ordinal
        );
        Assert.Contains("it comes from an authority that is not trusted here", finding.Cause, StringComparison.Ordinal);
        Assert.Empty(_time.Waits);
    }

    [Fact]
    public async Task A_missing_profile_is_named()
    {
        var finding = await ReadingFailsAsync(Given.Nowhere, Given.Workload() with { Account = Given.Account with { Profile = "nobody" } });

        Assert.Equal(("FED8001", "nobody"), (finding.Code, finding.Expected));
    }

    [Fact]
    public async Task A_new_role_that_is_not_visible_yet_is_waited_for()
    {
        var unseen = 3;
        using var endpoint = new Endpoint(request =>
            request["Action"] switch
            {
                "PutRolePolicy" when unseen-- > 0 => Answer.Error(404, "NoSuchEntity", "The role with name gke-exports cannot be found."),
                var action => Answer.Ok(action),
            }
        );
        using var cloud = Cloud(endpoint);
        var role = RoleOf(Given.Workload(), ("s3-list-buckets", Given.ListBuckets));

        await cloud.ApplyAsync(Create(role), TestContext.Current.CancellationToken);

        Assert.Equal(["CreateRole", "PutRolePolicy", "PutRolePolicy", "PutRolePolicy", "PutRolePolicy"], endpoint.Actions);
    }

    [Fact]
    public async Task A_managed_policy_that_does_not_exist_is_not_waited_for()
    {
        using var endpoint = new Endpoint(request =>
            request["Action"] == "AttachRolePolicy"
                ? Answer.Error(404, "NoSuchEntity", "Policy arn:aws:iam::aws:policy/Nope does not exist or is not attachable.")
                : Answer.Ok(request["Action"])
        );
        using var cloud = Cloud(endpoint);
        var workload = Given.Workload();
        var role = RoleOf(
            workload with
            {
                Role = workload.Role with { Policies = [new PolicyReference.Managed("arn:aws:iam::aws:policy/Nope", workload.Location)] },
            }
        );

        var refused = await Assert.ThrowsAsync<FindingException>(() =>
            cloud.ApplyAsync(Create(role), TestContext.Current.CancellationToken)
        );

        Assert.Equal("FED1003", Assert.Single(refused.Findings).Code);
        Assert.Equal(["CreateRole", "AttachRolePolicy"], endpoint.Actions);
    }

    [Fact]
    public async Task A_provider_that_somebody_else_creates_at_the_same_time_is_used()
    {
        var busy = 1;
        using var endpoint = new Endpoint(request =>
            request["Action"] switch
            {
                "CreateOpenIDConnectProvider" when busy-- > 0 => Answer.Error(409, "ConcurrentModification"),
                "CreateOpenIDConnectProvider" => Answer.Error(409, "EntityAlreadyExists"),
                var action => Answer.Ok(action),
            }
        );
        using var cloud = Cloud(endpoint);

        await cloud.ApplyAsync(Create(ProviderOf(Given.Workload())), TestContext.Current.CancellationToken);

        Assert.Equal(
            ["CreateOpenIDConnectProvider", "CreateOpenIDConnectProvider", "AddClientIDToOpenIDConnectProvider"],
            endpoint.Actions
        );
        Assert.DoesNotContain(
            endpoint.Requests,
            request => request.Keys.Any(key => key.StartsWith("Thumbprint", StringComparison.Ordinal))
        );
    }

    [Fact]
    public async Task An_existing_provider_gets_our_audience_and_keeps_its_own()
    {
        using var endpoint = new Endpoint(request =>
            request["Action"] == "GetOpenIDConnectProvider"
                ? Answer.Ok(
                    "GetOpenIDConnectProvider",
                    "<Url>container.googleapis.com/v1</Url><ClientIDList><member>theirs</member></ClientIDList>"
                        + "<ThumbprintList><member>0000000000000000000000000000000000000000</member></ThumbprintList>"
                )
                : Answer.Ok(request["Action"])
        );
        using var cloud = Cloud(endpoint);
        var provider = ProviderOf(Given.Workload());

        var plan = Planner.Plan([provider], await cloud.ReadAsync([provider], TestContext.Current.CancellationToken));
        await cloud.ApplyAsync(Assert.Single(plan.Steps), TestContext.Current.CancellationToken);

        Assert.Empty(plan.Findings);
        Assert.Equal([new FieldChange("clientIds[sts.amazonaws.com]", null, "sts.amazonaws.com")], plan.Steps[0].Fields);
        Assert.Equal(["GetOpenIDConnectProvider", "AddClientIDToOpenIDConnectProvider"], endpoint.Actions);
        Assert.Equal("sts.amazonaws.com", endpoint.Requests.Last()["ClientID"]);
    }

    [Theory]
    [InlineData(false, Severity.Error)]
    [InlineData(true, Severity.Warning)]
    public async Task A_cluster_recreated_under_its_name_is_noticed_before_its_trust_revives(bool adopt, Severity severity)
    {
        using var endpoint = LiveRole(
            "/",
            [
                ("federation:tool", Mark.Tool),
                ("federation:name", "acme"),
                (Mark.ClusterTag(Given.Cluster.Project, Given.Cluster.Location, Given.Cluster.Name), "id-of-the-old-one"),
            ]
        );
        using var cloud = Cloud(endpoint);

        var observation = Assert.Single(
            await cloud.ReadAsync([RoleOf(Given.Workload()) with { Adopt = adopt }], TestContext.Current.CancellationToken)
        );

        Assert.True(observation.Ours);
        var finding = Assert.Single(observation.Findings);
        Assert.Equal(
            ("FED2008", severity, "id-of-the-old-one", "id-of-main"),
            (finding.Code, finding.Severity, finding.Expected, finding.Actual)
        );
    }

    [Fact]
    public async Task A_role_at_another_path_cannot_be_moved()
    {
        using var endpoint = LiveRole("/elsewhere/", []);
        using var cloud = Cloud(endpoint);

        var observation = Assert.Single(await cloud.ReadAsync([RoleOf(Given.Workload())], TestContext.Current.CancellationToken));

        Assert.False(observation.Ours);
        var finding = Assert.Single(observation.Findings);
        Assert.Equal(("FED4010", "/", "/elsewhere/"), (finding.Code, finding.Expected, finding.Actual));
    }

    private static Endpoint LiveRole(string path, (string Key, string Value)[] tags) =>
        new(request =>
            request["Action"] switch
            {
                "GetRole" => Answer.Ok(
                    "GetRole",
                    Answer
                        .Role(
                            """{"Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}""",
                            tags
                        )
                        .Replace("<Path>/</Path>", $"<Path>{path}</Path>", StringComparison.Ordinal)
                ),
                var action => Answer.Ok(action),
            }
        );

    private AwsCloud Cloud(Endpoint endpoint) => new(Given.Configuration(), new Directory(), endpoint.Clouds, _time);

    private async Task<Finding> ReadingFailsAsync(CloudEndpoints clouds, Workload? workload = null)
    {
        using var cloud = new AwsCloud(Given.Configuration(), new Directory(), clouds, _time);
        var refused = await Assert.ThrowsAsync<FindingException>(() =>
            cloud.ReadAsync([RoleOf(workload ?? Given.Workload())], TestContext.Current.CancellationToken)
        );
        return Assert.Single(refused.Findings);
    }

    private static Role RoleOf(Workload workload, params (string Name, string Document)[] permissions) =>
        DesiredOf<Role>(workload, permissions);

    private static Provider ProviderOf(Workload workload) => DesiredOf<Provider>(workload);

    private static T DesiredOf<T>(Workload workload, params (string Name, string Document)[] permissions)
        where T : DesiredResource
    {
        using var cloud = new AwsCloud(Given.Configuration(), new Directory(), Given.Nowhere, TimeProvider.System);
        return Assert.Single(cloud.Desire(Given.Input(Given.Rendered(workload, permissions))).OfType<T>());
    }

    private static Step Create(DesiredResource desired) =>
        Assert.Single(Planner.Plan([desired], [new Observation(desired.Id, null)]).Steps);
}
