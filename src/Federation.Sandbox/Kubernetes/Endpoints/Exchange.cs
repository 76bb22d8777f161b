using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Authentication;
using Federation.Sandbox.Kubernetes.Tables;
using Microsoft.AspNetCore.Http;

namespace Federation.Sandbox.Kubernetes.Endpoints;

/// <summary>One request and its answer.</summary>
internal sealed class Exchange(HttpContext context, RequestInfo info, User user)
{
    private const long MaximumBody = 3 * 1024 * 1024;

    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public RequestInfo Info { get; } = info;

    public User User { get; } = user;

    public HttpContext Context { get; } = context;

    public CancellationToken Aborted => Context.RequestAborted;

    /// <summary>Sent to the client with the answer.</summary>
    public List<string> Warnings { get; } = [];

    public string Query(string name) => Context.Request.Query[name].ToString();

    public bool Flag(string name) => Query(name) is "true" or "1";

    /// <summary>A number in the query, or null.</summary>
    public long? Number(string name) =>
        Query(name) switch
        {
            "" => null,
            var text when long.TryParse(text, out var number) => number,
            var text => throw ApiException.BadRequest($"strconv.ParseInt: parsing {FieldError.Quote(text)}: invalid syntax"),
        };

    /// <summary>The media type of the body, without parameters.</summary>
    public string ContentType => Context.Request.ContentType?.Split(';')[0].Trim() ?? "";

    public async Task<byte[]> ReadBodyAsync()
    {
        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        while (await Context.Request.Body.ReadAsync(chunk, Aborted) is > 0 and var read)
        {
            buffer.Write(chunk, 0, read);
            if (buffer.Length > MaximumBody)
            {
                throw ApiException.Failure(413, "RequestEntityTooLarge", $"Request entity too large: limit is {MaximumBody}");
            }
        }

        return buffer.ToArray();
    }

    public Task AnswerAsync(JsonNode body, int code = 200)
    {
        switch (NegotiateObject())
        {
            case "application/yaml":
                return AnswerTextAsync(YamlWriting.Write(body), code, "application/yaml");
            case null:
                throw ApiException.NotAcceptable(
                    "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, "
                        + "application/vnd.kubernetes.protobuf",
                    []
                );
            default:
                return AnswerBytesAsync(Serialize(body), code, "application/json");
        }
    }

    /// <summary>Answers an error, always in JSON.</summary>
    public static Task AnswerErrorAsync(HttpContext context, ApiException error)
    {
        if (error.Status["details"].Number("retryAfterSeconds") is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        context.Response.StatusCode = error.Code;
        context.Response.ContentType = "application/json";
        return context.Response.Body.WriteAsync(Serialize(error.Status), context.RequestAborted).AsTask();
    }

    public Task AnswerTextAsync(string text, int code = 200, string contentType = "text/plain; charset=utf-8") =>
        AnswerBytesAsync(Encoding.UTF8.GetBytes(text), code, contentType);

    public Task AnswerBytesAsync(byte[] body, int code, string contentType)
    {
        Start(code, contentType);
        Context.Response.ContentLength = body.Length;
        return Context.Response.Body.WriteAsync(body, Aborted).AsTask();
    }

    /// <summary>Sets the status and the headers of an answer. The caller writes the body.</summary>
    public void Start(int code, string contentType)
    {
        foreach (var warning in Warnings)
        {
            Context.Response.Headers.Append("Warning", $"299 - {FieldError.Quote(Printable(warning))}");
        }

        Context.Response.StatusCode = code;
        Context.Response.ContentType = contentType;
    }

    // Warnings contain what the client sent, which may have characters that a header may not.
    private static string Printable(string text) => string.Concat(text.Select(static letter => letter is >= ' ' and <= '~' ? letter : '?'));

    public async Task WriteAsync(ReadOnlyMemory<byte> chunk)
    {
        await Context.Response.Body.WriteAsync(chunk, Aborted);
        await Context.Response.Body.FlushAsync(Aborted);
    }

    public static byte[] Serialize(JsonNode body) => JsonSerializer.SerializeToUtf8Bytes(body, Json);

    /// <summary>The media types that the client accepts, in its order.</summary>
    public IEnumerable<string> Accepted =>
        Context.Request.Headers.Accept.ToString() is { Length: > 0 } accept
            ? accept.Split(',').Select(static item => item.Split(";q=")[0].Trim())
            : ["*/*"];

    /// <summary>The form in which the client asks for objects.</summary>
    public Representation RepresentationAt(DateTimeOffset now) => Representation.Of(Accepted, Query("includeObject"), now);

    private string? NegotiateObject() =>
        Accepted
            .Select(static item => item.Split(';')[0].Trim())
            .Select(static type =>
                type switch
                {
                    "application/json" or "*/*" or "application/*" => "application/json",
                    "application/yaml" => "application/yaml",
                    _ => null,
                }
            )
            .FirstOrDefault(static type => type is not null);
}
