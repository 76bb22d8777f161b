using System.Globalization;
using System.Text.Json.Nodes;
using CsCheck;
using Federation.Configuration;
using Federation.Configuration.Yaml;
using Federation.Findings;

namespace Federation.Tests.Configuration;

public sealed class SchemaTests
{
    [Fact]
    public void The_checked_in_schema_is_the_one_that_the_parsers_tables_make() =>
        Checkout.Hold("federation.schema.json", ConfigurationSchema.Write());

    [Fact]
    public void The_schema_is_a_valid_one_of_the_draft_that_it_names()
    {
        var schema = JsonNode.Parse(ConfigurationSchema.Write())!;
        Assert.Equal("https://json-schema.org/draft/2020-12/schema", (string?)schema["$schema"]);
        Assert.True(EditorSchema.IsSchema(schema));

        schema["properties"]!["name"]!["maxLength"] = "long";
        Assert.False(EditorSchema.IsSchema(schema));
    }

    [Theory]
    [InlineData(Documents.Full)]
    [InlineData(Documents.Least)]
    public void The_schema_accepts_what_the_parser_accepts(string document)
    {
        Documents.Valid(document);
        Assert.True(EditorSchema.Accepts(Documents.ToJson(document)));
    }

    [Fact]
    public void The_schema_and_the_parser_accept_the_example()
    {
        var example = Checkout.Read("templates/federation.example.yaml");

        Documents.Valid(example);
        Assert.True(EditorSchema.Accepts(Documents.ToJson(example)));
    }

    [Fact]
    public void The_schema_refuses_each_wrong_document_for_what_it_can_see_and_no_other()
    {
        var refused = 0;
        foreach (var (title, document) in WrongDocumentTests.Documents())
        {
            var reading = NewReading();
            if (YamlDocument.Parse(document, reading) is not { } root || reading.Errors > 0)
            {
                // Not YAML, or with repeated keys, which the schema does not see.
                continue;
            }

            var accepted = EditorSchema.Accepts(Documents.ToJson(document));
            Assert.True(ParserAccepts(root, reading) == accepted, $"{title}: the schema {(accepted ? "accepts" : "refuses")} it");
            refused += accepted ? 0 : 1;
        }

        Assert.True(refused > 15, $"{refused} are refused.");
    }

    [Theory]
    [InlineData("federation: 1")]
    [InlineData("[]")]
    [InlineData("clusters: {}\naccounts: {}\nworkloads: []")]
    public void The_schema_rejects_a_document_of_another_shape(string document)
    {
        Assert.Null(Documents.Read(document).Configuration);
        Assert.False(EditorSchema.Accepts(Documents.ToJson(document)));
    }

    [Fact]
    public void The_schema_and_the_parser_agree_on_every_structural_change()
    {
        var accepted = 0;
        var rejected = 0;

        Gen.Int[0, int.MaxValue - 1]
            .Array[1, 2]
            .Sample(
                seeds =>
                {
                    var document = Documents.ToJson(Documents.Full)!.AsObject();
                    foreach (var seed in seeds)
                    {
                        Change(document, new Random(seed));
                    }

                    var text = document.ToJsonString();

                    var reading = NewReading();
                    var parser = ParserAccepts(YamlDocument.Parse(text, reading)!, reading);
                    var schema = EditorSchema.Accepts(JsonNode.Parse(text));

                    if (parser)
                    {
                        Interlocked.Increment(ref accepted);
                    }
                    else
                    {
                        Interlocked.Increment(ref rejected);
                    }

                    Assert.True(
                        parser == schema,
                        $"{text}\nschema: {(schema ? "accepted" : "rejected")}\n"
                            + string.Join('\n', reading.Findings().Select(finding => finding.Cause))
                    );
                },
                iter: 1000
            );

        // Without both, the agreement would mean nothing.
        Assert.True(
            accepted > 50 && rejected > 50,
            string.Create(CultureInfo.InvariantCulture, $"{accepted} accepted, {rejected} rejected")
        );
    }

    private static FileReading NewReading() => new("federation.yaml", FederationKeys.Root.Section);

    /// <summary>Whether the parser accepts the values. References and conflicts are not checked.</summary>
    private static bool ParserAccepts(Node root, FileReading reading)
    {
        FederationKeys.Root.Section.TryRead(root, "a federation", reading, out _);
        // What JSON Schema cannot say: how long a duration is, how many digits a number has.
        return reading
            .Findings()
            .All(finding =>
                finding.Code is FindingCodes.TokenLifetimeOutOfRange or FindingCodes.SessionDurationOutOfRange
                || finding.Cause.Contains("digits;", StringComparison.Ordinal)
            );
    }

    /// <summary>Changes the document in one place: removes, adds, renames or replaces something.</summary>
    private static void Change(JsonObject document, Random random)
    {
        var places = Places(document).ToList();
        var (parent, key) = places[random.Next(places.Count)];
        switch (parent, random.Next(4))
        {
            case (JsonObject mapping, 0):
                mapping.Remove((string)key);
                break;
            case (JsonArray list, 0):
                list.RemoveAt((int)key);
                break;
            case (JsonObject mapping, 1):
                mapping[Keys[random.Next(Keys.Length)]] = Something(random);
                break;
            case (JsonArray list, 1):
                list.Add(list[random.Next(list.Count)]?.DeepClone());
                break;
            case (JsonObject mapping, 2):
                var moved = mapping[(string)key]?.DeepClone();
                mapping.Remove((string)key);
                mapping[Keys[random.Next(Keys.Length)]] = moved;
                break;
            case (JsonObject mapping, _):
                mapping[(string)key] = Something(random);
                break;
            case (JsonArray list, _):
                list[(int)key] = Something(random);
                break;
        }
    }

    private static readonly string[] Keys =
    [
        "name",
        "Name",
        "cluster",
        "audience",
        "role",
        "policies",
        "template",
        "image",
        "location",
        "x",
        "1st",
        "some key",
        "timeout",
        "existing",
    ];

    private static JsonNode? Something(Random random) =>
        random.Next(16) switch
        {
            0 => null,
            1 => true,
            2 => 42,
            3 => 111122223333,
            4 => 1.5,
            5 => "",
            6 => "some-text",
            7 => "Some Text",
            8 => "two\nlines",
            9 => "30s",
            10 => "arn:aws:iam::aws:policy/ReadOnlyAccess",
            11 => "folder/file.json",
            12 => new JsonArray(),
            13 => new JsonArray("role", "role"),
            14 => new JsonObject(),
            _ => new JsonObject { ["template"] = "s3-read", ["name"] = new JsonArray("a", 1) },
        };

    private static IEnumerable<(JsonNode Parent, object Key)> Places(JsonNode node)
    {
        var children = node switch
        {
            JsonObject mapping => mapping.Select(entry => ((object)entry.Key, entry.Value)),
            JsonArray list => list.Select((item, index) => ((object)index, item)),
            _ => [],
        };
        foreach (var (key, child) in children.ToList())
        {
            yield return (node, key);
            if (child is null)
            {
                continue;
            }

            foreach (var place in Places(child))
            {
                yield return place;
            }
        }
    }
}
