using System.Text;
using System.Text.RegularExpressions;
using Build.Agents;
using CsCheck;
using Federation.Diagnosis;
using Federation.Findings;
using Federation.Planning;
using Federation.Reporting;
using Markdig;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace EndToEnd.Tests.Agents;

public sealed class SummaryTests
{
    private static readonly MarkdownPipeline GitHubFlavoured = new MarkdownPipelineBuilder()
        .UsePipeTables()
        .UseAutoLinks()
        .UseEmphasisExtras()
        .UseTaskLists()
        .UseMathematics()
        .UseFootnotes()
        .Build();
    private static readonly Documentation Documentation = new("https://github.test/acme/tool/blob/v1.2.3");

    [Fact]
    public void A_reviewer_sees_the_verdict_the_finding_the_workloads_and_the_plan()
    {
        const string Page = "https://github.test/acme/tool/blob/v1.2.3/docs/diagnostics.md";
        const string Expected = "system:serviceaccount:exports:exporter";
        const string Actual = "system:serviceaccount:exports:default";
        const string Role = "arn:aws:iam::111122223333:role/exporter";
        const string Evidence = "<code>artifacts/evidence.json</code>";
        var summary = Summary.Write(Of(Failed("exporter", Expected)), ["Verify only plans here: because."], Documentation);
        Assert.Equal(
            $$"""
            ## ❌ Failed: 1 workload

            Verify · live · 1.5 s

            > Verify only plans here: because.

            ### ❌ [FED4004]({{Page}}#fed4004-trustsubjectmismatch) TrustSubjectMismatch: exporter

            The subject differs.

            | | |
            |---|---|
            | Where | <code>federation.yaml:3:7</code> |
            | Resource | <code>aws/111122223333/role/exporter</code> |
            | Expected | <code>{{Expected}}</code> |
            | Actual | <code>{{Actual}}</code> |

            **Fix:** Run Apply.

            ### Workloads

            | Workload | Identity | Role | Outcome | Time |
            |---|---|---|---|---|
            | exporter | <code>{{Expected}}</code> | <code>{{Role}}</code> | ❌ failed | 900 ms |

            <details><summary>The chain of exporter</summary>

            ```mermaid
            flowchart TB
              issuer["cluster and issuer<br/>https://container.googleapis.com"]:::held
              subject["subject and trust<br/>expected {{Expected}}<br/>actual {{Actual}}"]:::broken
              issuer --> subject
              role["role<br/>not reached"]:::unreached
              subject -.-> role
              classDef held stroke:#1a7f37,stroke-width:2px
              classDef broken stroke:#cf222e,stroke-width:3px
              classDef unreached stroke-dasharray:4
            ```

            | Link | State | Expected | Actual |
            |---|---|---|---|
            | cluster and issuer | ✅ held | <code>https://container.googleapis.com</code> | the same |
            | subject and trust | ❌ broken | <code>{{Expected}}</code> | <code>{{Actual}}</code> |
            | role | not reached | <code>{{Role}}</code> |  |

            </details>

            <details><summary>Plan: 0 to create, 1 to update, 0 to delete, 1 unchanged</summary>

            ```diff
            ! aws/111122223333/role/exporter
            -   trust.Statement[FederationMain].Condition: {{Actual}}
            +   trust.Statement[FederationMain].Condition: {{Expected}}
            +   trust.Statement[FederationMain].Action[sts:TagSession]
            ```

            </details>

            Plan 500 ms · Verify 900 ms. Report: <code>artifacts/report.json</code>. Evidence, with no secret in it: {{Evidence}}

            """.ReplaceLineEndings("\n"),
            summary
        );
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
        Gen.OneOf(
                Gen.String,
                Gen.OneOf<string>("`", "```", "|", "<b>", "</details>", "\\", "*", "_", "[a](b)", "\n", "#", "~~~", "$", "&amp;", "-->")
                    .Array[1, 12]
                    .Select(string.Concat)
            )
            .Sample(Holds);

    [Fact]
    public void What_does_not_fit_is_cut_and_the_page_says_so()
    {
        var one = Failed("exporter", "system:serviceaccount:exports:exporter");
        var report = one with
        {
            Workloads =
            [
                .. Enumerable
                    .Range(0, 5000)
                    .Select(number =>
                        one.Workloads[0] with
                        {
                            Name = $"exporter-{number}",
                            Findings = [],
                            Chain = [],
                            Changes =
                            [
                                .. one.Workloads[0]
                                    .Changes.Select(change =>
                                        change with
                                        {
                                            Resource = $"{change.Resource}-{number}-{new string('✓', 60)}",
                                        }
                                    ),
                            ],
                        }
                    ),
            ],
        };
        var summary = Summary.Write(Of(report), [], Documentation);
        Assert.InRange(Encoding.UTF8.GetByteCount(summary), Summary.Limit / 2, Summary.Limit);
        Assert.EndsWith(
            "**The rest is cut**: a summary holds 1 MiB at most. The whole is in the report, <code>artifacts/report.json</code>.\n",
            summary,
            StringComparison.Ordinal
        );
        Assert.Equal(Regex.Count(summary, "<details>"), Regex.Count(summary, "</details>"));
        Assert.Equal(0, Regex.Count(summary, "^`{3,}", RegexOptions.Multiline) % 2);
    }

    [Fact]
    public void One_cause_of_many_workloads_is_told_once()
    {
        var one = Failed("exporter", "system:serviceaccount:exports:exporter");
        var summary = Summary.Write(
            Of(
                one with
                {
                    Workloads = [.. Enumerable.Range(0, 200).Select(number => one.Workloads[0] with { Name = $"exporter-{number}" })],
                }
            ),
            [],
            Documentation
        );
        Assert.Contains("TrustSubjectMismatch: exporter-0 and 199 more\n", summary, StringComparison.Ordinal);
        Assert.Equal(1, Regex.Count(summary, @"\*\*Fix:"));
    }

    [Fact]
    public void Of_five_thousand_findings_the_first_are_in_full_and_the_workloads_and_the_plan_have_room()
    {
        var one = Failed("exporter", "system:serviceaccount:exports:exporter");
        var workloads = Enumerable
            .Range(0, 200)
            .Select(number =>
                one.Workloads[0] with
                {
                    Name = $"exporter-{number}",
                    Findings =
                        number % 2 == 0
                            ? []
                            :
                            [
                                .. Enumerable
                                    .Range(0, 50)
                                    .Select(finding =>
                                        one.Workloads[0].Findings[0] with
                                        {
                                            Cause = $"The subject differs, {number} {finding}.",
                                        }
                                    ),
                            ],
                    Outcome = number % 2 == 0 ? Outcome.Verified : Outcome.Failed,
                    Chain = number % 2 == 0 ? [.. one.Workloads[0].Chain.Take(1)] : one.Workloads[0].Chain,
                }
            );
        var summary = Summary.Write(Of(one with { Workloads = [.. workloads] }), [], Documentation);
        Assert.StartsWith("## ❌ Failed: 100 of 200 workloads\n", summary, StringComparison.Ordinal);
        Assert.Equal(Summary.Shown, Regex.Count(summary, @"\*\*Fix:"));
        Assert.Contains("<summary>4980 more findings</summary>", summary, StringComparison.Ordinal);
        Assert.Contains("| The subject differs, 199 49. |", summary, StringComparison.Ordinal);
        Assert.True(
            summary.IndexOf("| exporter-199 |", StringComparison.Ordinal) < summary.IndexOf("| exporter-0 |", StringComparison.Ordinal),
            "What failed stands first."
        );
        Assert.Equal(Summary.Shown, Regex.Count(summary, "```mermaid"));
        Assert.Contains("The chains of 80 more workloads are in the report.", summary, StringComparison.Ordinal);
        Assert.Contains("<summary>Plan: ", summary, StringComparison.Ordinal);
        Assert.DoesNotContain("The rest is cut", summary, StringComparison.Ordinal);
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
            .. document
                .Descendants()
                .Where(node => node is not (LiteralInline or ParagraphBlock))
                .Select(node =>
                    node switch
                    {
                        HtmlInline html => html.Tag,
                        HtmlBlock html => string.Concat(
                            Regex.Matches(html.Lines.ToString(), "<[^>]*>", RegexOptions.NonBacktracking).Select(tag => tag.Value)
                        ),
                        LinkInline link => $"link {link.Url}",
                        _ => node.GetType().Name,
                    }
                ),
        ];
    }

