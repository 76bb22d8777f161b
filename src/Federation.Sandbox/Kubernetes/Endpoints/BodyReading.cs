using System.Text;
using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Schemas;

namespace Federation.Sandbox.Kubernetes.Endpoints;

/// <summary>Reads objects of a kind from request bodies in JSON, YAML or protobuf.</summary>
internal static class BodyReading
{
    private const string Accepted = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

    /// <summary>The object in a request's body. Unknown fields are handled as the query's <c>fieldValidation</c> asks.</summary>
    public static async Task<JsonObject> ReadAsync(Exchange exchange, string groupVersion, string kind) =>
        Read(await exchange.ReadBodyAsync(), exchange, groupVersion, kind);

    /// <inheritdoc cref="ReadAsync"/>
    public static JsonObject Read(byte[] body, Exchange exchange, string groupVersion, string kind)
    {
        List<string> duplicates = [];
        JsonNode? node;
        try
        {
            node = exchange.ContentType switch
            {
                "application/json" or "" => JsonReading.Parse(body, duplicates),
                "application/yaml" => YamlReading.Parse(Encoding.UTF8.GetString(body), duplicates),
                "application/vnd.kubernetes.protobuf" => ProtobufReading.Parse(body, KubernetesTypes.Schema),
                _ => throw ApiException.UnsupportedMediaType(
                    "the body of the request was in an unknown format - accepted media types include: " + Accepted
                ),
            };
        }
        catch (FormatException error)
        {
            var shown = body.Length == 0 ? "<empty>" : Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 1024)));
            throw Unrecognized($"{error.Message} ({shown})");
        }

        var value = node as JsonObject ?? throw Unrecognized("json: cannot unmarshal into Go value of type struct");
        CheckKind(value, groupVersion, kind);
        return Decode(value, exchange, groupVersion, kind, duplicates, static (message, _) => ApiException.BadRequest(message));

        ApiException Unrecognized(string problem) =>
            ApiException.BadRequest(
                $"the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse error: {problem}"
            );
    }

    /// <summary>Decodes an object by its type.</summary>
    /// <param name="duplicates">The paths of fields that occur twice.</param>
    /// <param name="refuse">Makes the error for a message and the object.</param>
    public static JsonObject Decode(
        JsonObject value,
        Exchange exchange,
        string groupVersion,
        string kind,
        IEnumerable<string> duplicates,
        Func<string, JsonObject, ApiException> refuse
    )
    {
        var fieldValidation = exchange.Query("fieldValidation");
        List<string> unknown = [];
        JsonObject decoded;
        var version = groupVersion.Split('/')[^1];
        try
        {
            decoded = new Decoding(unknown).Decode(value, KubernetesTypes.Schema[kind]);
        }
        catch (FormatException error)
        {
            throw ApiException.BadRequest($"{kind} in version \"{version}\" cannot be handled as a {kind}: {error.Message}");
        }

        string[] problems =
        [
            .. duplicates.Select(static path => $"duplicate field \"{path}\""),
            .. unknown.Select(static path => $"unknown field \"{path}\""),
        ];
        if (problems.Length > 0 && fieldValidation == "Strict")
        {
            throw refuse(
                $"{kind} in version \"{version}\" cannot be handled as a {kind}: strict decoding error: {string.Join(", ", problems)}",
                value
            );
        }

        if (fieldValidation is "" or "Warn")
        {
            exchange.Warnings.AddRange(problems);
        }

        decoded["kind"] = kind;
        decoded["apiVersion"] = groupVersion;
        return decoded;
    }

    private static void CheckKind(JsonObject value, string groupVersion, string kind)
    {
        var givenKind = value.Text("kind") is { Length: > 0 } named ? named : kind;
        var givenVersion = value.Text("apiVersion") is { Length: > 0 } version ? version : groupVersion;
        if (givenKind == kind && givenVersion == groupVersion)
        {
            return;
        }

        var found = givenVersion.Split('/')[^1];
        throw ApiException.BadRequest(
            $"{givenKind} in version \"{found}\" cannot be handled as a {kind}: "
                + (
                    Resources.ResourceTable.FindKind(givenVersion, givenKind) is null
                        ? $"no kind \"{givenKind}\" is registered for version \"{givenVersion}\" in scheme "
                            + "\"pkg/api/legacyscheme/scheme.go:30\""
                        : $"converting ({found}.{givenKind}) to ({InternalGroup(groupVersion)}.{kind}): unknown conversion"
                )
        );
    }

    private static string InternalGroup(string groupVersion) =>
        groupVersion.Contains('/', StringComparison.Ordinal) ? groupVersion.Split('.', '/')[0] : "core";
}
