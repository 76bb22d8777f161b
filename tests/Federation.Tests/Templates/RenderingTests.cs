using System.Text;
using Federation.Configuration;
using Federation.Findings;
using Federation.Resources;
using Federation.Templates;

namespace Federation.Tests.Templates;

public sealed class RenderingTests
{
    [Fact]
    public void The_nodes_are_what_the_files_say()
    {
        var rendered = Sample.Render();
        Assert.Equal(
            [
                "component/deployment.yaml",
                "component/kustomization.yaml",
                "component/settings.yaml",
                "kustomization.yaml",
                "namespace.yaml",
                "permissions/s3-list-buckets.json",
                "permissions/s3-read.json",
                "service-account.yaml",
                "trust-policy.json",
                "validation-pod.yaml",
            ],
            rendered.Files.Select(file => file.Path)
        );
        foreach (
            var (path, document) in new[]
            {
                ("namespace.yaml", rendered.Namespace),
                ("service-account.yaml", rendered.ServiceAccount),
                ("validation-pod.yaml", rendered.ValidationPod),
            }
        )
        {
            Assert.Equal(document.ToJsonString(), ParsedYaml.Parse(Text(rendered, path))!.ToJsonString());
        }

        Assert.Equal(
            CanonicalJson.Write(rendered.TrustPolicy),
            rendered.Files.Single(file => file.Path == "trust-policy.json").Content.ToArray()
        );
    }

    [Fact]
    public void Files_have_no_byte_order_mark_and_no_carriage_return_and_end_with_a_line_feed() =>
        Assert.All(
            Sample.Render().Files,
            file =>
            {
                Assert.NotEqual(0xEF, file.Content.Span[0]);
                Assert.False(file.Content.Span.Contains((byte)'\r'));
                Assert.Equal((byte)'\n', file.Content.Span[^1]);
            }
        );

