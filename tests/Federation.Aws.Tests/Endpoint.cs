using System.Collections.Concurrent;
using System.Net;
using System.Web;
using Amazon.Runtime;

[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace Federation.Aws.Tests;

/// <summary>
/// Leads the SDK to a local address through its environment, as a user's shell would, and takes the lead away again.
/// The environment is the process's: tests of this assembly run one after the other.
/// </summary>
internal sealed class Lead : IDisposable
{
    private static readonly string[] Names =
    [
        "AWS_ENDPOINT_URL",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_EC2_METADATA_DISABLED",
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
    ];
    private readonly Dictionary<string, string?> _before = Names.ToDictionary(name => name, Environment.GetEnvironmentVariable);

    public Lead(Uri endpoint, bool withCredentials = true)
    {
        Environment.SetEnvironmentVariable("AWS_ENDPOINT_URL", endpoint.ToString());
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", withCredentials ? "AKIAIOSFODNN7EXAMPLE" : null);
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", withCredentials ? "secret" : null);
        Environment.SetEnvironmentVariable("AWS_EC2_METADATA_DISABLED", "true");
        Environment.SetEnvironmentVariable("AWS_CONFIG_FILE", Path.Join(AppContext.BaseDirectory, "no-config"));
        Environment.SetEnvironmentVariable("AWS_SHARED_CREDENTIALS_FILE", Path.Join(AppContext.BaseDirectory, "no-credentials"));
        FallbackRegionFactory.Reset();
    }

    public void Dispose()
    {
        foreach (var (name, value) in _before)
        {
            Environment.SetEnvironmentVariable(name, value);
        }
    }
}

/// <summary>An AWS query endpoint on a loopback port that answers as the test says, and keeps what it was asked.</summary>
internal sealed class Endpoint : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Func<IReadOnlyDictionary<string, string>, Answer> _answer;
    private readonly Task _serving;
    private readonly Lead _lead;

    public Endpoint(Func<IReadOnlyDictionary<string, string>, Answer> answer)
    {
        _answer = answer;
        var address = Listen();
        _serving = ServeAsync();
        _lead = new Lead(address);
    }

    public ConcurrentQueue<IReadOnlyDictionary<string, string>> Requests { get; } = [];

    public IEnumerable<string> Actions => Requests.Select(request => request["Action"]);

    public void Dispose()
    {
        _lead.Dispose();
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
            catch (Exception stopped) when (stopped is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            using var reader = new StreamReader(context.Request.InputStream);
            var form = HttpUtility.ParseQueryString(await reader.ReadToEndAsync());
            var request = form.AllKeys.OfType<string>().ToDictionary(key => key, key => form[key] ?? "", StringComparer.Ordinal);
            Requests.Enqueue(request);
            var answer = _answer(request);
            context.Response.StatusCode = answer.Status;
            await using (var writer = new StreamWriter(context.Response.OutputStream))
            {
                await writer.WriteAsync(answer.Body);
            }

            context.Response.Close();
        }
    }
}

/// <summary>An answer in the AWS Query protocol.</summary>
internal sealed record Answer(int Status, string Body)
{
    public static Answer Ok(string action, string result = "") =>
        new(
            200,
            $"<{action}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><{action}Result>{result}</{action}Result></{action}Response>"
        );

    public static Answer Error(int status, string code, string message = "Why.") =>
        new(
            status,
            $"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{WebUtility.HtmlEncode(message)}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
        );
}

/// <summary>Waits are over at once; how long they would have been is kept.</summary>
internal sealed class ImpatientTime : TimeProvider
{
    public ConcurrentQueue<TimeSpan> Waits { get; } = [];

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime > TimeSpan.Zero)
        {
            Waits.Enqueue(dueTime);
        }

        return base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? TimeSpan.Zero : dueTime, period);
    }
}
