using System.Text.RegularExpressions;
using Federation.Diagnosis;
using Federation.Findings;
using Federation.Tests.Configuration;

namespace Federation.Tests.Diagnosis;

/// <summary>docs/diagnostics.md says what the codes mean.</summary>
public sealed partial class DiagnosticsPageTests
{
    private static readonly string Page = Checkout.Read("docs/diagnostics.md");

    private static readonly IReadOnlyDictionary<string, string> Sections = Heading()
        .Split(Page)
        .Skip(1)
        .Where(section => section.StartsWith("FED", StringComparison.Ordinal))
        .ToDictionary(section => section[..7], StringComparer.Ordinal);

    public static TheoryData<string> Codes => [.. FindingCatalogue.All.Select(kind => kind.Code)];

    public static TheoryData<string, string> Texts => [.. Rows("From the text").Select(row => (row[0].Trim('`'), CodesIn(row[1]).First()))];

    [Fact]
    public void Every_code_has_a_section_in_order_and_no_section_is_without_a_code() =>
        Assert.Equal(FindingCatalogue.All.Select(kind => kind.Code), Sections.Keys);

    [Theory]
    [MemberData(nameof(Codes))]
    public void A_section_has_title_meaning_exit_code_and_all_parts(string code)
    {
        var lines = Sections[code].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var kind = FindingCatalogue.Get(code);
        Assert.Equal($"{code} {kind.Name}", lines[0]);
        Assert.StartsWith($"{kind.Meaning} Exit code {kind.ExitCode}.", lines[1], StringComparison.Ordinal);
        Assert.Equal(
            ["Symptom", "Cause", "Fix", "Detected by"],
            lines.Skip(2).Take(4).Select(line => Part().Match(line).Groups["part"].Value)
        );
        Assert.All(lines.Skip(2).Take(4), line => Assert.EndsWith(".", line, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public void The_page_of_a_code_is_its_heading_as_GitHub_makes_anchors(string code)
    {
        var heading = Sections[code].Split('\n')[0];
        Assert.Equal($"docs/diagnostics.md#{heading.ToLowerInvariant().Replace(' ', '-')}", FindingCatalogue.Get(code).Page);
    }

    [Fact]
    public void Every_link_within_the_page_leads_to_the_code_it_names() =>
        Assert.All(
            Link().Matches(Page),
            link => Assert.Equal(FindingCatalogue.Get(link.Groups["code"].Value).Page, $"docs/diagnostics.md{link.Groups["target"].Value}")
        );

    [Fact]
    public void Every_code_that_the_page_mentions_exists() => Assert.All(CodesIn(Page), code => Assert.NotNull(FindingCatalogue.Get(code)));

    [Fact]
    public void Every_source_that_is_cited_is_given_and_the_other_way_round() =>
        Assert.Equal(
            Definition().Matches(Page).Select(source => source.Groups["name"].Value).Order(StringComparer.Ordinal),
            Citation()
                .Matches(Page)
                .Select(source => source.Groups["name"].Value)
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal)
        );

    [Fact]
    public void All_sixty_five_failures_of_the_field_have_a_finding_or_cannot_be_seen()
    {
        var rows = Rows("Which failure is which finding");
        Assert.Equal(Enumerable.Range(1, 65).Select(number => $"{number}"), rows.Select(row => row[0]));
        Assert.All(
            rows,
            row => Assert.True(CodesIn(row[2]).Any() || row[2] == "inside your own program: cannot be seen from outside", row[2])
        );
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_text_of_the_page_is_explained_as_the_page_says(string text, string code) =>
        Assert.Equal(code, Assert.Single(ErrorTexts.Explain(text)).Code);

    private static List<string[]> Rows(string heading) =>
        [
            .. Heading()
                .Split(Page)
                .Single(section => section.StartsWith(heading, StringComparison.Ordinal))
                .Split('\n')
                .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
                .Skip(1)
                .Select(line => line.Trim('|', ' ').Split(" | ")),
        ];

    private static IEnumerable<string> CodesIn(string text) => Code().Matches(text).Select(code => code.Value);

    [GeneratedRegex("^## ", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^- \*\*(?<part>[A-Za-z ]+)\.\*\* \S", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Part();

    [GeneratedRegex(@"\[(?<code>FED[0-9]{4})\]\((?<target>#[^)]*)\)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Link();

    [GeneratedRegex("FED[0-9]{4}", RegexOptions.NonBacktracking)]
    private static partial Regex Code();

    [GeneratedRegex(
        @"^\[(?<name>[a-z0-9-]+)\]: https://\S+$",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking
    )]
    private static partial Regex Definition();

    [GeneratedRegex(@"\]\[(?<name>[a-z0-9-]+)\]", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Citation();
}