    [Fact]
    public void An_override_wins_file_by_file()
    {
        var rendered = Sample.Render(
            null,
            (
                "namespace.yaml",
                """
                apiVersion: v1
                kind: Namespace
                metadata:
                  name: ${workload.namespace}
                  labels:
                    federation/tool: ${federation.tool}
                    federation/name: ${federation.name}
                    federation/workload: ${workload.name}
                    team: ${workload.namespace}-team
                """.ReplaceLineEndings("\r\n")
            )
        );
        Assert.EndsWith("    team: reports-team\n", Text(rendered, "namespace.yaml"), StringComparison.Ordinal);
        Assert.Contains("kind: ServiceAccount", Text(rendered, "service-account.yaml"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_policy_template_of_the_users_is_found_by_its_name()
    {
        var workload = WithPolicies(
            new PolicyReference.Template("queue", new Dictionary<string, IReadOnlyList<string>> { ["queue"] = ["jobs"] }, Sample.Here)
        );
        var rendered = Sample.Render(
            workload,
            (
                "policies/queue.json",
                """
                { "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "sqs:SendMessage",
                  "Resource": "arn:${account.partition}:sqs:${account.region}:${account.id}:${queue}" } }
                """
            )
        );
        Assert.Equal("arn:aws:sqs:ap-south-1:012345678901:jobs", (string?)rendered.PermissionsPolicies["queue"]["Statement"]!["Resource"]);
    }

    [Fact]
    public void A_workload_with_Googles_identity_is_refused_at_its_place()
    {
        var finding = Assert.Single(Sample.Findings(() => Sample.Render(Sample.Workload with { Identity = IdentityKind.Google })));
        Assert.Equal((FindingCodes.ConfigurationInvalid, Sample.Here), (finding.Code, finding.Location));
    }

    [Fact]
    public void An_override_that_would_never_be_used_is_refused_with_the_name_it_should_have()
    {
        using var folder = new TemporaryFolder();
        folder.Write("validation_pod.yaml", "a: b");
        folder.Write("README.md", "notes");
        var finding = Assert.Single(Sample.Findings(() => TemplateSet.Load(folder.Path)));
        Assert.Equal(FindingCodes.TemplateInvalid, finding.Code);
        Assert.Contains("Did you mean validation-pod.yaml?", finding.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_of_templates_that_is_not_there_is_a_wrong_argument() =>
        Assert.Equal(FindingCodes.ArgumentInvalid, Assert.Single(Sample.Findings(() => TemplateSet.Load("/nowhere/at/all"))).Code);

    [Fact]
    public void All_faults_of_all_overrides_are_found_in_one_run()
    {
        using var folder = new TemporaryFolder();
        folder.Write("namespace.yaml", "a: ${no.such}");
        folder.Write("trust-policy.json", "{");
        Assert.Equal(2, Sample.Findings(() => TemplateSet.Load(folder.Path)).Count);
    }

    [Theory]
    [InlineData("namespace.yaml", "kind: Namespace", "kind: Namespaces", "the kind 'Namespaces'")]
    [InlineData("namespace.yaml", "  name: ${workload.namespace}", "  name: fixed", "metadata.name 'fixed'")]
    [InlineData("service-account.yaml", "  namespace: ${workload.namespace}", "  x: z", "metadata.namespace no value")]
    [InlineData("validation-pod.yaml", "    federation/name: ${federation.name}", "    x: z", "metadata.labels.federation/name no value")]
    [InlineData("trust-policy.json", "\"Sid\": \"${trust.sid}\"", "\"Sid\": \"Mine\"", "has the Sid FederationAcmeMain36CC22DC")]
    public void An_override_that_renders_something_else_is_refused(string file, string from, string to, string why)
    {
        var content = BuiltIn(file).Replace(from, to, StringComparison.Ordinal);
        var finding = Assert.Single(Sample.Findings(() => Sample.Render(null, (file, content))));
        Assert.Equal(FindingCodes.TemplateInvalid, finding.Code);
        Assert.Contains(why, finding.Cause, StringComparison.Ordinal);
        Assert.EndsWith("/" + file, finding.Location?.File, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_policies_of_one_name_are_refused() =>
        Assert.Contains(
            "two policies called s3-read",
            Assert.Single(Sample.Findings(() => Sample.Render(WithPolicies(Sample.Buckets("abc"), Sample.Buckets("abd"))))).Cause,
            StringComparison.Ordinal
        );

    [Fact]
    public void A_policy_file_is_read_once_for_all_workloads_and_filled_for_each()
    {
        var reads = 0;
        var workloads = Enumerable
            .Range(0, 20)
            .Select(i => WithPolicies(new PolicyReference.File("own", "own.json", Sample.Here)) with { Name = $"w{i}" })
            .ToArray();
        var renderer = new Renderer(
            Sample.Configuration(workloads),
            TemplateSet.Load(null),
            path =>
            {
                Interlocked.Increment(ref reads);
                Assert.Equal("own.json", path);
                return Encoding.UTF8.GetBytes(
                    """
                    { "Version": "2012-10-17", "Id": "${workload.name}",
                      "Statement": [{ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/b" }] }
                    """
                );
            }
        );

        var ids = new System.Collections.Concurrent.ConcurrentBag<string?>();
        Assert.Empty(renderer.RenderAll(workloads, rendered => ids.Add((string?)rendered.PermissionsPolicies["own"]["Id"])));
        Assert.Equal(1, reads);
        Assert.Equal(workloads.Select(workload => workload.Name).Order(), ids.Order());
    }

    [Fact]
    public void A_policy_file_that_is_not_there_is_reported_where_it_is_named()
    {
        var finding = Assert.Single(
            Sample.Findings(() => Sample.Render(WithPolicies(new PolicyReference.File("own", "/nowhere/own.json", Sample.Here))))
        );
        Assert.Equal((FindingCodes.TemplateInvalid, Sample.Here), (finding.Code, finding.Location));
    }

    [Fact]
    public void A_trust_policy_over_the_quota_of_IAM_is_refused_before_any_call()
    {
        var finding = Assert.Single(Sample.Findings(() => Sample.Render(Sample.Workload with { Audience = new string('a', 1900) })));
        Assert.Equal(FindingCodes.TrustPolicyTooLarge, finding.Code);
        Assert.Equal("at most 2048", finding.Expected);
        Assert.Contains("trustPolicyLimit of the account data", finding.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void An_account_with_a_raised_quota_accepts_a_larger_trust_policy()
    {
        var raised = Sample.Workload with
        {
            Account = Sample.Workload.Account with { TrustPolicyLimit = 4096 },
            Audience = new string('a', 1900),
        };
        Sample.Render(raised);
        var finding = Assert.Single(Sample.Findings(() => Sample.Render(raised with { Audience = new string('a', 4000) })));
        Assert.Equal((FindingCodes.TrustPolicyTooLarge, "at most 4096"), (finding.Code, finding.Expected));
        Assert.DoesNotContain("trustPolicyLimit", finding.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void A_role_that_workloads_share_has_one_quota_for_all_their_subjects()
    {
        Workload[] Sharing(int count) =>
            [
                .. Enumerable
                    .Range(0, count)
                    .Select(i => WithPolicies() with { Name = $"w{i}", ServiceAccount = $"service-account-of-workload-{i:000}" }),
            ];
        IReadOnlyList<Finding> Rendered(params Workload[] workloads) =>
            new Renderer(Sample.Configuration(workloads), TemplateSet.Load(null), File.ReadAllBytes).RenderAll(workloads, _ => { });

        Assert.Empty(Rendered(Sharing(20)));
        var finding = Assert.Single(Rendered(Sharing(40)));
        Assert.Equal((FindingCodes.TrustPolicyTooLarge, "aws/012345678901/role/exports-reader"), (finding.Code, finding.Resource));
    }

    [Theory]
    [InlineData("\"${issuer.path}:aud\": \"${workload.audience}\",", "", FindingCodes.AudienceNotPinned)]
    [InlineData(",\n          \"${issuer.path}:sub\": \"${workload.subject}\"", "", FindingCodes.SubjectNotPinned)]
    [InlineData("\"StringEquals\"", "\"StringLike\"", FindingCodes.AudienceNotPinned)]
    [InlineData("\"StringEquals\"", "\"StringEqual\"", FindingCodes.TemplateInvalid)]
    [InlineData("sts:AssumeRoleWithWebIdentity", "s3:GetObject", FindingCodes.TemplateInvalid)]
    public void A_trust_template_that_IAM_would_refuse_or_that_leaves_something_open_is_an_error(string from, string to, string code)
    {
        var builtIn = BuiltIn("trust-policy.json");
        Assert.Contains(from, builtIn, StringComparison.Ordinal);
        var findings = Sample.Findings(() =>
            Sample.Render(null, ("trust-policy.json", builtIn.Replace(from, to, StringComparison.Ordinal)))
        );
        Assert.Equal(code, findings[0].Code);
        Assert.EndsWith("/trust-policy.json", findings[0].Location?.File, StringComparison.Ordinal);
    }

    [Fact]
    public void Permissions_too_broad_are_a_warning_and_under_strict_an_error()
    {
        var workload = WithPolicies(new PolicyReference.Template("all", new Dictionary<string, IReadOnlyList<string>>(), Sample.Here));
        using var folder = new TemporaryFolder();
        folder.Write(
            "policies/all.json",
            """{ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "s3:*", "Resource": "*" } }"""
        );
        var templates = TemplateSet.Load(folder.Path);

        var findings = new Renderer(Sample.Configuration(workload), templates, File.ReadAllBytes).Render(workload).Findings;
        Assert.All(
            findings,
            finding => Assert.Equal((FindingCodes.PermissionsTooBroad, Severity.Warning), (finding.Code, finding.Severity))
        );
        Assert.NotEmpty(findings);

        var strict = Sample.Findings(() =>
            new Renderer(Sample.Configuration(workload) with { Strict = true }, templates, File.ReadAllBytes).Render(workload)
        );
        Assert.All(strict, finding => Assert.Equal((FindingCodes.PermissionsTooBroad, Severity.Error), (finding.Code, finding.Severity)));
    }

    [Fact]
    public void The_built_in_policies_are_not_too_broad() => Assert.Empty(Sample.Render().Findings);

    [Fact]
    public void Of_many_workloads_each_is_tried_and_the_findings_stand_in_their_order()
    {
        var workloads = Enumerable
            .Range(0, 30)
            .Select(i =>
                WithPolicies(Sample.Buckets(i % 10 == 3 ? "n*" : "yes")) with
                {
                    Name = $"w{i}",
                    Location = new SourceLocation("f", i, 1),
                }
            )
            .ToArray();
        var workloadsDone = 0;
        var renderer = new Renderer(Sample.Configuration(workloads), TemplateSet.Load(null), File.ReadAllBytes);

        var findings = renderer.RenderAll(workloads, _ => Interlocked.Increment(ref workloadsDone));
        Assert.Equal(27, workloadsDone);
        Assert.Equal(
            ["w3", "w13", "w23"],
            findings
                .Select(finding =>
                    workloads.Single(workload => finding.Cause.Contains($" {workload.Name};", StringComparison.Ordinal)).Name
                )
                .Distinct(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void The_documents_carry_the_mark()
    {
        var rendered = Sample.Render();
        var mark = new Mark("acme", ["exports"]);
        foreach (var document in new[] { rendered.Namespace, rendered.ServiceAccount, rendered.ValidationPod })
        {
            Assert.Equal(
                mark.Labels,
                document["metadata"]!["labels"]!.AsObject().ToDictionary(label => label.Key, label => (string)label.Value!)
            );
        }
    }

    private static Workload WithPolicies(params PolicyReference[] policies) =>
        Sample.Workload with
        {
            Role = Sample.Workload.Role with { Policies = policies },
        };

    private static string Text(RenderedWorkload rendered, string path) =>
        Encoding.UTF8.GetString(rendered.Files.Single(file => file.Path == path).Content.Span);

    private static string BuiltIn(string path)
    {
        using var stream = typeof(TemplateSet).Assembly.GetManifestResourceStream("templates/" + path)!;
        return new StreamReader(stream).ReadToEnd();
    }
}
