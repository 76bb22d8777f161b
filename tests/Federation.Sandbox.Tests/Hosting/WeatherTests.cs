using CsCheck;
using Federation.Configuration;
using Federation.Sandbox.Hosting;

namespace Federation.Sandbox.Tests.Hosting;

/// <summary>What befalls which call.</summary>
public sealed class WeatherTests
{
    private static readonly ArrivingCall[] Operations =
    [
        new("iam:CreateRole"),
        new("iam:GetRole"),
        new("serviceAccounts.get"),
        new("watch pods", IsStream: true),
    ];

    private static readonly Gen<(string Cloud, ArrivingCall Call)[]> Days = Gen.Select(
        Gen.OneOf<string>("aws", "google", "kubernetes"),
        Gen.OneOf<ArrivingCall>(Operations)
    ).Array[0, 200];

    [Fact]
    public void The_same_calls_meet_the_same_faults_in_whatever_order_they_arrive() =>
        Gen.Select(Days, Gen.Int[0, 999], Gen.Int[1, 100])
            .Sample(
                (day, seed, rate) =>
                {
                    string[] texts = [$"storm:{rate}%", "throttling:3@aws", $"seed:{seed}"];
                    var inOrder = Struck(day, texts);
                    var byOperation = Struck([.. day.OrderBy(call => call.Cloud).ThenBy(call => call.Call.Operation)], texts);
                    Assert.Equal(inOrder, byOperation);
                }
            );

    [Fact]
    public void A_storm_strikes_about_as_many_calls_as_it_says_and_no_two_seeds_the_same()
    {
        (string, ArrivingCall)[] day = [.. Enumerable.Repeat(("aws", Operations[0]), 1000)];
        var first = Struck(day, ["storm:30%", "seed:1"]);
        Assert.InRange(first.Count, 250, 350);
        Assert.NotEqual(first, Struck(day, ["storm:30%", "seed:2"]));
        Assert.Equal(11, first.Select(struck => struck.Fault).Distinct().Count());
        Assert.DoesNotContain(first, struck => struck.Fault is SandboxFaultKind.WatchGone or SandboxFaultKind.Expired);
    }

    [Theory]
    [InlineData("throttling:2@aws", "aws", "iam:GetRole", "2 4 6")]
    [InlineData("throttling:2@aws", "google", "serviceAccounts.get", "")]
    [InlineData("lost@aws/iam:GetRole#3", "aws", "iam:GetRole", "3")]
    [InlineData("lost@aws/iam:GetRole#3", "aws", "iam:CreateRole", "")]
    [InlineData("lost@aws#3", "aws", "iam:CreateRole", "3")]
    [InlineData("watch-gone:2", "kubernetes", "watch pods", "2 4 6")]
    [InlineData("watch-gone:2", "kubernetes", "list pods", "")]
    [InlineData("expired@kubernetes#3", "kubernetes", "list pods", "3 4 5 6")]
    [InlineData("error:100%", "aws", "iam:GetRole", "1 2 3 4 5 6")]
    [InlineData("stale:5", "aws", "iam:GetRole", "")]
    public void A_fault_strikes_what_it_names(string fault, string cloud, string operation, string struck)
    {
        var weather = new Weather(SandboxWeather.Parse(fault), new CallLog(), TimeProvider.System);
        var numbers = Enumerable.Range(1, 6).Where(_ => weather.Strike(cloud, new ArrivingCall(operation)) is not null);
        Assert.Equal(struck, string.Join(' ', numbers));
    }

    [Fact]
    public void New_credentials_end_what_their_expiry_began()
    {
        var weather = new Weather(SandboxWeather.Parse("expired@google/serviceAccounts.get#1"), new CallLog(), TimeProvider.System);
        Assert.Equal(SandboxFaultKind.Expired, weather.Strike("google", new ArrivingCall("serviceAccounts.get")));
        Assert.Equal(SandboxFaultKind.Expired, weather.Strike("google", new ArrivingCall("clusters.get")));
        Assert.Null(weather.Strike("google", new ArrivingCall("oauth2.token", NeedsCredentials: false)));
        Assert.Null(weather.Strike("google", new ArrivingCall("clusters.get")));
    }

    private static IReadOnlyList<StruckCall> Struck((string Cloud, ArrivingCall Call)[] day, string[] texts)
    {
        var calls = new CallLog();
        var weather = new Weather(SandboxWeather.Parse(texts), calls, TimeProvider.System);
        foreach (var (cloud, call) in day)
        {
            weather.Strike(cloud, call);
        }

        return
        [
            .. calls
                .Struck.OrderBy(struck => struck.Cloud, StringComparer.Ordinal)
                .ThenBy(struck => struck.Operation, StringComparer.Ordinal)
                .ThenBy(struck => struck.Number),
        ];
    }
}
