using System.Security.Cryptography;
using Federation.Sandbox.Hosting;

namespace Federation.Sandbox.Aws;

/// <summary>A long-term key of an IAM user, or the temporary credentials of a role session.</summary>
internal sealed record AccessKey(string AccessKeyId, string SecretAccessKey, AwsPrincipal Principal)
{
    /// <summary>Set on temporary credentials, which are refused without it.</summary>
    public string? SessionToken { get; init; }

    public DateTimeOffset? Expires { get; init; }

    /// <summary>Without the secret.</summary>
    public override string ToString() => AccessKeyId;
}

/// <summary>The keys that may sign requests.</summary>
internal sealed class AccessKeys
{
    /// <summary>How long expired credentials are remembered, so that they are refused as expired and not as unknown.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromHours(1);

    private readonly ExpiringMap<AccessKey> _keys = new();

    public AccessKey? Find(string accessKeyId) => _keys.TryGet(accessKeyId, out var key) ? key : null;

    /// <param name="now">Not needed for a key that never expires.</param>
    public AccessKey Add(AccessKey key, DateTimeOffset now = default)
    {
        _keys.Add(key.AccessKeyId, key, key.Expires + Remembered ?? DateTimeOffset.MaxValue, now);
        return key;
    }

    /// <summary>Creates a long-term key.</summary>
    public AccessKey Issue(AwsPrincipal principal) => Add(new AccessKey(UniqueId("AKIA"), Secret(40), principal));

    /// <summary>Creates temporary credentials.</summary>
    public AccessKey Issue(AwsPrincipal principal, DateTimeOffset expires, DateTimeOffset now) =>
        Add(new AccessKey(UniqueId("ASIA"), Secret(40), principal) { SessionToken = Secret(300), Expires = expires }, now);

    /// <summary>An identifier in IAM's form: a prefix for the kind, then capitals and digits ("IAM identifiers", IAM User Guide).</summary>
    public static string UniqueId(string prefix) =>
        prefix + RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", prefix is "AKIA" or "ASIA" ? 16 : 17);

    private static string Secret(int length) =>
        RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", length);
}
