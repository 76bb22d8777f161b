using System.Globalization;
using System.Net;
using System.Text;
using System.Xml.Linq;
using Federation.Sandbox.Hosting;
using Microsoft.AspNetCore.Http;

namespace Federation.Sandbox.Aws;

/// <summary>The part of S3's REST API that shows whether a role's permissions work: buckets, listings, objects.</summary>
internal sealed class S3Api(S3Buckets buckets, Authorizer authorizer, CallLog calls, TimeProvider time)
{
    /// <exception cref="AwsException">S3 refuses.</exception>
    public async Task HandleAsync(HttpContext context, AwsRequest request, SignedRequest? signed)
    {
        var target = S3Target.Of(request);
        var operation = Operation(request, target)
            ?? throw new AwsException("NotImplemented", "A header you provided implies functionality that is not implemented", HttpStatusCode.NotImplemented);
        calls.Record(new CloudCall("aws", operation.Action is "s3:ListAllMyBuckets" ? "s3:ListBuckets" : "s3:" + operation.Name, target.ToString(), operation.IsWrite));

        var bucket = target.Bucket is null || operation.Name is "CreateBucket" ? null : buckets.Find(target.Bucket)
            ?? throw new AwsException("NoSuchBucket", "The specified bucket does not exist", HttpStatusCode.NotFound);
        if (signed is null || (bucket is not null && !ReferenceEquals(bucket.Owner, signed.Principal.Account)))
        {
            // No bucket has a policy of its own, so nothing admits the world or another account.
            throw AwsException.AccessDenied("Access Denied");
        }

        var conditions = Conditions(request, operation.Action);
        var resource = target.Arn(signed.Principal.Account.Partition);
        authorizer.Demand(signed.Principal, operation.Action, resource, conditions, request.SourceIp);
        await operation.Run(new S3Call(context, request, signed, target, bucket, conditions));
    }

    private S3Operation? Operation(AwsRequest request, S3Target target) => (request.Method, target) switch
    {
        ("GET", { Bucket: null }) => new("ListBuckets", "s3:ListAllMyBuckets", false, ListBucketsAsync),
        ("HEAD", { Key: null }) => new("HeadBucket", "s3:ListBucket", false, HeadBucketAsync),
        ("PUT", { Key: null }) when request.Query.Count == 0 => new("CreateBucket", "s3:CreateBucket", true, CreateBucketAsync),
        ("GET", { Key: null }) when request.Parameter("location") is not null => new("GetBucketLocation", "s3:GetBucketLocation", false, GetBucketLocationAsync),
        ("GET", { Key: null }) when request.Parameter("list-type") is "2" => new("ListObjectsV2", "s3:ListBucket", false, ListObjectsAsync),
        ("GET", { Key: not null }) => new("GetObject", "s3:GetObject", false, GetObjectAsync),
        ("HEAD", { Key: not null }) => new("HeadObject", "s3:GetObject", false, GetObjectAsync),
        ("PUT", { Key: not null }) when request.Parameter("partNumber") is null && !request.Headers.ContainsKey("x-amz-copy-source")
            => new("PutObject", "s3:PutObject", true, PutObjectAsync),
        ("DELETE", { Key: not null }) when request.Parameter("uploadId") is null => new("DeleteObject", "s3:DeleteObject", true, DeleteObjectAsync),
        _ => null,
    };

    private static Dictionary<string, IReadOnlyList<string>> Conditions(AwsRequest request, string action)
    {
        var conditions = new Dictionary<string, IReadOnlyList<string>>(StringComparer.OrdinalIgnoreCase);
        if (action is "s3:ListBucket")
        {
            foreach (var name in (string[])["prefix", "delimiter", "max-keys"])
            {
                if (request.Parameter(name) is { } value)
                {
                    conditions["s3:" + name] = [value];
                }
            }
        }

        return conditions;
    }

