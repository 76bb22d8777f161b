using System.Net;
using Amazon;
using Amazon.IdentityManagement;
using Amazon.IdentityManagement.Model;
using Amazon.Runtime;

namespace Standins.Tests;

/// <summary>The IAM client on the wire: the AWS Query protocol, as the service's own documentation shows requests and answers.</summary>
public sealed class IdentityManagementTests
{
    private const string Namespace = "https://iam.amazonaws.com/doc/2010-05-08/";

    [Fact]
    public async Task A_request_names_its_action_and_numbers_its_lists()
    {
        using var wire = new Recording((HttpStatusCode.OK, Empty("CreateRole")));
        using var iam = Client(wire);

        await iam.CreateRoleAsync(
            new CreateRoleRequest
            {
                RoleName = "gke-to-aws-test",
                AssumeRolePolicyDocument = """{"Statement":[]}""",
                MaxSessionDuration = 3600,
                Tags = [new Tag { Key = "federation:name", Value = "ä b" }, new Tag { Key = "empty", Value = "" }],
            }
        );

        Assert.Equal(
            "Action=CreateRole&AssumeRolePolicyDocument=%7B%22Statement%22%3A%5B%5D%7D&MaxSessionDuration=3600&RoleName=gke-to-aws-test"
                + "&Tags.member.1.Key=federation%3Aname&Tags.member.1.Value=%C3%A4%20b&Tags.member.2.Key=empty"
                + "&Tags.member.2.Value=&Version=2010-05-08",
            Assert.Single(wire.Requests).Body
        );
    }

    [Fact]
    public async Task What_is_not_set_is_not_sent_and_an_empty_list_is_sent_as_empty()
    {
        using var wire = new Recording((HttpStatusCode.OK, Empty("CreateOpenIDConnectProvider")));
        using var iam = Client(wire);

        await iam.CreateOpenIDConnectProviderAsync(
            new CreateOpenIDConnectProviderRequest { Url = "https://example.com", ClientIDList = [] }
        );

        Assert.Equal(
            "Action=CreateOpenIDConnectProvider&ClientIDList=&Url=https%3A%2F%2Fexample.com&Version=2010-05-08",
            Assert.Single(wire.Requests).Body
        );
    }

    [Fact]
    public async Task An_answer_is_read_into_its_shapes_and_what_is_absent_stays_null()
    {
        using var wire = new Recording(
            (
                HttpStatusCode.OK,
                $"""
                <GetRoleResponse xmlns="{Namespace}">
                  <GetRoleResult>
                    <Role>
                      <Path>/</Path>
                      <RoleName>gke-to-aws-test</RoleName>
                      <CreateDate>2026-11-23T17:35:59.187904Z</CreateDate>
                      <AssumeRolePolicyDocument>%7B%22Statement%22%3A%5B%5D%7D</AssumeRolePolicyDocument>
                      <MaxSessionDuration>3600</MaxSessionDuration>
                      <PermissionsBoundary>
                        <PermissionsBoundaryArn>arn:aws:iam::111122223333:policy/edge</PermissionsBoundaryArn>
                      </PermissionsBoundary>
                      <Tags><member><Key>a</Key><Value>1</Value></member></Tags>
                    </Role>
                  </GetRoleResult>
                  <ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>
                </GetRoleResponse>
                """
            )
        );
        using var iam = Client(wire);

        var response = await iam.GetRoleAsync(new GetRoleRequest { RoleName = "gke-to-aws-test" });

        Assert.Equal("r-1", response.ResponseMetadata.RequestId);
        Assert.Equal(HttpStatusCode.OK, response.HttpStatusCode);
        Assert.Equal(3600, response.Role.MaxSessionDuration);
        Assert.Equal(DateTimeKind.Utc, response.Role.CreateDate!.Value.Kind);
        Assert.Equal("%7B%22Statement%22%3A%5B%5D%7D", response.Role.AssumeRolePolicyDocument);
        Assert.Equal("arn:aws:iam::111122223333:policy/edge", response.Role.PermissionsBoundary.PermissionsBoundaryArn);
        Assert.Equal(("a", "1"), Assert.Single(response.Role.Tags.Select(tag => (tag.Key, tag.Value))));
        Assert.Null(response.Role.Description);
    }

    [Fact]
    public async Task Lists_within_lists_are_read()
    {
        using var wire = new Recording(
            (
                HttpStatusCode.OK,
                $"""
                <GetAccountAuthorizationDetailsResponse xmlns="{Namespace}">
                  <GetAccountAuthorizationDetailsResult>
                    <Marker>more</Marker>
                    <RoleDetailList>
                      <member>
                        <RoleName>gke-to-aws-test</RoleName>
                        <RolePolicyList><member><PolicyName>s3</PolicyName><PolicyDocument>%7B%7D</PolicyDocument></member></RolePolicyList>
                      </member>
                    </RoleDetailList>
                  </GetAccountAuthorizationDetailsResult>
                </GetAccountAuthorizationDetailsResponse>
                """
            )
        );
        using var iam = Client(wire);

        var page = await iam.GetAccountAuthorizationDetailsAsync(new GetAccountAuthorizationDetailsRequest { Filter = ["Role"] });

        Assert.Equal("more", page.Marker);
        var policy = Assert.Single(Assert.Single(page.RoleDetailList).RolePolicyList);
        Assert.Equal(("s3", "%7B%7D"), (policy.PolicyName, policy.PolicyDocument));
    }

