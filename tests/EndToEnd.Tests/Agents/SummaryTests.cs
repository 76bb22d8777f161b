using System.Text;
using System.Text.RegularExpressions;
using Build.Agents;
using CsCheck;
using Federation.Diagnosis;
using Federation.Planning;
using Federation.Reporting;
using Markdig;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace EndToEnd.Tests.Agents;

public sealed class SummaryTests
{
    private static readonly MarkdownPipeline GitHubFlavoured = new MarkdownPipelineBuilder().UsePipeTables().UseAutoLinks().UseEmphasisExtras().UseTaskLists().UseMathematics().UseFootnotes().Build();
    private static readonly Documentation Documentation = new("https://github.test/acme/tool/blob/v1.2.3");

    [Fact]
    public void A_reviewer_sees_the_verdict_the_finding_the_workloads_and_the_plan()
    {
        var summary = Summary.Write(Of(Failed("exporter", "system:serviceaccount:exports:exporter")), ["Verify only plans here: because."], Documentation);
        Assert.Equal(
            """
            ## ❌ Failed: 1 workload

            Verify · live · 1.5 s

            > Verify only plans here: because.

            ### ❌ [FED4004](https://github.test/acme/tool/blob/v1.2.3/docs/diagnostics.md#fed4004-trustsubjectmismatch) TrustSubjectMismatch: exporter

            The subject differs.

            | | |
            |---|---|
            | Where | <code>federation.yaml:3:7</code> |
            | Resource | <code>aws/111122223333/role/exporter</code> |
            | Expected | <code>system:serviceaccount:exports:exporter</code> |
            | Actual | <code>system:serviceaccount:exports:default</code> |

            **Fix:** Run Apply.

            ### Workloads

            | Workload | Identity | Role | Outcome | Time |
            |---|---|---|---|---|
            | exporter | <code>system:serviceaccount:exports:exporter</code> | <code>arn:aws:iam::111122223333:role/exporter</code> | ❌ failed | 900 ms |

            <details><summary>Plan: 0 to create, 1 to update, 0 to delete, 1 unchanged</summary>

            ```diff
            ! aws/111122223333/role/exporter
            #   trust.Statement[FederationMain].Condition
            -     system:serviceaccount:exports:default
            +     system:serviceaccount:exports:exporter
            ```

            </details>

            Plan 500 ms · Verify 900 ms. Report: <code>artifacts/report.json</code>

            """.ReplaceLineEndings("\n"),
            summary);
    }

    [Theory]
    [InlineData("a|b")]
    [InlineData("`code` ``more``")]
    [InlineData("```\n```\n# heading\n<script>alert(1)</script>")]
    [InlineData("</code></details><img src=x onerror=alert(1)>")]
    [InlineData("[link](https://evil.test) ![image](x) <https://evil.test>")]
    [InlineData("&lt;b&gt; &#124;")]
    [InlineData("**bold** __bold__ ~~gone~~ $math$ [^1]")]
    [InlineData("line\r\n| cell | cell |\n- [ ] task\n1. one\n> quote\n\n    code")]
    [InlineData("\\")]
    [InlineData("ends in a backslash \\")]
    public void Whatever_stands_in_a_name_is_shown_and_changes_nothing_around_it(string value) => Holds(value);

    [Fact]
    public void No_value_changes_what_the_page_is_made_of() =>
        Gen.OneOf(Gen.String, Gen.OneOf<string>("`", "```", "|", "<b>", "</details>", "\\", "*", "_", "[a](b)", "\n", "#", "~~~", "$", "&amp;", "-->").Array[1, 12].Select(string.Concat))
            .Sample(Holds);

    [Fact]
    public void What_does_not_fit_is_cut_and_the_page_says_so()
    {
        var one = Failed("exporter", "system:serviceaccount:exports:exporter");
        var report = one with
        {
            Workloads = [.. Enumerable.Range(0, 5000).Select(number => one.Workloads[0] with
            {
                Name = $"exporter-{number}",
                Findings = [],
                Changes = [.. one.Workloads[0].Changes.Select(change => change with { Resource = $"{change.Resource}-{number}-{new string('✓', 60)}" })],
            })],
        };
        var summary = Summary.Write(Of(report), [], Documentation);
        Assert.InRange(Encoding.UTF8.GetByteCount(summary), Summary.Limit / 2, Summary.Limit);
        Assert.EndsWith("**The rest is cut**: a summary holds 1 MiB at most. The whole is in the report.\n", summary, StringComparison.Ordinal);
        Assert.Equal(Regex.Count(summary, "<details>"), Regex.Count(summary, "</details>"));
        Assert.Equal(0, Regex.Count(summary, "^`{3,}", RegexOptions.Multiline) % 2);
    }

    private static void Holds(string value)
    {
        var expected = Shape(Summary.Write(Of(Failed("name", "value")), ["note"], Documentation));
        Assert.Equal(expected, Shape(Summary.Write(Of(Failed(value, value)), [value], Documentation)));
    }

    /// <summary>The blocks, links and HTML tags of a page, without its text.</summary>
    private static List<string> Shape(string page)
    {
        var document = Markdown.Parse(page, GitHubFlavoured);
        return
        [
            .. document.Descendants().Where(node => node is not (LiteralInline or ParagraphBlock)).Select(node => node switch
            {
                HtmlInline html => html.Tag,
                HtmlBlock html => string.Concat(Regex.Matches(html.Lines.ToString(), "<[^>]*>", RegexOptions.NonBacktracking).Select(tag => tag.Value)),
                LinkInline link => $"link {link.Url}",
                _ => node.GetType().Name,
            }),
        ];
    }

    private static Conclusion Of(Report report) => new(report, "artifacts/report.json", [], Failure: null);

    private static Report Failed(string name, string value) => new()
    {
        Target = "Verify",
        Cloud = "live",
        Outcome = Outcome.Failed,
        DurationMilliseconds = 1500,
        Phases = [new Phase("Plan", 500), new Phase("Verify", 900)],
        Workloads =
        [
            new WorkloadReport
            {
                Name = name,
                Outcome = Outcome.Failed,
                RoleArn = $"arn:aws:iam::111122223333:role/{name}",
                ProviderArn = "arn:aws:iam::111122223333:oidc-provider/container.googleapis.com",
                Issuer = "https://container.googleapis.com",
                Subject = value,
                Audience = "sts.amazonaws.com",
                Changes =
                [
                    new ReportedChange($"aws/111122223333/role/{name}", ChangeAction.Update, [new FieldChange("trust.Statement[FederationMain].Condition", "system:serviceaccount:exports:default", value)]),
                    new ReportedChange("kubernetes/main/exports/namespace/exports", ChangeAction.Unchanged, []),
                ],
                Findings = [new ReportedFinding("FED4004", Severity.Error, "TrustSubjectMismatch", "The subject differs.", "Run Apply.", $"aws/111122223333/role/{name}", value, "system:serviceaccount:exports:default", "federation.yaml", 3, 7, DiffersAt: null)],
                Phases = [new Phase("Verify", 900)],
            },
        ],
    };
}
