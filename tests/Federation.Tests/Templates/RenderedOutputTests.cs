using Federation.Configuration;
using Federation.Files;
using Federation.Findings;
using Federation.Templates;
using Federation.Tests.Configuration;
using Federation.Tests.Files;

namespace Federation.Tests.Templates;

/// <summary>What a render writes to <c>rendered/</c>, and all that it leaves alone there and elsewhere.</summary>
public sealed class RenderedOutputTests : IDisposable
{
    private const string Policy = "permissions/s3-read.json";

    private readonly TemporaryFolder _output = new();
    private readonly TemporaryFolder _elsewhere = new();

    public void Dispose()
    {
        _output.Dispose();
        _elsewhere.Dispose();
    }

    private static Workload WithoutPolicies => Sample.Workload with { Role = Sample.Workload.Role with { Policies = [] } };

    private static Workload Changed => Sample.Workload with { Namespace = "changed" };

    private static Workload Gone => Sample.Workload with { Name = "gone" };

    private string Rendered => Path.Combine(_output.Path, "rendered");

    private string Folder => Path.Combine(Rendered, "exports");

    private string InFolder(string path) => Path.Combine(Folder, path);

    // What is written

    [Fact]
    public void Writing_twice_gives_the_same_bytes_and_touches_nothing()
    {
        Render(Sample.Workload);
        var first = Snapshot();
        var old = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        foreach (var file in first.Keys)
        {
            File.SetLastWriteTimeUtc(file, old);
        }

        Directory.SetLastWriteTimeUtc(Rendered, old);
        Directory.SetLastWriteTimeUtc(Folder, old);

        Render(Sample.Workload);
        Assert.Equal(first, Snapshot());
        Assert.All(first.Keys, file => Assert.Equal(old, File.GetLastWriteTimeUtc(file)));
        Assert.Equal((old, old), (Directory.GetLastWriteTimeUtc(Rendered), Directory.GetLastWriteTimeUtc(Folder)));
    }

