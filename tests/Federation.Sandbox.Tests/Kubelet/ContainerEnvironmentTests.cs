using System.Text.Json.Nodes;
using Federation.Diagnosis.Evidence;
using Federation.Sandbox.Kubelet;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Time.Testing;

namespace Federation.Sandbox.Tests.Kubelet;

public sealed class ContainerEnvironmentTests
{
    private readonly FakeCluster _cluster = new(new FakeTimeProvider());

    [Theory]
    [InlineData("$(A)", "1")]
    [InlineData("$(A)$(B)", "12")]
    [InlineData("$$(A)", "$(A)")]
    [InlineData("$(UNKNOWN)", "$(UNKNOWN)")]
    [InlineData("$A $", "$A $")]
    [InlineData("$(A", "$(A")]
    [InlineData("a$$b", "a$b")]
    public void Names_in_parentheses_are_filled_in(string text, string expected) =>
        Assert.Equal(expected, PodVariables.Expand(text, new Dictionary<string, string> { ["A"] = "1", ["B"] = "2" }));

    [Fact]
    public void Variables_see_those_before_them_and_later_ones_win()
    {
        _cluster.Objects[("ConfigMap", "m")] = new() { ["data"] = new JsonObject { ["X"] = "from map" } };

        var environment = Resolve(
            """
            {
              "name": "main",
              "envFrom": [{"prefix":"P_","configMapRef":{"name":"m"}},{"secretRef":{"name":"absent","optional":true}}],
              "env": [
                {"name":"A","value":"$(P_X)"},{"name":"B","value":"$(C)"},{"name":"C","value":"$(A)!"},
                {"name":"PATH","value":"/own:$(PATH)"},
                {"name":"NS","valueFrom":{"fieldRef":{"fieldPath":"metadata.namespace"}}},
                {"name":"L","valueFrom":{"fieldRef":{"fieldPath":"metadata.labels['app']"}}},
                {"name":"M","valueFrom":{"resourceFieldRef":{"resource":"limits.memory","divisor":"1Mi"}}}],
              "resources": {"limits":{"memory":"24Mi"}}
            }
            """
        );

        Assert.Equal("from map", environment["A"]);
        Assert.Equal("$(C)", environment["B"]);
        Assert.Equal("from map!", environment["C"]);
        Assert.Equal("/own:/bin", environment["PATH"]);
        Assert.Equal(("flow", "web", "24"), (environment["NS"], environment["L"], environment["M"]));
    }

    [Theory]
    [InlineData("""{"name":"A","valueFrom":{"secretKeyRef":{"name":"absent","key":"k"}}}""", "secret \"absent\" not found")]
    [InlineData("""{"name":"A","valueFrom":{"configMapKeyRef":{"name":"m","key":"k"}}}""", "couldn't find key k in ConfigMap flow/m")]
    public void What_is_missing_is_named(string variable, string message)
    {
        _cluster.Objects[("ConfigMap", "m")] = new() { ["data"] = new JsonObject() };

        var exception = Assert.Throws<ContainerConfigException>(() => Resolve($$"""{"name":"main","env":[{{variable}}]}"""));

        Assert.Equal(message, exception.Message);
    }

    private Dictionary<string, string> Resolve(string container)
    {
        var pod = KubernetesJson.Deserialize<V1Pod>(
            """{"metadata":{"name":"p","namespace":"flow","labels":{"app":"web"}},"spec":{"containers":[""" + container + "]}}"
        );
        return ContainerEnvironment.Resolve(
            pod,
            pod.Spec.Containers[0],
            new Dictionary<string, string> { ["PATH"] = "/bin" },
            new PodSources(_cluster, "flow")
        );
    }
}
