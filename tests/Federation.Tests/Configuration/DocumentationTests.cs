using System.Text.RegularExpressions;
using Federation.Configuration;
using Federation.Configuration.Schema;

namespace Federation.Tests.Configuration;

/// <summary>Compares docs/configuration.md with the parser.</summary>
public sealed partial class DocumentationTests
{
    private static readonly string Page = Checkout.Read("docs/configuration.md");

    [Fact]
    public void Every_key_and_every_default_is_on_the_page()
    {
        var sections = Sections(FederationKeys.Root.Section).Distinct().ToList();
        Assert.Equal(8, sections.Count);

        Assert.All(
            sections.SelectMany(section => section.Keys),
            key =>
            {
                Assert.Matches($@"(?m)^\|[^|]*`{key.Name}`[^|]*\|", Page);
                if (key.DefaultText is { } text)
                {
                    Assert.Matches($@"(?m)^\|[^|]*`{key.Name}`[^|]*\|[^|]*`{Regex.Escape(text)}`[^|]*\|", Page);
                }
            }
        );
    }

    [Fact]
    public void The_examples_on_the_page_are_right()
    {
        var blocks = YamlBlock().Matches(Page).Select(match => match.Groups["yaml"].Value).ToList();
        var small = blocks.Single(block =>
            block.Contains("clusters:", StringComparison.Ordinal) && block.Contains("workloads:", StringComparison.Ordinal)
        );
        Documents.Valid(small);

        // The other examples show one section each; together they are a file.
        Documents.Valid(string.Concat(blocks.Where(block => block != small && !block.StartsWith('#'))));
    }

    private static IEnumerable<Section> Sections(Value value) =>
        value.Parts.SelectMany(Sections).Concat(value is Section section ? [section] : []);

    [GeneratedRegex("```yaml\n(?<yaml>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex YamlBlock();
}
