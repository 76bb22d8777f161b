using System.Text;
using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Apply;
using Federation.Sandbox.Kubernetes.Authorization;
using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Schemas;
using Federation.Sandbox.Kubernetes.Storage;

namespace Federation.Sandbox.Kubernetes.Endpoints;

/// <summary>Create, get, update, patch and delete, for every stored kind.</summary>
internal sealed class ObjectEndpoint(Registry registry, ListEndpoint lists, Escalation escalation, Authorizer authorizer, TimeProvider time)
{
    private const int MaximumManager = 128;

    private static readonly string[] Validations = ["", "Ignore", "Strict", "Warn"];

    public async Task CreateAsync(Exchange exchange, ResourceType type)
    {
        var options = OptionsOf(exchange, type, "CreateOptions");
        var value = await ReadAsync(exchange, type);
        await exchange.AnswerAsync(registry.Create(type, PlaceOf(exchange, type), value, options), 201);
    }

    public Task GetAsync(Exchange exchange, ResourceType type) =>
        exchange.AnswerAsync(
            exchange.RepresentationAt(time.GetUtcNow()).Object(registry.Get(type, PlaceOf(exchange, type), exchange.Info.Name), type)
        );

    public async Task UpdateAsync(Exchange exchange, ResourceType type)
    {
        var options = OptionsOf(exchange, type, "UpdateOptions");
        var value = await ReadAsync(exchange, type);
        CheckName(exchange, value);
        await exchange.AnswerAsync(registry.Update(type, PlaceOf(exchange, type), exchange.Info.Name, _ => value, options));
    }

    public async Task PatchAsync(Exchange exchange, ResourceType type)
    {
        var options = OptionsOf(exchange, type, "PatchOptions");
        var body = await exchange.ReadBodyAsync();
        if (exchange.ContentType == "application/apply-patch+yaml")
        {
            await ApplyAsync(exchange, type, body, options);
            return;
        }

        var patch = PatchReading.Read(exchange.ContentType, body, type.Schema);
        await exchange.AnswerAsync(
            registry.Update(
                type,
                PlaceOf(exchange, type),
                exchange.Info.Name,
                stored =>
                {
                    var patched = BodyReading.Decode(patch(stored), exchange, type.GroupVersion, type.Kind, [], RefusePatch);
                    CheckName(exchange, patched);
                    return patched;
                },
                options
            )
        );
    }

    public async Task DeleteAsync(Exchange exchange, ResourceType type)
    {
        var deletion = await DeletionOf(exchange);
        if (deletion.Propagation.Length == 0 && type.Strategy.PropagationWarning is { } warning)
        {
            exchange.Warnings.Add(warning);
        }

        var (value, gone) = registry.Delete(type, PlaceOf(exchange, type), exchange.Info.Name, deletion);
        await exchange.AnswerAsync(!gone || type.Strategy.AnswersDeletedObject ? value : Deleted(type, value));
    }

    public async Task DeleteCollectionAsync(Exchange exchange, ResourceType type)
    {
        var deletion = await DeletionOf(exchange);
        var list = lists.List(exchange, type);
        foreach (var item in list.Items("items"))
        {
            registry.Delete(type, item.Namespace, item.Name, deletion);
        }

        await exchange.AnswerAsync(list);
    }

    private async Task ApplyAsync(Exchange exchange, ResourceType type, byte[] body, WriteOptions options)
    {
        if (exchange.Query("fieldManager").Length == 0)
        {
            throw ApiException.InvalidOptions("PatchOptions", FieldError.Required("fieldManager", "is required for apply patch"));
        }

        JsonObject applied;
        try
        {
            // YAML is a superset of JSON, but its reader is slower.
            applied =
                (body is [(byte)'{', ..] ? JsonReading.Parse(body) : YamlReading.Parse(Encoding.UTF8.GetString(body))) as JsonObject
                ?? throw new FormatException("not an object");
        }
        catch (FormatException error)
        {
            throw ApiException.BadRequest("error decoding YAML: " + error.Message);
        }

        if (applied.Text("kind") != type.Kind || applied.Text("apiVersion") != type.GroupVersion)
        {
            throw ApiException.BadRequest(
                $"invalid object type: {GroupVersionOf(applied.Text("apiVersion"))}, Kind={applied.Text("kind")}"
            );
        }

        if (applied.Metadata["managedFields"] is JsonArray { Count: > 0 })
        {
            throw ApiException.BadRequest("metadata.managedFields must be nil");
        }

        List<string> unknown = [];
        JsonObject decoded;
        try
        {
            decoded = new Decoding(unknown).Decode(applied, type.Schema);
        }
        catch (FormatException error)
        {
            throw Untyped(applied, type, error.Message);
        }

        if (unknown.Count > 0)
        {
            var problems = unknown.Select(static path => $".{path}: field not declared in schema").ToList();
            throw Untyped(applied, type, problems.Count == 1 ? problems[0] : $"errors:\n  {string.Join("\n  ", problems)}");
        }

        decoded.Metadata.Default("name", exchange.Info.Name);
        CheckName(exchange, decoded);
        var permitted = options with
        {
            Permit = (value, stored) =>
            {
                if (stored is null)
                {
                    DemandCreate(exchange);
                }

                options.Permit?.Invoke(value, stored);
            },
        };
        var (value, created) = registry.Apply(
            type,
            PlaceOf(exchange, type),
            exchange.Info.Name,
            decoded,
            exchange.Flag("force"),
            permitted
        );
        await exchange.AnswerAsync(value, created ? 201 : 200);
    }