    [Fact]
    public async Task An_empty_list_is_null_like_an_absent_one()
    {
        using var wire = new Recording(
            (
                HttpStatusCode.OK,
                $"""
                <GetRoleResponse xmlns="{Namespace}">
                  <GetRoleResult><Role><RoleName>gke-to-aws-test</RoleName><Tags/></Role></GetRoleResult>
                </GetRoleResponse>
                """
            )
        );
        using var iam = Client(wire);

        var response = await iam.GetRoleAsync(new GetRoleRequest { RoleName = "gke-to-aws-test" });

        Assert.Null(response.Role.Tags);
    }

    [Theory]
    [InlineData(404, "NoSuchEntity")]
    [InlineData(409, "ConcurrentModification")]
    [InlineData(409, "LimitExceeded")]
    [InlineData(403, "AccessDenied")]
    public async Task A_refusal_keeps_its_code_whatever_exception_it_becomes(int status, string code)
    {
        using var wire = new Recording(
            (
                (HttpStatusCode)status,
                $"""
                <ErrorResponse xmlns="{Namespace}">
                  <Error><Type>Sender</Type><Code>{code}</Code><Message>Why.</Message></Error><RequestId>r-2</RequestId>
                </ErrorResponse>
                """
            )
        );
        using var iam = Client(wire);

        var refusal = await Assert.ThrowsAnyAsync<AmazonIdentityManagementServiceException>(() =>
            iam.GetRoleAsync(new GetRoleRequest { RoleName = "x" })
        );

        Assert.Equal(
            (code, "Why.", "r-2", (HttpStatusCode)status, ErrorType.Sender),
            (refusal.ErrorCode, refusal.Message, refusal.RequestId, refusal.StatusCode, refusal.ErrorType)
        );
    }

    [Fact]
    public async Task An_answer_that_is_not_XML_keeps_its_status()
    {
        using var wire = new Recording((HttpStatusCode.BadGateway, "<html><body>proxy</body>"));
        using var iam = Client(wire);

        var refusal = await Assert.ThrowsAsync<AmazonIdentityManagementServiceException>(() => iam.ListRolesAsync(new ListRolesRequest()));

        Assert.Equal(HttpStatusCode.BadGateway, refusal.StatusCode);
    }

    [Theory]
    [InlineData("eu-west-1", "iam.amazonaws.com", "us-east-1")]
    [InlineData("cn-northwest-1", "iam.cn-north-1.amazonaws.com.cn", "cn-north-1")]
    [InlineData("us-gov-east-1", "iam.us-gov.amazonaws.com", "us-gov-west-1")]
    [InlineData("eusc-de-east-1", "iam.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1")]
    public async Task A_region_leads_to_its_partitions_endpoint_and_signing_region(string region, string host, string signingRegion)
    {
        using var wire = new Recording((HttpStatusCode.OK, Empty("GetRole")));
        using var iam = Client(wire, config => config.RegionEndpoint = RegionEndpoint.GetBySystemName(region));

        await iam.GetRoleAsync(new GetRoleRequest { RoleName = "x" });

        var request = Assert.Single(wire.Requests);
        Assert.Equal($"https://{host}/", request.Uri.ToString());
        Assert.Contains($"/{signingRegion}/iam/aws4_request", request.Headers["Authorization"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_custom_endpoint_is_called_as_it_is_and_signed_for_the_region_asked()
    {
        using var wire = new Recording((HttpStatusCode.OK, Empty("GetRole")));
        using var iam = Client(
            wire,
            config =>
            {
                config.ServiceURL = "http://127.0.0.1:4566/iam";
                config.AuthenticationRegion = "us-gov-west-1";
            }
        );

        await iam.GetRoleAsync(new GetRoleRequest { RoleName = "x" });

        Assert.Equal("http://127.0.0.1:4566/iam", Assert.Single(wire.Requests).Uri.ToString().TrimEnd('/'));
        Assert.Contains("/us-gov-west-1/iam/aws4_request", wire.Requests[0].Headers["Authorization"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_custom_endpoint_has_no_FIPS_variant()
    {
        using var wire = new Recording();
        using var iam = Client(
            wire,
            config =>
            {
                config.ServiceURL = "http://127.0.0.1:4566";
                config.UseFIPSEndpoint = true;
            }
        );

        await Assert.ThrowsAsync<AmazonClientException>(() => iam.ListRolesAsync(new ListRolesRequest()));
    }

    private static AmazonIdentityManagementServiceClient Client(
        Recording wire,
        Action<AmazonIdentityManagementServiceConfig>? configure = null
    )
    {
        var config = new AmazonIdentityManagementServiceConfig
        {
            RegionEndpoint = RegionEndpoint.EUWest1,
            IgnoreConfiguredEndpointUrls = true,
            MaxErrorRetry = 0,
            HttpClientFactory = new Factory(wire),
        };
        configure?.Invoke(config);
        return new AmazonIdentityManagementServiceClient(new BasicAWSCredentials("AKIAIOSFODNN7EXAMPLE", "secret"), config);
    }

    private static string Empty(string action) => $"<{action}Response xmlns=\"{Namespace}\"><{action}Result/></{action}Response>";

    private sealed class Factory(HttpMessageHandler handler) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => new(handler, disposeHandler: false);

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => true;
    }
}
