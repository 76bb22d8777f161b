using System.Globalization;
using System.Net;
using System.Xml.Linq;
using Federation.Sandbox.Hosting;
using Microsoft.AspNetCore.Http;

namespace Federation.Sandbox.Aws.S3;

/// <summary>The operations on objects.</summary>
internal sealed class ObjectOperations(S3Buckets buckets, Authorizer authorizer, TimeProvider time)
{
    /// <summary>The largest number of keys in one DeleteObjects.</summary>
    private const int MostDeleted = 1000;

    public async Task GetAsync(S3Call call)
    {
        var stored = call.Bucket!.Find(call.Target.Key!);
        if (stored is null)
        {
            // Only callers who may list the bucket are told that a key does not exist.
            authorizer.Demand(call.Signed.Principal, "s3:ListBucket", call.Bucket.Arn, call.Conditions, call.Request.SourceIp);
            throw new AwsException("NoSuchKey", "The specified key does not exist.", HttpStatusCode.NotFound);
        }

        var response = call.Response;
        response.Headers.ETag = stored.ETag;
        response.Headers.LastModified = stored.Modified.ToString("R", CultureInfo.InvariantCulture);
        response.Headers.AcceptRanges = "bytes";
        response.ContentType = stored.Description.ContentType;
        foreach (var (name, value) in stored.Description.Metadata)
        {
            response.Headers["x-amz-meta-" + name] = value;
        }

        var content = stored.Content.AsMemory();
        if (ByteRange.Parse(call.Request.Headers.Range.ToString(), content.Length) is { } range)
        {
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = $"bytes {range.Start}-{range.End - 1}/{content.Length}";
            content = content.Slice(range.Start, range.Length);
        }

        response.ContentLength = content.Length;
        if (!HttpMethods.IsHead(call.Request.Method))
        {
            await response.Body.WriteAsync(content, call.Context.RequestAborted);
        }
    }

    public Task PutAsync(S3Call call)
    {
        var headers = call.Request.Headers;
        var digest = Md5.Hash(call.Signed.Body);
        if (
            headers.ContentMD5.Count != 0
            && !string.Equals(headers.ContentMD5.ToString(), Convert.ToBase64String(digest), StringComparison.Ordinal)
        )
        {
            throw new AwsException("BadDigest", "The Content-MD5 you specified did not match what we received.");
        }

        var stored = new S3Object(call.Target.Key!, call.Signed.Body, Md5.Quoted(digest), time.GetUtcNow())
        {
            Description = S3Description.Of(call.Request),
        };
        call.Bucket!.Put(stored);
        call.Response.Headers.ETag = stored.ETag;
        return Task.CompletedTask;
    }

    public Task CopyAsync(S3Call call)
    {
        var source = CopiedObject.Find(call, buckets, authorizer)!.Source;
        var replaces = string.Equals(call.Request.Headers["x-amz-metadata-directive"].ToString(), "REPLACE", StringComparison.Ordinal);
        if (!replaces && ReferenceEquals(call.Bucket!.Find(call.Target.Key!), source))
        {
            throw new AwsException(
                "InvalidRequest",
                "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, "
                    + "storage class, website redirect location or encryption attributes."
            );
        }

        var copy = new S3Object(call.Target.Key!, source.Content, Md5.Quoted(Md5.Hash(source.Content)), time.GetUtcNow())
        {
            Description = replaces ? S3Description.Of(call.Request) : source.Description,
        };
        call.Bucket!.Put(copy);
        return call.WriteAsync(
            new XElement(
                "CopyObjectResult",
                new XElement("LastModified", Moment.Milliseconds(copy.Modified)),
                new XElement("ETag", copy.ETag)
            )
        );
    }

    public static Task DeleteAsync(S3Call call)
    {
        call.Bucket!.Remove(call.Target.Key!);
        call.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    /// <summary>Deletes each key by itself: a refusal for one does not stop the others.</summary>
    public Task DeleteManyAsync(S3Call call)
    {
        var document = call.Document();
        string[] keys =
        [
            .. document?.Elements("Object").Select(element => element.Element("Key")?.Value ?? throw S3Call.MalformedXml) ?? [],
        ];
        if (keys.Length is 0 or > MostDeleted)
        {
            throw S3Call.MalformedXml;
        }

        var isQuiet = document!.Element("Quiet")?.Value is "true";
        return call.WriteAsync(
            new XElement(
                "DeleteResult",
                keys.Select(key => Delete(call, key)).Where(answer => !isQuiet || answer.Name.LocalName is "Error")
            )
        );
    }

    private XElement Delete(S3Call call, string key)
    {
        try
        {
            authorizer.Demand(call.Signed.Principal, "s3:DeleteObject", call.Bucket!.ArnOf(key), call.Conditions, call.Request.SourceIp);
        }
        catch (AwsException refusal)
        {
            return new XElement(
                "Error",
                new XElement("Key", key),
                new XElement("Code", refusal.Code),
                new XElement("Message", refusal.Message)
            );
        }

        call.Bucket.Remove(key);
        return new XElement("Deleted", new XElement("Key", key));
    }
}