    [Fact]
    public void A_folder_holds_the_documents_and_their_list_and_nothing_else_is_left_in_the_output()
    {
        var workload = Sample.Render();
        Sample.Write(_output.Path, workload);
        Assert.Equal(
            workload.Files.Select(file => file.Path).Append(RenderedList.FileName).Order(StringComparer.Ordinal),
            Files(_output.Path).Select(file => Path.GetRelativePath(Folder, file).Replace('\\', '/')).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void A_document_that_changed_is_replaced_also_where_somebody_edited_it()
    {
        Render(Sample.Workload);
        File.WriteAllText(InFolder("namespace.yaml"), "edited");
        Render(Changed);
        AssertRendered(Changed);
    }

    [Fact]
    public void What_is_no_longer_rendered_is_removed_with_its_folder()
    {
        Render(Sample.Workload);
        Render(WithoutPolicies);
        AssertRendered(WithoutPolicies);
        Assert.False(Directory.Exists(InFolder("permissions")));
    }

    [Fact]
    public void A_workload_that_the_configuration_forgot_loses_its_folder_and_nothing_else_does()
    {
        Render(Sample.Workload, Gone);
        _output.Write("rendered/notes/trust-policy.json", "mine");
        _output.Write("rendered/readme.txt", "mine");
        Render(Sample.Workload);
        Assert.Equal(["exports", "notes", "readme.txt"], Directory.GetFileSystemEntries(Rendered).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void The_output_itself_may_be_a_link()
    {
        var output = Path.Combine(_elsewhere.Path, "output");
        Links.Create(output, _output.Path);
        Sample.Write(output, Sample.Render());
        Sample.Write(output, Sample.Render(WithoutPolicies));
        AssertRendered(WithoutPolicies);
    }

    // What is not ours

    [Fact]
    public void A_file_of_somebody_else_stays_wherever_it_is()
    {
        Render(Sample.Workload, Gone);
        var files = new[]
        {
            _output.Write("rendered/exports/notes.txt", "mine"),
            _output.Write("rendered/exports/permissions/mine.json", "mine"),
            _output.Write("rendered/exports/mine/notes.txt", "mine"),
            _output.Write("rendered/gone/notes.txt", "mine"),
            _output.Write("rendered/gone/component/notes.txt", "mine"),
        };
        Render(WithoutPolicies);
        Assert.All(files, file => Assert.Equal("mine", File.ReadAllText(file)));
        Assert.Equal(
            [RenderedList.FileName, "component/notes.txt", "notes.txt"],
            Files(Path.Combine(Rendered, "gone"))
                .Select(file => Path.GetRelativePath(Path.Combine(Rendered, "gone"), file).Replace('\\', '/'))
                .Order(StringComparer.Ordinal)
        );

        // The folder still counts as one of ours.
        Render(Sample.Workload, Gone);
        Assert.All(files, file => Assert.Equal("mine", File.ReadAllText(file)));
    }

    [Fact]
    public void A_document_that_somebody_edited_is_not_removed()
    {
        Render(Sample.Workload, Gone);
        var policy = _output.Write("rendered/exports/" + Policy, "edited");
        var pod = _output.Write("rendered/gone/validation-pod.yaml", "edited");
        Render(WithoutPolicies);
        Assert.Equal(("edited", "edited"), (File.ReadAllText(policy), File.ReadAllText(pod)));
    }

    [Theory]
    [InlineData("exports/notes.txt")]
    [InlineData("exports/component/notes.txt")]
    [InlineData("exports/namespace.yaml")]
    public void A_folder_that_was_not_rendered_is_refused(string file)
    {
        var mine = _output.Write("rendered/" + file, "mine");
        AssertRefused(file.EndsWith("namespace.yaml", StringComparison.Ordinal) ? mine : Folder, Sample.Workload);
        Assert.Equal([mine], Files(_output.Path));
        Assert.Equal("mine", File.ReadAllText(mine));
    }

    [Fact]
    public void An_empty_folder_may_be_rendered_to()
    {
        Directory.CreateDirectory(Folder);
        Render(Sample.Workload);
        AssertRendered(Sample.Workload);
    }

    [Fact]
    public void A_document_does_not_replace_somebody_elses_file()
    {
        Render(WithoutPolicies);
        var mine = _output.Write("rendered/exports/" + Policy, "mine");
        var before = Snapshot();
        AssertRefused(mine, Sample.Workload);
        Assert.Equal(before, Snapshot());
    }

    [Fact]
    public void A_folder_in_the_place_of_a_document_is_refused_and_so_is_a_file_in_the_place_of_a_folder()
    {
        Render(WithoutPolicies);
        File.Delete(InFolder("namespace.yaml"));
        _output.Write("rendered/exports/namespace.yaml/notes.txt", "mine");
        AssertRefused(InFolder("namespace.yaml"), WithoutPolicies);
        Assert.Equal("mine", File.ReadAllText(InFolder("namespace.yaml/notes.txt")));

        var file = _output.Write("rendered/gone", "mine");
        AssertRefused(file, Gone);
        Assert.Equal("mine", File.ReadAllText(file));

        Directory.Delete(InFolder("namespace.yaml"), recursive: true);
        file = _output.Write("rendered/exports/permissions", "mine");
        AssertRefused(file, Sample.Workload);
        Assert.Equal("mine", File.ReadAllText(file));
    }

    [Fact]
    public void Documents_of_another_federation_are_neither_replaced_nor_removed()
    {
        Render(Sample.Workload, Gone);
        var before = Snapshot();
        var other = Sample.Configuration(Changed) with { Name = "other" };
        var rendered = new Renderer(other, TemplateSet.Load(null), File.ReadAllBytes).Render(Changed);
        using (var output = RenderedOutput.Open(_output.Path, other))
        {
            output.RemoveForgotten();
            var finding = Assert.Single(Sample.Findings(() => output.Write(rendered)));
            Assert.Contains("the federation acme, not of other", finding.Cause, StringComparison.Ordinal);
        }

        Assert.Equal(before, Snapshot());
    }

    // The list

    [Fact]
    public void Without_its_list_a_folder_is_ours_only_as_long_as_it_holds_what_would_be_rendered()
    {
        Render(Sample.Workload);
        var before = Snapshot();
        File.Delete(InFolder(RenderedList.FileName));
        Render(Sample.Workload);
        Assert.Equal(before, Snapshot());

        File.Delete(InFolder(RenderedList.FileName));
        before = Snapshot();
        AssertRefused(Folder, WithoutPolicies);
        AssertRefused(InFolder("namespace.yaml"), Changed);
        Assert.Equal(before, Snapshot());
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("notes")]
    [InlineData("HEADING")]
    [InlineData("HEADING\nHASH  namespace.yaml")]
    [InlineData("HEADING\nHASH  ../../precious.txt\n")]
    [InlineData("HEADING\nHASH  component/../../../precious.txt\n")]
    [InlineData("HEADING\nHASH  /precious.txt\n")]
    [InlineData("HEADING\nHASH  C:\\precious.txt\n")]
    [InlineData("HEADING\nHASH  component//precious.txt\n")]
    [InlineData("HEADING\nHASH \n")]
    [InlineData("HEADING\nshort  precious.txt\n")]
    public void A_damaged_list_removes_nothing_and_its_folder_is_refused(string list)
    {
        Render(Sample.Workload, Gone);
        var precious = _output.Write("precious.txt", "precious");
        var text = File.ReadAllText(InFolder(RenderedList.FileName));
        list = list.Replace("HEADING", text[..text.IndexOf('\n', StringComparison.Ordinal)], StringComparison.Ordinal)
            .Replace("HASH", RenderedList.Hash("precious"u8), StringComparison.Ordinal);
        File.WriteAllText(InFolder(RenderedList.FileName), list);
        File.WriteAllText(Path.Combine(Rendered, "gone", RenderedList.FileName), list);
        var before = Snapshot();

        AssertRefused(Folder, WithoutPolicies);
        Assert.Equal(before, Snapshot());
        Assert.Equal("precious", File.ReadAllText(precious));
    }

    [Fact]
    public void The_list_of_a_run_that_was_killed_midway_is_good_for_the_next()
    {
        Render(Sample.Workload);
        var half = RenderedList.Parse(File.ReadAllText(InFolder(RenderedList.FileName)))!;
        var list = half.With(RenderedList.Of("acme", Sample.Render(Changed).Files));
        File.WriteAllBytes(InFolder(RenderedList.FileName), list.ToUtf8());
        File.WriteAllBytes(
            InFolder("namespace.yaml"),
            Sample.Render(Changed).Files.Single(file => file.Path == "namespace.yaml").Content.Span
        );
        Render(WithoutPolicies);
        AssertRendered(WithoutPolicies);
    }

    // Links

    [Theory]
    [InlineData("rendered")]
    [InlineData("rendered/exports")]
    [InlineData("rendered/exports/component")]
    [InlineData("rendered/exports/namespace.yaml")]
    public void A_link_on_the_way_to_a_document_is_refused_and_its_target_is_not_changed(string link)
    {
        Render(Sample.Workload);
        var path = Path.Combine(_output.Path, link);
        var target = Path.Combine(_elsewhere.Path, "target");
        if (File.Exists(path))
        {
            File.Move(path, target);
        }
        else
        {
            Directory.Move(path, target);
        }

        Links.Create(path, target);
        var before = Snapshot(_elsewhere.Path);

        var finding = AssertRefused(path, Changed);
        Assert.Contains($"a link to {target}", finding.Cause, StringComparison.Ordinal);
        Assert.Equal(before, Snapshot(_elsewhere.Path));
        Assert.Equal(EntryKind.Link, EntryKinds.At(path));
    }

    [Fact]
    public void A_link_in_a_folder_stays_and_its_target_is_not_changed()
    {
        Render(Sample.Workload, Gone);
        _elsewhere.Write("precious.txt", "precious");
        var links = new[]
        {
            InFolder("mine"),
            InFolder("component/mine"),
            InFolder("permissions/mine"),
            Path.Combine(Rendered, "gone", "mine"),
            Path.Combine(Rendered, "linked"),
        };
        foreach (var link in links)
        {
            Links.Create(link, _elsewhere.Path);
        }

        Links.Create(InFolder("dangling"), Path.Combine(_elsewhere.Path, "missing"));
        Render(WithoutPolicies);
        Assert.Equal("precious", File.ReadAllText(Path.Combine(_elsewhere.Path, "precious.txt")));
        Assert.All(links, link => Assert.Equal(EntryKind.Link, EntryKinds.At(link)));
        Assert.Equal(EntryKind.Link, EntryKinds.At(InFolder("dangling")));
    }

    [Theory]
    [InlineData("exports", "permissions")]
    [InlineData("exports", Policy)]
    [InlineData("gone", "component")]
    [InlineData("gone", "namespace.yaml")]
    [InlineData("gone", RenderedList.FileName)]
    [InlineData("gone", "")]
    public void Nothing_is_removed_through_a_link_even_if_it_is_what_was_rendered(string workload, string link)
    {
        Render(Sample.Workload, Gone);
        var path = Path.Combine(Rendered, workload, link).TrimEnd('/', '\\');
        var target = Path.Combine(_elsewhere.Path, "target");
        if (File.Exists(path))
        {
            File.Move(path, target);
        }
        else
        {
            Directory.Move(path, target);
        }

        Links.Create(path, target);
        var before = Snapshot(_elsewhere.Path);

        Render(WithoutPolicies);
        Assert.Equal(before, Snapshot(_elsewhere.Path));
        Assert.Equal(EntryKind.Link, EntryKinds.At(path));
    }

    [Fact]
    public void A_hard_link_keeps_its_content_under_its_other_names()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "ln is a program of Unix.");
        Render(Sample.Workload);
        var other = Path.Combine(_elsewhere.Path, "namespace.yaml");
        Assert.Equal(0, Command.Run("ln", [InFolder("namespace.yaml"), other]).ExitCode);
        var before = File.ReadAllText(other);

        Render(Changed);
        AssertRendered(Changed);
        Assert.Equal(before, File.ReadAllText(other));
    }

    [Fact]
    public void A_document_that_is_read_only_is_replaced()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows replaces no file that is read-only.");
        Render(Sample.Workload);
        foreach (var file in Files(Folder))
        {
            File.SetAttributes(file, FileAttributes.ReadOnly);
        }

        Render(Changed with { Role = WithoutPolicies.Role });
        AssertRendered(Changed with { Role = WithoutPolicies.Role });
    }

    // Names and runs

    [Fact]
    public void A_policy_may_change_only_the_case_of_its_name()
    {
        var policy = _elsewhere.Write("Exports.json", Checkout.Read("templates/policies/s3-list-buckets.json"));
        Workload Named(string name) =>
            Sample.Workload with
            {
                Role = Sample.Workload.Role with { Policies = [new PolicyReference.File(name, policy, Sample.Here)] },
            };

        Render(Named("Exports"));
        Render(Named("exports"));
        Assert.Equal(["exports.json"], Directory.GetFiles(InFolder("permissions")).Select(Path.GetFileName));
    }

    [Fact]
    public void What_a_killed_run_left_is_removed_and_what_a_living_one_uses_is_not()
    {
        _output.Write("rendered/.writing-0123/lock", "");
        _output.Write("rendered/.writing-0123/1/namespace.yaml", "half");
        Directory.CreateDirectory(Rendered);
        using (var living = ScratchFolder.CreateIn(Rendered))
        {
            Render(Sample.Workload);
            Assert.Equal([living.Path, Folder], Directory.GetFileSystemEntries(Rendered).Order(StringComparer.Ordinal));
        }

        Assert.Equal([Folder], Directory.GetFileSystemEntries(Rendered));
    }

    [Fact]
    public void Two_runs_may_write_to_one_output_at_once()
    {
        var workloads = Enumerable.Range(0, 40).Select(i => Sample.Workload with { Name = $"w{i}" }).ToArray();
        var configuration = Sample.Configuration(workloads);
        var renderer = new Renderer(configuration, TemplateSet.Load(null), File.ReadAllBytes);
        var rendered = workloads.Select(renderer.Render).ToList();
        Parallel.For(
            0,
            4,
            new ParallelOptions { MaxDegreeOfParallelism = 4 },
            _ =>
            {
                using var output = RenderedOutput.Open(_output.Path, configuration);
                rendered.ForEach(output.Write);
                output.RemoveForgotten();
            }
        );

        Assert.Equal(rendered.Sum(workload => workload.Files.Count + 1), Files(_output.Path).Count);
        Assert.All(
            rendered,
            workload =>
                Assert.All(
                    workload.Files,
                    file =>
                        Assert.Equal(file.Content.ToArray(), File.ReadAllBytes(Path.Combine(Rendered, workload.Workload.Name, file.Path)))
                )
        );
    }

    [Fact]
    public void An_output_that_cannot_be_written_to_is_reported_once()
    {
        var workloads = Enumerable.Range(0, 3).Select(i => Sample.Workload with { Name = $"w{i}" }).ToArray();
        var configuration = Sample.Configuration(workloads);
        var renderer = new Renderer(configuration, TemplateSet.Load(null), File.ReadAllBytes);
        using var output = RenderedOutput.Open(_output.Write("file", ""), configuration);

        var finding = Assert.Single(renderer.RenderAll(workloads, output.Write));
        Assert.Equal(FindingCodes.ArgumentInvalid, finding.Code);
    }

    /// <summary>One run of a federation that has just these workloads.</summary>
    private void Render(params Workload[] workloads) =>
        Sample.Write(_output.Path, [.. workloads.Select(workload => Sample.Render(workload))]);

    private Finding AssertRefused(string path, Workload workload)
    {
        var finding = Assert.Single(Sample.Findings(() => Render(workload)));
        Assert.Equal((FindingCodes.ArgumentInvalid, path), (finding.Code, finding.Actual));
        Assert.Contains(path, finding.Cause, StringComparison.Ordinal);
        Assert.Contains(path, finding.Fix, StringComparison.Ordinal);
        return finding;
    }

    private void AssertRendered(Workload workload)
    {
        var files = Sample.Render(workload).Files;
        Assert.All(files, file => Assert.Equal(file.Content.ToArray(), File.ReadAllBytes(InFolder(file.Path))));
        Assert.Equal(files.Count + 1, Files(Folder).Count);
    }

    private Dictionary<string, string> Snapshot() => Snapshot(_output.Path);

    private static Dictionary<string, string> Snapshot(string folder) => Files(folder).ToDictionary(file => file, File.ReadAllText);

    private static List<string> Files(string folder) => [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)];
}
