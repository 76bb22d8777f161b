using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;

namespace Federation.Sandbox.Aws.S3;

/// <summary>The buckets of all accounts, which share one namespace.</summary>
internal sealed class S3Buckets
{
    private readonly ConcurrentDictionary<string, S3Bucket> _buckets = new(StringComparer.Ordinal);

    public bool TryAdd(S3Bucket bucket) => _buckets.TryAdd(bucket.Name, bucket);

    /// <summary>False if the bucket is not empty.</summary>
    public bool TryRemove(S3Bucket bucket)
    {
        if (bucket.Objects.Count > 0)
        {
            return false;
        }

        _buckets.TryRemove(KeyValuePair.Create(bucket.Name, bucket));
        return true;
    }

    public S3Bucket? Find(string name) => _buckets.GetValueOrDefault(name);

    public S3Bucket Require(string name) =>
        Find(name) ?? throw new AwsException("NoSuchBucket", "The specified bucket does not exist", HttpStatusCode.NotFound);

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

    /// <summary>Multipart uploads in progress, by id.</summary>
    public ConcurrentDictionary<string, S3Upload> Uploads { get; } = new(StringComparer.Ordinal);

    public string Arn => $"arn:{owner.Partition}:s3:::{name}";

    public string ArnOf(string key) => $"{Arn}/{key}";

    /// <summary>In the ordinal order of their keys, which is the order of a listing.</summary>
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

/// <summary>A complete object. Its content never changes.</summary>
internal sealed record S3Object(string Key, byte[] Content, string ETag, DateTimeOffset Modified)
{
    public required S3Description Description { get; init; }
}

/// <summary>The content type and metadata that the client gave an object.</summary>
internal sealed record S3Description(string ContentType, IReadOnlyDictionary<string, string> Metadata)
{
    public static S3Description Of(AwsRequest request) =>
        new(
            request.Headers.ContentType.Count == 0 ? "binary/octet-stream" : request.Headers.ContentType.ToString(),
            request
                .Headers.Where(header => header.Key.StartsWith("x-amz-meta-", StringComparison.OrdinalIgnoreCase))
                .ToDictionary(
                    header => header.Key["x-amz-meta-".Length..],
                    header => header.Value.ToString(),
                    StringComparer.OrdinalIgnoreCase
                )
        );
}

/// <summary>A multipart upload in progress.</summary>
internal sealed record S3Upload(string Id, string Key, S3Description Description, DateTimeOffset Initiated)
{
    /// <summary>By number; a part that is uploaded again replaces the first.</summary>
    public ConcurrentDictionary<int, S3Part> Parts { get; } = [];
}

internal sealed record S3Part(int Number, byte[] Content, DateTimeOffset Modified)
{
    public byte[] Digest { get; } = Md5.Hash(Content);

    public string ETag => Md5.Quoted(Digest);
}

#pragma warning disable CA5351 // S3 defines entity tags as MD5 digests; they secure nothing.
internal static class Md5
{
    public static byte[] Hash(byte[] content) => MD5.HashData(content);

    /// <summary>The entity tag of an object that was uploaded in one piece.</summary>
    public static string Quoted(byte[] digest) => $"\"{Convert.ToHexStringLower(digest)}\"";

    /// <summary>The entity tag of a multipart upload: the MD5 of its parts' MD5s, and their number.</summary>
    public static string Quoted(IReadOnlyList<S3Part> parts) =>
        $"\"{Convert.ToHexStringLower(MD5.HashData([.. parts.SelectMany(part => part.Digest)]))}-{parts.Count}\"";
}
#pragma warning restore CA5351
