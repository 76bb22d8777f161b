using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Schemas;
using Federation.Sandbox.Kubernetes.Storage;

namespace Federation.Sandbox.Kubernetes.Endpoints;

/// <summary>The subresource with an object's number of replicas: <c>deployments/NAME/scale</c>.</summary>
internal sealed class ScaleEndpoint(Registry registry)
{
    private const string GroupVersion = "autoscaling/v1";
    private const string Kind = "Scale";

    public async Task HandleAsync(Exchange exchange, ResourceType type)
    {
        var (@namespace, name) = (exchange.Info.Namespace, exchange.Info.Name);
        switch (exchange.Info.Verb)
        {
            case "get":
                await exchange.AnswerAsync(Scale(registry.Get(type, @namespace, name)));
                return;
            case "update":
                var given = await BodyReading.ReadAsync(exchange, GroupVersion, Kind);
                await exchange.AnswerAsync(Write(exchange, type, _ => given));
                return;
            default:
                await exchange.AnswerAsync(
                    Write(
                        exchange,
                        type,
                        PatchReading.Read(exchange.ContentType, await exchange.ReadBodyAsync(), KubernetesTypes.Schema[Kind])
                    )
                );
                return;
        }
    }

    private JsonObject Write(Exchange exchange, ResourceType type, Func<JsonObject, JsonObject> change)
    {
        var options = ObjectEndpoint.OptionsOf(exchange, exchange.Info.Verb == "patch" ? "PatchOptions" : "UpdateOptions");
        return Scale(
            registry.Update(
                type,
                exchange.Info.Namespace,
                exchange.Info.Name,
                stored =>
                {
                    var scale = BodyReading.Decode(
                        change(Scale(stored)),
                        exchange,
                        GroupVersion,
                        Kind,
                        [],
                        static (message, _) => ApiException.BadRequest(message)
                    );
                    var replicas = scale["spec"].Number("replicas") ?? 0;
                    if (replicas < 0)
                    {
                        throw ApiException.Invalid(
                            "autoscaling",
                            Kind,
                            stored.Name,
                            [FieldError.Invalid("spec.replicas", $"{replicas}", "must be greater than or equal to 0")]
                        );
                    }

                    // If the client gives a version, it must be the present one.
                    stored.Metadata["resourceVersion"] = scale.Metadata.Text("resourceVersion");
                    stored.Child("spec")["replicas"] = replicas;
                    return stored;
                },
                options
            )
        );
    }

    private static JsonObject Scale(JsonObject value)
    {
        var metadata = new JsonObject { ["name"] = value.Name, ["namespace"] = value.Namespace };
        foreach (var field in (string[])["uid", "resourceVersion", "creationTimestamp"])
        {
            metadata[field] = value["metadata"]?[field]?.DeepClone();
        }

        var spec = new JsonObject();
        spec.SetCount("replicas", value["spec"].Number("replicas") ?? 0);
        return new JsonObject
        {
            ["kind"] = Kind,
            ["apiVersion"] = GroupVersion,
            ["metadata"] = metadata,
            ["spec"] = spec,
            ["status"] = new JsonObject
            {
                ["replicas"] = value["status"].Number("replicas") ?? 0,
                ["selector"] = LabelSelectors.Format(value["spec"]?["selector"]),
            },
        };
    }
}
