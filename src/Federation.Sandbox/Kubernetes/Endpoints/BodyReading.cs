using System.Text;
using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Schemas;

namespace Federation.Sandbox.Kubernetes.Endpoints;

/// <summary>Makes objects of request bodies: JSON, YAML or protobuf, of the right kind, with the fields that kind has.</summary>
internal static class BodyReading
{
    private const string Accepted = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

    /// <summary>The object of a create or update, its unknown fields handled as <c>fieldValidation</c> asks.</summary>
    public static JsonObject Object(
        byte[] body,
        string contentType,
        string groupVersion,
        string kind,
        string fieldValidation,
        ICollection<string> warnings
    )
    {
        List<string> duplicates = [];
        JsonNode? node;
        try
        {
            node = contentType switch
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
            throw ApiException.BadRequest(
                $"the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse error: {error.Message} ({shown})"
            );
        }

        var value =
            node as JsonObject
            ?? throw ApiException.BadRequest(
                $"the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse error: json: cannot unmarshal into Go value of type struct"
            );
        CheckKind(value, groupVersion, kind);
        return Decode(
            value,
            groupVersion,
            kind,
            fieldValidation,
            duplicates,
            warnings,
            static (message, source) => ApiException.BadRequest(message)
        );
    }

    /// <summary>Brings an object into its type's shape.</summary>
    /// <param name="refuse">Makes the error of one that does not fit.</param>
    public static JsonObject Decode(
        JsonObject value,
        string groupVersion,
        string kind,
        string fieldValidation,
        IEnumerable<string> duplicates,
        ICollection<string> warnings,
        Func<string, JsonObject, ApiException> refuse
    )
    {
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
            foreach (var problem in problems)
            {
                warnings.Add(problem);
            }
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
            Resources.ResourceTable.FindKind(givenVersion, givenKind) is null
                ? $"{givenKind} in version \"{found}\" cannot be handled as a {kind}: no kind \"{givenKind}\" is registered for version \"{givenVersion}\" in scheme \"pkg/api/legacyscheme/scheme.go:30\""
                : $"{givenKind} in version \"{found}\" cannot be handled as a {kind}: converting ({found}.{givenKind}) to ({InternalGroup(groupVersion)}.{kind}): unknown conversion"
        );
    }

    private static string InternalGroup(string groupVersion) =>
        groupVersion.Contains('/', StringComparison.Ordinal) ? groupVersion.Split('.', '/')[0] : "core";
}
