using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Federation.Sandbox.Tests.Kubernetes;

/// <summary>
/// Sends recorded requests and compares the answers with the recorded ones. What the two servers chose for
/// themselves (uids, versions, generated names, times, signatures) is mapped from one to the other, and the
/// mapping must hold throughout.
/// </summary>
internal sealed partial class Replay(TestCluster cluster)
{
    private readonly Dictionary<string, string> _actual = new(StringComparer.Ordinal);
    private readonly SortedDictionary<long, long> _versions = [];

    /// <summary>Says what this server has in place of a recorded uid.</summary>
    public void Bind(string recorded, string actual) => _actual[recorded] = actual;

    /// <summary>The differences between the recorded answer and this one.</summary>
    public async Task<IReadOnlyList<string>> SendAsync(Recording recording)
    {
        using var request = Build(recording);
        using var response = await cluster.Http.SendAsync(
            request,
            HttpCompletionOption.ResponseHeadersRead,
            TestContext.Current.CancellationToken
        );
        List<string> differences = [];
        var expectedStatus = recording.Response["status"]!.GetValue<int>();
        if ((int)response.StatusCode != expectedStatus)
        {
            differences.Add(
                $"status: expected {expectedStatus}, was {(int)response.StatusCode}: "
                    + $"{await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}"
            );
            return differences;
        }

        CompareWarnings(recording, response, differences);
        if (recording.Response["stream"] is JsonArray stream)
        {
            await CompareStreamAsync(stream, response, differences);
        }
        else
        {
            var text = await cluster.ReadToEndAsync(response);
            if (recording.Response["body"] is JsonValue expected && expected.GetValueKind() == JsonValueKind.String)
            {
                if (expected.GetValue<string>() != text)
                {
                    differences.Add($"body: expected {expected.ToJsonString()}, was {text}");
                }
            }
            else if (recording.Response["body"] is { } body)
            {
                Compare(body, JsonNode.Parse(text), "", differences);
            }
        }

        return differences;
    }

    /// <summary>The recorded text with what this server chose instead.</summary>
    public string Translate(string text)
    {
        // Tokens first: inside them are uids.
        foreach (var (recorded, actual) in _actual.Where(static pair => !Guids().IsMatch(pair.Key)))
        {
            text = text.Replace(recorded, actual, StringComparison.Ordinal);
        }

        return Guids().Replace(text, match => _actual.GetValueOrDefault(match.Value, match.Value));
    }

    private HttpRequestMessage Build(Recording recording)
    {
        var source = recording.Request;
        var query =
            source["query"]?.AsObject().Select(pair => $"{pair.Key}={Uri.EscapeDataString(QueryValue(pair.Key, pair.Value!.ToString()))}")
            ?? [];
        var address = Translate(source["path"]!.GetValue<string>()) + (query.Any() ? "?" + string.Join('&', query) : "");
        var request = new HttpRequestMessage(new HttpMethod(source["method"]!.GetValue<string>()), address);
        request.Headers.TryAddWithoutValidation("User-Agent", "curl/8");
        foreach (
            var (name, value) in source["headers"]?.AsObject().Where(static header => header.Key is not ("Content-Type" or "Authorization"))
                ?? []
        )
        {
            request.Headers.TryAddWithoutValidation(name, value!.GetValue<string>());
        }

        var token = source["auth"]?.GetValue<string>() switch
        {
            "none" => null,
            "bearer" => Translate(source["headers"]!["Authorization"]!.GetValue<string>()["Bearer ".Length..]),
            _ => TestCluster.AdminToken,
        };
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        }

