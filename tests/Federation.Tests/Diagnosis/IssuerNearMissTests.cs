using CsCheck;
using Federation.Diagnosis;

namespace Federation.Tests.Diagnosis;

public sealed class IssuerNearMissTests
{
    private const string Zonal = "container.googleapis.com/v1/projects/acme-prod/locations/asia-south1-a/clusters/main";
    private const string Regional = "container.googleapis.com/v1/projects/acme-prod/locations/asia-south1/clusters/main";

    [Theory]
    [InlineData(Zonal, "https://" + Zonal, "has a scheme, which IAM leaves out there", true)]
    [InlineData(Zonal, "https://" + Zonal + "/", "has a scheme, and has a slash at the end, which makes it another provider", true)]
    [InlineData(Zonal, Zonal + "/", "has a slash at the end, which makes it another provider", true)]
    [InlineData(
        Zonal,
        "container.googleapis.com/v1/projects/Acme-Prod/locations/asia-south1-a/clusters/main",
        "differs in case, which IAM and STS tell apart",
        true
    )]
    [InlineData(
        Zonal,
        "https://accounts.google.com",
        "has a scheme, and is another issuer of Google, which does not sign the tokens of Kubernetes service accounts",
        true
    )]
    [InlineData(Zonal, "container.googleapis.com/projects/acme-prod/locations/asia-south1-a/clusters/main", "lacks /v1", true)]
    [InlineData(Zonal, Regional, "names the region where the cluster is zonal", true)]
    [InlineData(Regional, Zonal, "names a zone where the cluster is regional", true)]
    [InlineData(
        Zonal,
        "container.googleapis.com/v1/projects/acme-prod/zones/asia-south1-a/clusters/main",
        "says zones instead of locations",
        true
    )]
    [InlineData(
        Zonal,
        "container.googleapis.com/v1/projects/123456789012/locations/asia-south1-a/clusters/main",
        "has the project's number instead of its id",
        true
    )]
    [InlineData(
        Zonal,
        "container.googleapis.com/v1/projects/acme-test/locations/asia-south1-a/clusters/main",
        "is of another project",
        true
    )]
    [InlineData(Zonal, "container.googleapis.com/v1/projects/acme-prod/locations/us-east1-b/clusters/main", "is of another location", true)]
    [InlineData(Zonal, "container.googleapis.com/v1/projects/acme-prod/locations", "is cut off", true)]
    [InlineData(
        Zonal,
        "container.googleapis.com/v1/projects/acme-prod/locations/asia-south1-a/clusters/other",
        "is another cluster's",
        false
    )]
    [InlineData(
        Zonal,
        "container.googleapis.com/v1/projects/acme-test/locations/asia-south1-a/clusters/other",
        "is another cluster's, elsewhere",
        false
    )]
    public void A_mistake_is_called_by_its_name(string expected, string actual, string how, bool isSlip)
    {
        var miss = IssuerNearMiss.Find(expected, actual);
        Assert.Equal((how, isSlip), (miss?.How, miss?.IsSlip));
    }

    [Theory]
    [InlineData(Zonal)]
    [InlineData("token.actions.githubusercontent.com")]
    [InlineData("oidc.eks.ap-south-1.amazonaws.com/id/ABC")]
    public void A_right_or_unrelated_issuer_is_not_a_mistake(string actual) => Assert.Null(IssuerNearMiss.Find(Zonal, actual));

    [Fact]
    public void Whatever_it_is_compared_with_nothing_is_its_own_near_miss() =>
        Gen.String.Sample(text => IssuerNearMiss.Find(text, text) is null || text.Contains("://", StringComparison.Ordinal));
}
