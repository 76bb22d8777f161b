using Federation.Files;
using Federation.Findings;
using Federation.Tests.Templates;

namespace Federation.Tests.Files;

public sealed class OutputFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Report => Path.Combine(_folder.Path, "report.json");

    [Fact]
    public void A_file_is_written_and_replaced_and_no_temporary_file_is_left()
    {
        OutputFile.Replace(Report, "one");
        OutputFile.Replace(Report, "two, ü");
        Assert.Equal("two, ü"u8.ToArray(), File.ReadAllBytes(Report));
        Assert.Equal([Report], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData("precious.txt")]
    [InlineData("missing.txt")]
    public void A_link_is_replaced_and_its_target_is_not_changed(string target)
    {
        var precious = _folder.Write("precious.txt", "precious");
        Links.Create(Report, Path.Combine(_folder.Path, target));

        OutputFile.Replace(Report, "report");
        Assert.Equal(EntryKind.File, EntryKinds.At(Report));
        Assert.Equal("report", File.ReadAllText(Report));
        Assert.Equal("precious", File.ReadAllText(precious));
        Assert.False(File.Exists(Path.Combine(_folder.Path, "missing.txt")));
    }

    [Fact]
    public void A_reader_who_has_the_old_file_open_keeps_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows replaces no file that is open.");
        OutputFile.Replace(Report, "old");
        using var reader = new StreamReader(Report);
        OutputFile.Replace(Report, "new");
        Assert.Equal("old", reader.ReadToEnd());
    }

    [Fact]
    public void A_folder_of_that_name_is_refused_and_kept()
    {
        var inside = _folder.Write("report.json/notes.txt", "mine");
        var finding = Assert.Single(Sample.Findings(() => OutputFile.Replace(Report, "report")));
        Assert.Equal((FindingCodes.ArgumentInvalid, Report), (finding.Code, finding.Actual));
        Assert.Contains("there is a folder of that name", finding.Cause, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(inside));
        Assert.Equal([Report], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_folder_that_is_not_there_is_an_error_of_the_product_and_not_of_the_framework()
    {
        var finding = Assert.Single(Sample.Findings(() => OutputFile.Replace(Path.Combine(_folder.Path, "no", "report.json"), "report")));
        Assert.Equal(FindingCodes.ArgumentInvalid, finding.Code);
    }
}
