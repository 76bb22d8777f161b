using System.Text;
using System.Text.Json.Nodes;
using Federation.Sandbox.Kubelet;

namespace Federation.Sandbox.Tests.Kubelet;

/// <summary>The kubelet's own guard, which holds without the API server: nothing it writes leaves its volume.</summary>
public sealed class VolumePathTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("volume-path-").FullName;
    private readonly string _volume;
    private readonly string _outside;

    public VolumePathTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Pods need a POSIX shell.");
        _root = Posix.RealPath(_root);
        _volume = Directory.CreateDirectory(Path.Combine(_root, "volume")).FullName;
        _outside = Directory.CreateDirectory(Path.Combine(_root, "volume-of-another")).FullName;
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("a/b", "a/b")]
    [InlineData("./a//b", "a/b")]
    [InlineData("..a", "..a")]
    [InlineData(@"a\..\..\b", @"a\..\..\b")]
    public void A_path_below_the_volume_is_that_path(string path, string expected) =>
        Assert.Equal(Path.Combine(_volume, expected), VolumePath.Below(_volume, path));

    [Theory]
    [InlineData("..", "invalid path: must not contain '..': ..")]
    [InlineData("../volume-of-another/f", "invalid path: must not contain '..': ../volume-of-another/f")]
    [InlineData("a/../../b", "invalid path: must not contain '..': a/../../b")]
    [InlineData("/etc/passwd", "invalid path: must be relative path: /etc/passwd")]
    public void A_path_that_leaves_the_volume_is_refused(string path, string message) =>
        Assert.Equal(message, Assert.Throws<ContainerConfigException>(() => VolumePath.Below(_volume, path)).Message);

    [Theory]
    [InlineData("../volume-of-another", "f")]
    [InlineData("../volume-of-another", "")]
    [InlineData("..", "f")]
    [InlineData("/", "etc/passwd")]
    [InlineData("inner/back/../volume-of-another", "f")]
    [InlineData("/nowhere/at/all", "f")]
    [InlineData("link", "f")]
    public void A_link_that_leads_out_of_the_volume_is_refused(string target, string below)
    {
        Directory.CreateDirectory(Path.Combine(_volume, "inner"));
        File.CreateSymbolicLink(Path.Combine(_volume, "inner", "back"), _volume);
        File.CreateSymbolicLink(Path.Combine(_volume, "link"), target);

        Assert.Throws<ContainerConfigException>(() => VolumePath.Below(_volume, $"link/{below}"));
    }

    [Fact]
    public void A_link_that_stays_in_the_volume_is_followed()
    {
        Directory.CreateDirectory(Path.Combine(_volume, "inner"));
        File.CreateSymbolicLink(Path.Combine(_volume, "link"), "inner");

        Assert.Equal(Path.Combine(_volume, "inner", "new"), VolumePath.Below(_volume, "link/new"));
    }

    [Theory]
    [InlineData("../f")]
    [InlineData("a/../../../volume-of-another/f")]
    [InlineData("..f")]
    [InlineData("ABSOLUTE")]
    public void A_file_that_would_not_be_in_the_volume_is_not_written(string path)
    {
        path = path.Replace("ABSOLUTE", Path.Combine(_outside, "f"), StringComparison.Ordinal);

        Assert.Throws<ContainerConfigException>(() => Write((path, "x"), ("good", "x")));

        Assert.Empty(Directory.EnumerateFileSystemEntries(_volume));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_outside));
    }

    [Theory]
    [InlineData("OUTSIDE")]
    [InlineData("../volume-of-another")]
    [InlineData("..")]
    [InlineData("own")]
    public void A_volume_whose_link_was_redirected_is_not_written(string target)
    {
        Write(("token", "first"));
        File.WriteAllText(Path.Combine(_outside, "keep"), "");
        Directory.CreateDirectory(Path.Combine(_volume, "own"));
        File.Delete(Path.Combine(_volume, "..data"));
        File.CreateSymbolicLink(Path.Combine(_volume, "..data"), target.Replace("OUTSIDE", _outside, StringComparison.Ordinal));

        Assert.Throws<ContainerConfigException>(() => Write(("token", "second")));

        Assert.Equal(["keep"], Directory.EnumerateFileSystemEntries(_outside).Select(Path.GetFileName));
        Assert.True(Directory.Exists(Path.Combine(_volume, "own")));
    }

    [Theory]
    [InlineData("""{"projected":{"sources":[{"serviceAccountToken":{"path":"PATH"}}]}}""")]
    [InlineData("""{"configMap":{"name":"c","items":[{"key":"k","path":"PATH"}]}}""")]
    [InlineData("""{"configMap":{"name":"keys"}}""")]
    [InlineData("""{"secret":{"secretName":"s","items":[{"key":"k","path":"PATH"}]}}""")]
    [InlineData("""{"downwardAPI":{"items":[{"path":"PATH","fieldRef":{"fieldPath":"metadata.name"}}]}}""")]
    public async Task A_pod_with_a_volume_file_outside_the_volume_never_starts_and_writes_nothing(string volume)
    {
        var path = Path.Combine(_outside, "f");
        await using var node = await PodRunTests.NodeAsync((int)ContainerIsolation.RewrittenPaths);
        node.Cluster.Objects[("ConfigMap", "c")] = new() { ["data"] = new JsonObject { ["k"] = "x" } };
        node.Cluster.Objects[("ConfigMap", "keys")] = new() { ["data"] = new JsonObject { [path] = "x" } };
        node.Cluster.Objects[("Secret", "s")] = new() { ["data"] = new JsonObject { ["k"] = "eA==" } };

        node.Run(
            "p",
            $$$"""
            {"containers":[{"name":"main","image":"registry.test/busybox:1","command":["true"]}],
              "volumes":[{"name":"v",{{{volume.Replace("PATH", path, StringComparison.Ordinal)[1..]}}}]}
            """
        );
        var refused = await node.Cluster.SeeEventAsync(recorded => recorded.Reason == "FailedMount");

        Assert.Equal($"MountVolume.SetUp failed for volume \"v\" : invalid path: must be relative path: {path}", refused.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_outside));
    }

    [Theory]
    [InlineData("OUTSIDE/new")]
    [InlineData("../../../../new")]
    [InlineData("link/new")]
    public async Task A_sub_path_that_leaves_its_volume_is_not_mounted(string subPath)
    {
        await using var node = await PodRunTests.NodeAsync((int)ContainerIsolation.RewrittenPaths);
        subPath = subPath.Replace("OUTSIDE", _outside, StringComparison.Ordinal);

        node.Run(
            "p",
            $$$"""
            {"initContainers":[{"name":"links","image":"registry.test/busybox:1","command":["ln","-s","{{{_outside}}}","/v/link"],
                "volumeMounts":[{"name":"v","mountPath":"/v"}]}],
              "containers":[{"name":"main","image":"registry.test/busybox:1","command":["true"],
                "volumeMounts":[{"name":"v","mountPath":"/v","subPath":"{{{subPath}}}"}]}],
              "volumes":[{"name":"v","emptyDir":{}}]}
            """
        );
        var refused = await node.Cluster.SeeEventAsync(recorded =>
            recorded.Message.Contains("failed to prepare subPath for volumeMount \"v\" of container \"main\"", StringComparison.Ordinal)
        );

        Assert.Equal("Failed", refused.Reason);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_outside));
    }

    private void Write(params (string Path, string Content)[] files) =>
        AtomicDirectory.Write(
            _volume,
            files.ToDictionary(
                file => file.Path,
                file => new VolumeFile(Encoding.UTF8.GetBytes(file.Content), 0b110_100_100),
                StringComparer.Ordinal
            ),
            DateTimeOffset.UnixEpoch
        );
}
