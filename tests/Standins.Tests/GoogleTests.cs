using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Google;
using Google.Apis.Container.v1;
using Google.Apis.Http;
using Google.Apis.Iam.v1;
using Google.Apis.Iam.v1.Data;
using Google.Apis.Services;

namespace Standins.Tests;

/// <summary>The IAM and GKE clients on the wire: paths, verbs, bodies and what the answers become.</summary>
public sealed class GoogleTests
{
    private const string Account = "projects/acme-prod/serviceAccounts/exporter@acme-prod.iam.gserviceaccount.com";

    [Fact]
    public async Task A_service_account_is_created_under_its_project()
    {
        using var wire = new Recording(
            (HttpStatusCode.OK, """{ "email": "exporter@acme-prod.iam.gserviceaccount.com", "uniqueId": "42", "unheardOf": [] }""")
        );
        using var iam = new IamService(Initializer(wire));

        var account = await iam
            .Projects.ServiceAccounts.Create(
                new CreateServiceAccountRequest
                {
                    AccountId = "exporter",
                    ServiceAccount = new ServiceAccount { DisplayName = "Exporter" },
                },
                "projects/acme-prod"
            )
            .ExecuteAsync();

        Assert.Equal("42", account.UniqueId);
        var request = Assert.Single(wire.Requests);
        Assert.Equal("POST http://127.0.0.1:1/v1/projects/acme-prod/serviceAccounts", $"{request.Method} {request.Uri}");
        AssertJson("""{"accountId":"exporter","serviceAccount":{"displayName":"Exporter"}}""", request.Body);
    }

    [Fact]
    public async Task The_policy_is_read_by_POST_and_asks_for_conditions_to_be_included()
    {
        using var wire = new Recording(
            (
                HttpStatusCode.OK,
                """
                { "version": 3, "etag": "BwW=", "bindings": [
                  { "role": "roles/iam.workloadIdentityUser", "members": ["user:a@example.com"],
                    "condition": { "title": "t", "expression": "true" } }
                ] }
                """
            )
        );
        using var iam = new IamService(Initializer(wire));
        var get = iam.Projects.ServiceAccounts.GetIamPolicy(Account);
        get.OptionsRequestedPolicyVersion = 3;

        var policy = await get.ExecuteAsync();

        Assert.Equal("BwW=", policy.ETag);
        Assert.Equal("true", Assert.Single(policy.Bindings).Condition.Expression);
        var request = Assert.Single(wire.Requests);
        Assert.Equal("POST", request.Method);
        Assert.Equal($"/v1/{Account}:getIamPolicy", Uri.UnescapeDataString(request.Uri.AbsolutePath));
        Assert.Equal("?options.requestedPolicyVersion=3", request.Uri.Query);
    }

    [Fact]
    public async Task The_policy_is_written_with_the_etag_it_was_read_with()
    {
        using var wire = new Recording((HttpStatusCode.OK, "{}"));
        using var iam = new IamService(Initializer(wire));
        var policy = new Policy
        {
            ETag = "BwW=",
            Version = 3,
            Bindings = [new Binding { Role = "roles/viewer", Members = ["user:a@example.com"] }],
        };

        await iam
            .Projects.ServiceAccounts.SetIamPolicy(new Google.Apis.Iam.v1.Data.SetIamPolicyRequest { Policy = policy }, Account)
            .ExecuteAsync();

        AssertJson(
            """{"policy":{"bindings":[{"members":["user:a@example.com"],"role":"roles/viewer"}],"etag":"BwW=","version":3}}""",
            Assert.Single(wire.Requests).Body
        );
    }

    [Fact]
    public async Task A_body_is_gzipped_by_default()
    {
        using var wire = new Gunzip(new Recording((HttpStatusCode.OK, "{}")));
        using var iam = new IamService(new BaseClientService.Initializer { HttpClientFactory = new Factory(wire) });

        await iam
            .Projects.ServiceAccounts.Create(new CreateServiceAccountRequest { AccountId = "exporter" }, "projects/acme-prod")
            .ExecuteAsync();

        Assert.Equal("""{"accountId":"exporter"}""", wire.Unzipped);
    }

