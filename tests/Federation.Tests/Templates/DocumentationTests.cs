using System.Runtime.CompilerServices;
using Federation.Templates;

namespace Federation.Tests.Templates;

public sealed class DocumentationTests
{
    [Fact]
    public void The_page_lists_every_placeholder_and_no_other()
    {
        var section = Page().Split("\n## Placeholders\n")[1].Split("\n## ")[0];
        var listed = section
            .Split('\n')
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .SelectMany(line => line.Split('|')[1].Split('`').Where((_, index) => index % 2 == 1));
        Assert.Equal(Placeholder.Names.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_page_says_which_placeholders_are_numbers()
    {
        foreach (var name in Placeholder.Names)
        {
            Assert.Equal(
                Placeholder.Find(name)!.IsNumber,
                Page()
                    .Split('\n')
                    .Any(line =>
                        line.StartsWith($"| `{name}` |", StringComparison.Ordinal) && line.Contains("*number*", StringComparison.Ordinal)
                    )
            );
        }
    }

    [Fact]
    public void The_page_lists_every_built_in_policy()
    {
        foreach (var name in TemplateSet.Load(null).Policies.Keys)
        {
            Assert.Contains($"| `{name}`", Page(), StringComparison.Ordinal);
        }
    }

    private static string Page([CallerFilePath] string file = "") =>
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(file)!, "..", "..", "..", "docs", "templates.md")).ReplaceLineEndings("\n");
}
