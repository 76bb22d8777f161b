using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Serialization;

namespace EndToEnd.Tests;

/// <summary>What a template for the runner grants: a policy's statement, a custom role, or a rule of a cluster role.</summary>
internal sealed record Permissions(string File, IReadOnlyList<string> Granted, string On)
{
    /// <summary>Each part of the templates in a folder, in the order of the clouds and of what needs them.</summary>
    public static IEnumerable<Permissions> Of(string folder) =>
        [
            .. In(folder, "aws", "ACCOUNT").SelectMany(file => Statements(file.Name, file.Content)),
            .. In(folder, "google", "PROJECT")
                .Select(file => new Permissions(file.Name, Texts(file.Content["includedPermissions"]), "the project")),
            .. In(folder, "kubernetes", "CLUSTER").SelectMany(file => Rules(file.Name, file.Content)),
        ];

    private static IEnumerable<(string Name, JsonNode Content)> In(string folder, string cloud, string of)
    {
        string[] order = ["read", "apply", "prune"];
        return Directory
            .GetFiles(Path.Combine(folder, cloud))
            .OrderBy(path => Array.IndexOf(order, Path.GetFileNameWithoutExtension(path)) is >= 0 and var place ? place : order.Length)
            .Select(path => ($"{cloud}/{of}/{Path.GetFileName(path)}", Parse(System.IO.File.ReadAllText(path))));
    }

    private static IEnumerable<Permissions> Statements(string file, JsonNode policy) =>
        policy["Statement"]!
            .AsArray()
            .Select(statement => new Permissions(
                file,
                Texts(statement!["Action"]),
                string.Join(", ", Texts(statement["Resource"]).Select(Resource))
                    + (statement["Condition"] is null ? "" : " with this federation's mark")
            ));

    private static string Resource(string arn) =>
        arn switch
        {
            "${roles}" => "each workload's role",
            "${providers}" => "each cluster's provider",
            _ when arn.Contains("::aws:", StringComparison.Ordinal) => $"AWS's `{arn.Split(':')[^1]}`",
            _ => $"`{arn.Split(':')[^1]}`",
        };

    private static IEnumerable<Permissions> Rules(string file, JsonNode document) =>
        (document["items"]?.AsArray() ?? [document])
            .SelectMany(role => role!["rules"]!.AsArray())
            .Select(rule => new Permissions(
                file,
                Texts(rule!["verbs"]),
                string.Join(", ", Texts(rule["resources"] ?? rule["nonResourceURLs"]).Select(one => $"`{one}`"))
            ));

    private static IReadOnlyList<string> Texts(JsonNode? one) =>
        one is JsonArray many ? [.. many.Select(text => (string)text!)] : [(string)one!];

    /// <summary>YAML, and so JSON too.</summary>
    private static JsonNode Parse(string text) =>
        JsonNode.Parse(JsonSerializer.Serialize(new DeserializerBuilder().Build().Deserialize<object>(text)))!;
}
