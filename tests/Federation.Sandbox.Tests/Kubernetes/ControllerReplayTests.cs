using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Federation.Sandbox.Kubernetes;

namespace Federation.Sandbox.Tests.Kubernetes;

/// <summary>
/// The controllers pass through the recorded statuses, one after the other: the pods' own changes are made as they were
/// recorded, in the recorded order, and each status of the object that owns them must follow as it did there.
/// </summary>
public sealed partial class ControllerReplayTests
{
    [Theory]
    [InlineData("ok")]
    [InlineData("bad")]
    [InlineData("retry")]
    [InlineData("deadline")]
    public Task A_job_goes_through_the_recorded_statuses(string job) =>
        ReplayAsync(
            "13-jobs",
            $"{job}: create",
            $"{job}: watch of the job",
            $"{job}: watch of its pods",
            "Job",
            static events =>
                events.TakeWhile(static change =>
                    change.Kind != "Job" || (change.Type != "DELETED" && change.Object["metadata"]?["deletionTimestamp"] is null)
                )
        );

    [Theory]
    [InlineData("web", 5)]
    [InlineData("stuck", 5)]
    public Task A_deployment_goes_through_the_recorded_statuses(string deployment, int statuses) =>
        ReplayAsync(
            "14-deployments",
            $"{deployment}: create",
            $"{deployment}: watch of deployment",
            $"{deployment}: watch of pods",
            "Deployment",
            events =>
            {
                var last = events.Where(static change => change.Kind == "Deployment").ElementAt(statuses - 1).Version;
                return events.TakeWhile(change => change.Version <= last);
            }
        );

    private sealed record RecordedChange(long Version, string Kind, string Type, JsonObject Object);

    private static async Task ReplayAsync(
        string file,
        string create,
        string owners,
        string pods,
        string kind,
        Func<IReadOnlyList<RecordedChange>, IEnumerable<RecordedChange>> part
    )
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.PostAsync("/api/v1/namespaces", """{"metadata":{"name":"batch"}}""");
        var recordings = Recording.Load(file);
        var request = recordings.Single(recording => recording.Name == create).Request;
        RecordedChange[] all =
        [
            .. recordings
                .Where(recording => recording.Name == owners || recording.Name == pods)
                .SelectMany(static recording => recording.Response["stream"]!.AsArray())
                .Select(static change => (Type: change.Text("type"), Object: change!["object"]!.AsObject()))
                .Select(static change => new RecordedChange(
                    change.Object.ResourceVersion,
                    change.Object.Text("kind"),
                    change.Type,
                    change.Object
                ))
                .OrderBy(static change => change.Version),
        ];
        cluster.Time.SetUtcNow(
            DateTimeOffset.Parse(all[0].Object["metadata"].Text("creationTimestamp"), System.Globalization.CultureInfo.InvariantCulture)
        );
        await using var ownStream = await Watched.OpenAsync(cluster, request.Text("path"));
        await using var podStream = await Watched.OpenAsync(cluster, "/api/v1/namespaces/batch/pods");
        var answer = await cluster.SendAsync(HttpMethod.Post, request.Text("path"), request["body"]);
        Assert.True(answer.Status == System.Net.HttpStatusCode.Created, answer.Text);

        var names = new Dictionary<string, JsonObject>(StringComparer.Ordinal);
        var last = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);
        foreach (var change in part(all))
        {
            var name = change.Object.Name;
            if (change.Kind == kind)
            {
                var found = await ownStream.NextAsync(static _ => true);
                Assert.Equal(Normal(change.Object["status"]), Normal(found["object"]!["status"]));
            }
            else if (change.Type == "ADDED")
            {
                names[name] = (await podStream.NextAsync(static seen => seen.Text("type") == "ADDED"))["object"]!.AsObject();
                last[name] = change.Object["status"]?.DeepClone();
            }
            else if (change.Type == "DELETED")
            {
                cluster.Server.Kubelet.RemovePod("batch", names[name].Name, names[name].Uid);
            }
            else if (!JsonNode.DeepEquals(last[name], change.Object["status"]))
            {
                // The scheduler's or the kubelet's; what controllers do to pods is this server's own.
                last[name] = change.Object["status"]?.DeepClone();
                cluster.Server.Kubelet.UpdatePod(
                    "batch",
                    names[name].Name,
                    names[name].Uid,
                    pod =>
                    {
                        pod["spec"]!["nodeName"] = "localhost";
                        pod["status"] = change.Object["status"]!.DeepClone();
                    }
                );
            }
        }
    }

    // Times, uids and names with hashes differ between servers.
    private static string Normal(JsonNode? status)
    {
        var sorted = status as JsonObject ?? [];
        return Own()
            .Replace(
                new JsonObject(
                    sorted
                        .OrderBy(static pair => pair.Key, StringComparer.Ordinal)
                        .Select(static pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone()))
                ).ToJsonString(),
                "*"
            );
    }

    [GeneratedRegex(
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ|"
            + "(?<=(web|stuck)-)[a-z0-9]+",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Own();

    /// <summary>A watch whose next event is waited for while the clock moves on.</summary>
    private sealed class Watched(TestCluster cluster, HttpResponseMessage response, StreamReader reader) : IAsyncDisposable
    {
        public static async Task<Watched> OpenAsync(TestCluster cluster, string path)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path + "?watch=true&timeoutSeconds=86400");
            request.Headers.Authorization = new("Bearer", TestCluster.AdminToken);
            var response = await cluster.Http.SendAsync(
                request,
                HttpCompletionOption.ResponseHeadersRead,
                TestContext.Current.CancellationToken
            );
            return new Watched(
                cluster,
                response,
                new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken))
            );
        }

        public async Task<JsonObject> NextAsync(Func<JsonObject, bool> wanted)
        {
            while (true)
            {
                var reading = reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask();
                for (
                    var waited = 0;
                    await Task.WhenAny(reading, Task.Delay(250, TestContext.Current.CancellationToken)) != reading;
                    waited++
                )
                {
                    Assert.True(waited < 60, "the recorded status does not come");
                    cluster.Time.Advance(TimeSpan.FromSeconds(1));
                }

                var change = JsonNode.Parse((await reading)!)!.AsObject();
                if (wanted(change))
                {
                    return change;
                }
            }
        }

        public ValueTask DisposeAsync()
        {
            reader.Dispose();
            response.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
