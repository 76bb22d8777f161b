using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Federation.Sandbox.AwsCli;

/// <summary>Writes results in the AWS CLI's formats.</summary>
internal static class Output
{
    public static void Write(CommandLine line, JsonObject result)
    {
        var selected = Select(result, line.Option("--query"));
        Console.Out.WriteLine(line.Output == "text" ? Text(selected) : Json(selected));
    }

    public static string? Time(DateTime? time) =>
        time?.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'+00:00'", CultureInfo.InvariantCulture);

    /// <summary>Supports the part of JMESPath that names a member: <c>Arn</c>, <c>Credentials.AccessKeyId</c>.</summary>
    private static JsonNode? Select(JsonNode? node, string? query)
    {
        foreach (var name in (query ?? "").Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!name.All(char.IsAsciiLetterOrDigit))
            {
                throw new UsageException($"Bad value for --query {query}: the bundled aws knows member names only");
            }

            node = (node as JsonObject)?[name];
        }

        return node;
    }

    private static string Json(JsonNode? node)
    {
        using var stream = new MemoryStream();
        var options = new JsonWriterOptions
        {
            Indented = true,
            IndentSize = 4,
            NewLine = "\n",
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        using (var writer = new Utf8JsonWriter(stream, options))
        {
            if (node is null)
            {
                writer.WriteNullValue();
            }
            else
            {
                node.WriteTo(writer);
            }
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>Scalars on one line, sorted by name, then one line for each structure.</summary>
    private static string Text(JsonNode? node)
    {
        if (node is not JsonObject members)
        {
            return node?.ToString() ?? "None";
        }

        var sorted = members.OrderBy(member => member.Key, StringComparer.Ordinal).ToArray();
        var lines = new List<string>
        {
            string.Join('\t', sorted.Where(member => member.Value is not JsonObject).Select(member => member.Value?.ToString())),
        };
        lines.AddRange(
            sorted.Where(member => member.Value is JsonObject).Select(member => $"{member.Key.ToUpperInvariant()}\t{Text(member.Value)}")
        );
        return string.Join('\n', lines.Where(line => line.Length > 0));
    }
}
