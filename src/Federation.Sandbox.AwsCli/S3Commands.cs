using System.Globalization;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace Federation.Sandbox.AwsCli;

internal static class S3Commands
{
    /// <returns>1 if a prefix was given and there is nothing under it.</returns>
    public static async Task<int> ListAsync(CommandLine line)
    {
        line.Allow(words: 3);
        var path = line.Words.ElementAtOrDefault(2) ?? "";
        path = path.StartsWith("s3://", StringComparison.Ordinal) ? path["s3://".Length..] : path;
        using var client = Client(line, await Credentials.ResolveAsync(line));
        if (path.Length == 0)
        {
            await ListBucketsAsync(client);
            return 0;
        }

        var (bucket, prefix) = path.Split('/', 2) is [var first, var rest] ? (first, rest) : (path, "");
        return await ListObjectsAsync(client, bucket, prefix) || prefix.Length == 0 ? 0 : 1;
    }

    private static async Task ListBucketsAsync(AmazonS3Client client)
    {
        string? next = null;
        do
        {
            var request = new ListBucketsRequest { ContinuationToken = next };
            var page = await Service.CallAsync("ListBuckets", () => client.ListBucketsAsync(request));
            foreach (var bucket in page.Buckets ?? [])
            {
                Console.Out.WriteLine($"{Time(bucket.CreationDate)} {bucket.BucketName}");
            }

            next = page.ContinuationToken;
        } while (!string.IsNullOrEmpty(next));
    }

    private static async Task<bool> ListObjectsAsync(AmazonS3Client client, string bucket, string prefix)
    {
        var found = false;
        string? next = null;
        do
        {
            var request = new ListObjectsV2Request
            {
                BucketName = bucket,
                Prefix = prefix,
                Delimiter = "/",
                ContinuationToken = next,
            };
            var page = await Service.CallAsync("ListObjectsV2", () => client.ListObjectsV2Async(request));
            foreach (var common in page.CommonPrefixes ?? [])
            {
                Console.Out.WriteLine($"{"PRE".PadLeft(30)} {Name(common)}");
                found = true;
            }

            foreach (var item in page.S3Objects ?? [])
            {
                Console.Out.WriteLine($"{Time(item.LastModified)} {$"{item.Size}".PadLeft(10)} {Name(item.Key)}");
                found = true;
            }

            next = page.IsTruncated == true ? page.NextContinuationToken : null;
        } while (next is not null);
        return found;

        string Name(string key) => key[(prefix.LastIndexOf('/') + 1)..];
    }

    private static string Time(DateTime? time) => time?.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "";

    private static AmazonS3Client Client(CommandLine line, AWSCredentials credentials)
    {
        // A custom endpoint has no host name for each bucket.
        var config = new AmazonS3Config { ForcePathStyle = line.EndpointUrl("S3") is not null };
        Service.Configure(config, line, "S3");
        return new AmazonS3Client(credentials, config);
    }
}
