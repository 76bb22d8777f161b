using System.Text;
using Federation.Sandbox.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Federation.Sandbox.Aws;

/// <summary>A request as it was received: what the signature covers encoded is not decoded.</summary>
internal sealed record AwsRequest
{
    public required string Method { get; init; }

    /// <summary>The path as sent, percent-encoded.</summary>
    public required string RawPath { get; init; }

    /// <summary>The query's parameters, decoded, in the order sent. A missing value is an empty one.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Query { get; init; }

    public required IHeaderDictionary Headers { get; init; }

    public required byte[] Body { get; init; }

    public bool IsFormBody { get; init; }

    public string? SourceIp { get; init; }

    public string Host => Headers.Host.ToString();

    /// <summary>Whether the body is a form: the query protocol of IAM and STS uses one, S3 does not.</summary>
    public static bool IsForm(HttpRequest request) =>
        request.ContentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) is true;

    /// <param name="bodyLimit">In bytes.</param>
    /// <exception cref="BadHttpRequestException">As <see cref="RequestBody.ReadAsync"/> throws it.</exception>
    public static async Task<AwsRequest> ReadAsync(HttpContext context, int bodyLimit)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var question = target.IndexOf('?', StringComparison.Ordinal);
        return new AwsRequest
        {
            Method = context.Request.Method,
            RawPath = question < 0 ? target : target[..question],
            Query = question < 0 ? [] : ParseForm(target[(question + 1)..], plusIsSpace: false),
            Headers = context.Request.Headers,
            Body = await RequestBody.ReadAsync(context, bodyLimit),
            IsFormBody = IsForm(context.Request),
            SourceIp = context.Connection.RemoteIpAddress?.ToString(),
        };
    }

    public string? Parameter(string name)
    {
        foreach (var (key, value) in Query)
        {
            if (string.Equals(key, name, StringComparison.Ordinal))
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>
    /// The parameters of a call in the query protocol, from the body of a POST or the query of a GET; null for other calls.
    /// </summary>
    public IReadOnlyDictionary<string, string>? Form()
    {
        var pairs = IsFormBody ? [.. Query, .. ParseForm(Encoding.UTF8.GetString(Body), plusIsSpace: true)] : Query;
        var form = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in pairs)
        {
            form[key] = value;
        }

        return form.ContainsKey("Action") && RawPath is "/" ? form : null;
    }

    private static KeyValuePair<string, string>[] ParseForm(string text, bool plusIsSpace) =>
        [
            .. text.Split('&', StringSplitOptions.RemoveEmptyEntries)
                .Select(pair =>
                {
                    var equals = pair.IndexOf('=', StringComparison.Ordinal);
                    var (name, value) = equals < 0 ? (pair, "") : (pair[..equals], pair[(equals + 1)..]);
                    return KeyValuePair.Create(Decode(name, plusIsSpace), Decode(value, plusIsSpace));
                }),
        ];

    private static string Decode(string text, bool plusIsSpace) => Uri.UnescapeDataString(plusIsSpace ? text.Replace('+', ' ') : text);
}
