using Federation.WebIdentity;

namespace Federation.Tests.WebIdentity;

public sealed class ArnTests
{
    [Theory]
    [InlineData("arn:aws:iam::111122223333:role/name", "aws", "111122223333", "/", "name")]
    [InlineData("arn:aws-us-gov:iam::111122223333:role/a/b/name+=,.@-_", "aws-us-gov", "111122223333", "/a/b/", "name+=,.@-_")]
    [InlineData("arn:aws-cn:iam::111122223333:role/x", "aws-cn", "111122223333", "/", "x")]
    public void A_role_arn_has_partition_account_path_and_name(string text, string partition, string account, string path, string name)
    {
        Assert.True(RoleArn.TryParse(text, out var arn));

        Assert.Equal(new RoleArn(partition, account, path, name), arn);
        Assert.Equal(text, arn.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("arn:aws:iam::111122223333:oidc-provider/container.googleapis.com")]
    [InlineData("arn:aws:iam::1111:role/name")]
    [InlineData("arn:aws:iam::ACCOUNT_ID:role/name")]
    [InlineData("arn:aws:iam::111122223333:role/")]
    [InlineData("arn:aws:iam::111122223333:role/name\n")]
    [InlineData("arn:aws:sts::111122223333:assumed-role/name/session")]
    [InlineData("arn:gcp:iam::111122223333:role/name")]
    public void Anything_else_is_none(string? text) => Assert.False(RoleArn.TryParse(text, out _));

    [Theory]
    [InlineData("a.example/x", "https://a.example/x", true)]
    [InlineData("a.example/x/", "https://a.example/x", false)]
    [InlineData("a.example/X", "https://a.example/x", false)]
    [InlineData("a.example/x", "http://a.example/x", false)]
    [InlineData("a.example/x", "a.example/x", false)]
    [InlineData("accounts.google.com", "accounts.google.com", true)]
    public void A_provider_is_an_issuers_where_its_url_is_exactly_the_issuers(string url, string issuer, bool matches) =>
        Assert.Equal(matches, ProviderUrl.Matches(url, issuer));
}
