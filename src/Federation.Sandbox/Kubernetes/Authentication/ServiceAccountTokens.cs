using System.Text.Json.Nodes;
using Federation.Sandbox.Kubelet;
using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Storage;

namespace Federation.Sandbox.Kubernetes.Authentication;

/// <summary>
/// Issues and verifies tokens of service accounts.
/// See <see href="https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens"/>.
/// </summary>
internal sealed class ServiceAccountTokens(ObjectStore store, TokenSigner signer, TimeProvider time, KubernetesApiOptions options)
{
    private const string SubjectPrefix = "system:serviceaccount:";
    private const long Year = 365 * 24 * 60 * 60;

    // The lifetime in a kube-api-access volume. The API server extends such tokens for clients that never reload them.
    private const long ProjectedLifetime = 3607;

    /// <param name="bound">The pod or secret that the token ends with, or null.</param>
    /// <param name="audiences">Empty: the API server's own.</param>
    public ProjectedToken Mint(JsonObject account, JsonObject? bound, IReadOnlyList<string> audiences, long expirationSeconds)
    {
        audiences = audiences.Count > 0 ? audiences : [options.Issuer];
        var issued = time.GetUtcNow().ToUnixTimeSeconds();
        var granted = Grant(expirationSeconds);
        var extended = granted == ProjectedLifetime && bound?.Text("kind") == "Pod" && audiences is [var only] && only == options.Issuer;
        var lifetime = extended ? Year : granted;

        var identity = new JsonObject { ["namespace"] = account.Namespace };
        if (bound?.Text("kind") == "Pod")
        {
            if (store.Find(ResourceTable.Nodes, "", bound["spec"].Text("nodeName")) is { } node)
            {
                identity["node"] = Reference(node);
            }

            identity["pod"] = Reference(bound);
        }
        else if (bound is not null)
        {
            identity["secret"] = Reference(bound);
        }

        identity["serviceaccount"] = Reference(account);
        if (extended)
        {
            identity["warnafter"] = issued + expirationSeconds;
        }

        var claims = new JsonObject
        {
            ["aud"] = KubernetesObject.ListOf(audiences),
            ["exp"] = issued + lifetime,
            ["iat"] = issued,
            ["iss"] = options.Issuer,
            ["jti"] = Guid.NewGuid().ToString(),
            ["kubernetes.io"] = identity,
            ["nbf"] = issued,
            ["sub"] = $"{SubjectPrefix}{account.Namespace}:{account.Name}",
        };

        return new ProjectedToken(
            signer.Sign(claims),
            DateTimeOffset.FromUnixTimeSeconds(issued),
            DateTimeOffset.FromUnixTimeSeconds(issued + lifetime)
        );
    }

    /// <summary>The audience of a token for which none was asked: the API server.</summary>
    public string DefaultAudience => options.Issuer;

    /// <summary>The lifetime that is granted for a requested one, in seconds.</summary>
    public long Grant(long expirationSeconds) =>
        options.MaximumTokenLifetime is { } maximum ? Math.Min(expirationSeconds, (long)maximum.TotalSeconds) : expirationSeconds;

    /// <summary>Finds the user of a token, or the reason why it is not valid.</summary>
    /// <param name="audiences">The token must have one of them. Empty: the API server's own.</param>
    public TokenAnswer Authenticate(string token, IReadOnlyList<string> audiences)
    {
        const string Invalid = "invalid bearer token";
        audiences = audiences.Count > 0 ? audiences : [options.Issuer];
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        if (
            signer.Verify(token) is not { } claims
            || claims.Text("iss") != options.Issuer
            || claims["kubernetes.io"] is not JsonObject identity
        )
        {
            return new TokenAnswer(null, [], Invalid);
        }

        string[] shared = [.. claims.Texts("aud").Intersect(audiences, StringComparer.Ordinal)];
        if (shared.Length == 0)
        {
            return new TokenAnswer(
                null,
                [],
                $"[{Invalid}, token audiences {List(claims.Texts("aud"))} is invalid for the target audiences {List(audiences)}]"
            );
        }

        if (claims.Number("exp") <= now || claims.Number("nbf") > now)
        {
            return new TokenAnswer(null, [], $"[{Invalid}, service account token has expired]");
        }

        var @namespace = identity.Text("namespace");
        var account = identity["serviceaccount"];
        if (store.Find(ResourceTable.ServiceAccounts, @namespace, account.Text("name"))?.Uid != account.Text("uid"))
        {
            return new TokenAnswer(null, [], $"[{Invalid}, service account {@namespace}/{account.Text("name")} has been deleted]");
        }

        var extra = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["authentication.kubernetes.io/credential-id"] = "JTI=" + claims.Text("jti"),
        };
        foreach (
            var (kind, type) in new[] { ("node", ResourceTable.Nodes), ("pod", ResourceTable.Pods), ("secret", ResourceTable.Secrets) }
        )
        {
            if (identity[kind] is not JsonObject bound)
            {
                continue;
            }

            // Tokens of pods stay valid when their node is deleted.
            if (kind != "node" && store.Find(type, @namespace, bound.Text("name"))?.Uid != bound.Text("uid"))
            {
                return new TokenAnswer(null, [], $"[{Invalid}, service account token has been invalidated]");
            }

            if (kind != "secret")
            {
                extra[$"authentication.kubernetes.io/{kind}-name"] = bound.Text("name");
                extra[$"authentication.kubernetes.io/{kind}-uid"] = bound.Text("uid");
            }
        }

        return new TokenAnswer(
            new User(
                claims.Text("sub"),
                account.Text("uid"),
                ["system:serviceaccounts", "system:serviceaccounts:" + @namespace, "system:authenticated"],
                extra
            ),
            shared,
            Error: null
        );
    }

    private static JsonObject Reference(JsonObject value) => new() { ["name"] = value.Name, ["uid"] = value.Uid };

    private static string List(IEnumerable<string> items) => $"[{string.Join(' ', items.Select(FieldError.Quote))}]";
}

/// <param name="Audiences">Those of the token that were asked for.</param>
internal sealed record TokenAnswer(User? User, IReadOnlyList<string> Audiences, string? Error);
