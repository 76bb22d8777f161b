using System.Text.Json;

namespace Federation.Calls;

/// <summary>
/// Lets a successful answer through only if it is a whole JSON object. It is read to its end first, so what lasts until it is
/// ended, such as a watch, must not concern this handler.
/// </summary>
/// <param name="concerns">Whether a request is answered with a JSON object.</param>
public sealed class JsonAnswers(Func<HttpRequestMessage, bool> concerns) : DelegatingHandler
{
    /// <exception cref="UnreadableAnswerException">It was answered with success, and with anything else.</exception>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if (!response.IsSuccessStatusCode || !concerns(request))
        {
            return response;
        }

        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        if (IsObject(body))
        {
            return response;
        }

        using (response)
        {
            throw new UnreadableAnswerException(UnreadableAnswerException.Describe(response, body));
        }
    }

    private static bool IsObject(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            var isObject = reader.Read() && reader.TokenType == JsonTokenType.StartObject;
            while (isObject && reader.Read())
            {
                // To the end: a body that was cut off has none.
            }

            return isObject;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
