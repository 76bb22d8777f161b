using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Xml.Linq;
using Federation.Sandbox.Hosting;
using Microsoft.AspNetCore.Http;

namespace Federation.Sandbox.Aws.S3;

/// <summary>
/// The operations on multipart uploads ("Uploading and copying objects using multipart upload", S3 User Guide), which clients
/// use by themselves for objects of some megabytes.
/// </summary>
internal sealed class MultipartOperations(S3Buckets buckets, Authorizer authorizer, TimeProvider time)
{
    /// <summary>In bytes; the last part may be smaller.</summary>
    private const int SmallestPart = 5 << 20;

    private const int MostParts = 10_000;

    /// <summary>In bytes, of a completed upload: content is held in memory.</summary>
    private const long LargestObject = 1L << 30;

    public Task CreateAsync(S3Call call)
    {
        var upload = new S3Upload(
            RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._", 64),
            call.Target.Key!,
            S3Description.Of(call.Request),
            time.GetUtcNow()
        );
        call.Bucket!.Uploads[upload.Id] = upload;
        return call.WriteAsync(
            new XElement(
                "InitiateMultipartUploadResult",
                new XElement("Bucket", call.Bucket.Name),
                new XElement("Key", upload.Key),
                new XElement("UploadId", upload.Id)
            )
        );
    }

    public Task PutPartAsync(S3Call call)
    {
        var upload = Find(call);
        if (
            !int.TryParse(call.Request.Parameter("partNumber"), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || number is < 1 or > MostParts
        )
        {
            throw new AwsException("InvalidArgument", $"Part number must be an integer between 1 and {MostParts}, inclusive");
        }

        var source = CopiedObject.Find(call, buckets, authorizer);
        var part = new S3Part(
            number,
            source is null ? call.Signed.Body : source.Range(call.Request.Headers["x-amz-copy-source-range"].ToString()),
            time.GetUtcNow()
        );
        if (upload.Parts.Values.Sum(known => (long)known.Content.Length) + part.Content.Length > LargestObject)
        {
            throw new AwsException("EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size.");
        }

        upload.Parts[number] = part;
        if (source is not null)
        {
            return call.WriteAsync(
                new XElement(
                    "CopyPartResult",
                    new XElement("LastModified", Moment.Milliseconds(part.Modified)),
                    new XElement("ETag", part.ETag)
                )
            );
        }

        call.Response.Headers.ETag = part.ETag;
        return Task.CompletedTask;
    }

    public Task CompleteAsync(S3Call call)
    {
        var upload = Find(call);
        var parts = NamedParts(call, upload);
        var stored = new S3Object(upload.Key, Join(parts), Md5.Quoted(parts), time.GetUtcNow()) { Description = upload.Description };
        call.Bucket!.Put(stored);
        call.Bucket.Uploads.TryRemove(upload.Id, out _);
        return call.WriteAsync(
            new XElement(
                "CompleteMultipartUploadResult",
                new XElement("Location", $"http://{call.Request.Host}/{call.Bucket.Name}/{upload.Key}"),
                new XElement("Bucket", call.Bucket.Name),
                new XElement("Key", upload.Key),
                new XElement("ETag", stored.ETag)
            )
        );
    }

    public static Task AbortAsync(S3Call call)
    {
        call.Bucket!.Uploads.TryRemove(Find(call).Id, out _);
        call.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    public static Task ListPartsAsync(S3Call call)
    {
        var upload = Find(call);
        return call.WriteAsync(
            new XElement(
                "ListPartsResult",
                new XElement("Bucket", call.Bucket!.Name),
                new XElement("Key", upload.Key),
                new XElement("UploadId", upload.Id),
                new XElement("MaxParts", MostParts),
                new XElement("IsTruncated", false),
                upload
                    .Parts.Values.OrderBy(part => part.Number)
                    .Select(part => new XElement(
                        "Part",
                        new XElement("PartNumber", part.Number),
                        new XElement("LastModified", Moment.Milliseconds(part.Modified)),
                        new XElement("ETag", part.ETag),
                        new XElement("Size", part.Content.Length)
                    ))
            )
        );
    }

    public static Task ListUploadsAsync(S3Call call) =>
        call.WriteAsync(
            new XElement(
                "ListMultipartUploadsResult",
                new XElement("Bucket", call.Bucket!.Name),
                new XElement("IsTruncated", false),
                call.Bucket.Uploads.Values.Where(upload =>
                        upload.Key.StartsWith(call.Request.Parameter("prefix") ?? "", StringComparison.Ordinal)
                    )
                    .OrderBy(upload => upload.Key, StringComparer.Ordinal)
                    .ThenBy(upload => upload.Initiated)
                    .Select(upload => new XElement(
                        "Upload",
                        new XElement("Key", upload.Key),
                        new XElement("UploadId", upload.Id),
                        new XElement("StorageClass", "STANDARD"),
                        new XElement("Initiated", Moment.Milliseconds(upload.Initiated))
                    ))
            )
        );

    private static byte[] Join(List<S3Part> parts)
    {
        using var content = new MemoryStream(parts.Sum(part => part.Content.Length));
        parts.ForEach(part => content.Write(part.Content));
        return content.GetBuffer();
    }

    /// <summary>The parts that the client names. They must exist, be in order and be large enough.</summary>
    private static List<S3Part> NamedParts(S3Call call, S3Upload upload)
    {
        var parts = new List<S3Part>();
        foreach (var element in call.Document()?.Elements("Part") ?? [])
        {
            if (!int.TryParse(element.Element("PartNumber")?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                throw S3Call.MalformedXml;
            }

            if (parts.Count > 0 && number <= parts[^1].Number)
            {
                throw new AwsException(
                    "InvalidPartOrder",
                    "The list of parts was not in ascending order. The parts list must be specified in order by part number."
                );
            }

            if (
                !upload.Parts.TryGetValue(number, out var part)
                || !string.Equals(part.ETag.Trim('"'), element.Element("ETag")?.Value.Trim('"'), StringComparison.Ordinal)
            )
            {
                throw new AwsException(
                    "InvalidPart",
                    "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified "
                        + "entity tag may not match the part's entity tag."
                );
            }

            parts.Add(part);
        }

        if (parts.Count == 0)
        {
            throw S3Call.MalformedXml;
        }

        return parts.SkipLast(1).All(part => part.Content.Length >= SmallestPart)
            ? parts
            : throw new AwsException("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size");
    }

    private static S3Upload Find(S3Call call) =>
        call.Bucket!.Uploads.TryGetValue(call.Request.Parameter("uploadId") ?? "", out var upload)
        && string.Equals(upload.Key, call.Target.Key, StringComparison.Ordinal)
            ? upload
            : throw new AwsException(
                "NoSuchUpload",
                "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
                HttpStatusCode.NotFound
            );
}
