using System.Text.Json.Nodes;
using Federation.Sandbox.Kubelet;
using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Storage;

namespace Federation.Sandbox.Kubernetes.Authentication;

/// <summary>
/// Mints and verifies tokens of service accounts.
/// See <see href="https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens"/>.
/// </summary>
internal sealed class ServiceAccountTokens(ObjectStore store, TokenSigner signer, TimeProvider time, KubernetesApiOptions options)
{
    private const string SubjectPrefix = "system:serviceaccount:";
    private const long Year = 365 * 24 * 60 * 60;

    // What a kube-api-access volume asks for; such tokens are extended, so that clients that never reload them go on working.
    private const long ProjectedLifetime = 3607;

    /// <param name="bound">The pod or secret whose end is the token's end, or null.</param>
    /// <param name="audiences">None: the API server's own.</param>
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
            ["aud"] = new JsonArray([.. audiences.Select(static audience => JsonValue.Create(audience))]),
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

    /// <summary>Whom a token is for that names nobody: the API server.</summary>
    public string DefaultAudience => options.Issuer;

    /// <summary>The lifetime that is granted of one that was asked.</summary>
    public long Grant(long expirationSeconds) =>
        options.MaximumTokenLifetime is { } maximum ? Math.Min(expirationSeconds, (long)maximum.TotalSeconds) : expirationSeconds;

    /// <summary>Whose token this is, or why it is nobody's.</summary>
    /// <param name="audiences">One of them must be the token's; none: the API server's own.</param>
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

            // A node's end does not end the tokens bound to its pods.
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

/// <param name="Audiences">Those both the token and the question name.</param>
internal sealed record TokenAnswer(User? User, IReadOnlyList<string> Audiences, string? Error);
