using System.Security.Cryptography;
using System.Text;

namespace Federation.Sandbox.Kubernetes.Authentication;

/// <summary>Finds the user of an Authorization header. Without one it is the anonymous user.</summary>
internal sealed class Authenticator(ServiceAccountTokens tokens, KubernetesApiOptions options)
{
    /// <exception cref="ApiException">401: the token is not valid.</exception>
    public User Authenticate(string? authorization)
    {
        if (string.IsNullOrEmpty(authorization) || !authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            return User.Anonymous;
        }

        var token = authorization["Bearer ".Length..].Trim();
        if (token.Length == 0)
        {
            return User.Anonymous;
        }

        if (
            options.AdminTokens.Any(admin =>
                CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(admin), Encoding.UTF8.GetBytes(token))
            )
        )
        {
            return User.Administrator;
        }

        return tokens.Authenticate(token, []).User ?? throw ApiException.Unauthorized();
    }
}
