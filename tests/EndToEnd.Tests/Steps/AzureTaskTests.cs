using System.Text.Json.Nodes;

namespace EndToEnd.Tests.Steps;

public sealed class AzureTaskTests
{
    [Fact]
    public async Task The_task_logs_in_without_a_key_and_runs_the_host_of_its_release()
    {
        var (code, said) = await Node.RunAsync(
            "src/azure-pipelines-task/task/node_modules",
            "--test",
            "src/azure-pipelines-task/test/task.test.js"
        );
        Assert.True(code == 0, said);
    }

    [Fact]
    public void The_task_is_the_one_that_the_extension_contributes_and_has_its_version()
    {
        var task = JsonNode.Parse(Checkout.Read("src/azure-pipelines-task/task/task.json"))!;
        var extension = JsonNode.Parse(Checkout.Read("src/azure-pipelines-task/vss-extension.json"))!;
        var release = JsonNode.Parse(Checkout.Read("version.json"))!;
        var version = $"{task["version"]!["Major"]}.{task["version"]!["Minor"]}.{task["version"]!["Patch"]}";
        Assert.Equal(typeof(Build.BuildContext).Assembly.GetName().Version!.ToString(3), version);
        Assert.Equal(version, (string?)release["version"]);
        Assert.Equal(version, (string?)extension["version"]);
        Assert.Equal("task", (string?)extension["contributions"]![0]!["properties"]!["name"]);
        Assert.Equal(["Node20_1", "Node24"], task["execution"]!.AsObject().Select(handler => handler.Key));
        Assert.True(Guid.TryParse((string?)task["id"], out _));
    }
}
