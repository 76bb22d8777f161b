using System.Net;

namespace Federation.Issuers.Tests;

public class ConnectToTests
{
    [Fact]
    public void A_mapped_host_and_port_lead_to_the_target_in_any_case()
    {
        var map = ConnectTo.Parse("container.googleapis.com:443:127.0.0.1:8443");

        Assert.Equal(new DnsEndPoint("127.0.0.1", 8443), map.Find("Container.GoogleApis.com", 443));
        Assert.Null(map.Find("container.googleapis.com", 444));
        Assert.Null(map.Find("accounts.google.com", 443));
    }

    [Fact]
    public void IPv6_addresses_stand_in_brackets()
    {
        var map = ConnectTo.Parse("a.example:443:[::1]:8443,[fd00::1]:443:b.example:1");

        Assert.Equal(new DnsEndPoint("::1", 8443), map.Find("a.example", 443));
        Assert.Equal(new DnsEndPoint("b.example", 1), map.Find("fd00::1", 443));
        Assert.Equal("a.example:443:[::1]:8443,[fd00::1]:443:b.example:1", map.ToString());
    }

    [Fact]
    public void An_empty_part_means_any_on_the_left_and_the_same_on_the_right()
    {
        var map = ConnectTo.Parse("::127.0.0.1:,");

        Assert.Equal(new DnsEndPoint("127.0.0.1", 8080), map.Find("anything.example", 8080));
    }

    [Fact]
    public void The_first_entry_that_fits_wins_and_earlier_maps_win_over_later_ones()
    {
        var map = ConnectTo
            .Parse("a.example:443:one.example:1")
            .Then(ConnectTo.Parse("a.example:443:two.example:2,b.example:443:two.example:2"));

        Assert.Equal("one.example", map.Find("a.example", 443)?.Host);
        Assert.Equal("two.example", map.Find("b.example", 443)?.Host);
    }

    [Theory]
    [InlineData("a.example:443")]
    [InlineData("a.example:443:b.example")]
    [InlineData("a.example:443:b.example:99999")]
    [InlineData("a.example:https:b.example:1")]
    [InlineData("::1:443:b.example:1")]
    [InlineData("[nonsense]:443:b.example:1")]
    public void A_malformed_entry_is_quoted(string entry)
    {
        var exception = Assert.Throws<FormatException>(() => ConnectTo.Parse(entry));

        Assert.Contains(entry, exception.Message, StringComparison.Ordinal);
    }
}
