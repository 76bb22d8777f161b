using System.Net;
using Federation.Sandbox.Hosting;
using Microsoft.AspNetCore.Http;

namespace Federation.Sandbox.Aws.S3;

/// <summary>The part of S3's REST API with which permissions are tried out: buckets, listings, objects.</summary>
internal sealed class S3Api(S3Buckets buckets, Authorizer authorizer, CallLog calls, TimeProvider time)
{
    /// <summary>In bytes, of one upload or part: content is held in memory.</summary>
    public const int LargestObject = 64 << 20;

    private readonly BucketOperations _buckets = new(buckets, time);
    private readonly ObjectOperations _objects = new(buckets, authorizer, time);
    private readonly MultipartOperations _uploads = new(buckets, authorizer, time);

    /// <exception cref="AwsException">S3 refuses.</exception>
    public async Task HandleAsync(HttpContext context, AwsRequest request, SignedRequest? signed)
    {
        var target = S3Target.Parse(request);
        var operation =
            Operation(request, target)
            ?? throw new AwsException(
                "NotImplemented",
                "A header you provided implies functionality that is not implemented",
                HttpStatusCode.NotImplemented
            );
        calls.Record(new CloudCall("aws", "s3:" + operation.Name, target.ToString(), operation.IsWrite));

        var bucket = target.Bucket is null || operation.Name is "CreateBucket" ? null : buckets.Require(target.Bucket);
        if (signed is null || (bucket is not null && !ReferenceEquals(bucket.Owner, signed.Principal.Account)))
        {
            // Buckets have no policies here, so only their own account has access.
            throw AwsException.AccessDenied("Access Denied");
        }

        var conditions = Conditions(request, operation.Action);
        if (operation.Action is not null)
        {
            authorizer.Demand(
                signed.Principal,
                operation.Action,
                target.Arn(signed.Principal.Account.Partition),
                conditions,
                request.SourceIp
            );
        }

        await operation.Run(new S3Call(context, request, signed, target, bucket, conditions));
    }

    private S3Operation? Operation(AwsRequest request, S3Target target) =>
        target switch
        {
            { Bucket: null } => request.Method is "GET" ? new("ListBuckets", "s3:ListAllMyBuckets", false, _buckets.ListAsync) : null,
            { Key: null } => BucketOperation(request),
            _ => ObjectOperation(request),
        };

    private S3Operation? BucketOperation(AwsRequest request) =>
        (request.Method, Subresource(request)) switch
        {
            ("HEAD", null) => new("HeadBucket", "s3:ListBucket", false, BucketOperations.HeadAsync),
            ("PUT", null) => new("CreateBucket", "s3:CreateBucket", true, _buckets.CreateAsync),
            ("DELETE", null) => new("DeleteBucket", "s3:DeleteBucket", true, _buckets.DeleteAsync),
            ("GET", "location") => new("GetBucketLocation", "s3:GetBucketLocation", false, BucketOperations.LocationAsync),
            ("GET", "list-type") when request.Parameter("list-type") is "2" => new(
                "ListObjectsV2",
                "s3:ListBucket",
                false,
                Listing.SecondVersionAsync
            ),
            ("GET", null) => new("ListObjects", "s3:ListBucket", false, Listing.FirstVersionAsync),
            ("GET", "uploads") => new("ListMultipartUploads", "s3:ListBucketMultipartUploads", false, MultipartOperations.ListUploadsAsync),
            ("POST", "delete") => new("DeleteObjects", null, true, _objects.DeleteManyAsync),
            _ => null,
        };

    private S3Operation? ObjectOperation(AwsRequest request)
    {
        var isCopy = request.Headers.ContainsKey(CopiedObject.Header);
        return (request.Method, Subresource(request)) switch
        {
            ("GET", null) => new("GetObject", "s3:GetObject", false, _objects.GetAsync),
            ("HEAD", null) => new("HeadObject", "s3:GetObject", false, _objects.GetAsync),
            ("PUT", null) => isCopy
                ? new("CopyObject", "s3:PutObject", true, _objects.CopyAsync)
                : new("PutObject", "s3:PutObject", true, _objects.PutAsync),
            ("DELETE", null) => new("DeleteObject", "s3:DeleteObject", true, ObjectOperations.DeleteAsync),
            ("POST", "uploads") => new("CreateMultipartUpload", "s3:PutObject", true, _uploads.CreateAsync),
            ("PUT", "uploadId") => new(isCopy ? "UploadPartCopy" : "UploadPart", "s3:PutObject", true, _uploads.PutPartAsync),
            ("POST", "uploadId") => new("CompleteMultipartUpload", "s3:PutObject", true, _uploads.CompleteAsync),
            ("DELETE", "uploadId") => new("AbortMultipartUpload", "s3:AbortMultipartUpload", true, MultipartOperations.AbortAsync),
            ("GET", "uploadId") => new("ListParts", "s3:ListMultipartUploadParts", false, MultipartOperations.ListPartsAsync),
            _ => null,
        };
    }

    /// <summary>The parameter that selects a subresource of the bucket or object, or null.</summary>
    private static string? Subresource(AwsRequest request)
    {
        foreach (var (name, _) in request.Query)
        {
            var isPlain =
                name.StartsWith("X-Amz-", StringComparison.OrdinalIgnoreCase)
                || name
                    is "x-id"
                        or "partNumber"
                        or "prefix"
                        or "delimiter"
                        or "marker"
                        or "max-keys"
                        or "encoding-type"
                        or "fetch-owner"
                        or "start-after"
                        or "continuation-token";
            if (!isPlain)
            {
                return name;
            }
        }

        return null;
    }

    private static Dictionary<string, IReadOnlyList<string>> Conditions(AwsRequest request, string? action)
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

    /// <param name="Name">As in the API reference.</param>
    /// <param name="Action">The permission it needs; null where that depends on the body.</param>
    private sealed record S3Operation(string Name, string? Action, bool IsWrite, Func<S3Call, Task> Run);
}
