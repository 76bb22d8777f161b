using System.Text.Json.Nodes;
using Federation.Sandbox.Hosting;
using Federation.Sandbox.Kubernetes.Authentication;
using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Storage;

namespace Federation.Sandbox.Kubernetes.Endpoints;

/// <summary>TokenRequest: <c>POST serviceaccounts/NAME/token</c>.</summary>
internal sealed class TokenEndpoint(ObjectStore store, ServiceAccountTokens tokens, TimeProvider time)
{
    private const string Group = "authentication.k8s.io";
    private const string GroupVersion = Group + "/v1";
    private const string Kind = "TokenRequest";
    private const long ShortestLifetime = 600;
    private const long LongestLifetime = 1L << 32;

    public async Task HandleAsync(Exchange exchange)
    {
        var (name, @namespace) = (exchange.Info.Name, exchange.Info.Namespace);
        var request = await BodyReading.ReadAsync(exchange, GroupVersion, Kind);
        if (request.Namespace.Length > 0 && request.Namespace != @namespace)
        {
            throw ApiException.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
        }

        var spec = request.Child("spec");
        spec.Default("expirationSeconds", 3600);
        spec.TryAdd("boundObjectRef", null);
        var owned = OwnedFields(spec);
        if (store.Find(ResourceTable.Namespaces, "", @namespace) is null)
        {
            throw ApiException.NotFound(ResourceTable.Namespaces, @namespace);
        }

        var account =
            store.Find(ResourceTable.ServiceAccounts, @namespace, name) ?? throw ApiException.NotFound(ResourceTable.ServiceAccounts, name);
        if (request.Name.Length > 0 && request.Name != name)
        {
            throw ApiException.Invalid(
                Group,
                Kind,
                name,
                [FieldError.Invalid("metadata.name", FieldError.Quote(request.Name), "must match the service account name if specified")]
            );
        }

        var lifetime = spec.Number("expirationSeconds") ?? 0;
        if (lifetime is < ShortestLifetime or > LongestLifetime)
        {
            throw ApiException.Invalid(
                Group,
                Kind,
                "",
                [
                    FieldError.Invalid(
                        "spec.expirationSeconds",
                        $"{lifetime}",
                        lifetime < ShortestLifetime
                            ? "may not specify a duration less than 10 minutes"
                            : "may not specify a duration larger than 2^32 seconds"
                    ),
                ]
            );
        }

        var bound = spec["boundObjectRef"] is JsonObject reference ? Resolve(reference, account) : null;
        var token = tokens.Mint(account, bound, [.. spec.Texts("audiences")], lifetime);
        spec["expirationSeconds"] = tokens.Grant(lifetime);
        if (!spec.Texts("audiences").Any())
        {
            spec["audiences"] = new JsonArray(tokens.DefaultAudience);
        }

        var metadata = new JsonObject
        {
            ["name"] = name,
            ["namespace"] = @namespace,
            ["uid"] = account.Uid,
            ["creationTimestamp"] = Moment.Seconds(time.GetUtcNow()),
            ["managedFields"] = new JsonArray(
                Reviews.Ownership(exchange, GroupVersion, new JsonObject { ["f:spec"] = owned }, time, "token")
            ),
        };
        await exchange.AnswerAsync(
            new JsonObject
            {
                ["kind"] = Kind,
                ["apiVersion"] = GroupVersion,
                ["metadata"] = metadata,
                ["spec"] = spec.DeepClone(),
                ["status"] = new JsonObject { ["token"] = token.Token, ["expirationTimestamp"] = Moment.Seconds(token.Expires) },
            },
            201
        );
    }

    private JsonObject Resolve(JsonObject reference, JsonObject account)
    {
        var kind = reference.Text("kind");
        var type = (reference.Text("apiVersion"), kind) switch
        {
            ("v1", "Pod") => ResourceTable.Pods,
            ("v1", "Secret") => ResourceTable.Secrets,
            var (version, _) => throw ApiException.BadRequest($"cannot bind token to object of type /{version}, Kind={kind}"),
        };
        var name = reference.Text("name");
        var bound = store.Find(type, account.Namespace, name) ?? throw ApiException.NotFound(type, name);
        if (type == ResourceTable.Pods && bound["spec"].Text("serviceAccountName") != account.Name)
        {
            throw ApiException.BadRequest(
                $"cannot bind token for serviceaccount \"{account.Name}\" to pod running with different serviceaccount name."
            );
        }

        return reference.Text("uid") is { Length: > 0 } uid && uid != bound.Uid
            ? throw ApiException.Conflict(
                "",
                kind,
                name,
                $"the UID in the bound object reference ({uid}) does not match the UID in record. "
                    + "The object might have been deleted and then recreated"
            )
            : bound;
    }

    private static JsonObject OwnedFields(JsonObject spec)
    {
        var owned = new JsonObject();
        foreach (
            var (field, node) in spec.Where(static pair => pair.Value is not null).OrderBy(static pair => pair.Key, StringComparer.Ordinal)
        )
        {
            owned["f:" + field] = node is JsonObject inner
                ? new JsonObject(inner.Select(static pair => KeyValuePair.Create("f:" + pair.Key, (JsonNode?)new JsonObject())))
                : new JsonObject();
        }

        return owned;
    }
}
