using Federation.Findings;
using Federation.Templates;
using Federation.Tests.Files;

namespace Federation.Tests.Templates;

/// <summary>Reading a folder of templates, with any content.</summary>
public sealed class TemplateFolderTests : IDisposable
{
    private const string Policy =
        """{ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*" }] }""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_link_to_a_file_counts_as_the_files_of_a_mounted_config_map_do()
    {
        _folder.Write("..data/reader.json", Policy);
        Links.Create(Path.Combine(_folder.Path, "policies", "reader.json"), Path.Combine("..", "..data", "reader.json"));

        Assert.Contains("reader", TemplateSet.Load(_folder.Path).Policies.Keys);
    }

    [Fact]
    public void A_link_to_a_folder_is_not_followed_so_that_none_leads_round_in_a_circle()
    {
        _folder.Write("policies/reader.json", Policy);
        Links.Create(Path.Combine(_folder.Path, "policies", "again"), _folder.Path);

        var policies = TemplateSet.Load(_folder.Path).Policies.Keys;
        Assert.Contains("reader", policies);
        Assert.DoesNotContain(policies, name => name.Contains("again", StringComparison.Ordinal));
    }

    [Fact]
    public void Everything_that_cannot_be_read_is_reported_at_once_with_its_path()
    {
        Pipes.Create(Path.Combine(_folder.Path, "namespace.yaml"));
        Links.Create(Path.Combine(_folder.Path, "service-account.yaml"), Path.Combine(_folder.Path, "nowhere"));

        var findings = Assert.Throws<FindingException>(() => TemplateSet.Load(_folder.Path)).Findings;

        Assert.All(findings, finding => Assert.Equal(FindingCodes.TemplateInvalid, finding.Code));
        Assert.Collection(
            findings,
            pipe =>
            {
                Assert.EndsWith("namespace.yaml", pipe.Location!.File, StringComparison.Ordinal);
                Assert.Contains("not a regular file", pipe.Cause, StringComparison.Ordinal);
            },
            link =>
            {
                Assert.EndsWith("service-account.yaml", link.Location!.File, StringComparison.Ordinal);
                Assert.Contains("There is no file", link.Cause, StringComparison.Ordinal);
            }
        );
    }
}
