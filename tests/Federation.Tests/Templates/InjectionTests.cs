using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Federation.Findings;
using Federation.Templates;

namespace Federation.Tests.Templates;

/// <summary>Any value is read back from the written document as the scalar that it was filled into.</summary>
public sealed class InjectionTests
{
    private const int Iterations = 2000;

    /// <summary>Texts that break careless templating, mixed with random ones.</summary>
    private static readonly Gen<string> Pieces = Gen.OneOf(
        Gen.OneOf<string>(
            "\n",
            "\r\n",
            "\t",
            " ",
            ": ",
            " #",
            "- ",
            "---",
            "...",
            "\"",
            "'",
            "\\",
            "{",
            "}",
            "[",
            "]",
            ",",
            "&a",
            "*a",
            "!!str ",
            "|",
            ">",
            "%",
            "@",
            "`",
            "${workload.name}",
            "$${",
            "${",
            "~",
            "null",
            "true",
            "yes",
            "0x1",
            "012",
            "1e3",
            "<<",
            "=",
            "\u0085",
            "\u2028",
            "\uFEFF",
            "\uFFFE",
            "\0",
            "\u007F",
            "é",
            "😀"
        ),
        Gen.String[Gen.Char.AlphaNumeric, 0, 6],
        Gen.Char.Where(c => !char.IsSurrogate(c)).Select(c => c.ToString())
    );

    private static readonly Gen<string> Values = Pieces.Array[0, 8].Select(string.Concat);

    [Fact]
    public void A_value_survives_YAML_as_value_within_a_value_and_as_key() =>
        Values.Sample(
            value =>
            {
                var text = Encoding.UTF8.GetString(
                    CanonicalYaml.Write(
                        Fill(
                            "a.yaml",
                            "alone: ${workload.audience}\nwithin: a ${workload.audience} b\n"
                                + "k${workload.audience}: [{deep: \"${workload.audience}\"}]\nlast: x\n",
                            value
                        )
                    )
                );
                Assert.True(JsonNode.DeepEquals(Expected(value), ParsedYaml.Parse(text)), text);
            },
            iter: Iterations
        );

    [Fact]
    public void A_value_survives_JSON_as_value_within_a_value_and_as_key() =>
        Values.Sample(
            value =>
            {
                var text = Encoding.UTF8.GetString(
                    CanonicalJson.Write(
                        Fill(
                            "a.json",
                            """
                            { "alone": "${workload.audience}", "within": "a ${workload.audience} b",
                              "k${workload.audience}": [{ "deep": "${workload.audience}" }], "last": "x" }
                            """,
                            value
                        )
                    )
                );
                Assert.True(JsonNode.DeepEquals(Expected(value), JsonNode.Parse(text)), text);
            },
            iter: Iterations
        );

    [Fact]
    public void A_value_never_becomes_anything_but_a_string() =>
        Values.Sample(
            value =>
                Assert.Equal(
                    value,
                    (string?)ParsedYaml.Parse(Encoding.UTF8.GetString(CanonicalYaml.Write(new JsonObject { ["a"] = value })))!["a"]
                ),
            iter: Iterations
        );

    [Fact]
    public void A_value_that_could_widen_a_policy_is_refused_and_any_other_stays_what_it_is() =>
        Values.Sample(
            value =>
            {
                var (document, findings) = TemplateLanguageTests.Fill(
                    """{ "a": "${workload.audience}" }""",
                    "p.json",
                    Sample.Workload with
                    {
                        Audience = value,
                    },
                    policy: true
                );
                if (value.AsSpan().IndexOfAny("*?$") >= 0)
                {
                    Assert.Equal(FindingCodes.TemplateInvalid, Assert.Single(findings).Code);
                }
                else
                {
                    Assert.Equal(value, (string?)document!["a"]);
                }
            },
            iter: Iterations
        );

    [Fact]
    public void Half_a_character_is_refused()
    {
        var (_, findings) = TemplateLanguageTests.Fill("a: ${workload.audience}", "a.yaml", Sample.Workload with { Audience = "x\uD83D" });
        Assert.Contains("half a character", Assert.Single(findings).Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_key_is_still_a_key()
    {
        var key = new string('k', 3000) + "\n";
        var document = new JsonObject
        {
            [key] = new JsonObject { [key] = "a", ["b"] = new JsonArray("c") },
        };
        Assert.True(JsonNode.DeepEquals(document, ParsedYaml.Parse(Encoding.UTF8.GetString(CanonicalYaml.Write(document)))));
    }

    private static JsonObject Fill(string file, string template, string value)
    {
        var (document, findings) = TemplateLanguageTests.Fill(template, file, Sample.Workload with { Audience = value });
        Assert.Empty(findings);
        return document!;
    }

    private static JsonObject Expected(string value) =>
        new()
        {
            ["alone"] = value,
            ["within"] = $"a {value} b",
            ["k" + value] = new JsonArray(new JsonObject { ["deep"] = value }),
            ["last"] = "x",
        };
}
