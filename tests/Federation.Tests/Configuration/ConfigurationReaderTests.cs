using System.Text;
using CsCheck;
using Federation.Configuration;
using Federation.Findings;

namespace Federation.Tests.Configuration;

public sealed class ConfigurationReaderTests
{
    [Fact]
    public void Everything_that_is_written_arrives()
    {
        var configuration = Documents.Valid(Documents.Full);

        Assert.Equal("acme", configuration.Name);
        Assert.True(configuration.Strict);
        Assert.Equal(["main", "test"], configuration.Clusters.Select(cluster => cluster.Key));
        Assert.Equal(ClusterAccess.Google, configuration.Clusters[1].Access);
        Assert.Equal("prod", configuration.Clusters[0].Context);
        Assert.Equal(
            new Account("data", "111122223333", "ap-south-1")
            {
                AssumeRole = "arn:aws:iam::111122223333:role/ci/deployer",
                Profile = "data",
            },
            configuration.Accounts[0]
        );
        Assert.Equal(("444455556666", ProviderThumbprint.Chain), (configuration.Accounts[1].Id, configuration.Accounts[1].Thumbprint));

        var reader = configuration.Workloads[0];
        Assert.Equal(new SourceLocation("federation.yaml", 11, 5), reader.Location);
        Assert.Equal("system:serviceaccount:analytics:reader.v2", reader.Subject);
        Assert.Equal("arn:aws:iam::111122223333:role/teams/data/Reader@acme", reader.RoleArn);
        Assert.Equal(
            "arn:aws:iam::111122223333:oidc-provider/container.googleapis.com/v1/projects/acme-prod/locations/asia-south1-a/clusters/main",
            reader.ProviderArn
        );
        Assert.Equal("reader-account@acme-prod.iam.gserviceaccount.com", reader.GoogleServiceAccountEmail);
        Assert.Equal(IdentityKind.Google, reader.Identity);
        Assert.True(reader.Adopt);
        Assert.Equal(
            ExistingResources.Role | ExistingResources.Provider | ExistingResources.Namespace | ExistingResources.ServiceAccount,
            reader.Existing
        );
        Assert.Equal("aws.acme.example", reader.Audience);
        Assert.Equal(TimeSpan.FromMinutes(30), reader.TokenLifetime);
        Assert.Equal("Reads exports", reader.Role.Description);
        Assert.Equal(TimeSpan.FromMinutes(90), reader.Role.MaxSessionDuration);
        Assert.Equal("arn:aws:iam::111122223333:policy/bound", reader.Role.PermissionsBoundary);
        Assert.Equal("aws s3 ls", reader.Verify.Run);
        Assert.Equal("registry.example/aws:1", reader.Verify.Image);
        Assert.Equal(TimeSpan.FromSeconds(90), reader.Verify.Timeout);
        Assert.Equal(KeepPod.Always, reader.Verify.Keep);

        Assert.Equal("arn:aws-us-gov:iam::444455556666:role/Writer", configuration.Workloads[1].RoleArn);
        Assert.Equal(["exports", "backups"], configuration.Sandbox.Buckets);
        Assert.Equal(SandboxImage.Shell, configuration.Sandbox.Images["busybox"]);
        Assert.Equal(TimeSpan.FromMilliseconds(1500), configuration.Sandbox.Latency);
        Assert.Equal(
            [
                new SandboxFault(SandboxFaultKind.Throttling, 3) { Cloud = "aws" },
                new SandboxFault(SandboxFaultKind.Slow, 1) { Cloud = "issuer" },
            ],
            configuration.Sandbox.Weather.Faults
        );
        Assert.True(configuration.Sandbox.HostAws);
    }

    [Fact]
    public void A_policy_is_a_template_with_or_without_parameters_a_file_or_an_arn()
    {
        var policies = Documents.Valid(Documents.Full).Workloads[0].Role.Policies;

        var named = Assert.IsType<PolicyReference.Template>(policies[0]);
        Assert.Equal("s3-list-buckets", named.Name);
        Assert.Empty(named.Parameters);
        Assert.Equal(new SourceLocation("federation.yaml", 27, 11), named.Location);

        var template = Assert.IsType<PolicyReference.Template>(policies[1]);
        Assert.Equal("s3-read", template.Name);
        Assert.Equal(["exports", "backups"], template.Parameters["buckets"]);
        Assert.Equal(["daily"], template.Parameters["prefix"]);
        Assert.Equal(["2"], template.Parameters["depth"]);
        Assert.Equal(["true"], template.Parameters["all"]);

        var file = Assert.IsType<PolicyReference.File>(policies[2]);
        Assert.Equal(("extra", "policies/extra.json"), (file.Name, file.Path));

        Assert.Equal("arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess", Assert.IsType<PolicyReference.Managed>(policies[3]).Arn);
    }

