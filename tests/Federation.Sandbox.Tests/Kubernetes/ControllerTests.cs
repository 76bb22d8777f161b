using System.Net;
using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes;

namespace Federation.Sandbox.Tests.Kubernetes;

/// <summary>What the controllers do that no recording shows.</summary>
public sealed class ControllerTests
{
    private const string Deployments = "/apis/apps/v1/namespaces/default/deployments";
    private const string Jobs = "/apis/batch/v1/namespaces/default/jobs";
    private const string Pods = "/api/v1/namespaces/default/pods";

    [Fact]
    public async Task An_object_with_a_nonsensical_status_stops_no_controller()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.PostAsync(Jobs, Job("odd", """ "ttlSecondsAfterFinished":1, """));
        await cluster.SeeAsync(Jobs + "/odd", static job => job["status"].Number("active") == 1);
        await cluster.SendAsync(
            HttpMethod.Patch,
            Jobs + "/odd/status",
            JsonNode.Parse("""{"status":{"conditions":[{"type":"Complete","status":"True","lastTransitionTime":"no time"}]}}"""),
            "application/merge-patch+json"
        );

        await cluster.PostAsync(Deployments, Deployment("web", 1));

        await cluster.SeeAsync(Deployments + "/web", static deployment => deployment["status"].Number("replicas") == 1);
    }

    [Fact]
    public async Task A_pod_that_cannot_be_read_stops_no_node()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Pods need a POSIX shell.");
        await using var cluster = (await TestCluster.StartAsync()).WithNode();
        await cluster.PostAsync(
            Pods,
            """{"metadata":{"name":"odd"},"spec":{"containers":[{"name":"c","image":"registry.test/busybox:1","resources":"""
                + """{"limits":{"cpu":"many"}}}]}}"""
        );

        await cluster.PostAsync(
            Pods,
            """{"metadata":{"name":"good"},"spec":{"restartPolicy":"Never","containers":["""
                + """{"name":"c","image":"registry.test/busybox:1","command":["true"]}]}}"""
        );

        await cluster.SeeAsync(Pods + "/good", static pod => pod["status"].Text("phase") == "Succeeded");
    }

    [Theory]
    [InlineData("Background", 0)]
    [InlineData("Foreground", 0)]
    [InlineData("Orphan", 2)]
    public async Task Pods_are_deleted_with_their_owner_unless_they_are_orphaned(string propagation, int left)
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.PostAsync("/apis/apps/v1/namespaces/default/replicasets", Deployment("web", 2));
        await cluster.SeeAsync(Pods, static list => list.Items("items").Count() == 2);

        await cluster.SendAsync(HttpMethod.Delete, $"/apis/apps/v1/namespaces/default/replicasets/web?propagationPolicy={propagation}");

        await cluster.SeeAsync("/apis/apps/v1/namespaces/default/replicasets", static list => !list.Items("items").Any());
        var pods = await cluster.SeeAsync(Pods, list => list.Items("items").Count() == left);
        Assert.All(pods.Items("items"), static pod => Assert.Null(pod["metadata"]?["ownerReferences"]));
    }

    [Fact]
    public async Task What_names_an_owner_that_is_not_there_is_removed()
    {
        await using var cluster = await TestCluster.StartAsync();
        var answer = await cluster.PostAsync(
            "/api/v1/namespaces/default/configmaps",
            """{"metadata":{"name":"lost","ownerReferences":["""
                + """{"apiVersion":"v1","kind":"Pod","name":"gone","uid":"00000000-0000-0000-0000-000000000000"}]}}"""
        );
        Assert.Equal(HttpStatusCode.Created, answer.Status);

        await cluster.SeeAsync(
            "/api/v1/namespaces/default/configmaps",
            static list => list.Items("items").All(static item => item.Name != "lost")
        );
    }

    [Fact]
    public async Task A_suspended_job_has_no_pods_until_it_is_resumed()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.PostAsync(Jobs, Job("later", """ "suspend":true, """));
        await cluster.SeeAsync(
            Jobs + "/later",
            static job => job["status"].Items("conditions").Any(static condition => condition.Text("type") == "Suspended")
        );
        Assert.Empty((await cluster.GetAsync(Pods)).Json.Items("items"));

        await cluster.SendAsync(
            HttpMethod.Patch,
            Jobs + "/later",
            JsonNode.Parse("""{"spec":{"suspend":false}}"""),
            "application/merge-patch+json"
        );

        await cluster.SeeAsync(Jobs + "/later", static job => job["status"].Number("active") == 1);
    }

    [Fact]
    public async Task A_job_runs_as_many_pods_at_once_as_it_may_and_is_removed_when_its_time_is_over()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.PostAsync(Jobs, Job("many", """ "parallelism":2,"completions":3,"ttlSecondsAfterFinished":5, """));
        var pods = await cluster.SeeAsync(Pods, static list => list.Items("items").Count() == 2);
        pods.Items("items").ToList().ForEach(Succeed);
        pods = await cluster.SeeAsync(Pods, static list => list.Items("items").Count() == 3);
        Succeed(pods.Items("items").Single(static pod => pod["status"].Text("phase") == "Pending"));
        await cluster.SeeAsync(
            Jobs + "/many",
            static job => job["status"].Number("succeeded") == 3 && job["status"]?["completionTime"] is not null
        );

        cluster.Time.Advance(TimeSpan.FromSeconds(6));

        await cluster.SeeAsync(Jobs, static list => !list.Items("items").Any());

        void Succeed(JsonObject pod) =>
            cluster.Server.Kubelet.UpdatePod("default", pod.Name, pod.Uid, static stored => stored["status"]!["phase"] = "Succeeded");
    }

    [Fact]
    public async Task A_recreating_deployment_never_has_new_and_old_pods_at_once()
    {
        await using var cluster = await TestCluster.StartAsync();
        var body = JsonNode.Parse(Deployment("web", 1))!;
        body["spec"]!["strategy"] = new JsonObject { ["type"] = "Recreate" };
        await cluster.PostAsync(Deployments, body.ToJsonString());
        var first = (await cluster.SeeAsync(Pods, static list => list.Items("items").Any())).Items("items").Single();
        cluster.Server.Kubelet.UpdatePod("default", first.Name, first.Uid, static pod => pod["spec"]!["nodeName"] = "localhost");

        await cluster.SendAsync(
            HttpMethod.Patch,
            Deployments + "/web",
            JsonNode.Parse("""{"spec":{"template":{"metadata":{"annotations":{"again":"1"}}}}}"""),
            "application/merge-patch+json"
        );
        await cluster.SeeAsync(Pods, static list => list.Items("items").Single().IsTerminating);
        cluster.Server.Kubelet.RemovePod("default", first.Name, first.Uid);

        await cluster.SeeAsync(Pods, list => list.Items("items").Any(pod => pod.Name != first.Name));
    }

    private static string Deployment(string name, int replicas) =>
        """
            {"metadata":{"name":"NAME"},"spec":{"replicas":REPLICAS,"selector":{"matchLabels":{"app":"NAME"}},
             "template":{"metadata":{"labels":{"app":"NAME"}},"spec":{"containers":[{"name":"main","image":"registry.test/busybox:1"}]}}}}
            """.Replace("NAME", name, StringComparison.Ordinal).Replace("REPLICAS", $"{replicas}", StringComparison.Ordinal);

    private static string Job(string name, string more) =>
        """
            {"metadata":{"name":"NAME"},"spec":{ MORE "template":{"spec":{
             "restartPolicy":"Never","containers":[{"name":"main","image":"registry.test/busybox:1"}]}}}}
            """.Replace("NAME", name, StringComparison.Ordinal).Replace("MORE", more, StringComparison.Ordinal);
}
