using CsCheck;
using Federation.Findings;

namespace Federation.Tests;

/// <summary>Nothing from outside steers a terminal, a log or a page.</summary>
public sealed class PlainTextTests
{
    [Theory]
    [InlineData("plain text, as it is", "plain text, as it is")]
    [InlineData("a\u001b[31mred\u001b[0m", "a\uFFFD[31mred\uFFFD[0m")]
    [InlineData("over\rwritten", "over\uFFFDwritten")]
    [InlineData("turned \u202Ebackwards", "turned \uFFFDbackwards")]
    [InlineData("in\u200Bvisible", "in\uFFFDvisible")]
    [InlineData("a tag \U000E0041 in another plane", "a tag \uFFFD in another plane")]
    [InlineData("lines\nand\ttabs", "lines\nand\ttabs")]
    [InlineData("größer 🙂", "größer 🙂")]
    public void Text_is_shown_without_what_would_steer_the_terminal(string text, string shown) =>
        Assert.Equal(shown, PlainText.Printable(text));

    [Theory]
    [InlineData("one\ntwo\r\nthree", "one⏎two⏎⏎three")]
    [InlineData("one\u2028two", "one⏎two")]
    public void A_line_stays_one_line(string text, string shown) => Assert.Equal(shown, PlainText.OneLine(text));

    [Theory]
    [InlineData("a\nb\u0007", "\"a\\nb\\u0007\"")]
    [InlineData("", "\"\"")]
    public void A_quoted_value_shows_what_is_hidden_in_it(string text, string shown) => Assert.Equal(shown, PlainText.Quoted(text));

    [Fact]
    public void Half_a_pair_is_replaced() => Assert.Equal("half \uFFFD a pair", PlainText.Printable("half \ud800 a pair"));

    [Fact]
    public void A_long_value_is_cut() => Assert.Equal(83, PlainText.Quoted(new string('a', 500)).Length);

    [Fact]
    public void Nothing_hidden_is_left_of_any_text() =>
        Gen.String.Sample(text =>
        {
            foreach (var shown in new[] { PlainText.OneLine(text), PlainText.Quoted(text) })
            {
                Assert.DoesNotContain(shown.EnumerateRunes(), rune => rune.Value != '\t' && PlainText.IsHidden(rune));
            }
        });
}
