using System.Text;
using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Findings;
using Federation.Templates;

namespace Federation.Tests.Templates;

public sealed class TemplateLanguageTests
{
    [Fact]
    public void Placeholders_are_filled_in_values_and_in_keys() =>
        Filled(
            """{ "${issuer.path}:sub": "is ${workload.subject}." }""",
            "trust.json",
            """
            { "container.googleapis.com/v1/projects/acme-prod/locations/asia-south1-a/clusters/main:sub":
                "is system:serviceaccount:reports:reader." }
            """
        );

    [Fact]
    public void An_unquoted_number_placeholder_is_a_number_and_everything_else_stays_text() =>
        Filled(
            """
            alone: ${workload.tokenLifetime}
            quoted: "${workload.tokenLifetime}"
            within: ${workload.tokenLifetime}s
            account: ${account.id}
            """,
            "a.yaml",
            """{ "alone": 3600, "quoted": "3600", "within": "3600s", "account": "012345678901" }"""
        );

    [Fact]
    public void Unquoted_scalars_mean_the_same_as_for_kubectl() =>
        Filled(
            """
            mode: 0644
            port: 8080
            half: 0.5
            on: true
            none: null
            empty:
            text: "true"
            date: 2012-10-17
            tagged: !!str 12
            """.Replace("on:", "\"on\":", StringComparison.Ordinal),
            "a.yaml",
            """
            { "mode": 420, "port": 8080, "half": 0.5, "on": true, "none": null, "empty": null,
              "text": "true", "date": "2012-10-17", "tagged": "12" }
            """
        );

    [Theory]
    [InlineData("$${HOME}", "${HOME}")]
    [InlineData("$$${HOME}", "$${HOME}")]
    [InlineData("$HOME costs 5$ {x}", "$HOME costs 5$ {x}")]
    [InlineData("$${workload.name} is ${workload.name}", "${workload.name} is exports")]
    public void A_doubled_dollar_writes_a_literal_opening(string template, string expected) =>
        Filled($"a: '{template}'", "a.yaml", new JsonObject { ["a"] = expected }.ToJsonString());

    [Fact]
    public void A_value_is_not_parsed_again() =>
        Filled(
            "run: ${verify.run}",
            "a.yaml",
            """{ "run": "echo ${workload.name} # a: b\n- \"c\"" }""",
            Sample.Workload with
            {
                Verify = Sample.Workload.Verify with { Run = "echo ${workload.name} # a: b\n- \"c\"" },
            }
        );

    [Theory]
    [InlineData("${aws:username}")]
    [InlineData("${aws:PrincipalTag/team, 'none'}")]
    [InlineData("${*}${?}${$}")]
    public void In_a_policy_the_variables_of_IAM_pass_through(string variable) =>
        Filled(
            $$"""{ "Resource": "arn:aws:s3:::exports/{{variable}}" }""",
            "p.json",
            $$"""{ "Resource": "arn:aws:s3:::exports/{{variable}}" }""",
            policy: true
        );

    [Fact]
    public void Anywhere_else_they_are_unknown() => Refused("a: ${aws:username}", "a.yaml", 1, 4, "${aws:username} is not a placeholder");

    [Fact]
    public void What_has_no_value_falls_away_with_all_that_held_nothing_else() =>
        Filled(
            """
            metadata:
              annotations:
                gsa: ${workload.googleServiceAccountEmail}
            kept: {}
            list:
            - a
            - ${workload.googleServiceAccount}
            """,
            "a.yaml",
            """{ "kept": {}, "list": ["a"] }""",
            Sample.Workload with
            {
                GoogleServiceAccount = null,
            }
        );

