using System.Text.Json;
using System.Text.Json.Nodes;

namespace Build.Packing;

/// <summary>
/// What is in an archive, as CycloneDX 1.6 JSON ("CycloneDX Specification", ECMA-424). It is made from the .deps.json
/// files that the programs in the archive themselves start by, so that it can name neither more nor less.
/// </summary>
internal static class BillOfMaterials
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };

    /// <param name="standIns">The names of the assemblies that this project wrote in the place of published packages.</param>
    public static string Of(string folder, string name, string version, string system, IReadOnlySet<string> standIns, string cakeVersion)
    {
        var components = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var file in Directory.GetFiles(folder, "*.deps.json").Order(StringComparer.Ordinal))
        {
            foreach (var (key, library) in JsonNode.Parse(File.ReadAllText(file))!["libraries"]!.AsObject())
            {
                var component = Component(key.Split('/')[0], key.Split('/')[1], library!.AsObject(), standIns, cakeVersion);
                components.TryAdd((string)component["bom-ref"]!, component);
            }
        }

        var bill = new JsonObject
        {
            ["bomFormat"] = "CycloneDX",
            ["specVersion"] = "1.6",
            ["version"] = 1,
            ["metadata"] = new JsonObject
            {
                ["component"] = new JsonObject
                {
                    ["type"] = "application",
                    ["bom-ref"] = $"{name}@{version}",
                    ["name"] = name,
                    ["version"] = version,
                },
                ["properties"] = new JsonArray(Property("runtime identifier", system)),
            },
            ["components"] = new JsonArray([.. components.Values]),
        };
        return bill.ToJsonString(Indented) + "\n";
    }

    private static JsonObject Component(string name, string version, JsonObject library, IReadOnlySet<string> standIns, string cakeVersion)
    {
        const string RuntimePack = "runtimepack.";
        var component = new JsonObject
        {
            ["type"] = "library",
            ["bom-ref"] = $"{name}@{version}",
            ["name"] = name,
            ["version"] = version,
        };
        switch ((string?)library["type"])
        {
            case "runtimepack":
                component["name"] = name[RuntimePack.Length..];
                component["purl"] = Package(name[RuntimePack.Length..], version);
                break;
            case "package":
                component["purl"] = Package(name, version);
                if ((string?)library["sha512"] is { } hash && hash.StartsWith("sha512-", StringComparison.Ordinal))
                {
                    component["hashes"] = new JsonArray(
                        new JsonObject
                        {
                            ["alg"] = "SHA-512",
                            ["content"] = Convert.ToHexStringLower(Convert.FromBase64String(hash["sha512-".Length..])),
                        }
                    );
                }

                break;
            case "reference":
                // Cake's assemblies, and what they bring, are taken out of this package (standins/Cake.targets).
                component["properties"] = new JsonArray(Property("assembly of", Package("Cake.Tool", cakeVersion)));
                break;
            case "project" when standIns.Contains(name):
                component["properties"] = new JsonArray(
                    Property(
                        "stand-in",
                        $"written by this project in the place of the published package {name}; its publisher has no part in it"
                    )
                );
                break;
            case "project":
                component["properties"] = new JsonArray(Property("source", "this project"));
                break;
        }

        return component;
    }

    private static string Package(string name, string version) => $"pkg:nuget/{name}@{version}";

    private static JsonObject Property(string name, string value) =>
        new() { ["name"] = $"gke-to-aws-federation:{name}", ["value"] = value };
}
