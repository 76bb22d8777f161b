using Federation.Configuration;

namespace Federation.Tests.Configuration;

/// <summary>How the faults of the embedded clouds are written.</summary>
public sealed class SandboxWeatherTests
{
    private const string CreateRole = "iam:CreateRole";

    public static TheoryData<string, SandboxFault> Written =>
        new()
        {
            { "throttling", new SandboxFault(SandboxFaultKind.Throttling, 5) },
            {
                "reset:3@google",
                new SandboxFault(SandboxFaultKind.Reset, 3) { Cloud = "google" }
            },
            {
                "lost:20%@aws/iam:CreateRole",
                new SandboxFault(SandboxFaultKind.Lost, 20, IsRate: true) { Cloud = "aws", Operation = CreateRole }
            },
            {
                "cut@kubernetes/create serviceaccounts/token#2",
                new SandboxFault(SandboxFaultKind.Cut, 5)
                {
                    Cloud = "kubernetes",
                    Operation = "create serviceaccounts/token",
                    Call = 2,
                }
            },
            { "storm", new SandboxFault(SandboxFaultKind.Storm, 10, IsRate: true) },
            {
                "storm:30%@aws",
                new SandboxFault(SandboxFaultKind.Storm, 30, IsRate: true) { Cloud = "aws" }
            },
            {
                "stale:30@aws/iam:ListRoles",
                new SandboxFault(SandboxFaultKind.Stale, 30) { Cloud = "aws", Operation = "iam:ListRoles" }
            },
            {
                "skew:901@aws",
                new SandboxFault(SandboxFaultKind.Skew, 901) { Cloud = "aws" }
            },
            { "iam-propagation", new SandboxFault(SandboxFaultKind.IamPropagation, 10) },
            {
                "kubernetes-throttling:2",
                new SandboxFault(SandboxFaultKind.RetryAfter, 2) { Cloud = "kubernetes" }
            },
            {
                "issuer-slow",
                new SandboxFault(SandboxFaultKind.Slow, 1) { Cloud = "issuer" }
            },
        };

    [Theory]
    [MemberData(nameof(Written))]
    public void A_fault_names_its_kind_how_often_and_where(string text, SandboxFault fault) =>
        Assert.Equal([fault], SandboxWeather.Parse(text).Faults);

    [Theory]
    [InlineData("rain")]
    [InlineData("")]
    [InlineData("lost:0")]
    [InlineData("lost:101%")]
    [InlineData("lost:3@aws#2")]
    [InlineData("lost#2")]
    [InlineData("lost@azure")]
    [InlineData("lost@aws/")]
    [InlineData("storm:3")]
    [InlineData("storm@aws#1")]
    [InlineData("stale:10%")]
    [InlineData("stale@kubernetes")]
    [InlineData("eviction@aws")]
    [InlineData("aws-throttling@aws")]
    [InlineData("iam-propagation:10@aws")]
    [InlineData("seed:x")]
    public void What_cannot_be_meant_is_refused(string text)
    {
        Assert.False(SandboxWeather.Accepts(text));
        Assert.Contains("NAME[:N]", Assert.Throws<FormatException>(() => SandboxWeather.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_seed_stands_among_the_faults() =>
        Assert.Equal((42, 2), (SandboxWeather.Parse("storm", "seed:42", "lost") is var weather ? weather.Seed : 0, weather.Faults.Count));

    [Fact]
    public void A_wrong_fault_is_shown_where_it_stands()
    {
        var finding = Assert.Single(Documents.Read($"sandbox:\n  faults: [storm, lost@azure]\n{Documents.Least}").Findings);
        Assert.Equal((2, 19), (finding.Location!.Line, finding.Location.Column));
        Assert.Contains("\"lost@azure\" is not a valid fault", finding.Cause, StringComparison.Ordinal);
    }
}
