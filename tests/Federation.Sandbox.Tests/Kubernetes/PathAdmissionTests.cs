using System.Net;
using System.Text.Json.Nodes;

namespace Federation.Sandbox.Tests.Kubernetes;

/// <summary>Paths that would leave a volume are refused at the door, in the API server's own words.</summary>
public sealed class PathAdmissionTests(PathAdmissionTests.SharedCluster shared) : IClassFixture<PathAdmissionTests.SharedCluster>
{
    private const string Absolute = "must be a relative path";
    private const string Backsteps = "must not contain '..'";
    private const string Reserved = "must not start with '..'";

    /// <summary>
    /// Every field of a pod that names a path in a volume: a fragment with PATH in it, and the field that the error names.
    /// </summary>
    private static readonly (string Volume, string Mount, string Field, bool IsFile)[] Fields =
    [
        ("""{"secret":{"secretName":"s","items":[{"key":"k","path":PATH}]}}""", "{}", "volumes[0].secret.items[0].path", true),
        ("""{"configMap":{"name":"c","items":[{"key":"k","path":PATH}]}}""", "{}", "volumes[0].configMap.items[0].path", true),
        (Downward(), "{}", "volumes[0].downwardAPI.path", true),
        (Projected("""{"secret":{"name":"s","items":[{"key":"k","path":PATH}]}}"""), "{}", Source + "secret.items[0].path", true),
        (Projected("""{"configMap":{"name":"c","items":[{"key":"k","path":PATH}]}}"""), "{}", Source + "configMap.items[0].path", true),
        (Projected(Downward()), "{}", Source + "downwardAPI.path", true),
        (Projected("""{"serviceAccountToken":{"audience":"a","path":PATH}}"""), "{}", "volumes[0].projected.path", true),
        ("""{"emptyDir":{}}""", """{"subPath":PATH}""", "containers[0].volumeMounts.subPath", false),
        ("""{"emptyDir":{}}""", """{"subPathExpr":PATH}""", "containers[0].volumeMounts.subPathExpr", false),
    ];

    private const string Source = "volumes[0].projected.sources[0].";

    public static TheoryData<string, string, string[]> Escapes
    {
        get
        {
            var data = new TheoryData<string, string, string[]>();
            foreach (var place in Fields)
            {
                var reserved = place.IsFile ? new[] { Reserved } : [];
                data.Add(place.Field, "..", [Backsteps, .. reserved]);
                data.Add(place.Field, "../b", [Backsteps]);
                data.Add(place.Field, "a/../../b", [Backsteps]);
                data.Add(place.Field, "a/..", [Backsteps]);
                data.Add(place.Field, "/etc/passwd", [Absolute]);
                data.Add(place.Field, "/../etc/passwd", [Absolute, Backsteps]);
                data.Add(place.Field, "..data", reserved);

                // On Linux a backslash is a letter like any other, to the API server as to the kubelet.
                data.Add(place.Field, @"a\..\..\b", []);
                data.Add(place.Field, @"..\b", reserved);
                data.Add(place.Field, "a/b..c", []);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Escapes))]
    public async Task A_path_that_leaves_its_volume_is_refused(string field, string path, string[] wrong)
    {
        var answer = await shared.Cluster.SendAsync(HttpMethod.Post, "/api/v1/namespaces/default/pods?dryRun=All", Pod(field, path));

        AssertRefused(answer, [.. wrong.Select(text => ("spec." + field, $"Invalid value: {Quote(path)}: {text}"))]);
    }

    [Fact]
    public async Task A_path_that_leaves_its_volume_is_refused_in_a_template_and_in_an_init_container()
    {
        var deployment = JsonNode.Parse(
            """{"metadata":{"name":"d"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}}}}}"""
        )!;
        var spec = Pod(Fields[0].Field, "../b")["spec"]!.DeepClone();
        spec["initContainers"] = JsonNode.Parse(
            """[{"name":"i","image":"busybox","volumeMounts":[{"name":"v","mountPath":"/v","subPath":"/x"}]}]"""
        );
        deployment["spec"]!["template"]!["spec"] = spec;

        AssertRefused(
            await shared.Cluster.SendAsync(HttpMethod.Post, "/apis/apps/v1/namespaces/default/deployments?dryRun=All", deployment),
            [
                ("spec.template.spec.volumes[0].secret.items[0].path", "Invalid value: \"../b\": must not contain '..'"),
                ("spec.template.spec.initContainers[0].volumeMounts.subPath", "Invalid value: \"/x\": must be a relative path"),
            ]
        );
    }