    private Task ListBucketsAsync(S3Call call)
    {
        var account = call.Signed.Principal.Account;
        var prefix = call.Request.Parameter("prefix") ?? "";
        var region = call.Request.Parameter("bucket-region");
        var after = call.Request.Parameter("continuation-token") is { } token ? Token(token) : "";
        var size = Number(call.Request, "max-buckets", 1, 10_000) ?? 10_000;
        var found = buckets.OwnedBy(account)
            .Where(bucket => bucket.Name.StartsWith(prefix, StringComparison.Ordinal)
                && string.CompareOrdinal(bucket.Name, after) > 0
                && (region is null || string.Equals(region, bucket.Region, StringComparison.Ordinal)))
            .ToList();
        var page = found.Take(size).ToList();
        return call.WriteAsync(new XElement(
            "ListAllMyBucketsResult",
            new XElement("Owner", new XElement("ID", account.Id)),
            new XElement("Buckets", page.Select(bucket => new XElement(
                "Bucket",
                new XElement("Name", bucket.Name),
                new XElement("CreationDate", Milliseconds(bucket.Created)),
                new XElement("BucketRegion", bucket.Region)))),
            prefix.Length == 0 ? null : new XElement("Prefix", prefix),
            found.Count == page.Count ? null : new XElement("ContinuationToken", Token(page[^1].Name, encode: true))));
    }

    private static Task HeadBucketAsync(S3Call call)
    {
        call.Response.Headers["x-amz-bucket-region"] = call.Bucket!.Region;
        call.Response.StatusCode = StatusCodes.Status200OK;
        return Task.CompletedTask;
    }

    private Task CreateBucketAsync(S3Call call)
    {
        var account = call.Signed.Principal.Account;
        var name = call.Target.Bucket!;
        if (name.Length is < 3 or > 63 || !name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '-' or '.')
            || !char.IsAsciiLetterOrDigit(name[0]) || !char.IsAsciiLetterOrDigit(name[^1]))
        {
            throw new AwsException("InvalidBucketName", "The specified bucket is not valid.");
        }

        if (!buckets.TryAdd(new S3Bucket(name, account, call.Signed.Region, time.GetUtcNow())))
        {
            throw ReferenceEquals(buckets.Find(name)?.Owner, account)
                ? new AwsException("BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.", HttpStatusCode.Conflict)
                : new AwsException("BucketAlreadyExists", "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.", HttpStatusCode.Conflict);
        }

