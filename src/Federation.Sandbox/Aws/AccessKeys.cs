using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Federation.Sandbox.Aws;

/// <summary>A key pair of IAM, or the temporary credentials of a role session.</summary>
internal sealed record AccessKey(string AccessKeyId, string SecretAccessKey, AwsPrincipal Principal)
{
    /// <summary>Temporary credentials have one, and fail without it.</summary>
    public string? SessionToken { get; init; }

    public DateTimeOffset? Expires { get; init; }

    /// <summary>The id alone: a record's own text would show the secret.</summary>
    public override string ToString() => AccessKeyId;
}

/// <summary>Who signs requests.</summary>
internal sealed class AccessKeys
{
    private readonly ConcurrentDictionary<string, AccessKey> _keys = new(StringComparer.Ordinal);

    public AccessKey? Find(string accessKeyId) => _keys.GetValueOrDefault(accessKeyId);

    public AccessKey Add(AccessKey key)
    {
        _keys[key.AccessKeyId] = key;
        return key;
    }

    /// <summary>A long-term key.</summary>
    public AccessKey Issue(AwsPrincipal principal) => Add(new AccessKey(UniqueId("AKIA"), Secret(40), principal));

    /// <summary>Temporary credentials.</summary>
    public AccessKey Issue(AwsPrincipal principal, DateTimeOffset expires) => Add(
        new AccessKey(UniqueId("ASIA"), Secret(40), principal) { SessionToken = Secret(300), Expires = expires });

    /// <summary>An identifier as IAM makes them: a prefix that names the kind, then capitals and digits (IAM identifiers, IAM User Guide).</summary>
    public static string UniqueId(string prefix) =>
        prefix + RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", prefix is "AKIA" or "ASIA" ? 16 : 17);

    private static string Secret(int length) =>
        RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", length);
}
