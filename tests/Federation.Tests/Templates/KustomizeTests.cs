using System.Text;
using System.Text.Json.Nodes;
using Federation.Templates;

namespace Federation.Tests.Templates;

/// <summary>Runs the real <c>kubectl kustomize</c>, which needs no cluster, on what is rendered.</summary>
public sealed class KustomizeTests : IDisposable
{
    private const string TwoDeployments = """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: api
        spec:
          selector: { matchLabels: { app: api } }
          template:
            metadata: { labels: { app: api } }
            spec:
              containers:
              - name: bare
                image: example.test/api:1
              - name: furnished
                image: example.test/sidecar:1
                env:
                - name: LEVEL
                  value: debug
                - name: AWS_REGION
                  valueFrom: { configMapKeyRef: { name: settings, key: region } }
                volumeMounts:
                - name: data
                  mountPath: /data
              volumes:
              - name: data
                emptyDir: {}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: worker
        spec:
          selector: { matchLabels: { app: worker } }
          template:
            metadata: { labels: { app: worker } }
            spec:
              containers:
              - name: main
                image: example.test/worker:1
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: untouched
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_kustomization_makes_the_namespace_and_the_service_account()
    {
        var rendered = Sample.Render();
        Sample.Write(_folder.Path, rendered);
        var built = Kustomize("rendered/exports");
        Assert.Equal(["Namespace", "ServiceAccount"], built.Select(document => (string?)document["kind"]));
        Assert.True(JsonNode.DeepEquals(rendered.ServiceAccount, built[1]), built[1].ToJsonString());
    }

    [Fact]
    public void The_component_gives_every_container_of_every_deployment_what_it_needs_and_keeps_what_it_had()
    {
        var built = WithComponent(
            "resources: [own.yaml]\ncomponents: [rendered/exports/component]\nnamespace: reports\nnamePrefix: blue-\n"
        );

        Assert.Equal(["blue-untouched", "blue-api", "blue-worker"], built.Select(document => (string?)document["metadata"]!["name"]));
        foreach (var deployment in built.Where(document => (string?)document["kind"] == "Deployment"))
        {
            var pod = deployment["spec"]!["template"]!["spec"]!;
            Assert.Equal("reader", (string?)pod["serviceAccountName"]);
            var volume = Named(pod["volumes"], "aws-token")["projected"]!["sources"]![0]!["serviceAccountToken"]!;
            Assert.Equal("""{"audience":"sts.amazonaws.com","expirationSeconds":3600,"path":"token"}""", volume.ToJsonString());
            foreach (var container in pod["containers"]!.AsArray())
            {
                var expected = Sample.Render().ValidationPod["spec"]!["containers"]![0]!;
                foreach (
                    var variable in new[]
                    {
                        "AWS_ROLE_ARN",
                        "AWS_WEB_IDENTITY_TOKEN_FILE",
                        "AWS_ROLE_SESSION_NAME",
                        "AWS_REGION",
                        "AWS_DEFAULT_REGION",
                    }
                )
                {
                    Assert.True(JsonNode.DeepEquals(Named(expected["env"], variable), Named(container!["env"], variable)), variable);
                }

                Assert.True(
                    JsonNode.DeepEquals(Named(expected["volumeMounts"], "aws-token"), Named(container!["volumeMounts"], "aws-token"))
                );
            }
        }

        var furnished = Named(built[1]["spec"]!["template"]!["spec"]!["containers"], "furnished");
        Assert.Equal("debug", (string?)Named(furnished["env"], "LEVEL")["value"]);
        Assert.Equal("/data", (string?)Named(furnished["volumeMounts"], "data")["mountPath"]);
        Named(built[1]["spec"]!["template"]!["spec"]!["volumes"], "data");
    }

    [Fact]
    public void The_component_leaves_a_kustomization_without_deployments_as_it_is()
    {
        _folder.Write("map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: only\n");
        Assert.Equal(
            "ConfigMap",
            (string?)Assert.Single(WithComponent("resources: [map.yaml]\ncomponents: [rendered/exports/component]\n"))["kind"]
        );
    }

    [Fact]
    public void Kubectl_reads_every_awkward_string_as_the_string_it_is()
    {
        var data = new JsonObject();
        foreach (
            var value in new[]
            {
                "yes",
                "n",
                "0x10",
                "012",
                "1_000",
                "1e3",
                "1:30",
                "2012-10-17",
                "~",
                "null",
                "<<",
                "=",
                " a ",
                "a: b",
                "a #b",
                "- a",
                "é😀",
                "\uFEFF\u0007",
                "a\n\n b\n",
                "a\nb\n\n",
                "\ta\n",
                "a\r\nb",
                "*a",
                "&a",
                "!a",
                "%a",
                "@a",
                "`a`",
                "a:",
                "[a]",
                "{a}",
                "'a'",
                "\"a\"",
                "\\",
                "---",
                "...",
            }
        )
        {
            data.Add($"k{data.Count}", value);
        }

        var map = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ConfigMap",
            ["metadata"] = new JsonObject { ["name"] = "awkward" },
            ["data"] = data,
        };
        _folder.Write("map.yaml", Encoding.UTF8.GetString(CanonicalYaml.Write(map)));
        _folder.Write("kustomization.yaml", "resources: [map.yaml]\n");

        var built = Assert.Single(Kustomize("."))["data"]!;
        Assert.All(data, entry => Assert.Equal((string?)entry.Value, (string?)built[entry.Key]));
    }

    private List<JsonNode> WithComponent(string kustomization)
    {
        Sample.Write(_folder.Path, Sample.Render());
        _folder.Write("own.yaml", TwoDeployments);
        _folder.Write("kustomization.yaml", kustomization);
        return Kustomize(".");
    }

    private List<JsonNode> Kustomize(string folder)
    {
        Assert.SkipUnless(Command.Exists("kubectl"), "kubectl is not installed.");
        var run = Command.Run("kubectl", ["kustomize", Path.Combine(_folder.Path, folder)]);
        Assert.True(run.ExitCode == 0, run.Error);
        return [.. run.Output.Split("\n---\n").Select(document => ParsedYaml.Parse(document)!)];
    }

    private static JsonNode Named(JsonNode? list, string name) =>
        Assert.Single(list!.AsArray(), element => (string?)element!["name"] == name)!;
}