        call.Response.Headers.Location = "/" + name;
        return Task.CompletedTask;
    }

    private static Task GetBucketLocationAsync(S3Call call) =>
        // The oldest region is the empty one.
        call.WriteAsync(new XElement("LocationConstraint", call.Bucket!.Region is "us-east-1" ? null : call.Bucket.Region));

    private static Task ListObjectsAsync(S3Call call)
    {
        var request = call.Request;
        var prefix = request.Parameter("prefix") ?? "";
        var delimiter = request.Parameter("delimiter") ?? "";
        var size = Math.Min(Number(request, "max-keys", 0, int.MaxValue) ?? 1000, 1000);
        var token = request.Parameter("continuation-token");
        var startAfter = request.Parameter("start-after");
        var after = token is not null ? Token(token) : startAfter ?? "";
        var encode = request.Parameter("encoding-type") is "url";
        string Key(string text) => encode ? Uri.EscapeDataString(text).Replace("%2F", "/", StringComparison.Ordinal) : text;

        var contents = new List<S3Object>();
        var commonPrefixes = new List<string>();
        var last = "";
        var isTruncated = false;
        foreach (var stored in call.Bucket!.Objects)
        {
            if (!stored.Key.StartsWith(prefix, StringComparison.Ordinal))
            {
                continue;
            }

            var end = delimiter.Length == 0 ? -1 : stored.Key.IndexOf(delimiter, prefix.Length, StringComparison.Ordinal);
            var entry = end < 0 ? stored.Key : stored.Key[..(end + delimiter.Length)];
            if (string.CompareOrdinal(entry, after) <= 0 || (commonPrefixes.Count > 0 && string.Equals(commonPrefixes[^1], entry, StringComparison.Ordinal)))
            {
                continue;
            }

            if (contents.Count + commonPrefixes.Count == size)
            {
                isTruncated = size > 0;
                break;
            }

            last = entry;
            if (end < 0)
            {
                contents.Add(stored);
            }
            else
            {
                commonPrefixes.Add(entry);
            }
        }

        return call.WriteAsync(new XElement(
            "ListBucketResult",
            new XElement("Name", call.Bucket.Name),
            new XElement("Prefix", Key(prefix)),
            delimiter.Length == 0 ? null : new XElement("Delimiter", Key(delimiter)),
            startAfter is null ? null : new XElement("StartAfter", Key(startAfter)),
            token is null ? null : new XElement("ContinuationToken", token),
            isTruncated ? new XElement("NextContinuationToken", Token(last, encode: true)) : null,
            new XElement("KeyCount", contents.Count + commonPrefixes.Count),
            new XElement("MaxKeys", size),
            encode ? new XElement("EncodingType", "url") : null,
            new XElement("IsTruncated", isTruncated),
            contents.Select(stored => new XElement(
                "Contents",
                new XElement("Key", Key(stored.Key)),
                new XElement("LastModified", Milliseconds(stored.Modified)),
                new XElement("ETag", stored.ETag),
                new XElement("Size", stored.Content.Length),
                new XElement("StorageClass", "STANDARD"))),
            commonPrefixes.Select(entry => new XElement("CommonPrefixes", new XElement("Prefix", Key(entry))))));
    }

    private async Task GetObjectAsync(S3Call call)
    {
        var stored = call.Bucket!.Find(call.Target.Key!);
        if (stored is null)
        {
            // That a key is absent is told only to those who may list the bucket.
            authorizer.Demand(call.Signed.Principal, "s3:ListBucket", call.Bucket.Arn, call.Conditions, call.Request.SourceIp);
            throw new AwsException("NoSuchKey", "The specified key does not exist.", HttpStatusCode.NotFound);
        }

        var response = call.Response;
        response.Headers.ETag = stored.ETag;
        response.Headers.LastModified = stored.Modified.ToString("R", CultureInfo.InvariantCulture);
        response.Headers.AcceptRanges = "bytes";
        response.ContentType = stored.ContentType;
        foreach (var (name, value) in stored.Metadata)
        {
            response.Headers["x-amz-meta-" + name] = value;
        }

        var range = Range(call.Request.Headers.Range.ToString(), stored.Content.Length);
        if (range is { } part)
        {
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = $"bytes {part.Start}-{part.Start + part.Length - 1}/{stored.Content.Length}";
        }

        var content = range is { } slice ? stored.Content.AsMemory(slice.Start, slice.Length) : stored.Content;
        response.ContentLength = content.Length;
        if (!HttpMethods.IsHead(call.Request.Method))
        {
            await response.Body.WriteAsync(content, call.Context.RequestAborted);
        }
    }

    private Task PutObjectAsync(S3Call call)
    {
        var headers = call.Request.Headers;
        var stored = new S3Object(
            call.Target.Key!,
            call.Signed.Body,
            headers.ContentType.Count == 0 ? "binary/octet-stream" : headers.ContentType.ToString(),
            time.GetUtcNow())
        {
            Metadata = headers
                .Where(header => header.Key.StartsWith("x-amz-meta-", StringComparison.OrdinalIgnoreCase))
                .ToDictionary(header => header.Key["x-amz-meta-".Length..], header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
        };
        if (headers.ContentMD5.Count != 0 && !string.Equals(headers.ContentMD5.ToString(), Convert.ToBase64String(Convert.FromHexString(stored.ETag.Trim('"'))), StringComparison.Ordinal))
        {
            throw new AwsException("BadDigest", "The Content-MD5 you specified did not match what we received.");
        }

        call.Bucket!.Put(stored);
        call.Response.Headers.ETag = stored.ETag;
        return Task.CompletedTask;
    }

    private static Task DeleteObjectAsync(S3Call call)
    {
        call.Bucket!.Remove(call.Target.Key!);
        call.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    /// <summary>One byte range; several, or a malformed one, are ignored as RFC 9110 allows.</summary>
    private static (int Start, int Length)? Range(string header, int length)
    {
        if (!header.StartsWith("bytes=", StringComparison.Ordinal) || header["bytes=".Length..].Split('-') is not [var first, var last])
        {
            return null;
        }

        var hasFirst = int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var start);
        var hasLast = int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var end);
        if (!hasFirst && !hasLast)
        {
            return null;
        }

        if (!hasFirst)
        {
            (start, end) = (Math.Max(0, length - end), length - 1);
        }
        else if (!hasLast || end >= length)
        {
            end = length - 1;
        }

        return start <= end
            ? (start, end - start + 1)
            : throw new AwsException("InvalidRange", "The requested range is not satisfiable", HttpStatusCode.RequestedRangeNotSatisfiable);
    }

    private static int? Number(AwsRequest request, string name, int min, int max)
    {
        if (request.Parameter(name) is not { } text)
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max
            ? value
            : throw new AwsException("InvalidArgument", $"Provided {name} not an integer or within integer range");
    }

    private static string Token(string key, bool encode) => encode ? Convert.ToBase64String(Encoding.UTF8.GetBytes(key)) : Token(key);

    private static string Token(string token)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(token));
        }
        catch (FormatException)
        {
            throw new AwsException("InvalidArgument", "The continuation token provided is incorrect");
        }
    }

    private static string Milliseconds(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <param name="Name">As the API reference names the operation.</param>
    /// <param name="Action">As a policy names the permission it needs.</param>
    private sealed record S3Operation(string Name, string Action, bool IsWrite, Func<S3Call, Task> Run);

    private sealed record S3Call(
        HttpContext Context, AwsRequest Request, SignedRequest Signed, S3Target Target, S3Bucket? Bucket, IReadOnlyDictionary<string, IReadOnlyList<string>> Conditions)
    {
        public HttpResponse Response => Context.Response;

        public Task WriteAsync(XElement document) => AwsXml.WriteAsync(Context, StatusCodes.Status200OK, document, AwsXml.S3, "application/xml");
    }
}