    private static Conclusion Of(Report report) => new(report, "artifacts/report.json", []);

    private static Report Failed(string name, string value) =>
        new()
        {
            Target = "Verify",
            Cloud = "live",
            Outcome = Outcome.Failed,
            DurationMilliseconds = 1500,
            Phases = [new Phase(RunPhase.Plan, 500), new Phase(RunPhase.Verify, 900)],
            Evidence = "artifacts/evidence.json",
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
                        new ReportedChange(
                            $"aws/111122223333/role/{name}",
                            Stage.Plain,
                            StepAction.Update,
                            [
                                new FieldChange(
                                    "trust.Statement[FederationMain].Condition",
                                    "system:serviceaccount:exports:default",
                                    value
                                ),
                                new FieldChange("trust.Statement[FederationMain].Action[sts:TagSession]", null, "sts:TagSession"),
                            ],
                            StepReason.Differs,
                            ChangeState.Planned
                        ),
                        new ReportedChange(
                            "kubernetes/main/exports/namespace/exports",
                            Stage.Plain,
                            StepAction.Unchanged,
                            [],
                            StepReason.Matches,
                            ChangeState.Planned
                        ),
                    ],
                    Chain =
                    [
                        new ChainLink("issuer", LinkState.Held, "https://container.googleapis.com", "https://container.googleapis.com"),
                        new ChainLink("subject", LinkState.Broken, value, "system:serviceaccount:exports:default"),
                        new ChainLink("role", LinkState.NotReached, $"arn:aws:iam::111122223333:role/{name}", null),
                    ],
                    Findings =
                    [
                        new ReportedFinding(
                            "FED4004",
                            Severity.Error,
                            "TrustSubjectMismatch",
                            "The subject differs.",
                            "Run Apply.",
                            $"aws/111122223333/role/{name}",
                            value,
                            "system:serviceaccount:exports:default",
                            "federation.yaml",
                            3,
                            7,
                            DiffersAt: null
                        ),
                    ],
                    Phases = [new Phase(RunPhase.Verify, 900)],
                },
            ],
        };
}
