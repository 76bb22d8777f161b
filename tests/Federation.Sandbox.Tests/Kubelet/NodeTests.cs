using Federation.Sandbox.Kubelet;
using k8s;
using k8s.Models;

namespace Federation.Sandbox.Tests.Kubelet;

public sealed class NodeTests
{
    [Theory]
    [InlineData("/v/token", "/host/v/token")]
    [InlineData("cat /v; ls '/v/x'", "cat /host/v; ls '/host/v/x'")]
    [InlineData("file:///v/token", "file:///host/v/token")]
    [InlineData("PATH=/v:/bin:/v/deep/er", "PATH=/host/v:/bin:/host/deep/er")]
    [InlineData("/var /a/v https://v/x /v2 x/v", "/var /a/v https://v/x /v2 x/v")]
    public void Mount_paths_are_rewritten_where_they_stand_as_paths(string text, string expected) =>
        Assert.Equal(expected, PathRewritingIsolation.Rewrite(text, [new("/host/v", "/v", false), new("/host/deep", "/v/deep", false)]));

    [Theory]
    [InlineData("public.ecr.aws/aws-cli/aws-cli:2.17.1", "aws")]
    [InlineData("public.ecr.aws/aws-cli/aws-cli@sha256:0000000000000000000000000000000000000000000000000000000000000000", "aws")]
    [InlineData("docker.io/amazon/aws-cli", "aws")]
    [InlineData("amazonlinux:2", "/bin/bash")]
    [InlineData("amazonlinux:2023.5", "/bin/bash")]
    [InlineData("amazonlinux:1", null)]
    [InlineData("python:3.11-slim", "python3")]
    [InlineData("docker.io/library/busybox:1.36", "sh")]
    [InlineData("example.com:5000/amazon/aws-cli:2", null)]
    [InlineData("nginx", null)]
    public void Images_are_known_by_name(string reference, string? starts)
    {
        var images = new ImageStore(new KubeletOptions { Directory = "unused" }, new PathRewritingIsolation());

        var image = images.Find(reference);

        Assert.Equal(starts, image?.Entrypoint.Concat(image.Command).First());
    }

    [Theory]
    [InlineData("nginx", "docker.io/library/nginx:latest")]
    [InlineData("acme/app:1", "docker.io/acme/app:1")]
    [InlineData("127.0.0.1:1/x:1", "127.0.0.1:1/x:1")]
    public void A_missing_image_is_named_in_full(string reference, string full) =>
        Assert.EndsWith($"{full}: not found", ImageStore.NotFound(reference), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"nodeSelector":{"kubernetes.io/os":"linux"}}""", true)]
    [InlineData("""{"nodeSelector":{"iam.gke.io/gke-metadata-server-enabled":"true"}}""", true)]
    [InlineData("""{"nodeSelector":{"pool":"gpu"}}""", false)]
    [InlineData(
        """{"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":["""
            + """{"matchExpressions":[{"key":"pool","operator":"Exists"}]},{"matchExpressions":["""
            + """{"key":"kubernetes.io/arch","operator":"In","values":["amd64","arm64"]}]}]}}}}""",
        true
    )]
    [InlineData(
        """{"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":["""
            + """{"matchExpressions":[{"key":"kubernetes.io/os","operator":"NotIn","values":["linux"]}]}]}}}}""",
        false
    )]
    public void A_pod_fits_the_node_by_its_selector_and_affinity(string spec, bool fits)
    {
        var time = TimeProvider.System;
        var scheduler = new Scheduler(new FakeCluster(time), new KubeletOptions { Directory = "unused" }, time);

        Assert.Equal(fits, scheduler.Fits(KubernetesJson.Deserialize<V1PodSpec>(spec)));
    }

    [Fact]
    public async Task A_log_holds_the_last_ten_mebibytes_and_a_follower_misses_nothing_it_holds()
    {
        var log = new ContainerLog();
        var line = new string('x', 1024 * 1024);
        for (var number = 0; number < 20; number++)
        {
            log.Append(new LogLine(DateTimeOffset.UnixEpoch, number + line));
        }

        log.Complete();
        var kept = new List<string>();
        await foreach (var entry in log.ReadAsync(follow: true, TestContext.Current.CancellationToken))
        {
            kept.Add(entry.Text[..2]);
        }

        Assert.Equal(["11", "12", "13", "14", "15", "16", "17", "18", "19"], kept);
    }
}
