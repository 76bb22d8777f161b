using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace Federation.Sandbox.Tests.Hosting;

/// <summary>
/// Clients that behave badly, over real connections: they are answered in their cloud's shape, and others are served meanwhile.
/// </summary>
public sealed class AbuseTests : IAsyncLifetime
{
    private static readonly HttpClient Client = new();
    private TestSandbox _sandbox = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Uri Aws => new(_sandbox.Variable("AWS_ENDPOINT_URL"));

    private Uri Google => new(_sandbox.Variable("CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM"));

    public async ValueTask InitializeAsync() => _sandbox = await TestSandbox.StartAsync();

    public async ValueTask DisposeAsync() => await _sandbox.DisposeAsync();

    [Theory]
    [InlineData("application/x-www-form-urlencoded", 2 << 20, HttpStatusCode.RequestEntityTooLarge, "<Code>RequestEntityTooLarge</Code>")]
    [InlineData("binary/octet-stream", 65 << 20, HttpStatusCode.BadRequest, "<Code>EntityTooLarge</Code>")]
    public async Task A_body_that_AWS_would_not_take_is_refused(string contentType, int length, HttpStatusCode status, string code)
    {
        using var body = new ByteArrayContent(new byte[length]);
        body.Headers.ContentType = new MediaTypeHeaderValue(contentType);

        // As S3's own clients do: the body is not begun before the server wants it.
        using var request = new HttpRequestMessage(HttpMethod.Put, Aws) { Content = body, Headers = { ExpectContinue = true } };
        using var response = await Client.SendAsync(request, Token);

        Assert.Equal(status, response.StatusCode);
        Assert.Contains(code, await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_limit_of_a_compressed_body_applies_to_its_content()
    {
        using var compressed = new MemoryStream();
        await using (
            var gzip = new System.IO.Compression.GZipStream(compressed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true)
        )
        {
            await gzip.WriteAsync(new byte[64 << 20], Token);
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Google, "v1/projects/acme-prod/serviceAccounts"))
        {
            Content = new ByteArrayContent(compressed.ToArray()),
        };
        request.Content.Headers.ContentEncoding.Add("gzip");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _sandbox.Variable("CLOUDSDK_AUTH_ACCESS_TOKEN"));
        using var response = await Client.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Contains("\"status\":\"INVALID_ARGUMENT\"", await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GARBAGE\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n")]
    public async Task Input_that_is_not_HTTP_is_a_bad_request(string text)
    {
        foreach (var address in (Uri[])[Aws, Google])
        {
            using var client = new TcpClient();
            await client.ConnectAsync(address.Host, address.Port, Token);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text), Token);
            using var reader = new StreamReader(client.GetStream());

            // What needs credentials is refused for their lack before its body is read.
            Assert.Matches("^HTTP/1.1 40[0-9] ", await reader.ReadLineAsync(Token));
        }
    }

    [Fact]
    public async Task Hundreds_of_silent_connections_do_not_block_other_clients()
    {
        var silent = new List<TcpClient>();
        try
        {
            for (var number = 0; number < 300; number++)
            {
                var client = new TcpClient();
                silent.Add(client);
                await client.ConnectAsync(Aws.Host, Aws.Port, Token);
                await client.GetStream().WriteAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"u8.ToArray(), Token);
            }

            using var sts = _sandbox.Sts();
            Assert.Equal(
                TestSandbox.Account,
                (await sts.GetCallerIdentityAsync(new Amazon.SecurityToken.Model.GetCallerIdentityRequest(), Token)).Account
            );
        }
        finally
        {
            silent.ForEach(client => client.Dispose());
        }
    }
}
