using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Schemas;
using Federation.Sandbox.Kubernetes.Storage;

namespace Federation.Sandbox.Kubernetes.Endpoints;

/// <summary>
/// Lists objects, whole or in pages.
/// See <see href="https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions"/>.
/// </summary>
internal sealed class ListEndpoint(ObjectStore store, TimeProvider time)
{
    private const string ExpiredContinue =
        "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue "
        + "parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided "
        + "token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was "
        + "returned and now may show up in the list.";

    public Task HandleAsync(Exchange exchange, ResourceType type) =>
        exchange.AnswerAsync(exchange.RepresentationAt(time.GetUtcNow()).List(List(exchange, type), type));

    public JsonObject List(Exchange exchange, ResourceType type)
    {
        var selector = Selector.Parse(exchange.Query("labelSelector"), exchange.Query("fieldSelector"), type);
        var limit = exchange.Number("limit") ?? 0;
        var token = exchange.Query("continue");
        var (snapshot, start) = token.Length > 0 ? Resume(exchange, type, token) : (Read(exchange, type), "");
        JsonObject[] rest =
        [
            .. snapshot.Objects.Where(item => start.Length == 0 || string.CompareOrdinal(KeyIn(exchange, item), start) >= 0),
        ];
        JsonObject[] matching = [.. rest.Where(selector.Matches)];
        var page = limit > 0 ? matching.Take((int)limit).ToArray() : matching;
        var metadata = new JsonObject { ["resourceVersion"] = snapshot.Version.ToString(CultureInfo.InvariantCulture) };

        // A full page has a token while there are further objects, whether they match or not.
        if (page.Length == limit && page.Length > 0 && !ReferenceEquals(page[^1], rest[^1]))
        {
            metadata["continue"] = Token(snapshot.Version, "/" + KeyIn(exchange, page[^1]) + "\0");
            if (selector.IsEmpty)
            {
                metadata["remainingItemCount"] = matching.Length - page.Length;
            }
        }

        return new JsonObject
        {
            ["kind"] = type.Kind + "List",
            ["apiVersion"] = type.GroupVersion,
            ["metadata"] = metadata,
            ["items"] = new JsonArray([.. page.Select(Item)]),
        };
    }

    /// <summary>A version in the query, or null.</summary>
    public static long? VersionOf(string text) =>
        text switch
        {
            "" => null,
            _ when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version) => version,
            _ => throw new FormatException(
                $"resourceVersion: Invalid value: {FieldError.Quote(text)}: "
                    + $"strconv.ParseUint: parsing {FieldError.Quote(text)}: invalid syntax"
            ),
        };

    private Snapshot Read(Exchange exchange, ResourceType type)
    {
        long? version;
        try
        {
            version = VersionOf(exchange.Query("resourceVersion"));
        }
        catch (FormatException error)
        {
            throw ApiException.BadRequest("invalid resource version: " + error.Message);
        }

        var match = exchange.Query("resourceVersionMatch");
        if (match.Length > 0 && version is null)
        {
            throw ApiException.InvalidOptions(
                "ListOptions",
                FieldError.Forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided")
            );
        }

        if (version > store.Version)
        {
            throw ApiException.Failure(
                504,
                "Timeout",
                $"Timeout: Too large resource version: {version}, current: {store.Version}",
                new JsonObject
                {
                    ["causes"] = new JsonArray(
                        new JsonObject { ["reason"] = "ResourceVersionTooLarge", ["message"] = "Too large resource version" }
                    ),
                    ["retryAfterSeconds"] = 1,
                }
            );
        }

        return match == "Exact"
            ? store.ListAt(type, exchange.Info.Namespace, version!.Value)
                ?? throw ApiException.Failure(410, "Expired", "The resourceVersion for the provided list is too old.")
            : store.List(type, exchange.Info.Namespace);
    }

    private (Snapshot Snapshot, string Start) Resume(Exchange exchange, ResourceType type, string token)
    {
        if (exchange.Query("resourceVersion") is not ("" or "0"))
        {
            throw ApiException.BadRequest("specifying resource version is not allowed when using continue");
        }

        JsonNode? content;
        try
        {
            content = JsonReading.Parse(Base64Url.DecodeFromChars(token));
        }
        catch (FormatException error)
        {
            throw ApiException.BadRequest("invalid continue token: continue key is not valid: " + error.Message);
        }

        var version = content.Number("rv") ?? 0;
        var start = content.Text("start").TrimStart('/');

        // -1 is the token of an expired list: continue with the present objects.
        if (version < 0)
        {
            return (store.List(type, exchange.Info.Namespace), start);
        }

        if (store.ListAt(type, exchange.Info.Namespace, version) is { } snapshot)
        {
            return (snapshot, start);
        }

        var expired = ApiException.Failure(410, "Expired", ExpiredContinue);
        expired.Status["metadata"] = new JsonObject { ["continue"] = Token(-1, start) };
        throw expired;
    }

    private static string Token(long version, string start) =>
        Base64Url.EncodeToString(
            Encoding.UTF8.GetBytes(
                new JsonObject
                {
                    ["v"] = "meta.k8s.io/v1",
                    ["rv"] = version,
                    ["start"] = start,
                }.ToJsonString()
            )
        );

    // Within one namespace the key is the name, otherwise namespace and name.
    private static string KeyIn(Exchange exchange, JsonObject item) =>
        exchange.Info.Namespace.Length > 0 || item.Namespace.Length == 0 ? item.Name : $"{item.Namespace}/{item.Name}";

    private static JsonObject Item(JsonObject value)
    {
        var item = value.Copy();
        item.Remove("kind");
        item.Remove("apiVersion");
        return item;
    }
}
