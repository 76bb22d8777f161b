using System.Net;
using System.Text;
using Federation.Diagnosis.Evidence;
using Federation.Findings;

namespace Federation.Calls;

/// <summary>
/// An endpoint answered, but not as its API does: with nothing, with a page of a gateway, or without what the answer must hold.
/// Whether the call was carried out is not known, as if the answer had been lost.
/// </summary>
/// <param name="answer">What came; see <see cref="Answer"/>.</param>
public sealed class UnreadableAnswerException(string answer) : Exception($"The answer cannot be read: {answer}.")
{
    /// <summary>As much of a body as is looked at for its first line.</summary>
    private const int Start = 1000;

    /// <summary>What came, for a sentence that says that the endpoint sent it. Safe to show, without secrets.</summary>
    public string Answer => answer;

    /// <summary>An answer as <see cref="Answer"/> says it: status, content type, and the first line of its body.</summary>
    public static string Describe(HttpResponseMessage response, ReadOnlySpan<byte> body) =>
        Describe(
            response.StatusCode,
            response.Content.Headers.ContentType?.MediaType ?? "no content type",
            Encoding.UTF8.GetString(body[..Math.Min(body.Length, Start)])
        );

    /// <inheritdoc cref="Describe(HttpResponseMessage, ReadOnlySpan{byte})"/>
    /// <param name="type">The content type; null if it is not known.</param>
    public static string Describe(HttpStatusCode status, string? type, string body)
    {
        var text = body[..Math.Min(body.Length, Start)].Trim('\uFEFF', ' ', '\t', '\r', '\n');
        var line = text.Split('\n', 2)[0].TrimEnd();
        return $"HTTP {(int)status}, {(type is null ? "" : $"{type}, ")}"
            + (line.Length == 0 ? "without content" : $"beginning with {PlainText.Quoted(Secrets.Strip(line))}");
    }
}
