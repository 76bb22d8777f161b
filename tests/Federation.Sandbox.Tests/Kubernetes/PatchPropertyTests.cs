using System.Text.Json.Nodes;
using CsCheck;
using Federation.Sandbox.Hosting;
using Federation.Sandbox.Kubernetes;
using Federation.Sandbox.Kubernetes.Endpoints;
using Federation.Sandbox.Kubernetes.Patching;
using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Schemas;

namespace Federation.Sandbox.Tests.Kubernetes;

/// <summary>Laws of patches, of selectors and of the protobuf form, for any input.</summary>
public sealed class PatchPropertyTests
{
    private static readonly Gen<string> Key = Gen.OneOf("a", "b", "c/d", "e~f", "name", "");

    private static readonly Gen<JsonNode?> Scalar = Gen.OneOf(
        Gen.Const((JsonNode?)null),
        Gen.Bool.Select(static value => (JsonNode?)JsonValue.Create(value)),
        Gen.Long[-5, 5].Select(static value => (JsonNode?)JsonValue.Create(value)),
        Gen.OneOf("", "x", "y").Select(static value => (JsonNode?)JsonValue.Create(value))
    );

    private static readonly Gen<JsonNode?> Node = Gen.Recursive<JsonNode?>(
        static (depth, node) =>
            depth > 3
                ? Scalar
                : Gen.OneOf(
                    Scalar,
                    node.Array[0, 3].Select(static items => (JsonNode?)new JsonArray([.. items.Select(static item => item?.DeepClone())])),
                    Gen.Select(Key, node).Array[0, 4].Select(static pairs => (JsonNode?)Object(pairs))
                )
    );

    private static readonly Gen<JsonObject> Document = Gen.Select(Key, Node).Array[0, 4].Select(Object);

