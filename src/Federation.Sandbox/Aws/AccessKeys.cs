using System.Security.Cryptography;
using Federation.Sandbox.Hosting;

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
    /// <summary>So long after their end credentials are still known, and refused as expired rather than as unknown.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromHours(1);

    private readonly ExpiringMap<AccessKey> _keys = new();

    public AccessKey? Find(string accessKeyId) => _keys.TryGet(accessKeyId, out var key) ? key : null;

    /// <param name="now">Any time will do for a key that never expires.</param>
    public AccessKey Add(AccessKey key, DateTimeOffset now = default)
    {
        _keys.Add(key.AccessKeyId, key, key.Expires + Remembered ?? DateTimeOffset.MaxValue, now);
        return key;
    }

    /// <summary>A long-term key.</summary>
    public AccessKey Issue(AwsPrincipal principal) => Add(new AccessKey(UniqueId("AKIA"), Secret(40), principal));

    /// <summary>Temporary credentials.</summary>
    public AccessKey Issue(AwsPrincipal principal, DateTimeOffset expires, DateTimeOffset now) =>
        Add(new AccessKey(UniqueId("ASIA"), Secret(40), principal) { SessionToken = Secret(300), Expires = expires }, now);

    /// <summary>An identifier as IAM makes them: a prefix that names the kind, then capitals and digits (IAM identifiers, IAM User Guide).</summary>
    public static string UniqueId(string prefix) =>
        prefix + RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", prefix is "AKIA" or "ASIA" ? 16 : 17);

    private static string Secret(int length) =>
        RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", length);
}