    [Fact]
    public async Task Clusters_are_listed_over_all_locations_and_read_with_their_endpoints()
    {
        using var wire = new Recording(
            (
                HttpStatusCode.OK,
                """
                { "clusters": [ { "name": "main", "id": "0af", "location": "asia-south1-a", "status": "RUNNING", "endpoint": "203.0.113.1",
                    "masterAuth": { "clusterCaCertificate": "LS0=" },
                    "workloadIdentityConfig": { "workloadPool": "acme-prod.svc.id.goog" },
                    "controlPlaneEndpointsConfig": {
                      "dnsEndpointConfig": { "endpoint": "gke-x.asia-south1-a.gke.goog" },
                      "ipEndpointsConfig": { "privateEndpoint": "10.0.0.2" } } } ] }
                """
            )
        );
        using var container = new ContainerService(Initializer(wire));

        var cluster = Assert.Single(
            (await container.Projects.Locations.Clusters.List("projects/acme-prod/locations/-").ExecuteAsync()).Clusters
        );

        Assert.Equal(
            "GET http://127.0.0.1:1/v1/projects/acme-prod/locations/-/clusters",
            $"{wire.Requests[0].Method} {wire.Requests[0].Uri}"
        );
        Assert.Equal(("0af", "RUNNING", "LS0="), (cluster.Id, cluster.Status, cluster.MasterAuth.ClusterCaCertificate));
        Assert.Equal("acme-prod.svc.id.goog", cluster.WorkloadIdentityConfig.WorkloadPool);
        Assert.Equal("gke-x.asia-south1-a.gke.goog", cluster.ControlPlaneEndpointsConfig.DnsEndpointConfig.Endpoint);
        Assert.Equal("10.0.0.2", cluster.ControlPlaneEndpointsConfig.IpEndpointsConfig.PrivateEndpoint);
    }

    [Fact]
    public async Task A_refusal_keeps_its_status_reason_and_whole_body()
    {
        using var wire = new Recording(
            (
                HttpStatusCode.Forbidden,
                """
                { "error": { "code": 403, "message": "Not enabled.", "status": "PERMISSION_DENIED",
                  "errors": [ { "reason": "forbidden" } ], "details": [ { "reason": "SERVICE_DISABLED" } ] } }
                """
            )
        );
        using var container = new ContainerService(Initializer(wire));

        var refusal = await Assert.ThrowsAsync<GoogleApiException>(() =>
            container.Projects.Locations.Clusters.Get("projects/p/locations/l/clusters/c").ExecuteAsync()
        );

        Assert.Equal((HttpStatusCode.Forbidden, "Not enabled."), (refusal.HttpStatusCode, refusal.Error.Message));
        Assert.Contains("SERVICE_DISABLED", refusal.Error.ErrorResponseContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_of_another_form_is_never_sent()
    {
        using var wire = new Recording();
        using var container = new ContainerService(Initializer(wire));

        await Assert.ThrowsAsync<GoogleApiException>(() => container.Projects.Locations.Clusters.Get("clusters/c").ExecuteAsync());

        Assert.Empty(wire.Requests);
    }

    [Fact]
    public void Without_a_base_address_the_public_one_is_called()
    {
        using var iam = new IamService();
        using var container = new ContainerService();

        Assert.Equal(("https://iam.googleapis.com/", "https://container.googleapis.com/"), (iam.BaseUri, container.BaseUri));
    }

    /// <summary>The order of members is the serialiser's own.</summary>
    private static void AssertJson(string expected, string actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual)), actual);

    private static BaseClientService.Initializer Initializer(HttpMessageHandler wire) =>
        new()
        {
            BaseUri = "http://127.0.0.1:1/",
            GZipEnabled = false,
            HttpClientFactory = new Factory(wire),
        };

    private sealed class Factory(HttpMessageHandler wire) : HttpClientFactory
    {
        protected override HttpMessageHandler CreateHandler(CreateHttpClientArgs args) => wire;
    }

    private sealed class Gunzip(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        public string Unzipped { get; private set; } = "";

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Assert.Equal("gzip", Assert.Single(request.Content!.Headers.ContentEncoding));
            await using var zip = new GZipStream(await request.Content.ReadAsStreamAsync(cancellationToken), CompressionMode.Decompress);
            using var reader = new StreamReader(zip, Encoding.UTF8);
            Unzipped = await reader.ReadToEndAsync(cancellationToken);
            return await base.SendAsync(request, cancellationToken);
        }
    }
}
