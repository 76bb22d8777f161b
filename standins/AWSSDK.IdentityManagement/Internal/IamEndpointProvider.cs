using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.Runtime.Internal.Endpoints.StandardLibrary;

namespace Amazon.IdentityManagement.Internal;

/// <summary>
/// IAM's endpoint and signing region, one per partition: see "AWS Identity and Access Management endpoints and
/// quotas" in the AWS General Reference. A custom endpoint is used as it is.
/// </summary>
internal sealed class IamEndpointProvider : IEndpointProvider
{
    private static readonly Dictionary<string, Partition> Partitions = new(StringComparer.Ordinal)
    {
        ["aws"] = new("us-east-1", "iam.amazonaws.com", "iam-fips.amazonaws.com", "iam.global.api.aws"),
        ["aws-cn"] = new("cn-north-1", "iam.cn-north-1.amazonaws.com.cn", null, "iam.global.api.amazonwebservices.com.cn"),
        ["aws-us-gov"] = new("us-gov-west-1", "iam.us-gov.amazonaws.com", "iam.us-gov.amazonaws.com", "iam.us-gov.api.aws"),
        ["aws-eusc"] = new("eusc-de-east-1", "iam.eusc-de-east-1.amazonaws.eu", null, null),
        ["aws-iso"] = new("us-iso-east-1", "iam.us-iso-east-1.c2s.ic.gov", null, null),
        ["aws-iso-b"] = new("us-isob-east-1", "iam.us-isob-east-1.sc2s.sgov.gov", null, null),
        ["aws-iso-e"] = new("eu-isoe-west-1", "iam.eu-isoe-west-1.cloud.adc-e.uk", null, null),
        ["aws-iso-f"] = new("us-isof-south-1", "iam.us-isof-south-1.csp.hci.ic.gov", null, null),
    };

    /// <exception cref="AmazonClientException">FIPS or dual-stack was asked of an endpoint that has none.</exception>
    public Endpoint ResolveEndpoint(EndpointParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var fips = parameters["UseFIPS"] is true;
        var dualStack = parameters["UseDualStack"] is true;
        if (parameters["Endpoint"] is string endpoint)
        {
            return fips || dualStack
                ? throw new AmazonClientException("Invalid Configuration: FIPS and dual-stack are not supported with a custom endpoint.")
                : new Endpoint(endpoint, "{}", "{}");
        }

        var region = parameters["Region"] as string ?? throw new AmazonClientException("Invalid Configuration: Missing Region");
        var name = (string)Fn.Partition(region)["name"];
        var host = Partitions.TryGetValue(name, out var partition)
            ? (fips, dualStack) switch
            {
                (false, false) => partition.Host,
                (true, false) => partition.FipsHost,
                (false, true) => partition.DualStackHost,
                (true, true) => null,
            }
            : null;
        if (host is null)
        {
            throw new AmazonClientException(
                $"IAM has no endpoint for region {region} (partition {name}, FIPS {fips}, dual-stack {dualStack})."
            );
        }

        return new Endpoint(
            $"https://{host}",
            $$"""{"authSchemes":[{"name":"sigv4","signingName":"iam","signingRegion":"{{partition.SigningRegion}}"}]}""",
            "{}"
        );
    }

    private sealed record Partition(string SigningRegion, string Host, string FipsHost, string DualStackHost);
}
