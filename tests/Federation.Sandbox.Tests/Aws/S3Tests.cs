using System.Net;
using System.Text;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Federation.Sandbox.Tests.Hosting;

namespace Federation.Sandbox.Tests.Aws;

/// <summary>The sandbox's S3 as the S3 client meets it.</summary>
public sealed class S3Tests : IAsyncLifetime
{
    private const int Part = 5 << 20;
    private TestSandbox _sandbox = null!;
    private AmazonS3Client _s3 = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _sandbox = await TestSandbox.StartAsync();
        _s3 = _sandbox.S3();
    }

    public async ValueTask DisposeAsync()
    {
        _s3.Dispose();
        await _sandbox.DisposeAsync();
    }

    [Fact]
    public async Task An_object_put_together_from_parts_is_their_content_in_order()
    {
        var first = Bytes(Part, seed: 1);
        var last = Bytes(10, seed: 2);
        var id = (await _s3.InitiateMultipartUploadAsync("exports", "big", Token)).UploadId;
        var second = await UploadAsync(id, 2, last);
        var parts = new List<PartETag> { await UploadAsync(id, 1, first), second };

        Assert.Equal([1, 2], (await _s3.ListPartsAsync("exports", "big", id, Token)).Parts.Select(part => part.PartNumber ?? 0));
        var completed = await CompleteAsync(id, parts);

        Assert.EndsWith("-2\"", completed.ETag, StringComparison.Ordinal);
        Assert.Equal(first.Concat(last), await ReadAsync("exports", "big"));
        Assert.Equal("NoSuchUpload", (await RefusalAsync(() => CompleteAsync(id, parts))).ErrorCode);
    }

    [Fact]
    public async Task Parts_must_be_there_in_order_and_large_enough()
    {
        var id = (await _s3.InitiateMultipartUploadAsync("exports", "big", Token)).UploadId;
        var one = await UploadAsync(id, 1, Bytes(10, seed: 1));
        var two = await UploadAsync(id, 2, Bytes(10, seed: 2));

        Assert.Equal("EntityTooSmall", (await RefusalAsync(() => CompleteAsync(id, [one, two]))).ErrorCode);
        Assert.Equal("InvalidPart", (await RefusalAsync(() => CompleteAsync(id, [one, new PartETag(3, two.ETag)]))).ErrorCode);
        Assert.Equal("InvalidPart", (await RefusalAsync(() => CompleteAsync(id, [new PartETag(1, two.ETag)]))).ErrorCode);
        Assert.Equal("InvalidArgument", (await RefusalAsync(() => UploadAsync(id, 10_001, []))).ErrorCode);

        await _s3.AbortMultipartUploadAsync("exports", "big", id, Token);
        Assert.Equal(("NoSuchUpload", HttpStatusCode.NotFound), Shape(await RefusalAsync(() => UploadAsync(id, 3, [1]))));
    }

    [Fact]
    public async Task A_copy_has_the_content_and_the_metadata_or_new_metadata()
    {
        await _s3.PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = "exports",
                Key = "a b/c+d",
                ContentBody = "hello",
                Metadata = { ["owner"] = "data" },
            },
            Token
        );

        await _s3.CopyObjectAsync("exports", "a b/c+d", "backups", "copy", Token);
        await _s3.CopyObjectAsync(
            new CopyObjectRequest
            {
                SourceBucket = "exports",
                SourceKey = "a b/c+d",
                DestinationBucket = "exports",
                DestinationKey = "a b/c+d",
                MetadataDirective = S3MetadataDirective.REPLACE,
                Metadata = { ["owner"] = "other" },
            },
            Token
        );

        Assert.Equal("hello", Encoding.UTF8.GetString(await ReadAsync("backups", "copy")));
        Assert.Equal("data", (await _s3.GetObjectMetadataAsync("backups", "copy", Token)).Metadata["owner"]);
        Assert.Equal("other", (await _s3.GetObjectMetadataAsync("exports", "a b/c+d", Token)).Metadata["owner"]);
        Assert.Equal(
            "InvalidRequest",
            (await RefusalAsync(() => _s3.CopyObjectAsync("backups", "copy", "backups", "copy", Token))).ErrorCode
        );
        Assert.Equal("NoSuchKey", (await RefusalAsync(() => _s3.CopyObjectAsync("backups", "none", "backups", "copy", Token))).ErrorCode);
        Assert.Equal("NoSuchBucket", (await RefusalAsync(() => _s3.CopyObjectAsync("none", "none", "backups", "copy", Token))).ErrorCode);
    }

    [Fact]
    public async Task An_empty_bucket_can_be_deleted()
    {
        await _s3.PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = "exports",
                Key = "a",
                ContentBody = "",
            },
            Token
        );
        await _s3.PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = "exports",
                Key = "b",
                ContentBody = "",
            },
            Token
        );

        Assert.Equal(("BucketNotEmpty", HttpStatusCode.Conflict), Shape(await RefusalAsync(() => _s3.DeleteBucketAsync("exports", Token))));
        var deleted = await _s3.DeleteObjectsAsync(
            new DeleteObjectsRequest { BucketName = "exports", Objects = [new KeyVersion { Key = "a" }, new KeyVersion { Key = "b" }] },
            Token
        );
        await _s3.DeleteBucketAsync("exports", Token);

        Assert.Equal(["a", "b"], deleted.DeletedObjects.Select(one => one.Key));
        Assert.Equal(
            "NoSuchBucket",
            (await RefusalAsync(() => _s3.ListObjectsV2Async(new ListObjectsV2Request { BucketName = "exports" }, Token))).ErrorCode
        );
    }

    [Fact]
    public async Task A_bucket_is_created_in_the_requested_region()
    {
        await _s3.PutBucketAsync(new PutBucketRequest { BucketName = "new-one", BucketRegionName = "ap-south-1" }, Token);

        var elsewhere = await RefusalAsync(() =>
            _s3.PutBucketAsync(new PutBucketRequest { BucketName = "new-two", BucketRegionName = "eu-west-1" }, Token)
        );

        Assert.Equal("ap-south-1", (await _s3.GetBucketLocationAsync("new-one", Token)).Location.Value);
        Assert.Equal("IllegalLocationConstraintException", elsewhere.ErrorCode);
        Assert.Equal(
            "BucketAlreadyOwnedByYou",
            (
                await RefusalAsync(() =>
                    _s3.PutBucketAsync(new PutBucketRequest { BucketName = "new-one", BucketRegionName = "ap-south-1" }, Token)
                )
            ).ErrorCode
        );
    }

    [Fact]
    public async Task Both_versions_of_a_listing_show_the_same_pages()
    {
        foreach (var key in (string[])["a", "b/1", "b/2", "c"])
        {
            await _s3.PutObjectAsync(
                new PutObjectRequest
                {
                    BucketName = "exports",
                    Key = key,
                    ContentBody = "",
                },
                Token
            );
        }

        var first = new List<string>();
        string? marker = null;
        while (true)
        {
            var page = await _s3.ListObjectsAsync(
                new ListObjectsRequest
                {
                    BucketName = "exports",
                    Delimiter = "/",
                    MaxKeys = 1,
                    Marker = marker,
                },
                Token
            );
            first.AddRange([.. page.S3Objects?.Select(one => one.Key) ?? [], .. page.CommonPrefixes ?? []]);
            marker = page.NextMarker;
            if (page.IsTruncated is not true)
            {
                break;
            }
        }

        var second = new List<string>();
        string? token = null;
        while (true)
        {
            var page = await _s3.ListObjectsV2Async(
                new ListObjectsV2Request
                {
                    BucketName = "exports",
                    Delimiter = "/",
                    MaxKeys = 1,
                    ContinuationToken = token,
                },
                Token
            );
            second.AddRange([.. page.S3Objects?.Select(one => one.Key) ?? [], .. page.CommonPrefixes ?? []]);
            token = page.NextContinuationToken;
            if (page.IsTruncated is not true)
            {
                break;
            }
        }

        Assert.Equal(["a", "b/", "c"], first);
        Assert.Equal(first, second);
    }

    [Fact]
    public async Task What_is_not_emulated_says_so_instead_of_answering_something_else()
    {
        await _s3.PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = "exports",
                Key = "a",
                ContentBody = "text",
            },
            Token
        );

        Assert.Equal(
            ("NotImplemented", HttpStatusCode.NotImplemented),
            Shape(
                await RefusalAsync(() =>
                    _s3.GetObjectTaggingAsync(new GetObjectTaggingRequest { BucketName = "exports", Key = "a" }, Token)
                )
            )
        );
        Assert.Equal("NotImplemented", (await RefusalAsync(() => _s3.GetBucketPolicyAsync("exports", Token))).ErrorCode);
        Assert.Equal("NotImplemented", (await RefusalAsync(() => _s3.GetBucketVersioningAsync("exports", Token))).ErrorCode);
    }

    private static (string, HttpStatusCode) Shape(AmazonServiceException refusal) => (refusal.ErrorCode, refusal.StatusCode);

    private static byte[] Bytes(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static async Task<AmazonS3Exception> RefusalAsync(Func<Task> call) => await Assert.ThrowsAnyAsync<AmazonS3Exception>(call);

    private async Task<PartETag> UploadAsync(string id, int number, byte[] content) =>
        new(
            number,
            (
                await _s3.UploadPartAsync(
                    new UploadPartRequest
                    {
                        BucketName = "exports",
                        Key = "big",
                        UploadId = id,
                        PartNumber = number,
                        InputStream = new MemoryStream(content),
                    },
                    Token
                )
            ).ETag
        );

    private Task<CompleteMultipartUploadResponse> CompleteAsync(string id, List<PartETag> parts) =>
        _s3.CompleteMultipartUploadAsync(
            new CompleteMultipartUploadRequest
            {
                BucketName = "exports",
                Key = "big",
                UploadId = id,
                PartETags = parts,
            },
            Token
        );

    private async Task<byte[]> ReadAsync(string bucket, string key)
    {
        using var response = await _s3.GetObjectAsync(bucket, key, Token);
        using var content = new MemoryStream();
        await response.ResponseStream.CopyToAsync(content, Token);
        return content.ToArray();
    }
}