    [Fact]
    public void What_is_left_out_has_its_default()
    {
        var configuration = Documents.Valid(Documents.Least);
        var workload = Assert.Single(configuration.Workloads);

        Assert.Equal(("federation", true), (configuration.Name, configuration.HasDefaultName));
        Assert.False(configuration.Strict);
        Assert.Equal("main", workload.Cluster.Key);
        Assert.Equal("data", workload.Account.Key);
        Assert.Equal(ClusterAccess.Kubeconfig, workload.Cluster.Access);
        Assert.Null(workload.GoogleServiceAccount);
        Assert.Equal(IdentityKind.Cluster, workload.Identity);
        Assert.False(workload.Adopt);
        Assert.Equal(ExistingResources.None, workload.Existing);
        Assert.Equal("sts.amazonaws.com", workload.Audience);
        Assert.Equal(TimeSpan.FromHours(1), workload.TokenLifetime);
        Assert.Equal("/", workload.Role.Path);
        Assert.Equal(TimeSpan.FromHours(1), workload.Role.MaxSessionDuration);
        Assert.Null(workload.Role.PermissionsBoundary);
        Assert.Empty(workload.Role.Policies);
        Assert.Contains("workload a ", workload.Role.Description, StringComparison.Ordinal);
        Assert.Equal(new Verification { Image = Verification.DefaultImage }, workload.Verify);
        Assert.Equal(new SandboxSettings().Buckets, configuration.Sandbox.Buckets);
    }

    [Theory]
    [InlineData("111122223333", "111122223333")]
    [InlineData("\"111122223333\"", "111122223333")]
    [InlineData("012345670123", "012345670123")]
    [InlineData("000000000001", "000000000001")]
    public void An_account_id_is_the_digits_as_written_quoted_or_not(string written, string id) =>
        Assert.Equal(id, Documents.Valid(Documents.Least.Replace("\"111122223333\"", written, StringComparison.Ordinal)).Accounts[0].Id);

    [Theory]
    [InlineData("1h", 3600)]
    [InlineData("90m", 5400)]
    [InlineData("3600s", 3600)]
    [InlineData("1h30m", 5400)]
    [InlineData("1h0m5s", 3605)]
    public void A_duration_counts_hours_minutes_and_seconds(string written, int seconds) =>
        Assert.Equal(
            TimeSpan.FromSeconds(seconds),
            Documents.Valid($"defaults: {{ tokenLifetime: {written} }}\n{Documents.Least}").Workloads[0].TokenLifetime
        );

    [Fact]
    public void Workloads_that_share_a_role_share_its_description()
    {
        var workloads = Documents
            .Valid(
                Documents.Least
                    + """

                      - { name: e, namespace: e, serviceAccount: e, role: { name: d } }
                      - { name: f, namespace: f, serviceAccount: f, role: { name: f } }
                      - { name: g, namespace: g, serviceAccount: g, role: { name: f, description: "Given by one" } }
                    """
            )
            .Workloads;

        Assert.Equal("Assumed by the GKE workload a and 1 more with their own tokens", workloads[0].Role.Description);
        Assert.Equal(workloads[0].Role.Description, workloads[1].Role.Description);
        Assert.Equal("Given by one", workloads[2].Role.Description);
        Assert.Equal("Given by one", workloads[3].Role.Description);
    }

    [Fact]
    public void Anchors_aliases_and_merge_keys_work_and_a_mappings_own_keys_take_precedence()
    {
        var workloads = Documents
            .Valid(
                """
                clusters: { main: { project: acme-prod, location: asia-south1, name: main } }
                accounts: { data: { id: "111122223333", region: ap-south-1 } }
                workloads:
                  - &common { name: a, namespace: team, serviceAccount: a, role: &role { name: a, path: /team/ }, adopt: true }
                  - { <<: *common, name: b, serviceAccount: b, role: *role }
                  - { name: c, serviceAccount: c, <<: [{ adopt: false }, *common], role: { <<: *role, name: c } }
                """
            )
            .Workloads;

        Assert.Equal(["team", "team", "team"], workloads.Select(workload => workload.Namespace));
        Assert.Equal(["a", "b", "c"], workloads.Select(workload => workload.ServiceAccount));
        Assert.Equal([true, true, false], workloads.Select(workload => workload.Adopt));
        Assert.Equal(["/team/a", "/team/a", "/team/c"], workloads.Select(workload => workload.Role.Path + workload.Role.Name));
    }

