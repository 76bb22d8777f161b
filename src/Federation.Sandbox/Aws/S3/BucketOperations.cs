using System.Net;
using System.Xml.Linq;
using Federation.Sandbox.Hosting;
using Microsoft.AspNetCore.Http;

namespace Federation.Sandbox.Aws.S3;

/// <summary>The operations on buckets.</summary>
internal sealed class BucketOperations(S3Buckets buckets, TimeProvider time)
{
    public Task ListAsync(S3Call call)
    {
        var account = call.Account;
        var prefix = call.Request.Parameter("prefix") ?? "";
        var region = call.Request.Parameter("bucket-region");
        var after = call.ContinuedAfter() ?? "";
        var size = call.Number("max-buckets", 1, 10_000) ?? 10_000;
        var found = buckets
            .OwnedBy(account)
            .Where(bucket =>
                bucket.Name.StartsWith(prefix, StringComparison.Ordinal)
                && string.CompareOrdinal(bucket.Name, after) > 0
                && (region is null || string.Equals(region, bucket.Region, StringComparison.Ordinal))
            )
            .ToList();
        var page = found.Take(size).ToList();
        return call.WriteAsync(
            new XElement(
                "ListAllMyBucketsResult",
                new XElement("Owner", new XElement("ID", account.Id)),
                new XElement(
                    "Buckets",
                    page.Select(bucket => new XElement(
                        "Bucket",
                        new XElement("Name", bucket.Name),
                        new XElement("CreationDate", Moment.Milliseconds(bucket.Created)),
                        new XElement("BucketRegion", bucket.Region)
                    ))
                ),
                prefix.Length == 0 ? null : new XElement("Prefix", prefix),
                found.Count == page.Count ? null : new XElement("ContinuationToken", S3Call.ContinuationToken(page[^1].Name))
            )
        );
    }

    public static Task HeadAsync(S3Call call)
    {
        call.Response.Headers["x-amz-bucket-region"] = call.Bucket!.Region;
        call.Response.StatusCode = StatusCodes.Status200OK;
        return Task.CompletedTask;
    }

    public Task CreateAsync(S3Call call)
    {
        var name = call.Target.Bucket!;
        if (
            name.Length is < 3 or > 63
            || !name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '-' or '.')
            || !char.IsAsciiLetterOrDigit(name[0])
            || !char.IsAsciiLetterOrDigit(name[^1])
        )
        {
            throw new AwsException("InvalidBucketName", "The specified bucket is not valid.");
        }

        if (!buckets.TryAdd(new S3Bucket(name, call.Account, Region(call), time.GetUtcNow())))
        {
            throw ReferenceEquals(buckets.Find(name)?.Owner, call.Account)
                ? new AwsException(
                    "BucketAlreadyOwnedByYou",
                    "Your previous request to create the named bucket succeeded and you already own it.",
                    HttpStatusCode.Conflict
                )
                : new AwsException(
                    "BucketAlreadyExists",
                    "The requested bucket name is not available. The bucket namespace is shared by all users of the system. "
                        + "Please select a different name and try again.",
                    HttpStatusCode.Conflict
                );
        }

        call.Response.Headers.Location = "/" + name;
        return Task.CompletedTask;
    }

    public Task DeleteAsync(S3Call call)
    {
        if (!buckets.TryRemove(call.Bucket!))
        {
            throw new AwsException("BucketNotEmpty", "The bucket you tried to delete is not empty", HttpStatusCode.Conflict);
        }

        call.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    /// <summary>
    /// The region of a new bucket. The region that a request is signed for stands for the endpoint, and only us-east-1's
    /// endpoint creates buckets elsewhere (CreateBucket, S3 API reference).
    /// </summary>
    private static string Region(S3Call call)
    {
        var endpoint = call.Signed.Region;
        var wanted = call.Document()?.Element("LocationConstraint")?.Value;
        return endpoint is "us-east-1" || string.Equals(wanted, endpoint, StringComparison.Ordinal)
            ? wanted ?? endpoint
            : throw new AwsException(
                "IllegalLocationConstraintException",
                $"The {wanted ?? "unspecified"} location constraint is incompatible for the region specific endpoint "
                    + "this request was sent to."
            );
    }

    public static Task LocationAsync(S3Call call) =>
        // For us-east-1, the oldest region, S3 answers an empty element.
        call.WriteAsync(new XElement("LocationConstraint", call.Bucket!.Region is "us-east-1" ? null : call.Bucket.Region));
}
