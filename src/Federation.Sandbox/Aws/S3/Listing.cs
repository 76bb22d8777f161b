using System.Xml.Linq;
using Federation.Sandbox.Hosting;

namespace Federation.Sandbox.Aws.S3;

/// <summary>Both operations that list objects: ListObjects and ListObjectsV2 (S3 API reference).</summary>
internal static class Listing
{
    private const int LargestPage = 1000;

    public static Task FirstVersionAsync(S3Call call)
    {
        var marker = call.Request.Parameter("marker") ?? "";
        var page = Page.Of(call, marker);
        return call.WriteAsync(
            page.Describe(
                call,
                new XElement("Marker", page.Encoded(marker)),
                page.IsTruncated && page.Delimiter.Length > 0 ? new XElement("NextMarker", page.Encoded(page.Last)) : null
            )
        );
    }

    public static Task SecondVersionAsync(S3Call call)
    {
        var startAfter = call.Request.Parameter("start-after");
        var page = Page.Of(call, call.ContinuedAfter() ?? startAfter ?? "");
        return call.WriteAsync(
            page.Describe(
                call,
                startAfter is null ? null : new XElement("StartAfter", page.Encoded(startAfter)),
                call.Request.Parameter("continuation-token") is { } token ? new XElement("ContinuationToken", token) : null,
                page.IsTruncated ? new XElement("NextContinuationToken", S3Call.ContinuationToken(page.Last)) : null,
                new XElement("KeyCount", page.Contents.Count + page.CommonPrefixes.Count)
            )
        );
    }

    private sealed record Page(string Prefix, string Delimiter, int Size, bool IsUrlEncoded)
    {
        public List<S3Object> Contents { get; } = [];

        public List<string> CommonPrefixes { get; } = [];

        /// <summary>The last key or common prefix that the page shows.</summary>
        public string Last { get; private set; } = "";

        public bool IsTruncated { get; private set; }

        public static Page Of(S3Call call, string after)
        {
            var page = new Page(
                call.Request.Parameter("prefix") ?? "",
                call.Request.Parameter("delimiter") ?? "",
                Math.Min(call.Number("max-keys", 0, int.MaxValue) ?? LargestPage, LargestPage),
                call.Request.Parameter("encoding-type") is "url"
            );
            page.Fill(call.Bucket!.Objects, after);
            return page;
        }

        public XElement Describe(S3Call call, params XElement?[] position) =>
            new(
                "ListBucketResult",
                new XElement("Name", call.Bucket!.Name),
                new XElement("Prefix", Encoded(Prefix)),
                Delimiter.Length == 0 ? null : new XElement("Delimiter", Encoded(Delimiter)),
                position,
                new XElement("MaxKeys", Size),
                IsUrlEncoded ? new XElement("EncodingType", "url") : null,
                new XElement("IsTruncated", IsTruncated),
                Contents.Select(stored => new XElement(
                    "Contents",
                    new XElement("Key", Encoded(stored.Key)),
                    new XElement("LastModified", Moment.Milliseconds(stored.Modified)),
                    new XElement("ETag", stored.ETag),
                    new XElement("Size", stored.Content.Length),
                    new XElement("StorageClass", "STANDARD")
                )),
                CommonPrefixes.Select(entry => new XElement("CommonPrefixes", new XElement("Prefix", Encoded(entry))))
            );

        public string Encoded(string text) =>
            IsUrlEncoded ? Uri.EscapeDataString(text).Replace("%2F", "/", StringComparison.Ordinal) : text;

        private void Fill(IReadOnlyList<S3Object> objects, string after)
        {
            foreach (var stored in objects)
            {
                if (!stored.Key.StartsWith(Prefix, StringComparison.Ordinal))
                {
                    continue;
                }

                var end = Delimiter.Length == 0 ? -1 : stored.Key.IndexOf(Delimiter, Prefix.Length, StringComparison.Ordinal);
                var entry = end < 0 ? stored.Key : stored.Key[..(end + Delimiter.Length)];
                if (
                    string.CompareOrdinal(entry, after) <= 0
                    || (CommonPrefixes.Count > 0 && string.Equals(CommonPrefixes[^1], entry, StringComparison.Ordinal))
                )
                {
                    continue;
                }

                if (Contents.Count + CommonPrefixes.Count == Size)
                {
                    IsTruncated = Size > 0;
                    return;
                }

                Last = entry;
                if (end < 0)
                {
                    Contents.Add(stored);
                }
                else
                {
                    CommonPrefixes.Add(entry);
                }
            }
        }
    }
}
