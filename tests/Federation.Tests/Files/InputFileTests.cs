using Federation.Files;
using Federation.Findings;
using Federation.Tests.Templates;

namespace Federation.Tests.Files;

/// <summary>A file that a user names is read whole, or refused at once.</summary>
public sealed class InputFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Absent => Path.Combine(_folder.Path, "absent.yaml");

    [Fact]
    public void A_file_and_a_link_to_it_are_read()
    {
        var file = _folder.Write("federation.yaml", "clusters: ü");
        var link = Path.Combine(_folder.Path, "link.yaml");
        Links.Create(link, file);

        Assert.Equal("clusters: ü"u8.ToArray(), InputFile.Read(file));
        Assert.Equal("clusters: ü"u8.ToArray(), InputFile.Read(link));
        Assert.Equal("clusters: ü"u8.ToArray(), InputFile.ReadGiven("evidence", link));
    }

    [Fact]
    public void A_pipe_without_a_writer_is_refused_without_waiting() =>
        AssertRefused(Pipes.Create(Path.Combine(_folder.Path, "pipe")), "not a regular file");

    [Theory]
    [InlineData("/dev/zero")]
    [InlineData("/dev/null")]
    public void A_device_is_refused_without_reading_it(string device)
    {
        Assert.SkipUnless(File.Exists(device), $"There is no {device} here.");
        AssertRefused(device, "not a regular file");
    }

    [Fact]
    public void A_link_to_a_device_is_refused()
    {
        Assert.SkipUnless(File.Exists("/dev/zero"), "There is no /dev/zero here.");
        Links.Create(Absent, "/dev/zero");
        AssertRefused(Absent, "not a regular file");
    }

    [Fact]
    public void A_link_that_leads_nowhere_is_a_file_that_is_not_there()
    {
        Links.Create(Absent, Path.Combine(_folder.Path, "nowhere"));
        AssertRefused(Absent, "There is no file");
    }

    [Fact]
    public void An_absent_file_and_a_folder_and_an_empty_file_are_refused()
    {
        AssertRefused(Absent, "There is no file");
        AssertRefused(_folder.Path, "is a folder");
        var empty = _folder.Write("empty.yaml", "");
        AssertRefused(empty, "is empty");
        Assert.Empty(InputFile.Read(empty, mayBeEmpty: true));
    }

    [Fact]
    public void A_file_over_the_limit_is_refused_and_one_at_the_limit_is_read()
    {
        var file = _folder.Write("federation.yaml", "12345");
        Assert.Equal(5, InputFile.Read(file, largest: 5).Length);
        Assert.Contains("at most 4", Assert.Throws<IOException>(() => InputFile.Read(file, largest: 4)).Message, StringComparison.Ordinal);
    }

    private static void AssertRefused(string path, string reason)
    {
        Assert.Contains(reason, Assert.ThrowsAny<IOException>(() => InputFile.Read(path)).Message, StringComparison.Ordinal);
        var finding = Assert.Single(Assert.Throws<FindingException>(() => InputFile.ReadGiven("evidence", path)).Findings);
        Assert.Equal(FindingCodes.ArgumentInvalid, finding.Code);
        Assert.Contains($"--evidence={path}", finding.Cause, StringComparison.Ordinal);
    }
}
