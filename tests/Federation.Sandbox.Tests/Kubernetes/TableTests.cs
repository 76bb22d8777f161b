using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Federation.Sandbox.Kubernetes;
using Federation.Sandbox.Kubernetes.Tables;

namespace Federation.Sandbox.Tests.Kubernetes;

/// <summary>Objects as the rows of tables: the columns are the recorded ones, and the cells say the same of the same objects.</summary>
public sealed partial class TableTests
{
    private const string Accept =
        "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";

    [Theory]
    [InlineData("Table of pods", "pods")]
    [InlineData("Table of serviceaccounts", "serviceaccounts")]
    [InlineData("Table of configmaps", "configmaps")]
    [InlineData("Table of events", "events")]
    public async Task The_columns_are_the_recorded_ones(string recording, string resource)
    {
        await using var cluster = await TestCluster.StartAsync();
        var expected = Body(recording)["columnDefinitions"]!;

        var actual = (await GetAsync(cluster, $"/api/v1/namespaces/default/{resource}"))["columnDefinitions"]!;

        // The descriptions of columns are our own.
        Assert.Equal(WithoutDescriptions(expected), WithoutDescriptions(actual));
    }

    [Fact]
    public async Task Rows_hold_the_metadata_unless_the_object_or_nothing_is_asked_for()
    {
        await using var cluster = await TestCluster.StartAsync();
        JsonNode? Row(JsonObject table) => table["rows"]![0]!["object"];

        Assert.Equal("PartialObjectMetadata", Row(await GetAsync(cluster, "/api/v1/namespaces/default/serviceaccounts")).Text("kind"));
        Assert.Equal(
            "ServiceAccount",
            Row(await GetAsync(cluster, "/api/v1/namespaces/default/serviceaccounts?includeObject=Object")).Text("kind")
        );
        Assert.Null(Row(await GetAsync(cluster, "/api/v1/namespaces/default/serviceaccounts?includeObject=None")));
    }

    [Fact]
    public async Task Events_are_reported_as_recorded()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.PostAsync("/api/v1/namespaces", """{"metadata":{"name":"live"}}""");
        cluster.Time.SetUtcNow(new DateTimeOffset(2026, 11, 23, 18, 20, 27, TimeSpan.Zero));
        var events = Body("core events list").Items("items").ToList();
        foreach (var item in events)
        {
            var copy = item.Copy();
            copy["metadata"] = new JsonObject { ["name"] = item.Name, ["namespace"] = "live" };
            Assert.Equal(
                System.Net.HttpStatusCode.Created,
                (await cluster.PostAsync("/api/v1/namespaces/live/events", copy.ToJsonString())).Status
            );
        }

        var rows = (await GetAsync(cluster, "/api/v1/namespaces/live/events?limit=2")).Items("rows").ToList();

        Assert.Equal(
            Body("Table of events").Items("rows").Select(static row => Ages().Replace(row["cells"]!.ToJsonString(), "\"AGE\"")),
            rows.Select(static row => Ages().Replace(row["cells"]!.ToJsonString(), "\"AGE\""))
        );
    }

    // The last recorded state of each pod, and what kubectl showed of such a pod.
    [Theory]
    [InlineData("success", "0/1", "Completed", "0")]
    [InlineData("crash-loop", "0/1", "Error", "3")]
    [InlineData("deadline", "0/1", "Error", "0")]
    [InlineData("image-never-pulled", "0/1", "ErrImageNeverPull", "0")]
    [InlineData("missing-configmap-volume", "0/1", "ContainerCreating", "0")]
    [InlineData("missing-configmap-variable", "0/1", "CreateContainerConfigError", "0")]
    [InlineData("unschedulable", "0/1", "Pending", "0")]
    [InlineData("init-fails", "0/1", "Init:Error", "0")]
    [InlineData("no-such-binary", "0/1", "StartError", "0")]
    public void A_pod_is_summed_up_as_kubectl_shows_it(string recording, string ready, string status, string restarts)
    {
        using var stream = typeof(TableTests).Assembly.GetManifestResourceStream(recording + ".json")!;
        var recorded = JsonNode.Parse(stream)!;
        var state = recorded["states"]!.AsArray().Last(static state => state!["deletionGracePeriodSeconds"] is null)!;

        var summary = PodSummary.Of(
            new JsonObject
            {
                ["metadata"] = new JsonObject(),
                ["spec"] = recorded["spec"]!.DeepClone(),
                ["status"] = state["status"]!.DeepClone(),
            }
        );

        Assert.Equal((ready, status, restarts), (summary.Ready, summary.Status, $"{summary.Restarts}"));
    }

    [Theory]
    [InlineData(4, "4s")]
    [InlineData(119, "119s")]
    [InlineData(478, "7m58s")]
    [InlineData(600, "10m")]
    [InlineData(3 * 3600, "3h")]
    [InlineData((3 * 3600) + 60, "3h1m")]
    [InlineData(47 * 3600, "47h")]
    [InlineData(50 * 3600, "2d2h")]
    [InlineData(400L * 86400, "400d")]
    [InlineData(800L * 86400, "2y70d")]
    public void An_age_takes_few_characters(long seconds, string shown) =>
        Assert.Equal(shown, HumanDuration.Format(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public async Task A_watch_sends_the_columns_once()
    {
        await using var cluster = await TestCluster.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/namespaces?watch=true&timeoutSeconds=5");
        request.Headers.TryAddWithoutValidation("Accept", Accept);
        request.Headers.Authorization = new("Bearer", TestCluster.AdminToken);
        using var response = await cluster.Http.SendAsync(
            request,
            HttpCompletionOption.ResponseHeadersRead,
            TestContext.Current.CancellationToken
        );

        var events = (await cluster.ReadToEndAsync(response))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => JsonNode.Parse(line)!["object"]!)
            .ToList();

        Assert.All(events, static change => Assert.Equal("Table", change.Text("kind")));
        Assert.NotNull(events[0]["columnDefinitions"]);
        Assert.All(events.Skip(1), static change => Assert.Null(change["columnDefinitions"]));
    }

    private static JsonObject Body(string recording) =>
        Recording.Load("12-tables-events").First(item => item.Name == recording).Response["body"]!.AsObject();

    private static async Task<JsonObject> GetAsync(TestCluster cluster, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept", Accept);
        request.Headers.Authorization = new("Bearer", TestCluster.AdminToken);
        using var response = await cluster.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!.AsObject();
    }

    private static string WithoutDescriptions(JsonNode columns)
    {
        var copy = columns.DeepClone().AsArray();
        foreach (var column in copy)
        {
            column!.AsObject().Remove("description");
        }

        return copy.ToJsonString();
    }

    [GeneratedRegex("\"(\\d+[smhdy])+\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Ages();
}
