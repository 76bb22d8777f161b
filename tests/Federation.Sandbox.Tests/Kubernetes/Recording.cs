using System.Text.Json.Nodes;

namespace Federation.Sandbox.Tests.Kubernetes;

/// <summary>An exchange with a real API server of version 1.34.</summary>
internal sealed record Recording(string Name, JsonObject Request, JsonObject Response)
{
    public static IReadOnlyList<Recording> Load(string file)
    {
        using var stream =
            typeof(Recording).Assembly.GetManifestResourceStream($"recordings/{file}.json")
            ?? throw new FileNotFoundException($"There is no recording {file}.");
        return
        [
            .. JsonNode
                .Parse(stream)!
                .AsArray()
                .Select(static item => new Recording(
                    item!["name"]!.GetValue<string>(),
                    item["request"]!.AsObject(),
                    item["response"]!.AsObject()
                )),
        ];
    }
}
