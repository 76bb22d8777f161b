using Federation.Findings;

namespace Federation.Calls.Tests;

/// <summary>Where the clouds are, as the environment says it, and what of it cannot be used.</summary>
public sealed class CloudEndpointsTests
{
    [Fact]
    public void Without_variables_nothing_is_overridden()
    {
        var endpoints = Of([]);

        Assert.Empty(endpoints.Overrides);
        var untouched = new CloudEndpoints();
        Assert.Equal(untouched, endpoints with { Overrides = untouched.Overrides });
    }

    [Theory]
    [InlineData("http://127.0.0.1:8080", "http://127.0.0.1:8080/")]
    [InlineData("https://iam.example/prefix", "https://iam.example/prefix/")]
    [InlineData("https://iam.example/prefix//", "https://iam.example/prefix/")]
    public void A_base_address_ends_with_one_slash(string value, string expected) =>
        Assert.Equal(new Uri(expected), Of(new() { ["CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM"] = value }).GoogleIam);

    [Fact]
    public void All_addresses_that_cannot_be_used_are_reported_at_once()
    {
        var refused = Assert.Throws<FindingException>(() =>
            Of(
                new()
                {
                    ["CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM"] = "127.0.0.1:8080",
                    ["CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER"] = "ftp://container.example/",
                }
            )
        );

        Assert.Equal(
            [
                ("FED8013", "127.0.0.1:8080", "Correct CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM, or unset it."),
                ("FED8013", "ftp://container.example/", "Correct CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER, or unset it."),
            ],
            refused.Findings.Select(finding => (finding.Code, finding.Actual!, finding.Fix))
        );
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("127.9.9.9")]
    [InlineData("::1")]
    [InlineData("[::1]")]
    public void A_sandbox_calls_this_machine(string host) => new CloudEndpoints { IsSandbox = true }.Confine(host, "a test");

    [Theory]
    [InlineData("iam.googleapis.com")]
    [InlineData("169.254.169.254")]
    [InlineData("localhost.example")]
    [InlineData("0.0.0.0")]
    [InlineData("")]
    public void A_sandbox_calls_no_other_machine_and_live_clouds_may_be_anywhere(string host)
    {
        var refused = Assert.Throws<FindingException>(() => new CloudEndpoints { IsSandbox = true }.Confine(host, "a test"));

        Assert.Equal((FindingCodes.EndpointUnreachable, host), (Assert.Single(refused.Findings).Code, refused.Findings[0].Actual));
        new CloudEndpoints().Confine(host, "a test");
    }

    private static CloudEndpoints Of(Dictionary<string, string> variables) =>
        CloudEndpoints.FromEnvironment(variables.GetValueOrDefault, variables.Keys);
}
