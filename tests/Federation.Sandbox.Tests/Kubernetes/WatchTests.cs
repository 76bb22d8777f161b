using System.Text.Json.Nodes;

namespace Federation.Sandbox.Tests.Kubernetes;

/// <summary>What a watch shows, and when it ends.</summary>
public sealed class WatchTests
{
    private const string Accounts = "/api/v1/namespaces/default/serviceaccounts";

    [Fact]
    public async Task Leaving_a_selector_is_seen_as_a_deletion_and_entering_as_an_addition()
    {
        await using var cluster = await TestCluster.StartAsync();
        var start = (await cluster.GetAsync(Accounts)).Json!["metadata"]!["resourceVersion"]!.GetValue<string>();
        await cluster.PostAsync(Accounts, """{ "metadata": { "name": "w", "labels": { "app": "w" } } }""");
        foreach (var labels in new[] { """{ "gone": "yes" }""", """{ "gone": null }""" })
        {
            await cluster.SendAsync(
                HttpMethod.Patch,
                Accounts + "/w",
                JsonNode.Parse($$"""{ "metadata": { "labels": {{labels}} } }"""),
                "application/merge-patch+json"
            );
        }

        await cluster.SendAsync(HttpMethod.Delete, Accounts + "/w");

        var filtered = await WatchAsync(
            cluster,
            $"{Accounts}?watch=true&timeoutSeconds=5&resourceVersion={start}&labelSelector=app%3Dw,gone%21%3Dyes"
        );
        var all = await WatchAsync(cluster, $"{Accounts}?watch=true&timeoutSeconds=5&resourceVersion={start}");

        Assert.Equal(["ADDED", "DELETED", "ADDED", "DELETED"], filtered.Select(TypeOf));
        Assert.Equal(["ADDED", "MODIFIED", "MODIFIED", "DELETED"], all.Select(TypeOf));
    }

    [Fact]
    public async Task Without_a_version_a_watch_begins_with_what_there_is_and_ends_at_its_timeout()
    {
        await using var cluster = await TestCluster.StartAsync();

        var events = await WatchAsync(cluster, Accounts + "?watch=true&timeoutSeconds=5");

        Assert.Equal(["ADDED"], events.Select(TypeOf));
        Assert.Equal("default", events[0]["object"]!["metadata"]!["name"]!.GetValue<string>());
    }

    [Fact]
    public async Task Initial_events_end_with_a_bookmark_that_says_so()
    {
        await using var cluster = await TestCluster.StartAsync();

        var events = await WatchAsync(
            cluster,
            Accounts + "?watch=true&timeoutSeconds=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
        );

        Assert.Equal(["ADDED", "BOOKMARK"], events.Select(TypeOf));
        Assert.Equal("true", events[1]["object"]!["metadata"]!["annotations"]!["k8s.io/initial-events-end"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_version_that_has_expired_is_answered_with_one_error_event()
    {
        await using var cluster = await TestCluster.StartAsync(static options => options with { WatchWindow = 2 });
        foreach (var name in new[] { "a", "b", "c", "d" })
        {
            await cluster.PostAsync(Accounts, $$"""{ "metadata": { "name": "{{name}}" } }""");
        }

        var events = await WatchAsync(cluster, Accounts + "?watch=true&resourceVersion=1");

        var status = Assert.Single(events)["object"]!;
        Assert.Equal((410, "Expired"), (status["code"]!.GetValue<int>(), status["reason"]!.GetValue<string>()));
        Assert.StartsWith("too old resource version: 1 (", status["message"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    private static async Task<List<JsonObject>> WatchAsync(TestCluster cluster, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new("Bearer", TestCluster.AdminToken);
        using var response = await cluster.Http.SendAsync(
            request,
            HttpCompletionOption.ResponseHeadersRead,
            TestContext.Current.CancellationToken
        );
        return
        [
            .. (await cluster.ReadToEndAsync(response))
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(static line => JsonNode.Parse(line)!.AsObject()),
        ];
    }

    private static string TypeOf(JsonObject change) => change["type"]!.GetValue<string>();
}
