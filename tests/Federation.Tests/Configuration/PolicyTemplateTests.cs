using System.Text;
using Federation.Configuration;
using Federation.Findings;
using Federation.Templates;

namespace Federation.Tests.Configuration;

/// <summary>Checks of a configuration's policies against the existing templates.</summary>
public sealed class PolicyTemplateTests
{
    [Fact]
    public void What_the_templates_take_is_right()
    {
        var result = Read("s3-list-buckets", "{ template: s3-read, buckets: [acme-exports, acme.backups] }");
        Assert.Empty(result.Findings);
        Assert.NotNull(result.Configuration);
    }

    [Fact]
    public void An_unknown_template_is_reported_at_its_place_with_the_one_that_was_meant()
    {
        var finding = Only("s3-list-bucket");
        Assert.Equal(FindingCodes.TemplateInvalid, finding.Code);
        Assert.Equal("""there is no policy template "s3-list-bucket"; did you mean "s3-list-buckets"?""", finding.Cause);
        Assert.Equal(("s3-list-buckets", "s3-list-bucket"), (finding.Expected, finding.Actual));
        Assert.Equal(new SourceLocation("federation.yaml", 8, 11), finding.Location);
    }

    [Fact]
    public void Where_nothing_is_near_the_templates_there_are_are_listed()
    {
        var finding = Only("{ template: queue, buckets: [exports] }");
        Assert.Equal("""there is no policy template "queue"; there is "s3-list-buckets" and "s3-read" """.TrimEnd(), finding.Cause);
        Assert.Equal("Name one of these, or add policies/queue.json to the folder of --templates.", finding.Fix);
        Assert.Equal(new SourceLocation("federation.yaml", 8, 23), finding.Location);
    }

    [Fact]
    public void A_parameter_that_the_template_does_not_have_is_reported_once_at_its_key()
    {
        var finding = Only("{ template: s3-read, bucket: [exports] }");
        Assert.Equal("""the policy template "s3-read" has no parameter "bucket"; did you mean "buckets"?""", finding.Cause);
        Assert.Equal(new SourceLocation("federation.yaml", 8, 32), finding.Location);

        Assert.Equal(
            """the policy template "s3-list-buckets" has no parameter "buckets"; it takes none""",
            Only("{ template: s3-list-buckets, buckets: [exports] }").Cause
        );
    }

    [Theory]
    [InlineData("s3-read")]
    [InlineData("{ template: s3-read }")]
    public void A_parameter_that_is_missing_is_asked_for(string policy)
    {
        var finding = Only(policy);
        Assert.Equal("""the policy template "s3-read" needs its parameter "buckets" """.TrimEnd(), finding.Cause);
        Assert.Equal("Write { template: s3-read, buckets: […] }.", finding.Fix);
    }

    [Fact]
    public void An_empty_list_does_not_leave_the_resources_open() =>
        Assert.Contains("empty list", Only("{ template: s3-read, buckets: [] }").Cause, StringComparison.Ordinal);

    [Theory]
    [InlineData("acme-*")]
    [InlineData("*")]
    [InlineData("Acme")]
    [InlineData("ab")]
    [InlineData("a..b")]
    [InlineData("-ab")]
    [InlineData("exports/*")]
    [InlineData("${aws:username}")]
    [InlineData("abc\\n")]
    public void An_invalid_bucket_name_is_refused_at_its_place(string bucket)
    {
        var finding = Only($$"""{ template: s3-read, buckets: [fine, "{{bucket}}"] }""");
        Assert.Equal(
            (FindingCodes.AwsIdentifierInvalid, bucket.Replace("\\n", "\n", StringComparison.Ordinal)),
            (finding.Code, finding.Actual)
        );
        Assert.Equal(new SourceLocation("federation.yaml", 8, 48), finding.Location);
    }

    [Fact]
    public void All_of_it_shows_in_one_run_with_what_else_is_wrong()
    {
        var findings = Read("s3-reads", "{ template: s3-read, buckets: [exports], prefix: x }", "arn:aws:iam::aws:role/x").Findings;
        Assert.Equal([8, 9, 10], findings.Select(finding => finding.Location!.Line));
    }

    [Fact]
    public void A_policy_file_that_is_not_there_shows_with_what_else_is_wrong()
    {
        var findings = Read(@"policies\sqs.json", "policies/kms.json", "arn:aws:iam::aws:role/x").Findings;
        Assert.Equal(
            [(FindingCodes.TemplateInvalid, 9, "policies/kms.json"), (FindingCodes.AwsIdentifierInvalid, 10, "arn:aws:iam::aws:role/x")],
            findings.Select(finding => (finding.Code, finding.Location!.Line, finding.Actual))
        );
    }

    private static Finding Only(string policy) => Assert.Single(Read(policy).Findings);

    private static ConfigurationResult Read(params string[] policies) =>
        ConfigurationReader.Read(
            "federation.yaml",
            Encoding.UTF8.GetBytes(
                $$"""
                clusters: { main: { project: acme-prod, location: asia-south1, name: main } }
                accounts: { data: { id: "111122223333", region: ap-south-1 } }
                workloads:
                  - name: a
                    namespace: b
                    serviceAccount: c
                    role: { name: d, policies: [
                          {{string.Join(",\n          ", policies)}}
                    ] }
                """.ReplaceLineEndings("\n")
            ),
            TemplateSet.Load(null).Policies,
            hasPolicyFile: path => path == "policies/sqs.json"
        );
}
