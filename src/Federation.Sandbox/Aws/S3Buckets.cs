using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Federation.Sandbox.Aws;

/// <summary>The buckets of all accounts: their names share one space.</summary>
internal sealed class S3Buckets
{
    private readonly ConcurrentDictionary<string, S3Bucket> _buckets = new(StringComparer.Ordinal);

    public bool TryAdd(S3Bucket bucket) => _buckets.TryAdd(bucket.Name, bucket);

    public S3Bucket? Find(string name) => _buckets.GetValueOrDefault(name);

    public IReadOnlyList<S3Bucket> OwnedBy(AwsAccount account) =>
        [.. _buckets.Values.Where(bucket => ReferenceEquals(bucket.Owner, account)).OrderBy(bucket => bucket.Name, StringComparer.Ordinal)];
}

internal sealed class S3Bucket(string name, AwsAccount owner, string region, DateTimeOffset created)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, S3Object> _objects = new(StringComparer.Ordinal);

    public string Name => name;

    public AwsAccount Owner => owner;

    public string Region => region;

    public DateTimeOffset Created => created;

    public string Arn => $"arn:{owner.Partition}:s3:::{name}";

    /// <summary>In the order of their keys' UTF-8 bytes, which is the order of a listing.</summary>
    public IReadOnlyList<S3Object> Objects
    {
        get
        {
            lock (_gate)
            {
                return [.. _objects.Values];
            }
        }
    }

    public S3Object? Find(string key)
    {
        lock (_gate)
        {
            return _objects.GetValueOrDefault(key);
        }
    }

    public void Put(S3Object stored)
    {
        lock (_gate)
        {
            _objects[stored.Key] = stored;
        }
    }

    public void Remove(string key)
    {
        lock (_gate)
        {
            _objects.Remove(key);
        }
    }
}

internal sealed record S3Object(string Key, byte[] Content, string ContentType, DateTimeOffset Modified)
{
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The MD5 of the content, quoted: what S3 gives for an object stored in one piece.</summary>
    public string ETag { get; } = $"\"{Md5(Content)}\"";

#pragma warning disable CA5351 // The entity tag of S3 is an MD5 by definition; nothing is secured by it.
    private static string Md5(byte[] content) => Convert.ToHexStringLower(MD5.HashData(content));
#pragma warning restore CA5351
}