    [Fact]
    public void In_a_policy_nothing_falls_away()
    {
        var finding = Assert.Single(
            Fill(
                "{\n  \"Condition\": \"${workload.googleServiceAccount}\"\n}",
                "p.json",
                Sample.Workload with
                {
                    GoogleServiceAccount = null,
                },
                policy: true
            ).Findings
        );
        Assert.Equal("p.json:2:17", finding.Location?.ToString());
        Assert.Contains("would allow more", finding.Cause, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("*")]
    [InlineData("reader?")]
    [InlineData("${aws:username}")]
    public void A_value_cannot_widen_a_policy(string audience)
    {
        var finding = Assert.Single(
            Fill("""{ "aud": "${workload.audience}" }""", "p.json", Sample.Workload with { Audience = audience }, policy: true).Findings
        );
        Assert.Equal(FindingCodes.TemplateInvalid, finding.Code);
        Assert.Contains(audience, finding.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_element_is_repeated_for_each_value_of_its_parameter()
    {
        var (document, _) = Fill(
            """{ "Resource": ["first", "arn:aws:s3:::${buckets}/*", "last"] }""",
            "p.json",
            policy: true,
            parameters: new() { ["buckets"] = ["a", "b"] }
        );
        Same("""{ "Resource": ["first", "arn:aws:s3:::a/*", "arn:aws:s3:::b/*", "last"] }""", document);
    }

    [Fact]
    public void A_parameter_of_one_value_may_stand_anywhere()
    {
        var (document, _) = Fill(
            """{ "Resource": "arn:aws:s3:::${bucket}" }""",
            "p.json",
            policy: true,
            parameters: new() { ["bucket"] = ["a"] }
        );
        Same("""{ "Resource": "arn:aws:s3:::a" }""", document);
    }

    [Fact]
    public void A_parameter_of_several_values_may_not()
    {
        var (_, findings) = Fill(
            """{ "Resource": "arn:aws:s3:::${buckets}" }""",
            "p.json",
            policy: true,
            parameters: new() { ["buckets"] = ["a", "b"] }
        );
        Assert.Equal("p.json:1:29", Assert.Single(findings).Location?.ToString());
    }

    [Fact]
    public void Two_keys_that_become_one_are_refused_at_the_second()
    {
        var finding = Assert.Single(Fill("a:\n  ${workload.name}: 1\n  exports: 2\n", "a.yaml").Findings);
        Assert.Equal("a.yaml:3:3", finding.Location?.ToString());
        Assert.Contains("'exports'", finding.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_unknown_placeholder_is_found_at_its_place_with_what_was_probably_meant()
    {
        var findings = new List<Finding>();
        const string Template = "a: x\nrun: |\n  echo ${workload.names}\n  echo ${HOME} ${workload.nmespace}\n\"${issuer.paht}:sub\": b\n";

        Assert.Null(TemplateReader.Read("a.yaml", Encoding.UTF8.GetBytes(Template), policy: false, takesParameters: false, findings));
        Assert.Equal(["a.yaml:3:8", "a.yaml:4:8", "a.yaml:4:16", "a.yaml:5:2"], findings.Select(finding => finding.Location!.ToString()));
        Assert.All(findings, finding => Assert.Equal(FindingCodes.TemplateInvalid, finding.Code));
        Assert.Contains("${workload.name}?", findings[0].Cause, StringComparison.Ordinal);
        Assert.Contains("${workload.namespace}?", findings[2].Cause, StringComparison.Ordinal);
        Assert.Contains("$${", findings[1].Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void A_condition_key_whose_brace_closes_late_is_not_read_as_a_variable_of_IAM() =>
        Refused("""{ "${issuer.path:sub}": "x" }""", "p.json", 1, 4, "did you mean ${issuer.path}:sub?", policy: true);

    [Theory]
    [InlineData("a: ${workload.name", "a.yaml", 1, 4, "not closed")]
    [InlineData("a: yes", "a.yaml", 1, 4, "different readers")]
    [InlineData("a: 0x1F", "a.yaml", 1, 4, "different readers")]
    [InlineData("a: 1e3", "a.yaml", 1, 4, "different readers")]
    [InlineData("a: 08", "a.yaml", 1, 4, "different readers")]
    [InlineData("a: 1\nb: 2\na: 3", "a.yaml", 3, 1, "twice")]
    [InlineData("a: &x 1\nb: *x", "a.yaml", 1, 4, "Anchors and aliases")]
    [InlineData("a: !!int 1", "a.yaml", 1, 4, "tag")]
    [InlineData("a: 1\n---\nb: 2", "a.yaml", 2, 1, "second document")]
    [InlineData("? [a]\n: 1", "a.yaml", 1, 3, "not text")]
    [InlineData("", "a.yaml", 1, 1, "empty")]
    [InlineData("a: [1", "a.yaml", 1, 6, "not valid YAML")]
    [InlineData("{\n  \"a\": 1,\n  \"a\": 2 }", "a.json", 3, 3, "twice")]
    [InlineData("{\n  \"é\": 1,,\n}", "a.json", 2, 11, "not valid JSON")]
    [InlineData("{} {}", "a.json", 1, 4, "not valid JSON")]
    [InlineData("{ \"a\": \"\\ud800\" }", "a.json", 1, 8, "half of a character")]
    public void A_template_that_cannot_be_used_says_where_and_why(string template, string file, int line, int column, string why) =>
        Refused(template, file, line, column, why);

    [Fact]
    public void A_template_that_is_not_UTF_8_is_refused()
    {
        var findings = new List<Finding>();
        Assert.Null(TemplateReader.Read("a.yaml", [(byte)'a', (byte)':', 0xFF], policy: false, takesParameters: false, findings));
        Assert.Contains("not UTF-8", Assert.Single(findings).Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_has_an_end()
    {
        foreach (var (file, template) in new[] { ("a.yaml", new string('[', 5000)), ("a.json", new string('[', 5000)) })
        {
            var findings = new List<Finding>();
            Assert.Null(TemplateReader.Read(file, Encoding.UTF8.GetBytes(template), policy: false, takesParameters: false, findings));
            Assert.Single(findings);
        }
    }

    [Theory]
    [InlineData("echo hi", "echo hi")]
    [InlineData("echo $HOME $?", "echo $HOME $?")]
    [InlineData("echo $(date)", "echo $$(date)")]
    [InlineData("echo $$ $x", "echo $$$$ $$x")]
    public void The_check_reaches_the_shell_as_it_was_written_whatever_the_kubelet_expands(string run, string expected) =>
        Filled(
            "a: ${verify.run}",
            "a.yaml",
            new JsonObject { ["a"] = expected }.ToJsonString(),
            Sample.Workload with
            {
                Verify = Sample.Workload.Verify with { Run = run },
            }
        );

    internal static (JsonObject? Document, IReadOnlyList<Finding> Findings) Fill(
        string text,
        string file,
        Workload? workload = null,
        bool policy = false,
        Dictionary<string, IReadOnlyList<string>>? parameters = null
    )
    {
        var findings = new List<Finding>();
        var template = TemplateReader.Read(file, Encoding.UTF8.GetBytes(text), policy, takesParameters: parameters is not null, findings);
        Assert.Empty(findings);
        workload ??= Sample.Workload;
        return (
            TemplateFiller.Fill(template!, new PlaceholderScope(Sample.Configuration(workload), workload), parameters, findings),
            findings
        );
    }

    private static void Filled(string template, string file, string expected, Workload? workload = null, bool policy = false)
    {
        var (document, findings) = Fill(template, file, workload, policy);
        Assert.Empty(findings);
        Same(expected, document);
    }

    private static void Same(string expected, JsonNode? actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), actual?.ToJsonString());

    private static void Refused(string template, string file, int line, int column, string why, bool policy = false)
    {
        var findings = new List<Finding>();
        Assert.Null(TemplateReader.Read(file, Encoding.UTF8.GetBytes(template), policy, takesParameters: false, findings));
        var finding = Assert.Single(findings);
        Assert.Equal(new SourceLocation(file, line, column), finding.Location);
        Assert.Contains(why, finding.Cause, StringComparison.Ordinal);
    }
}