/// <summary>What a request to S3 is about: the bucket from the host (virtual-host style) or the path, the key from the rest.</summary>
internal sealed record S3Target(string? Bucket, string? Key)
{
    private const string Loopback = ".localhost";

    public static S3Target Of(AwsRequest request)
    {
        var path = Uri.UnescapeDataString(request.RawPath.TrimStart('/'));
        if (VirtualHost(request.Host) is { } host)
        {
            return new S3Target(host, path.Length == 0 ? null : path);
        }

        var slash = path.IndexOf('/', StringComparison.Ordinal);
        var (bucket, key) = slash < 0 ? (path, "") : (path[..slash], path[(slash + 1)..]);
        return new S3Target(bucket.Length == 0 ? null : bucket, key.Length == 0 ? null : key);
    }

    public string Arn(string partition) => Bucket is null ? $"arn:{partition}:s3:::*" : $"arn:{partition}:s3:::{this}";

    public override string ToString() => Key is null ? Bucket ?? "*" : $"{Bucket}/{Key}";

    private static string? VirtualHost(string host)
    {
        var name = host.Split(':')[0];
        if (!name.EndsWith(Loopback, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        name = name[..^Loopback.Length];
        return name is "s3" ? null : name.EndsWith(".s3", StringComparison.OrdinalIgnoreCase) ? name[..^3] : name;
    }
}
