using System.Net;

namespace Federation.Sandbox.Aws.S3;

/// <summary>The source of a copy. The caller must be allowed to read it.</summary>
internal sealed record CopiedObject(S3Object Source)
{
    /// <summary>The header with the source's bucket and key, percent-encoded, with or without a slash in front.</summary>
    public const string Header = "x-amz-copy-source";

    /// <summary>Null if the call is not a copy.</summary>
    /// <exception cref="AwsException">The source does not exist, or the caller may not read it.</exception>
    public static CopiedObject? Find(S3Call call, S3Buckets buckets, Authorizer authorizer)
    {
        if (!call.Request.Headers.TryGetValue(Header, out var header))
        {
            return null;
        }

        var path = Uri.UnescapeDataString(header.ToString().Split('?')[0].TrimStart('/'));
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || slash == path.Length - 1)
        {
            throw new AwsException("InvalidArgument", "Invalid copy source object key");
        }

        var bucket = buckets.Require(path[..slash]);
        var key = path[(slash + 1)..];
        if (!ReferenceEquals(bucket.Owner, call.Account))
        {
            throw AwsException.AccessDenied("Access Denied");
        }

        authorizer.Demand(call.Signed.Principal, "s3:GetObject", bucket.ArnOf(key), conditions: null, call.Request.SourceIp);
        return new CopiedObject(
            bucket.Find(key) ?? throw new AwsException("NoSuchKey", "The specified key does not exist.", HttpStatusCode.NotFound)
        );
    }

    /// <summary>The bytes in the range of a header; all of them without one.</summary>
    public byte[] Range(string header) =>
        ByteRange.Parse(header, Source.Content.Length) is { } range ? Source.Content[range.Start..range.End] : Source.Content;
}