    [Fact]
    public async Task A_host_path_may_be_absolute_but_not_have_dot_dot()
    {
        var pod = Pod(Fields[0].Field, "a");
        pod["spec"]!["volumes"]![0] = JsonNode.Parse("""{"name":"v","hostPath":{"path":"/tmp/../etc"}}""");

        AssertRefused(
            await shared.Cluster.SendAsync(HttpMethod.Post, "/api/v1/namespaces/default/pods?dryRun=All", pod),
            [("spec.volumes[0].hostPath.path", "Invalid value: \"/tmp/../etc\": must not contain '..'")]
        );
    }

    [Theory]
    [InlineData("configmaps", "data", "../x", "form", "must not start with '..'")]
    [InlineData("configmaps", "data", "/x", "form", null)]
    [InlineData("configmaps", "data", "a/../../b", "form", null)]
    [InlineData("configmaps", "data", @"a\b", "form", null)]
    [InlineData("configmaps", "data", "..", null, "must not be '..'")]
    [InlineData("configmaps", "data", ".", null, "must not be '.'")]
    [InlineData("configmaps", "data", "..x", null, "must not start with '..'")]
    [InlineData("configmaps", "binaryData", "../x", "form", "must not start with '..'")]
    [InlineData("secrets", "data", "../x", "form", "must not start with '..'")]
    [InlineData("secrets", "data", "/x", "form", null)]
    public async Task A_key_that_is_not_a_file_name_is_refused(string kind, string field, string key, string? form, string? prefix)
    {
        var path = $"/api/v1/namespaces/default/{kind}";
        var value = new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "c" },
            [field] = new JsonObject { [key] = "eA==" },
        };
        const string formText =
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' "
            + "(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
        (string, string)[] expected =
        [
            .. new[] { form is null ? null : formText, prefix }
                .OfType<string>()
                .Select(text => ($"{field}[{key}]", $"Invalid value: {Quote(key)}: {text}")),
        ];

        AssertRefused(await shared.Cluster.SendAsync(HttpMethod.Post, path + "?dryRun=All", value), expected);

        await shared.Cluster.PostAsync(path, """{"metadata":{"name":"c"}}""");
        value.Remove("metadata");
        AssertRefused(await shared.Cluster.SendAsync(HttpMethod.Patch, path + "/c", value, "application/merge-patch+json"), expected);
    }

    private static string Downward() => """{"downwardAPI":{"items":[{"path":PATH,"fieldRef":{"fieldPath":"metadata.name"}}]}}""";

    private static string Projected(string source) => $$$"""{"projected":{"sources":[{{{source}}}]}}""";

    private static JsonObject Pod(string field, string path)
    {
        var place = Array.Find(Fields, place => place.Field == field);

        JsonObject Filled(string fragment) =>
            (JsonObject)JsonNode.Parse(fragment.Replace("PATH", JsonValue.Create(path).ToJsonString(), StringComparison.Ordinal))!;

        var volume = Filled(place.Volume);
        volume["name"] = "v";
        var mount = Filled(place.Mount);
        mount["name"] = "v";
        mount["mountPath"] = "/v";
        return new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "p" },
            ["spec"] = new JsonObject
            {
                ["volumes"] = new JsonArray(volume),
                ["containers"] = new JsonArray(
                    new JsonObject
                    {
                        ["name"] = "c",
                        ["image"] = "busybox",
                        ["volumeMounts"] = new JsonArray(mount),
                    }
                ),
            },
        };
    }

    /// <summary>Refused for exactly these causes, or created where there is none.</summary>
    private static void AssertRefused(Answer answer, (string Field, string Message)[] causes)
    {
        if (causes.Length == 0)
        {
            Assert.Equal(HttpStatusCode.Created, answer.Status);
            return;
        }

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
        Assert.Equal("Invalid", answer.Json!["reason"]!.GetValue<string>());
        Assert.Equal(
            causes.Select(cause => (cause.Field, "FieldValueInvalid", cause.Message)),
            answer.Json["details"]!["causes"]!
                .AsArray()
                .Select(cause =>
                    (cause!["field"]!.GetValue<string>(), cause["reason"]!.GetValue<string>(), cause["message"]!.GetValue<string>())
                )
        );
    }

    private static string Quote(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal)}\"";

    /// <summary>One API server for all of these tests, which share no written objects.</summary>
    public sealed class SharedCluster : IAsyncLifetime
    {
        internal TestCluster Cluster { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Cluster = await TestCluster.StartAsync();

        public ValueTask DisposeAsync() => Cluster.DisposeAsync();
    }
}
