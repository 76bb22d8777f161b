using System.Collections.Concurrent;
using System.Net;
using System.Web;
using Federation.Calls;

namespace Federation.Aws.Tests;

/// <summary>An AWS query endpoint on a loopback port that answers as the test says, and records what it was asked.</summary>
internal sealed class Endpoint : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Func<IReadOnlyDictionary<string, string>, Answer> _answer;
    private readonly Task _serving;

    public Endpoint(Func<IReadOnlyDictionary<string, string>, Answer> answer)
    {
        _answer = answer;
        Clouds = Given.CloudsAt(Listen());
        _serving = ServeAsync();
    }

    /// <summary>Leads clients here.</summary>
    public CloudEndpoints Clouds { get; }

    public ConcurrentQueue<IReadOnlyDictionary<string, string>> Requests { get; } = [];

    public IEnumerable<string> Actions => Requests.Select(request => request["Action"]);

    public void Dispose()
    {
        _listener.Stop();
        _serving.Wait();
        ((IDisposable)_listener).Dispose();
    }

    /// <summary>HttpListener cannot choose a free port by itself.</summary>
    private Uri Listen()
    {
        using var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        _listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        _listener.Start();
        return new Uri($"http://127.0.0.1:{port}");
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception stopped) when (stopped is HttpListenerException or InvalidOperationException)
            {
                return;
            }

            using var reader = new StreamReader(context.Request.InputStream);
            var form = HttpUtility.ParseQueryString(await reader.ReadToEndAsync());
            var request = form.AllKeys.OfType<string>().ToDictionary(key => key, key => form[key] ?? "", StringComparer.Ordinal);
            Requests.Enqueue(request);
            try
            {
                await SendAsync(context.Response, _answer(request));
            }
            catch (HttpListenerException)
            {
                // The client gave up.
            }
        }
    }

    private static async Task SendAsync(HttpListenerResponse response, Answer answer)
    {
        response.StatusCode = answer.Status;
        response.ContentType = answer.ContentType;
        var body = System.Text.Encoding.UTF8.GetBytes(answer.Body);
        response.ContentLength64 = answer == Answer.BrokenOff ? 2 * body.Length : body.Length;
        await response.OutputStream.WriteAsync(body);
        if (answer == Answer.BrokenOff)
        {
            response.Abort();
        }
        else
        {
            response.Close();
        }
    }
}

/// <summary>An answer of an endpoint; in the AWS Query protocol unless the test says otherwise.</summary>
internal sealed record Answer(int Status, string Body, string ContentType = "text/xml")
{
    /// <summary>The connection is closed before the announced length was sent.</summary>
    public static Answer BrokenOff { get; } = new(200, "<GetRoleResponse>");

    /// <param name="result">Null: the least that AWS answers.</param>
    public static Answer Ok(string action, string? result = null) =>
        new(
            200,
            $"<{action}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">"
                + $"<{action}Result>{result ?? Least(action)}</{action}Result>"
                + $"<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{action}Response>"
        );

    /// <summary>A role as IAM shows it.</summary>
    public static string Role(string trustPolicy, params IEnumerable<(string Key, string Value)> tags) =>
        $"""
            <Role><Path>/</Path><RoleName>gke-exports</RoleName><RoleId>AROAEXAMPLE</RoleId>
            <Arn>arn:aws:iam::123456789012:role/gke-exports</Arn>
            <AssumeRolePolicyDocument>{Uri.EscapeDataString(trustPolicy)}</AssumeRolePolicyDocument>
            <Tags>{string.Concat(tags.Select(tag => $"<member><Key>{tag.Key}</Key><Value>{tag.Value}</Value></member>"))}</Tags></Role>
            """;

    private static string Least(string action) =>
        action switch
        {
            "CreateRole" or "GetRole" => Role("""{"Statement":[]}"""),
            "CreateOpenIDConnectProvider" =>
                "<OpenIDConnectProviderArn>arn:aws:iam::123456789012:oidc-provider/x</OpenIDConnectProviderArn>",
            _ => "",
        };

    public static Answer Error(int status, string code, string message = "Why.") =>
        new(
            status,
            $"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{WebUtility.HtmlEncode(message)}</Message></Error>"
                + "<RequestId>r</RequestId></ErrorResponse>"
        );
}