    [Fact]
    public void A_problem_behind_an_alias_is_reported_once_where_it_is_written()
    {
        var findings = Documents
            .Read(
                """
                clusters: { main: { project: acme-prod, location: asia-south1, name: main } }
                accounts: { data: { id: "111122223333", region: ap-south-1 } }
                workloads:
                  - { name: a, namespace: a, serviceAccount: a, role: { name: a }, verify: &verify { keep: sometimes } }
                  - { name: b, namespace: b, serviceAccount: b, role: { name: b }, verify: *verify }
                """
            )
            .Findings;

        Assert.Equal(new SourceLocation("federation.yaml", 4, 92), Assert.Single(findings).Location);
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public void Line_ends_of_other_systems_read_alike_and_count_alike(string lineEnd)
    {
        var document = Documents.Full.ReplaceLineEndings(lineEnd);
        Assert.Equal(11, Documents.Valid(document).Workloads[0].Location.Line);

        var finding = Assert.Single(Documents.Read(document.Replace("adopt: true", "adopt: maybe", StringComparison.Ordinal)).Findings);
        Assert.Equal(new SourceLocation("federation.yaml", 18, 12), finding.Location);
    }

    [Fact]
    public void A_byte_order_mark_changes_nothing()
    {
        byte[] marked = [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes("nmae: x\n" + Documents.Least)];

        var finding = Assert.Single(ConfigurationReader.Read("federation.yaml", marked).Findings);
        Assert.Equal(new SourceLocation("federation.yaml", 1, 1), finding.Location);
    }

    public static TheoryData<string, byte[], string> Undecodable =>
        new()
        {
            {
                "UTF-16 with mark",
                [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(Documents.Least)],
                "1:1 the file is encoded as UTF-16, not as UTF-8"
            },
            {
                "UTF-16 without mark",
                Encoding.BigEndianUnicode.GetBytes(Documents.Least),
                "1:1 the file is encoded as UTF-16, not as UTF-8"
            },
            {
                "UTF-32",
                [.. Encoding.UTF32.Preamble, .. Encoding.UTF32.GetBytes(Documents.Least)],
                "1:1 the file is encoded as UTF-32, not as UTF-8"
            },
            { "Latin-1", Encoding.Latin1.GetBytes("name: a\nstrict: größe"), "2:11 the byte 0xF6 here is not UTF-8" },
            { "NUL", Encoding.UTF8.GetBytes("name: a\r\nb: \0"), "2:4 the control character U+0000 is not allowed in YAML" },
            { "escape", Encoding.UTF8.GetBytes("name: \e[31m"), "1:7 the control character U+001B is not allowed in YAML" },
            {
                "5 MB",
                new byte[5 * 1024 * 1024],
                "1:1 the file has 5242880 bytes; at most 4194304 are read (a federation of 10,000 workloads needs about 2,500,000)"
            },
        };

    [Theory]
    [MemberData(nameof(Undecodable))]
    public void Bytes_that_are_not_text_are_named(string what, byte[] bytes, string expected)
    {
        var result = ConfigurationReader.Read("federation.yaml", bytes);

        Assert.Null(result.Configuration);
        var finding = Assert.Single(result.Findings);
        Assert.Equal(FindingCodes.ConfigurationInvalid, finding.Code);
        Assert.True(
            expected == $"{finding.Location!.Line}:{finding.Location.Column} {finding.Cause}",
            $"{what}: {finding.Location} {finding.Cause}"
        );
    }

    public static TheoryData<string, string> Bombs =>
        new()
        {
            {
                "aliases of aliases",
                "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
                    + string.Concat(
                        Enumerable.Range(1, 30).Select(i => $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n")
                    )
            },
            {
                "merges of merges",
                "m0: &m0 {"
                    + string.Join(", ", Enumerable.Range(0, 1000).Select(i => $"k{i}: v"))
                    + "}\n"
                    + string.Concat(Enumerable.Range(1, 1000).Select(i => $"m{i}: &m{i} {{ <<: *m{i - 1} }}\n"))
            },
            { "flow lists within each other", new string('[', 4_000_000) },
            { "flow lists on lines of their own", string.Concat(Enumerable.Repeat("[\n", 2_000_000)) },
            { "flow mappings within each other", string.Concat(Enumerable.Repeat("{a: ", 1_000_000)) },
            { "block lists within each other", string.Concat(Enumerable.Repeat("- ", 2_000_000)) },
            { "block mappings within each other", string.Concat(Enumerable.Range(0, 2_000).Select(i => new string(' ', i) + "a:\n")) },
            { "explicit keys within each other", string.Concat(Enumerable.Repeat("? ", 2_000_000)) },
            { "documents", string.Concat(Enumerable.Repeat("---\n", 1_000_000)) },
            { "a long list", "a: [" + string.Concat(Enumerable.Repeat("x,", 2_000_000)) + "]" },
            { "a long key", new string('k', 4_000_000) + ": v" },
            { "many unknown keys", string.Concat(Enumerable.Range(0, 200_000).Select(i => $"key-{i}: v\n")) },
            {
                "many wrong workloads",
                Documents.Least + "\n" + string.Concat(Enumerable.Range(0, 100_000).Select(_ => "  - { nmae: 1 }\n"))
            },
            { "many anchors", string.Concat(Enumerable.Range(0, 100_000).Select(i => $"- &anchor{i} x\n")) + "- *anchorx" },
        };

    [Theory]
    [MemberData(nameof(Bombs))]
    public void A_malicious_document_is_refused_within_bounds(string what, string document)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var result = Documents.Read(document);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Null(result.Configuration);
        Assert.InRange(result.Findings.Count, 1, 1001);
        // What such a document would unfold to is far above this.
        Assert.True(allocated < 1_000_000_000, $"{what}: {allocated} bytes");
    }

    [Fact]
    public void Beyond_a_thousand_findings_the_rest_is_counted()
    {
        var findings = Documents.Read(string.Concat(Enumerable.Range(0, 1500).Select(i => $"unknown-{i}: v\n"))).Findings;

        Assert.Equal(1001, findings.Count);
        // 1500 keys and three missing sections, minus the thousand findings that are listed.
        Assert.Equal("503 more problems follow from here on", findings[^1].Cause);
    }

    [Fact]
    public void Ten_thousand_workloads_are_read()
    {
        var document = new StringBuilder(
            """
            clusters: { main: { project: acme-prod, location: asia-south1, name: main } }
            accounts: { data: { id: "111122223333", region: ap-south-1 } }
            workloads:

            """
        );
        for (var i = 0; i < 10_000; i++)
        {
            document.Append(
                $$"""
                  - name: workload-{{i}}
                    cluster: main
                    account: data
                    namespace: team-{{i % 100}}
                    serviceAccount: account-{{i}}
                    role:
                      name: role-{{i}}
                      policies: [s3-list-buckets, { template: s3-read, buckets: [a, b] }]
                    verify: { run: aws s3 ls }

                """
            );
        }

        var text = document.ToString();
        Assert.Equal(10_000, Documents.Valid(text).Workloads.Count);
        Assert.True(Encoding.UTF8.GetByteCount(text) < 3_000_000);
    }

    [Fact]
    public void No_bytes_make_it_throw() =>
        Gen.Byte.Array[0, 200].Sample(bytes => Consistent(ConfigurationReader.Read("f", bytes)), iter: 5000);

    [Fact]
    public void No_text_of_yamls_own_characters_makes_it_throw() =>
        Gen.Char["ab:-?[]{},&*#!|>'\"%@` \t\n\r<~.0"]
            .Array[0, 60]
            .Sample(text => Consistent(Documents.Read(new string(text))), iter: 30_000);

    [Fact]
    public void No_damage_to_a_right_document_makes_it_throw() =>
        Gen.Select(Gen.Int[0, Documents.Full.Length - 1], Gen.Int[0, 12], Gen.Char["ab:-?[]{},&*#!|>'\"%@` \t\n\r<~.0"].Array[0, 4])
            .Array[1, 3]
            .Sample(
                damages =>
                {
                    var text = Documents.Full;
                    foreach (var (at, length, inserted) in damages)
                    {
                        var from = Math.Min(at, text.Length);
                        text = text[..from] + new string(inserted) + text[Math.Min(text.Length, from + length)..];
                    }

                    Consistent(Documents.Read(text));
                },
                iter: 5000
            );

    /// <summary>Asserts what is true of every result.</summary>
    private static void Consistent(ConfigurationResult result)
    {
        Assert.Equal(result.Configuration is null, result.Findings.Any(finding => finding.Severity is Severity.Error));
        Assert.Equal(
            result.Findings.OrderBy(finding => finding.Location!.Line).ThenBy(finding => finding.Location!.Column),
            result.Findings
        );
        Assert.All(
            result.Findings,
            finding =>
            {
                Assert.NotEmpty(finding.Cause);
                Assert.NotEmpty(finding.Fix);
                Assert.NotEmpty(finding.Title);
                Assert.True(finding.Location is { Line: > 0, Column: > 0 });
            }
        );
    }
}
