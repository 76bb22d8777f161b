using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;

namespace EndToEnd.Tests.Faults;

/// <summary>Tokens from anywhere, given in a file, and the exchange that is tried from here.</summary>
internal static class TokenFaults
{
    private const string Shape = "a JSON Web Token: three parts of base64url";

    public static IReadOnlyList<Fault> Files { get; } =
    [
        Given(
            "is for two audiences",
            scene => LiveFederation.TokenAsync(scene.Federation.Cluster, "reader", LiveFederation.Audience, "vault"),
            "FED7002",
            LiveFederation.Audience,
            "sts.amazonaws.com, vault",
            "FED7002"
        ),
        Given(
            "is the default one",
            scene => LiveFederation.TokenAsync(scene.Federation.Cluster, "reader", LiveFederation.Issuer),
            "FED7001",
            LiveFederation.Audience,
            LiveFederation.Issuer,
            "FED3003"
        ),
        Given(
            "is for sts.amazon.com",
            scene => LiveFederation.TokenAsync(scene.Federation.Cluster, "reader", "sts.amazon.com"),
            "FED7001",
            LiveFederation.Audience,
            "sts.amazon.com",
            "FED3003"
        ),
        Given(
            "is another cluster's",
            scene => LiveFederation.TokenAsync(scene.Federation.OtherCluster),
            "FED7006",
            LiveFederation.Issuer,
            LiveFederation.OtherIssuer,
            "FED3001"
        ),
        Given(
            "is another service account's",
            scene => LiveFederation.TokenAsync(scene.Federation.Cluster, "default"),
            "FED7007",
            LiveFederation.Subject,
            "system:serviceaccount:team:default",
            "FED4004"
        ),
        Given("is of a cluster that is gone", TwinsAsync, "FED3005", "*", "*", "FED3005"),
        Given("has expired", scene => scene.Federation.TokenAtAsync(TimeSpan.FromHours(-2)), "FED7003", "*", "*", "FED7003"),
        Given(
            "is of a clock that is ahead",
            scene => scene.Federation.TokenAtAsync(TimeSpan.FromMinutes(10)),
            "FED7004",
            "*",
            "*",
            "FED7004"
        ),
        new(
            "the token's subject was edited",
            scene => WriteAsync(scene, ThenAsync(claims => claims["sub"] = LiveFederation.Subject, "default")),
            "FED7009",
            "*",
            "a signature that does not verify"
        )
        {
            Asks = scene => AskAsync(scene, ThenAsync(claims => claims["sub"] = LiveFederation.Subject, "default")),
            Text = "FED3003",
        },
        new(
            "the token has no audience",
            scene => WriteAsync(scene, ThenAsync(claims => claims.Remove("aud"))),
            "FED7008",
            "aud",
            "(absent)"
        )
        {
            Asks = scene => AskAsync(scene, ThenAsync(claims => claims.Remove("aud"))),
            Text = "FED7008",
        },
        Given(
            "ends in a line break",
            async scene => await LiveFederation.TokenAsync(scene.Federation.Cluster) + "\n",
            "FED7005",
            Shape,
            "SurroundingWhiteSpace",
            "FED7005"
        ),
        Given(
            "is in base64",
            async scene => Convert.ToBase64String(Encoding.UTF8.GetBytes(await LiveFederation.TokenAsync(scene.Federation.Cluster))),
            "FED7005",
            Shape,
            "Base64",
            "FED7005"
        ),
        Given(
            "is an access token of Google",
            _ => Task.FromResult("ya29.a0AfH6SMBx-3v9JqTzLw0Example"),
            "FED7005",
            Shape,
            "Opaque",
            "FED7005"
        ),
        Given("is the path of a token", _ => Task.FromResult(Pods.TokenPath), "FED7005", Shape, "Path", "FED7005"),
        Given(
            "is cut short",
            async scene => (await LiveFederation.TokenAsync(scene.Federation.Cluster)).Split('.')[0] + ".",
            "FED7005",
            Shape,
            "*",
            "FED7005"
        ),
        Given("is nothing", _ => Task.FromResult(""), "FED7005", Shape, "Empty", null),
    ];

    private static Fault Given(string name, Func<Scene, Task<string>> token, string code, string? expected, string? actual, string? text) =>
        new($"the token {name}", scene => WriteAsync(scene, token), code, expected, actual)
        {
            Asks = text is null ? null : scene => AskAsync(scene, token),
            Text = text,
        };

    private static async Task WriteAsync(Scene scene, Func<Scene, Task<string>> token) =>
        scene.Arguments.Add("--token-file=" + scene.Write("token", await token(scene)));

    private static async Task<string?> AskAsync(Scene scene, Func<Scene, Task<string>> token) =>
        await scene.Federation.ExchangeAsync(await token(scene));

    private static Func<Scene, Task<string>> ThenAsync(Action<JsonObject> edit, string serviceAccount = "reader") =>
        async scene =>
        {
            var parts = (await LiveFederation.TokenAsync(scene.Federation.Cluster, serviceAccount)).Split('.');
            var claims = JsonNode.Parse(Base64Url.DecodeFromChars(parts[1]))!.AsObject();
            edit(claims);
            return string.Join('.', parts[0], Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString())), parts[2]);
        };

    private static async Task<string> TwinsAsync(Scene scene)
    {
        using var twin = await scene.Federation.TwinClusterAsync();
        return await LiveFederation.TokenAsync(twin);
    }
}
