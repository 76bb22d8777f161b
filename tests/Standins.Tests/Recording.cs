using System.Net;

namespace Standins.Tests;

/// <summary>Records each request before it leaves the process, and answers what the test says.</summary>
internal sealed class Recording(params (HttpStatusCode Status, string Body)[] answers) : HttpMessageHandler
{
    private readonly Queue<(HttpStatusCode Status, string Body)> _answers = new(answers);

    public List<Recorded> Requests { get; } = [];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        var headers = request
            .Headers.Concat(request.Content?.Headers ?? Enumerable.Empty<KeyValuePair<string, IEnumerable<string>>>())
            .ToDictionary(header => header.Key, header => string.Join(',', header.Value), StringComparer.OrdinalIgnoreCase);
        Requests.Add(new Recorded(request.Method.Method, request.RequestUri!, headers, body));

        var (status, answer) = _answers.Dequeue();
        return new HttpResponseMessage(status) { RequestMessage = request, Content = new StringContent(answer) };
    }
}

internal sealed record Recorded(string Method, Uri Uri, IReadOnlyDictionary<string, string> Headers, string Body);
