using System.Text;
using Federation.Configuration;
using Federation.Findings;

namespace Federation.Tests.Configuration;

/// <summary>
/// <c>wrong-documents.txt</c> has wrong documents, each with its findings, so that the messages can be read as a user sees
/// them. UPDATE_GOLDEN=1 rewrites the findings.
/// </summary>
public sealed class WrongDocumentTests
{
    private const string Table = "tests/Federation.Tests/Configuration/wrong-documents.txt";
    private const string Title = "######## ";
    private const string Found = "-------- ";

    /// <summary>The documents with their titles, without the findings.</summary>
    public static IEnumerable<(string Title, string Document)> Documents()
    {
        foreach (var text in Checkout.Read(Table).Split(Title, StringSplitOptions.RemoveEmptyEntries))
        {
            var title = text[..text.IndexOf('\n', StringComparison.Ordinal)];
            yield return (title, text[(title.Length + 1)..].Split(Found)[0]);
        }
    }

    [Fact]
    public void Every_wrong_document_gets_exactly_these_findings_at_these_places()
    {
        var rewritten = new StringBuilder();
        foreach (var (title, document) in Documents())
        {
            var result = ConfigurationReader.Read("federation.yaml", Encoding.UTF8.GetBytes(document));

            rewritten.Append(Title).Append(title).Append('\n').Append(document);
            foreach (var finding in result.Findings)
            {
                rewritten.Append(Found).Append(Print(finding)).Append('\n');
            }

            Assert.NotEmpty(result.Findings);
            Assert.Equal(result.Findings.Any(finding => finding.Severity is Severity.Error), result.Configuration is null);
            Assert.Equal(
                result.Findings.OrderBy(finding => finding.Location!.Line).ThenBy(finding => finding.Location!.Column),
                result.Findings
            );
        }

        Checkout.Hold(Table, rewritten.ToString());
    }

    private static string Print(Finding finding) =>
        $"{finding.Location!.Line}:{finding.Location.Column} {(finding.Severity is Severity.Warning ? "warning " : "")}{finding.Code} "
        + $"{finding.Cause}\n           {finding.Fix}";
}
