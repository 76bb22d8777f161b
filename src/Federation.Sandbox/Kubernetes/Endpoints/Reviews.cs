using System.Text.Json.Nodes;
using Federation.Sandbox.Hosting;
using Federation.Sandbox.Kubernetes.Authentication;
using Federation.Sandbox.Kubernetes.Authorization;
using Federation.Sandbox.Kubernetes.Resources;

namespace Federation.Sandbox.Kubernetes.Endpoints;

/// <summary>Answers reviews: who a token or a user is, and what a user may do.</summary>
internal sealed class Reviews(ServiceAccountTokens tokens, Authorizer authorizer, TimeProvider time)
{
    public async Task HandleAsync(Exchange exchange, ReviewType type)
    {
        var review = await BodyReading.ReadAsync(exchange, type.GroupVersion, type.Kind);
        var spec = review["spec"] as JsonObject ?? [];
        var status = type.Kind switch
        {
            "TokenReview" => Token(spec),
            "SelfSubjectAccessReview" => Access(exchange.User, spec),
            "SelfSubjectRulesReview" => Rules(exchange.User, spec),
            _ => new JsonObject { ["userInfo"] = exchange.User.ToJson() },
        };
        var answer = new JsonObject { ["kind"] = type.Kind, ["apiVersion"] = type.GroupVersion };
        if (type.Kind == "SelfSubjectReview")
        {
            answer["metadata"] = new JsonObject { ["creationTimestamp"] = Moment.Seconds(time.GetUtcNow()) };
        }
        else if (type.Kind == "SelfSubjectRulesReview")
        {
            answer["metadata"] = new JsonObject();
            answer["spec"] = new JsonObject();
        }
        else
        {
            var fields = new JsonObject { ["f:spec"] = OwnedFields(spec) };
            answer["metadata"] = new JsonObject
            {
                ["managedFields"] = new JsonArray(Ownership(exchange, type.GroupVersion, fields, time, "")),
            };
            answer["spec"] = spec.DeepClone();
        }

        answer["status"] = status;
        await exchange.AnswerAsync(answer, 201);
    }

    /// <summary>The managedFields entry of an object that is answered and not stored.</summary>
    public static JsonObject Ownership(Exchange exchange, string groupVersion, JsonObject fields, TimeProvider time, string subresource)
    {
        var manager = exchange.Query("fieldManager") is { Length: > 0 } named ? named : ObjectEndpoint.Agent(exchange);
        var entry = new JsonObject
        {
            ["manager"] = manager,
            ["operation"] = "Update",
            ["apiVersion"] = groupVersion,
            ["time"] = Moment.Seconds(time.GetUtcNow()),
            ["fieldsType"] = "FieldsV1",
            ["fieldsV1"] = fields,
        };
        entry.SetText("subresource", subresource);
        return entry;
    }

    private static JsonObject OwnedFields(JsonObject spec)
    {
        var owned = new JsonObject();
        foreach (var (field, node) in spec.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            owned["f:" + field] = node is JsonObject inner
                ? new JsonObject(
                    inner
                        .Select(static pair => KeyValuePair.Create("f:" + pair.Key, (JsonNode?)new JsonObject()))
                        .Prepend(KeyValuePair.Create(".", (JsonNode?)new JsonObject()))
                )
                : new JsonObject();
        }

        return owned;
    }

    private JsonObject Token(JsonObject spec)
    {
        var answer = tokens.Authenticate(spec.Text("token"), [.. spec.Texts("audiences")]);
        return answer.User is null
            ? new JsonObject { ["user"] = new JsonObject(), ["error"] = answer.Error }
            : new JsonObject
            {
                ["authenticated"] = true,
                ["user"] = answer.User.ToJson(),
                ["audiences"] = KubernetesObject.ListOf(answer.Audiences),
            };
    }

    private JsonObject Rules(User user, JsonObject spec)
    {
        if (spec.Text("namespace").Length == 0)
        {
            throw ApiException.BadRequest("no namespace on request");
        }

        JsonObject[] rules = [.. authorizer.RulesFor(user, spec.Text("namespace"))];
        return new JsonObject
        {
            ["resourceRules"] = new JsonArray([
                .. rules.Where(static rule => rule["apiGroups"] is not null).Select(static rule => rule.DeepClone()),
            ]),
            ["nonResourceRules"] = new JsonArray([
                .. rules.Where(static rule => rule["nonResourceURLs"] is not null).Select(static rule => rule.DeepClone()),
            ]),
            ["incomplete"] = false,
        };
    }

    private JsonObject Access(User user, JsonObject spec)
    {
        var resource = spec["resourceAttributes"];
        var path = spec["nonResourceAttributes"];
        if (resource is null == path is null)
        {
            throw ApiException.Invalid(
                "authorization.k8s.io",
                "",
                "",
                [
                    FieldError.Invalid(
                        "spec.resourceAttributes",
                        resource is null ? "null" : "{}",
                        resource is null
                            ? "exactly one of nonResourceAttributes or resourceAttributes must be specified"
                            : "cannot be specified in combination with nonResourceAttributes"
                    ),
                ]
            );
        }

        var answer = authorizer.Decide(
            user,
            resource is not null
                ? new AccessQuestion(
                    resource.Text("verb"),
                    resource.Text("group"),
                    resource.Text("resource"),
                    resource.Text("subresource"),
                    resource.Text("namespace"),
                    resource.Text("name")
                )
                : new AccessQuestion(path.Text("verb"), Path: path.Text("path"))
        );
        var status = new JsonObject { ["allowed"] = answer.Allowed };
        status.SetText("reason", answer.Reason);
        return status;
    }
}
