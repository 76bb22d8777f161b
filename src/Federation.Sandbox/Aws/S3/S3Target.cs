namespace Federation.Sandbox.Aws.S3;

/// <summary>
/// The bucket and key of a request to S3: the bucket from the host (virtual-host style) or the path, the key from the rest.
/// </summary>
internal sealed record S3Target(string? Bucket, string? Key)
{
    private const string Loopback = ".localhost";

    public static S3Target Parse(AwsRequest request)
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
        return name is "s3" ? null
            : name.EndsWith(".s3", StringComparison.OrdinalIgnoreCase) ? name[..^3]
            : name;
    }
}
