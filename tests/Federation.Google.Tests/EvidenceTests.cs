using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Issuers;
using Federation.Policies;
using Google.Apis.Iam.v1.Data;

namespace Federation.Google.Tests;

/// <summary>
/// What is read of Google for a diagnosis: the cluster, its issuer as AWS finds it, the service account and who may act as
/// it.
/// </summary>
public sealed class EvidenceTests : IAsyncLifetime
{
    private LiveGoogle _google = null!;

    public async ValueTask InitializeAsync() => _google = await LiveGoogle.StartAsync();

    public ValueTask DisposeAsync() => _google.DisposeAsync();

    [Fact]
    public async Task What_workloads_share_is_read_once_in_three_calls()
    {
        var account = await _google.CreateAccountAsync("Theirs.");
        await _google.BindAsync(new Binding { Role = Given.Role, Members = [Given.Member, "user:eve@acme.example"] });
        using var cloud = new GoogleCloud(_google.Endpoints, new ImpatientTime());

        var all = await ReadAsync(cloud, Given.Workload(), Given.Workload("again"));

        Assert.Equal(3, cloud.Calls);
        Assert.Equal(["again", "exports"], all.Keys.Order(StringComparer.Ordinal));
        var evidence = all["exports"];
        Assert.Equal(("RUNNING", "acme-prod.svc.id.goog"), (evidence.Cluster!.Found!.Status, evidence.Cluster.Found.WorkloadPool));
        Assert.Empty(evidence.Cluster.Found.PoolsWithoutWorkloadIdentity);
        Assert.Equal(
            new GoogleServiceAccountEvidence("exports-reader@acme-prod.iam.gserviceaccount.com", account.UniqueId),
            evidence.ServiceAccount!.Found
        );
        Assert.Equal([Given.Member, "user:eve@acme.example"], evidence.WorkloadIdentityUsers!.Found!);
        Assert.Equal(Given.Cluster.Issuer, evidence.Issuer!.Found!.Issuer);
        Assert.Equal("RSA", Assert.Single(evidence.Issuer.Found.Keys).KeyType);
        Assert.Matches("^[0-9a-f]{40}$", evidence.Issuer.Found.Thumbprint);
        var written = new EvidenceFile
        {
            Taken = DateTimeOffset.UnixEpoch,
            Workloads = [Of(Given.Workload()) with { Google = evidence }],
        }.ToJson();
        Assert.DoesNotContain(_google.AccessToken, written, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE KEY", written, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_plan_has_read_and_written_is_not_read_again()
    {
        using var cloud = new GoogleCloud(_google.Endpoints, new ImpatientTime());
        await Given.ConvergeAsync(cloud, Given.Input(Given.Workload()));
        var calls = cloud.Calls;

        var evidence = (await ReadAsync(cloud, Given.Workload()))["exports"];

        // The cluster, which the plan of this cloud alone does not ask for.
        Assert.Equal(calls + 1, cloud.Calls);
        Assert.Equal((await _google.AccountAsync()).UniqueId, evidence.ServiceAccount!.Found!.UniqueId);
        Assert.Equal([Given.Member], evidence.WorkloadIdentityUsers!.Found!);
    }

    [Fact]
    public async Task A_service_account_that_is_absent_has_no_users_either()
    {
        var evidence = await ReadAsync(Given.Workload());

        Assert.True(evidence.ServiceAccount!.IsAbsent);
        Assert.True(evidence.WorkloadIdentityUsers!.IsAbsent);
        Assert.NotNull(evidence.Cluster!.Found);
    }

    [Fact]
    public async Task A_workload_without_a_service_account_is_not_asked_for_one()
    {
        var evidence = await ReadAsync(Given.Workload() with { GoogleServiceAccount = null });

        Assert.Null(evidence.ServiceAccount);
        Assert.Null(evidence.WorkloadIdentityUsers);
    }

    [Fact]
    public async Task A_disabled_service_account_without_users_is_found()
    {
        await _google.CreateAccountAsync("Theirs.");
        await _google.BindAsync(
            new Binding
            {
                Role = Given.Role,
                Members = [Given.Member],
                Condition = new Expr { Title = "now and then", Expression = "false" },
            }
        );
        _google.Answering = (path, answer) =>
        {
            if (path.EndsWith(".iam.gserviceaccount.com", StringComparison.Ordinal))
            {
                answer["disabled"] = true;
            }
        };

        var evidence = await ReadAsync(Given.Workload());

        Assert.True(evidence.ServiceAccount!.Found!.Disabled);
        Assert.Empty(evidence.WorkloadIdentityUsers!.Found!);
    }

    [Fact]
    public async Task What_may_not_be_read_is_a_refusal_that_names_the_permission_and_what_was_not_checked()
    {
        _google.Refusing = path =>
            (
                403,
                path switch
                {
                    _ when path.EndsWith(":getIamPolicy", StringComparison.Ordinal) =>
                        "Permission 'iam.serviceAccounts.getIamPolicy' denied on resource (or it may not exist).",
                    _ when path.Contains("serviceAccounts", StringComparison.Ordinal) =>
                        "Permission 'iam.serviceAccounts.get' denied on resource (or it may not exist).",
                    _ => "Required \"container.clusters.get\" permission(s) for \"projects/acme-prod\".",
                }
            );

        var evidence = await ReadAsync(Given.Workload());

        Finding[] refused = [evidence.Cluster!.Refused!, evidence.ServiceAccount!.Refused!, evidence.WorkloadIdentityUsers!.Refused!];
        Assert.All(refused, finding => Assert.Equal(FindingCodes.GooglePermissionDenied, finding.Code));
        Assert.Equal(
            ["container.clusters.get", "iam.serviceAccounts.get", "iam.serviceAccounts.getIamPolicy"],
            refused.Select(finding => finding.Expected)
        );
        Assert.EndsWith(
            "Therefore not checked: who may act as the Google service account exports-reader.",
            refused[2].Cause,
            StringComparison.Ordinal
        );
        Assert.NotNull(evidence.Issuer!.Found);
    }

    [Fact]
    public async Task A_cluster_in_another_location_is_missing_and_its_issuer_has_no_document()
    {
        var evidence = await ReadAsync(Given.Workload() with { Cluster = Given.Cluster with { Location = "asia-south1" } });

        Assert.Equal(FindingCodes.ClusterNotFound, evidence.Cluster!.Refused!.Code);
        Assert.DoesNotContain("Not checked", evidence.Cluster.Refused.Cause, StringComparison.Ordinal);
        Assert.Equal(
            (FindingCodes.VerificationKeyUnavailable, Severity.Error),
            (evidence.Issuer!.Refused!.Code, evidence.Issuer.Refused.Severity)
        );
        Assert.Contains("HTTP 404. AWS gets the same answer.", evidence.Issuer.Refused.Cause, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "legacy", "older")]
    [InlineData(true)]
    public async Task Node_pools_without_GKEs_metadata_server_are_named_unless_Google_manages_them(bool autopilot, params string[] expected)
    {
        _google.Answering = (path, answer) =>
        {
            answer["autopilot"] = new JsonObject { ["enabled"] = autopilot };
            answer["nodePools"] = JsonNode.Parse(
                """
                [
                  { "name": "default-pool", "config": { "workloadMetadataConfig": { "mode": "GKE_METADATA" } } },
                  { "name": "legacy", "config": { "workloadMetadataConfig": { "mode": "GCE_METADATA" } } },
                  { "name": "older", "config": { "machineType": "e2-medium" } }
                ]
                """
            );
        };

        var evidence = await ReadAsync(Given.Workload() with { GoogleServiceAccount = null });

        Assert.Equal(expected, evidence.Cluster!.Found!.PoolsWithoutWorkloadIdentity);
    }

    [Fact]
    public async Task An_issuer_is_asked_once_however_often_evidence_is_read_and_whatever_it_answers()
    {
        using var cloud = new GoogleCloud(_google.Endpoints, new ImpatientTime());
        var unmapped = _google.Endpoints with { IssuerConnectTo = "other.example:443:127.0.0.1:1" };
        using var issuers = new IssuerClient(IssuerTransport.For(_google.Endpoints), TimeProvider.System);
        using var refusing = new IssuerClient(IssuerTransport.For(unmapped), TimeProvider.System);
        var (reader, other) = (new GoogleEvidenceReader(cloud, issuers), new GoogleEvidenceReader(cloud, refusing));

        var first = await ReadAsync(reader, Given.Workload());
        var second = await ReadAsync(reader, Given.Workload(), Given.Workload("again"));
        var refused = await ReadAsync(other, Given.Workload());

        Assert.NotNull(first["exports"].Issuer!.Found);
        Assert.Same(first["exports"].Issuer, second["exports"].Issuer);
        Assert.Same(first["exports"].Issuer, second["again"].Issuer);
        Assert.NotNull(refused["exports"].Issuer!.Refused);
        Assert.Same(refused["exports"].Issuer, (await ReadAsync(other, Given.Workload()))["exports"].Issuer);
    }

    [Fact]
    public async Task Googles_own_issuer_is_not_read_because_AWS_knows_it_by_itself() =>
        Assert.Null((await ReadAsync(Given.Workload() with { Identity = IdentityKind.Google })).Issuer);

    [Theory]
    [InlineData("127.0.0.1:1", FindingCodes.VerificationKeyUnavailable, "cannot be told from here")]
    [InlineData("nowhere.invalid:443", FindingCodes.EndpointUnreachable, "This machine cannot reach")]
    public async Task An_issuer_that_cannot_be_reached_is_a_warning_because_AWS_may_reach_it(string target, string code, string words)
    {
        _google.Endpoints = _google.Endpoints with { IssuerConnectTo = $"container.googleapis.com:443:{target}", IsSandbox = false };

        var refused = (await ReadAsync(Given.Workload())).Issuer!.Refused!;

        Assert.Equal((code, Severity.Warning, "google/acme-prod/cluster/main"), (refused.Code, refused.Severity, refused.Resource));
        Assert.Contains(words, refused.Cause, StringComparison.Ordinal);
        Assert.Contains("AWS fetches the keys from its own network", refused.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_issuer_whose_certificate_is_not_trusted_is_a_warning_because_a_proxy_may_intercept_it()
    {
        _google.Endpoints = _google.Endpoints with { IssuerAuthorityFile = null };

        var refused = (await ReadAsync(Given.Workload())).Issuer!.Refused!;

        Assert.Equal((FindingCodes.VerificationKeyUnavailable, Severity.Warning), (refused.Code, refused.Severity));
        Assert.Contains("FEDERATION_CA_FILE", refused.Fix, StringComparison.Ordinal);
    }

    private static WorkloadEvidence Of(Workload workload) =>
        new()
        {
            Workload = workload,
            TrustPolicy = new() { Statements = [] },
            PermissionsPolicies = new Dictionary<string, PolicyDocument>(),
        };

    private async Task<GoogleEvidence> ReadAsync(Workload workload)
    {
        using var cloud = new GoogleCloud(_google.Endpoints, new ImpatientTime());
        return (await ReadAsync(cloud, workload))[workload.Name];
    }

    private async Task<IReadOnlyDictionary<string, GoogleEvidence>> ReadAsync(GoogleCloud cloud, params Workload[] workloads)
    {
        using var issuers = new IssuerClient(
            IssuerTransport.For(_google.Endpoints),
            new ImpatientTime(IssuerTransport.Timeout),
            IssuerClient.PatientAttempts
        );
        return await ReadAsync(new GoogleEvidenceReader(cloud, issuers), workloads);
    }

    private static Task<IReadOnlyDictionary<string, GoogleEvidence>> ReadAsync(GoogleEvidenceReader reader, params Workload[] workloads) =>
        reader.ReadAsync([.. workloads.Select(Of)], new EvidenceScope(), TestContext.Current.CancellationToken);
}