    /// <summary>
    /// Whoever lets an apply create an object needs the verb <c>create</c> beside <c>patch</c>. The refusal ends with the authorizer's
    /// reason, and RBAC has none (k8s.io/apiserver, endpoints/handlers, withAuthorization).
    /// </summary>
    private void DemandCreate(Exchange exchange)
    {
        var info = exchange.Info;
        var question = new AccessQuestion("create", info.Group, info.Resource, info.Subresource, info.Namespace, info.Name);
        if (!authorizer.Decide(exchange.User, question).Allowed)
        {
            throw ApiException.Forbidden(info.Group, info.Resource, info.Name, reason: "");
        }
    }

    private static ApiException Untyped(JsonObject applied, ResourceType type, string problem) =>
        ApiException.Internal(
            $"failed to create typed patch object ({applied.Namespace}/{applied.Name}; {GroupVersionOf(type.GroupVersion)}, "
                + $"Kind={type.Kind}): {problem}"
        );

    // With an empty group before the slash for the core group.
    private static string GroupVersionOf(string apiVersion) =>
        apiVersion.Contains('/', StringComparison.Ordinal) ? apiVersion : "/" + apiVersion;

    private static ApiException RefusePatch(string message, JsonObject patched)
    {
        var problem = message[message.IndexOf("strict decoding error", StringComparison.Ordinal)..];
        var shown = Encoding.UTF8.GetString(Exchange.Serialize(patched));
        return ApiException.Invalid("", "", "", [FieldError.Invalid("patch", FieldError.Quote(shown), problem)]);
    }

    private static Task<JsonObject> ReadAsync(Exchange exchange, ResourceType type) =>
        BodyReading.ReadAsync(exchange, type.GroupVersion, type.Kind);

    private static void CheckName(Exchange exchange, JsonObject value)
    {
        if (value.Name.Length > 0 && value.Name != exchange.Info.Name)
        {
            throw ApiException.BadRequest(
                $"the name of the object ({value.Name}) does not match the name on the URL ({exchange.Info.Name})"
            );
        }
    }

    private static string PlaceOf(Exchange exchange, ResourceType type) => type.Namespaced ? exchange.Info.Namespace : "";

    private WriteOptions OptionsOf(Exchange exchange, ResourceType type, string kind) =>
        OptionsOf(exchange, kind) with
        {
            Permit = (value, stored) => escalation.Check(exchange.User, type, PlaceOf(exchange, type), value, stored),
        };

    internal static WriteOptions OptionsOf(Exchange exchange, string kind)
    {
        var manager = exchange.Query("fieldManager");
        if (Encoding.UTF8.GetByteCount(manager) > MaximumManager)
        {
            throw ApiException.InvalidOptions(kind, FieldError.TooLong("fieldManager", MaximumManager));
        }

        var validation = exchange.Query("fieldValidation");
        if (!Validations.Contains(validation, StringComparer.Ordinal))
        {
            throw ApiException.InvalidOptions(kind, FieldError.NotSupported("fieldValidation", FieldError.Quote(validation), Validations));
        }

        return new WriteOptions(
            new FieldManager(manager.Length > 0 ? manager : Agent(exchange), exchange.Info.Subresource),
            DryRunOf(exchange, kind),
            exchange.Warnings,
            exchange.Info.Subresource
        );
    }

    private static bool DryRunOf(Exchange exchange, string kind)
    {
        var dryRun = exchange.Query("dryRun");
        return dryRun is "" or "All"
            ? dryRun.Length > 0
            : throw ApiException.InvalidOptions(kind, FieldError.NotSupported("dryRun", $"[{FieldError.Quote(dryRun)}]", ["All"]));
    }

    // The field manager of a writer that gives no name.
    internal static string Agent(Exchange exchange) =>
        exchange.Context.Request.Headers.UserAgent.ToString().Split('/')[0] is { Length: > 0 } agent ? agent : "unknown";

    private static async Task<DeleteOptions> DeletionOf(Exchange exchange)
    {
        var bytes = await exchange.ReadBodyAsync();
        var body = bytes.Length > 0 ? BodyReading.Read(bytes, exchange, "v1", "DeleteOptions") : [];
        return new DeleteOptions(
            exchange.Number("gracePeriodSeconds") ?? body.Number("gracePeriodSeconds"),
            body["preconditions"].Text("uid"),
            body["preconditions"].Text("resourceVersion"),
            DryRunOf(exchange, "DeleteOptions") || body.Texts("dryRun").Contains("All", StringComparer.Ordinal),
            PropagationOf(
                exchange.Query("propagationPolicy") is { Length: > 0 } propagation ? propagation : body.Text("propagationPolicy"),
                body.Flag("orphanDependents")
            )
        );
    }

    // Some clients still send the older flag.
    private static string PropagationOf(string policy, bool? orphan) =>
        (policy, orphan) switch
        {
            ("", true) => "Orphan",
            ("", false) => "Background",
            ("" or "Background" or "Foreground" or "Orphan", _) => policy,
            _ => throw ApiException.InvalidOptions(
                "DeleteOptions",
                FieldError.NotSupported("propagationPolicy", FieldError.Quote(policy), ["Foreground", "Background", "Orphan", "nil"])
            ),
        };

    private static JsonObject Deleted(ResourceType type, JsonObject value)
    {
        var details = new JsonObject { ["name"] = value.Name };
        details.SetText("group", type.Group);
        details["kind"] = type.Plural;
        details["uid"] = value.Uid;
        return new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Success",
            ["details"] = details,
        };
    }
}
