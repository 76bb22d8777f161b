using Federation.Diagnosis;
using Federation.Reporting;

namespace Federation.Tests.Diagnosis;

/// <summary>The way of a token, drawn so that no value can draw anything itself.</summary>
public sealed class ChainDrawingTests
{
    [Fact]
    public void A_diagram_shows_each_link_as_it_was_found()
    {
        var diagram = ChainDrawing.Mermaid([
            new("issuer", LinkState.Held, "https://a/b", "https://a/b"),
            new("subject", LinkState.Broken, "team:reader", null),
            new("role", LinkState.NotReached, "arn", null),
        ]);

        Assert.Equal(
            """
            flowchart TB
              issuer["cluster and issuer<br/>https://a/b"]:::held
              subject["subject and trust<br/>expected team:reader<br/>actual -"]:::broken
              issuer --> subject
              role["role<br/>not reached"]:::unreached
              subject -.-> role
              classDef held stroke:#1a7f37,stroke-width:2px
              classDef broken stroke:#cf222e,stroke-width:3px
              classDef unreached stroke-dasharray:4

            """.ReplaceLineEndings("\n"),
            diagram
        );
    }

    [Theory]
    [InlineData("\"]; click issuer \"javascript:x\"", "#34;#93;#59; click issuer #34;javascript:x#34;")]
    [InlineData("a\nb\u001b[2J```", "ab#91;2J#96;#96;#96;")]
    [InlineData("<img src=x>&amp;#35;", "#60;img src#61;x#62;#38;amp#59;#35;35#59;")]
    [InlineData("\U0001F980", "#129408;")]
    public void A_value_cannot_end_its_label(string value, string shown)
    {
        var diagram = ChainDrawing.Mermaid([new("role", LinkState.Held, null, value)]);

        Assert.Contains($"  role[\"role<br/>{shown}\"]:::held\n", diagram, StringComparison.Ordinal);
    }

    [Fact]
    public void A_diagram_stays_within_what_Mermaid_draws_however_long_the_values_are()
    {
        var links = new[] { "issuer", "token", "provider", "audience", "subject", "role", "permissions", "check" }.Select(
            name => new ChainLink(name, LinkState.Broken, new string('"', 100_000), new string('"', 100_000))
        );

        Assert.InRange(ChainDrawing.Mermaid([.. links]).Length, 1, 50_000);
    }

    [Fact]
    public void The_first_differing_character_is_marked_where_the_values_begin_alike()
    {
        Assert.Equal(5, ChainDrawing.Marked("team:reader", "team:default"));
        Assert.Null(ChainDrawing.Marked("team:reader", "(none)"));
        Assert.Null(ChainDrawing.Marked("one", "one\ntwo"));
        Assert.Null(ChainDrawing.Marked(null, "one"));
    }
}