        if (source["headers"]?["Content-Type"] is { } type)
        {
            var body = source["body"] switch
            {
                null => "",
                JsonValue text when text.GetValueKind() == JsonValueKind.String => text.GetValue<string>(),
                var json => Translate(WithVersions(json).ToJsonString()),
            };
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type.GetValue<string>());
        }

        return request;
    }

    private string QueryValue(string name, string value) =>
        name switch
        {
            "resourceVersion" when long.TryParse(value, out var version) => Version(version).ToString(CultureInfo.InvariantCulture),
            "continue" when value != "nonsense" => ContinueToken(value),
            _ => value,
        };

    // The latest version known at or before a recorded one; small and huge ones are used as they are.
    private long Version(long recorded) =>
        recorded is < 100 or > 1_000_000 || _versions.Count == 0
            ? recorded
            : _versions.TakeWhile(pair => pair.Key <= recorded).Select(static pair => pair.Value).LastOrDefault(recorded);

    private string ContinueToken(string recorded)
    {
        var token = JsonNode.Parse(Decode(recorded))!.AsObject();
        token["rv"] = Version(token["rv"]!.GetValue<long>());
        return System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(token.ToJsonString()));
    }

    private JsonNode WithVersions(JsonNode body)
    {
        var copy = body.DeepClone();
        foreach (var owner in new[] { "metadata", "preconditions" }.Select(name => (copy as JsonObject)?[name]).OfType<JsonObject>())
        {
            if (owner["resourceVersion"] is { } version && long.TryParse(version.GetValue<string>(), out var number))
            {
                owner["resourceVersion"] = Version(number).ToString(CultureInfo.InvariantCulture);
            }
        }

        return copy;
    }

    private static void CompareWarnings(Recording recording, HttpResponseMessage response, List<string> differences)
    {
        string[] expected = recording.Response["headers"]?["warning"] switch
        {
            JsonArray many => [.. many.Select(static item => item!.GetValue<string>())],
            JsonValue one => [one.GetValue<string>()],
            _ => [],
        };
        string[] actual = response.Headers.TryGetValues("Warning", out var values) ? [.. values] : [];
        if (!expected.SequenceEqual(actual, StringComparer.Ordinal))
        {
            differences.Add($"warnings: expected [{string.Join("; ", expected)}], was [{string.Join("; ", actual)}]");
        }
    }

    private async Task CompareStreamAsync(JsonArray expected, HttpResponseMessage response, List<string> differences)
    {
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        for (var index = 0; index < expected.Count; index++)
        {
            if (await reader.ReadLineAsync(TestContext.Current.CancellationToken) is not { } line)
            {
                differences.Add($"stream: ended after {index} of {expected.Count} events");
                return;
            }

            var actual = JsonNode.Parse(line);
            if (actual?["type"]?.GetValue<string>() != expected[index]!["type"]!.GetValue<string>())
            {
                differences.Add($"stream[{index}].type: expected {expected[index]!["type"]}, was {line}");
                return;
            }

            Compare(expected[index]!["object"]!, actual["object"], $"stream[{index}]", differences);
        }
    }

    private void Compare(JsonNode? expected, JsonNode? actual, string path, List<string> differences)
    {
        switch (expected, actual)
        {
            case (JsonObject e, JsonObject a):
                // The recordings shorten the items of lists to name and version.
                var shortened =
                    path.Contains("items[", StringComparison.Ordinal)
                    && e.Count == 2
                    && e.ContainsKey("name")
                    && e.ContainsKey("resourceVersion");
                foreach (var (name, value) in e)
                {
                    if (!a.TryGetPropertyValue(name, out var found))
                    {
                        differences.Add($"{path}.{name}: missing, expected {Short(value)}");
                    }
                    else if (name == "resourceVersion")
                    {
                        // A list's own version is the moment's: what controllers write in between moves it on.
                        BindVersion(value, found, $"{path}.{name}", differences, mayMoveOn: e.ContainsKey("continue"));
                    }
                    else
                    {
                        Compare(value, found, $"{path}.{name}", differences);
                    }
                }

                if (!shortened)
                {
                    differences.AddRange(
                        a.Where(pair => !e.ContainsKey(pair.Key)).Select(pair => $"{path}.{pair.Key}: unexpected {Short(pair.Value)}")
                    );
                }

                break;
            case (JsonArray e, JsonArray a):
                if (e.Count != a.Count)
                {
                    differences.Add($"{path}: expected {e.Count} items {Short(e)}, was {a.Count} {Short(a)}");
                }

                for (var index = 0; index < Math.Min(e.Count, a.Count); index++)
                {
                    Compare(e[index], a[index], $"{path}[{index}]", differences);
                }

                break;
            case (JsonValue e, JsonValue a) when e.GetValueKind() == JsonValueKind.String && a.GetValueKind() == JsonValueKind.String:
                CompareText(e.GetValue<string>(), a.GetValue<string>(), path, differences);
                break;
            case (JsonValue e, _) when e.GetValueKind() == JsonValueKind.String && e.GetValue<string>() == "...":
                break;
            default:
                if (!JsonNode.DeepEquals(expected, actual))
                {
                    differences.Add($"{path}: expected {Short(expected)}, was {Short(actual)}");
                }

                break;
        }
    }

    private void CompareText(string expected, string actual, string path, List<string> differences)
    {
        if (
            expected == actual
            || expected == "..."
            || (Times().IsMatch(expected) && Times().IsMatch(actual))
            || (expected.StartsWith("-----BEGIN", StringComparison.Ordinal) && actual.StartsWith("-----BEGIN", StringComparison.Ordinal))
        )
        {
            return;
        }

        // The key is each server's own.
        if (path.EndsWith(".kid", StringComparison.Ordinal) || path.EndsWith(".n", StringComparison.Ordinal))
        {
            return;
        }

        if (path.EndsWith(".continue", StringComparison.Ordinal))
        {
            var (wanted, given) = (JsonNode.Parse(Decode(expected))!, JsonNode.Parse(Decode(actual))!);
            if (wanted["start"]!.GetValue<string>() != given["start"]!.GetValue<string>())
            {
                differences.Add($"{path}: expected {wanted.ToJsonString()}, was {given.ToJsonString()}");
            }

            return;
        }

        if (expected.Count(static c => c == '.') == 2 && expected.StartsWith("eyJ", StringComparison.Ordinal))
        {
            CompareToken(expected, actual, path, differences);
            return;
        }

        if (Chosen().IsMatch(expected) && Chosen().IsMatch(actual) && _actual.TryAdd(expected, actual))
        {
            return;
        }

        var (left, right) = (Normal(Translate(expected)), Normal(actual));
        if (left != right)
        {
            differences.Add($"{path}: expected {left}, was {right}");
        }
    }

    private void CompareToken(string expected, string actual, string path, List<string> differences)
    {
        _actual[expected] = actual;
        var (wanted, given) = (expected.Split('.'), actual.Split('.'));
        for (var part = 0; part < 2; part++)
        {
            var (w, g) = (JsonNode.Parse(Decode(wanted[part]))!.AsObject(), JsonNode.Parse(Decode(given[part]))!.AsObject());
            foreach (var chosen in new[] { "kid", "jti" }.Where(w.ContainsKey))
            {
                _actual[w[chosen]!.GetValue<string>()] = g[chosen]!.GetValue<string>();
                w[chosen] = g[chosen]!.DeepClone();
            }

            if (part == 1)
            {
                // Times are compared by what they are apart.
                var (wantedStart, givenStart) = (w["iat"]!.GetValue<long>(), g["iat"]!.GetValue<long>());
                foreach (var name in new[] { "exp", "iat", "nbf" })
                {
                    w[name] = w[name]!.GetValue<long>() - wantedStart;
                    g[name] = g[name]!.GetValue<long>() - givenStart;
                }
            }

            Compare(w, g, $"{path}({part})", differences);
        }
    }

    private void BindVersion(JsonNode? expected, JsonNode? actual, string path, List<string> differences, bool mayMoveOn)
    {
        if (!long.TryParse(expected?.GetValue<string>(), out var recorded) || !long.TryParse(actual?.GetValue<string>(), out var given))
        {
            differences.Add($"{path}: expected {Short(expected)}, was {Short(actual)}");
        }
        else if (!_versions.TryAdd(recorded, given) && (mayMoveOn ? given < _versions[recorded] : given != _versions[recorded]))
        {
            differences.Add($"{path}: {recorded} was {_versions[recorded]} before, and now {given}");
        }
    }

    // Versions inside texts are not compared.
    private static string Normal(string text) => VersionsInText().Replace(text, "N");

    private static string Decode(string base64Url) => Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(base64Url));

    private static string Short(JsonNode? node) =>
        node?.ToJsonString() is { } text ? (text.Length > 300 ? text[..300] + "…" : text) : "null";

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Guids();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Times();

    // What a server chooses: uids, and names with a generated end.
    [GeneratedRegex(
        "^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(g-|kube-api-access-)[a-z0-9]{5})$",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Chosen();

    [GeneratedRegex(@"(?<=current: |in record \(|resource version: \d+ \()\d+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VersionsInText();
}