    private static readonly Gen<JsonObject> Pod = Gen.Select(
        Gen.OneOf("main", "side", "third").Array[0, 3],
        Gen.OneOf("A", "B").Array[0, 2],
        Gen.OneOf("x", "y", "z"),
        static (containers, variables, value) =>
            new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["labels"] = new JsonObject { ["l"] = value },
                    ["finalizers"] = new JsonArray([.. variables.Distinct().Select(static name => JsonValue.Create("f/" + name))]),
                },
                ["spec"] = new JsonObject
                {
                    ["containers"] = new JsonArray([
                        .. containers
                            .Distinct()
                            .Select(name => new JsonObject
                            {
                                ["name"] = name,
                                ["image"] = value,
                                ["env"] = new JsonArray([
                                    .. variables.Distinct().Select(variable => new JsonObject { ["name"] = variable, ["value"] = value }),
                                ]),
                            }),
                    ]),
                },
            }
    );

    [Fact]
    public void A_merge_patch_has_no_more_to_do_when_it_was_applied() =>
        Gen.Select(Document, Document)
            .Sample(
                static (document, patch) =>
                {
                    var once = MergePatch.Apply(document, patch);
                    Assert.Equal(once.ToJsonString(), MergePatch.Apply(once, patch).ToJsonString());
                },
                iter: 20_000
            );

    [Fact]
    public void A_strategic_merge_patch_has_no_more_to_do_when_it_was_applied() =>
        Gen.Select(Pod, Pod)
            .Sample(
                static (pod, patch) =>
                {
                    var once = StrategicMergePatch.Apply(pod, patch, ResourceTable.Pods.Schema);
                    Assert.Equal(once.ToJsonString(), StrategicMergePatch.Apply(once, patch, ResourceTable.Pods.Schema).ToJsonString());

                    // And it removes nothing that it does not name.
                    var before = pod["spec"].Items("containers").Select(static container => container.Text("name"));
                    Assert.Empty(
                        before.Except(
                            once["spec"].Items("containers").Select(static container => container.Text("name")),
                            StringComparer.Ordinal
                        )
                    );
                },
                iter: 20_000
            );

    [Fact]
    public void What_a_JSON_patch_adds_it_can_test_and_remove_again() =>
        Gen.Select(Document, Node)
            .Sample(
                static (document, value) =>
                {
                    const string path = "/added~1here";
                    JsonObject Operation(string name, JsonNode? content) =>
                        new()
                        {
                            ["op"] = name,
                            ["path"] = path,
                            ["value"] = content?.DeepClone(),
                        };
                    var patched = JsonPatch.Apply(document, [Operation("add", value), Operation("test", value), Operation("remove", null)]);
                    Assert.True(JsonNode.DeepEquals(document, patched));
                },
                iter: 20_000
            );

    [Fact]
    public void Whatever_is_sent_as_a_patch_is_applied_or_refused() =>
        Gen.Select(Gen.Int[0, 2], Pod, Node.Array[0, 4], Document)
            .Sample(
                static (kind, pod, operations, patch) =>
                {
                    try
                    {
                        switch (kind)
                        {
                            case 0:
                                foreach (var operation in operations.OfType<JsonObject>())
                                {
                                    operation["op"] = operation["a"] is null ? "copy" : "move";
                                    operation["path"] = operation["b"]?.ToString() ?? "/spec/containers/-";
                                    operation["from"] = "/spec";
                                }

                                JsonPatch.Apply(pod, new JsonArray([.. operations.Select(static operation => operation?.DeepClone())]));
                                break;
                            case 1:
                                StrategicMergePatch.Apply(
                                    pod,
                                    new JsonObject
                                    {
                                        ["spec"] = patch.DeepClone(),
                                        ["metadata"] = new JsonObject
                                        {
                                            ["finalizers"] = new JsonArray(1, null, "x"),
                                            ["$deleteFromPrimitiveList/finalizers"] = new JsonArray(1, null),
                                        },
                                    },
                                    ResourceTable.Pods.Schema
                                );
                                break;
                            default:
                                StrategicMergePatch.Apply(
                                    pod,
                                    new JsonObject
                                    {
                                        ["spec"] = new JsonObject
                                        {
                                            ["containers"] = new JsonArray([
                                                .. operations.Select(static operation => operation?.DeepClone()),
                                            ]),
                                        },
                                    },
                                    ResourceTable.Pods.Schema
                                );
                                break;
                        }
                    }
                    catch (ApiException refusal)
                    {
                        Assert.InRange(refusal.Code, 400, 499);
                    }
                },
                iter: 30_000
            );

    [Fact]
    public void Copies_of_copies_end_before_they_fill_the_memory()
    {
        var operations = new JsonArray([
            .. Enumerable
                .Range(0, 60)
                .Select(static index => new JsonObject
                {
                    ["op"] = "copy",
                    ["from"] = "",
                    ["path"] = $"/c{index}",
                }),
        ]);
        Assert.Throws<ApiException>(() => JsonPatch.Apply(new JsonObject { ["a"] = new string('x', 1000) }, operations));
    }

    [Fact]
    public void Opposite_selectors_divide_what_there_is() =>
        Gen.Select(Gen.OneOf("a", "b"), Gen.OneOf("x", "y", "z"), Gen.OneOf("a", "b", "c"), Gen.OneOf("x", "y"))
            .Sample(
                static (key, value, labelKey, label) =>
                {
                    var pod = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { [labelKey] = label } } };
                    bool Matches(string selector) => Selector.Parse(selector, "", ResourceTable.Pods).Matches(pod);
                    Assert.NotEqual(Matches($"{key}={value}"), Matches($"{key}!={value}"));
                    Assert.NotEqual(Matches($"{key} in ({value},q)"), Matches($"{key} notin ({value},q)"));
                    Assert.NotEqual(Matches(key), Matches("!" + key));
                    Assert.Equal(Matches($"{key}={value}"), Matches($"{key} in ({value})"));
                },
                iter: 5_000
            );

    [Fact]
    public void Whatever_is_asked_as_a_selector_is_read_or_refused() =>
        Gen.Char["ab=!(),. inot/\n\0é"]
            .Array[0, 24]
            .Select(static letters => new string(letters))
            .Sample(
                static text =>
                {
                    try
                    {
                        Selector.Parse(text, text, ResourceTable.Pods).Matches(new JsonObject { ["metadata"] = new JsonObject() });
                    }
                    catch (ApiException refusal)
                    {
                        Assert.Equal(400, refusal.Code);
                    }
                },
                iter: 100_000
            );

    [Fact]
    public void Junk_for_protobuf_is_refused_as_such() =>
        Gen.Select(Gen.OneOf((string[])[.. KubernetesTypes.Schema.Structs.Select(static type => type.Name)]), Gen.Byte.Array[0, 200])
            .Sample(
                static (kind, junk) =>
                {
                    byte[] name = [.. System.Text.Encoding.UTF8.GetBytes(kind)];
                    byte[] body =
                    [
                        .. "k8s\0"u8,
                        0x0a,
                        (byte)(4 + 2 + name.Length),
                        0x0a,
                        2,
                        (byte)'v',
                        (byte)'1',
                        0x12,
                        (byte)name.Length,
                        .. name,
                        0x12,
                        .. Length(junk.Length),
                        .. junk,
                    ];
                    try
                    {
                        ProtobufReading.Parse(body, KubernetesTypes.Schema);
                    }
                    catch (FormatException)
                    {
                        // What the endpoint answers 400 to.
                    }
                },
                iter: 200_000
            );

    [Fact]
    public void Junk_around_the_envelope_is_refused_as_such() =>
        Gen
            .Byte.Array[0, 64]
            .Sample(
                static junk =>
                {
                    foreach (byte[] body in new[] { junk, [.. "k8s\0"u8, .. junk] })
                    {
                        try
                        {
                            ProtobufReading.Parse(body, KubernetesTypes.Schema);
                        }
                        catch (FormatException)
                        {
                            // What the endpoint answers 400 to.
                        }
                    }
                },
                iter: 100_000
            );

    [Fact]
    public void Whatever_is_sent_as_YAML_is_read_or_refused() =>
        Gen.Char["ab:-[]{}&*!|>'\"#, \n\t?1"]
            .Array[0, 40]
            .Select(static letters => new string(letters))
            .Sample(
                static text =>
                {
                    try
                    {
                        YamlReading.Parse(text);
                    }
                    catch (FormatException)
                    {
                        // What the endpoint answers 400 to.
                    }
                },
                iter: 50_000
            );

    [Theory]
    [InlineData("0o17", "15")]
    [InlineData("0777777777777777777777", "9223372036854775807")]
    [InlineData("0o7777777777777777777777", "\"0o7777777777777777777777\"")]
    [InlineData("07777777777777777777777", "7.777777777777777E+21")]
    [InlineData("1e344", "\"1e344\"")]
    public void A_number_of_YAML_that_no_type_holds_is_a_text(string yaml, string json) =>
        Assert.Equal(json, YamlReading.Parse(yaml)!.ToJsonString());

    [Fact]
    public void A_number_of_JSON_that_no_type_holds_is_refused() =>
        Assert.Equal(
            "json: cannot unmarshal number 1e344 into Go value of type float64",
            Assert.Throws<FormatException>(() => JsonReading.Parse("""{"a":1e344}"""u8)).Message
        );

    [Fact]
    public void Aliases_of_aliases_and_endless_depth_are_refused()
    {
        var laughs =
            "a: &a [x,x,x,x,x,x,x,x,x]\n"
            + string.Concat(
                Enumerable
                    .Range('b', 9)
                    .Select(static letter =>
                        $"{(char)letter}: &{(char)letter} [{string.Join(',', Enumerable.Repeat("*" + (char)(letter - 1), 9))}]\n"
                    )
            );
        Assert.Throws<FormatException>(() => YamlReading.Parse(laughs));
        Assert.Throws<FormatException>(() => YamlReading.Parse(new string('[', 5_000)));
    }

    [Fact]
    public void A_message_is_read_as_it_was_written() =>
        Generated(KubernetesTypes.Schema["Pod"], 0)
            .Sample(
                static pod =>
                {
                    var type = KubernetesTypes.Schema["Pod"];
                    var bytes = ProtobufWriting.Object("v1", "Pod", pod, type);
                    var read = ProtobufReading.Parse(bytes, KubernetesTypes.Schema);
                    read.Remove("apiVersion");
                    read.Remove("kind");
                    Assert.True(JsonNode.DeepEquals(pod, read), $"{pod.ToJsonString()}\n{read.ToJsonString()}");
                },
                iter: 2_000
            );

    private static byte[] Length(int length) => length < 0x80 ? [(byte)length] : [(byte)(length | 0x80), (byte)(length >> 7)];

    private static JsonObject Object((string, JsonNode?)[] pairs)
    {
        var value = new JsonObject();
        foreach (var (key, node) in pairs)
        {
            value[key] = node?.DeepClone();
        }

        return value;
    }

    // Objects of a type, some of its fields set.
    private static Gen<JsonObject> Generated(StructType type, int depth) =>
        Gen.Int[0, int.MaxValue].Select(seed => Make(type, new Random(seed), depth));

    private static JsonObject Make(StructType type, Random random, int depth)
    {
        var value = new JsonObject();
        foreach (var field in type.Fields.Values.Where(field => field.Number > 0 && random.Next(depth == 0 ? 2 : 6) == 0))
        {
            if (MakeNode(field.Type, random, depth + 1) is { } node)
            {
                value[field.Name] = node;
            }
        }

        return value;
    }

    private static JsonNode? MakeNode(FieldType type, Random random, int depth) =>
        type switch
        {
            StructType structure => depth > 7 ? null : Make(structure, random, depth),
            ListType list => MakeNode(list.Element, random, depth) is { } item
                ? new JsonArray(item, MakeNode(list.Element, random, depth))
                : null,
            MapType map => MakeNode(map.Element, random, depth) is { } item ? new JsonObject { ["k"] = item } : null,
            ScalarType { Name: "bool" } => random.Next(2) == 0,
            ScalarType { Name: "int32" or "int64" } => (long)random.Next(-100, 1_000_000),
            ScalarType { Name: "bytes" } => Convert.ToBase64String([1, 2, (byte)random.Next(256)]),
            ScalarType { Name: "time" } => Moment.Seconds(DateTimeOffset.FromUnixTimeSeconds(random.Next(1, int.MaxValue))),
            ScalarType { Name: "string" or "quantity" } => $"s{random.Next(1000)}é",
            ScalarType { Name: "intOrString" } => random.Next(2) == 0
                ? JsonValue.Create((long)random.Next(1000))
                : JsonValue.Create("http"),
            _ => null,
        };
}
