using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Resources;

namespace Federation.Sandbox.Kubernetes.Endpoints;

/// <summary>
/// Lists the served resources, for each group or aggregated.
/// See <see href="https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api"/>.
/// </summary>
internal sealed class Discovery(KubernetesApiOptions options)
{
    private const string Aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

    private static readonly string[] Groups =
    [
        .. ResourceTable
            .All.Select(static type => type.Group)
            .Concat(ResourceTable.Reviews.Select(static type => type.Group))
            .Where(static group => group.Length > 0)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal),
    ];

    public static JsonObject Version { get; } =
        new()
        {
            ["major"] = "1",
            ["minor"] = "34",
            ["emulationMajor"] = "1",
            ["emulationMinor"] = "34",
            ["minCompatibilityMajor"] = "1",
            ["minCompatibilityMinor"] = "33",
            ["gitVersion"] = "v1.34.9",
            ["gitCommit"] = "sandbox",
            ["gitTreeState"] = "clean",
            ["buildDate"] = "1970-01-01T00:00:00Z",
            ["goVersion"] = "go1.24.4",
            ["compiler"] = "gc",
            ["platform"] = "linux/amd64",
        };

    /// <summary>Answers a path under /api or /apis. False if the path does not exist.</summary>
    public async Task<bool> TryHandleAsync(Exchange exchange)
    {
        var parts = exchange.Info.Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts is ["api"] or ["apis"])
        {
            await AnswerRootAsync(exchange, core: parts is ["api"]);
            return true;
        }

        var body = parts switch
        {
            ["api", "v1"] => Resources(""),
            ["apis", var group] when Groups.Contains(group, StringComparer.Ordinal) => Group(group, withKind: true),
            ["apis", var group, "v1"] when Groups.Contains(group, StringComparer.Ordinal) => Resources(group),
            _ => null,
        };
        if (body is null)
        {
            return false;
        }

        await exchange.AnswerAsync(body);
        return true;
    }

    private Task AnswerRootAsync(Exchange exchange, bool core)
    {
        foreach (var accepted in exchange.Accepted.Select(static type => type.Replace(" ", "", StringComparison.Ordinal)))
        {
            if (accepted.Contains("as=APIGroupDiscoveryList", StringComparison.Ordinal))
            {
                if (accepted.Contains("v=v2;", StringComparison.Ordinal) || accepted.EndsWith("v=v2", StringComparison.Ordinal))
                {
                    return AnswerAggregatedAsync(exchange, core);
                }
            }
            else if (accepted.Split(';')[0] is "application/json" or "*/*" or "application/*")
            {
                return exchange.AnswerAsync(core ? Versions() : GroupList());
            }
        }

        throw ApiException.NotAcceptable(
            "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf"
        );
    }

    private static Task AnswerAggregatedAsync(Exchange exchange, bool core)
    {
        var body = Exchange.Serialize(
            new JsonObject
            {
                ["kind"] = "APIGroupDiscoveryList",
                ["apiVersion"] = "apidiscovery.k8s.io/v2",
                ["metadata"] = new JsonObject(),
                ["items"] = new JsonArray([.. (core ? [""] : Groups).Select(AggregatedGroup)]),
            }
        );
        var etag = $"\"{Convert.ToHexString(SHA512.HashData(body))}\"";
        var response = exchange.Context.Response;
        response.Headers.ETag = etag;
        response.Headers.Vary = "Accept";
        response.Headers.CacheControl = "public";
        if (exchange.Context.Request.Headers.IfNoneMatch == etag)
        {
            response.StatusCode = 304;
            return Task.CompletedTask;
        }

        return exchange.AnswerBytesAsync(body, 200, Aggregated);
    }

    private JsonObject Versions() =>
        new()
        {
            ["kind"] = "APIVersions",
            ["versions"] = new JsonArray("v1"),
            ["serverAddressByClientCIDRs"] = new JsonArray(
                new JsonObject { ["clientCIDR"] = "0.0.0.0/0", ["serverAddress"] = options.ServerAddress }
            ),
        };

    private static JsonObject GroupList() =>
        new()
        {
            ["kind"] = "APIGroupList",
            ["apiVersion"] = "v1",
            ["groups"] = new JsonArray([.. Groups.Select(static group => Group(group, withKind: false))]),
        };

    private static JsonObject Group(string group, bool withKind)
    {
        var version = new JsonObject { ["groupVersion"] = group + "/v1", ["version"] = "v1" };
        var body = withKind ? new JsonObject { ["kind"] = "APIGroup", ["apiVersion"] = "v1" } : [];
        body["name"] = group;
        body["versions"] = new JsonArray(version);
        body["preferredVersion"] = version.DeepClone();
        return body;
    }

    // As in Kubernetes, the core group's list has no apiVersion.
    private static JsonObject Resources(string group)
    {
        var body = new JsonObject { ["kind"] = "APIResourceList" };
        body.SetText("apiVersion", group.Length > 0 ? "v1" : null);
        body["groupVersion"] = group.Length > 0 ? group + "/v1" : "v1";
        var resources = new JsonArray();
        foreach (
            var type in ResourceTable.All.Where(type => type.Group == group).OrderBy(static type => type.Plural, StringComparer.Ordinal)
        )
        {
            resources.Add(Resource(type.Plural, type.Singular, type.Namespaced, type.Kind, type.Verbs, type.ShortNames, type.Categories));
            foreach (var sub in type.Subresources)
            {
                var entry = Resource($"{type.Plural}/{sub.Name}", "", type.Namespaced, sub.Kind, sub.Verbs.Split(' '), [], []);
                if (sub.Group.Length > 0)
                {
                    entry["group"] = sub.Group;
                    entry["version"] = sub.Version;
                }

                resources.Add(entry);
            }
        }

        foreach (var type in ResourceTable.Reviews.Where(type => type.Group == group))
        {
            resources.Add(Resource(type.Plural, type.Singular, namespaced: false, type.Kind, ["create"], [], []));
        }

        body["resources"] = resources;
        return body;
    }

    private static JsonObject Resource(
        string name,
        string singular,
        bool namespaced,
        string kind,
        IEnumerable<string> verbs,
        IReadOnlyList<string> shortNames,
        IReadOnlyList<string> categories
    )
    {
        var body = new JsonObject
        {
            ["name"] = name,
            ["singularName"] = singular,
            ["namespaced"] = namespaced,
            ["kind"] = kind,
            ["verbs"] = KubernetesObject.ListOf(verbs),
        };
        AddNames(body, shortNames, categories);
        return body;
    }

    private static JsonNode AggregatedGroup(string group)
    {
        var resources = new JsonArray();
        foreach (
            var type in ResourceTable.All.Where(type => type.Group == group).OrderBy(static type => type.Plural, StringComparer.Ordinal)
        )
        {
            var entry = AggregatedResource(type.Plural, type.Singular, type.Namespaced ? "Namespaced" : "Cluster", type.Kind, type.Verbs);
            AddNames(entry, type.ShortNames, type.Categories);
            if (type.Subresources.Count > 0)
            {
                entry["subresources"] = new JsonArray([
                    .. type.Subresources.Select(static sub => new JsonObject
                    {
                        ["subresource"] = sub.Name,
                        ["responseKind"] = new JsonObject
                        {
                            ["group"] = sub.Group,
                            ["version"] = sub.Version,
                            ["kind"] = sub.Kind,
                        },
                        ["verbs"] = KubernetesObject.ListOf(sub.Verbs.Split(' ')),
                    }),
                ]);
            }

            resources.Add(entry);
        }

        foreach (var type in ResourceTable.Reviews.Where(type => type.Group == group))
        {
            resources.Add(AggregatedResource(type.Plural, type.Singular, "Cluster", type.Kind, ["create"]));
        }

        var metadata = new JsonObject();
        metadata.SetText("name", group);
        return new JsonObject
        {
            ["metadata"] = metadata,
            ["versions"] = new JsonArray(
                new JsonObject
                {
                    ["version"] = "v1",
                    ["resources"] = resources,
                    ["freshness"] = "Current",
                }
            ),
        };
    }

    private static JsonObject AggregatedResource(string plural, string singular, string scope, string kind, IEnumerable<string> verbs) =>
        new()
        {
            ["resource"] = plural,
            ["responseKind"] = new JsonObject
            {
                ["group"] = "",
                ["version"] = "",
                ["kind"] = kind,
            },
            ["scope"] = scope,
            ["singularResource"] = singular,
            ["verbs"] = KubernetesObject.ListOf(verbs),
        };

    private static void AddNames(JsonObject body, IReadOnlyList<string> shortNames, IReadOnlyList<string> categories)
    {
        body.SetTexts("shortNames", shortNames);
        body.SetTexts("categories", categories);
    }
}
