using System.Text.Json.Nodes;
using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using Federation.Findings;

namespace Federation.Tests.Diagnosis;

/// <summary>A token's claims beside what the live provider and trust policy require of them.</summary>
public sealed class TokenComparisonTests
{
    [Fact]
    public void A_token_that_fits_is_wanted_by_all_as_it_is()
    {
        var lines = Compare(Healthy.Evidence);

        Assert.Equal(["iss", "aud", "sub", "exp", "iat", "nbf"], lines.Select(line => line.Claim));
        Assert.All(lines, line => Assert.True(line.Fits, line.Claim));
        Assert.Equal(["provider", "trust policy"], lines[1].Requirements.Select(wish => wish.By));
        Assert.Equal("2026-11-23T12:59:00Z (in 59 min, lives 1 h)", lines[3].Value);
    }

    [Fact]
    public void What_the_live_policies_want_counts_and_not_what_is_configured()
    {
        var lines = Compare(
            Healthy
                .Evidence.WithProviders(Healthy.Provider with { ClientIds = ["vault"] })
                .WithCondition(":sub", Healthy.IssuerPath + ":sub", "system:serviceaccount:team:other")
        );

        Assert.Equal(
            [new ClaimRequirement("provider", "vault", Fits: false), new ClaimRequirement("trust policy", "sts.amazonaws.com", Fits: true)],
            lines.Single(line => line.Claim == "aud").Requirements
        );
        Assert.Equal(
            [new ClaimRequirement("trust policy", "system:serviceaccount:team:other", Fits: false)],
            lines.Single(line => line.Claim == "sub").Requirements
        );
    }

    [Fact]
    public void Claims_that_AWS_does_not_check_are_shown_flat()
    {
        var evidence = Healthy.Evidence.WithClaim(
            "kubernetes.io",
            new JsonObject
            {
                ["namespace"] = "team",
                ["pod"] = new JsonObject { ["name"] = "app" },
            }
        );

        Assert.Equal(
            [("kubernetes.io.namespace", "team", null), ("kubernetes.io.pod.name", "app", (bool?)null)],
            Compare(evidence).Where(line => line.Requirements.Count == 0).Select(line => (line.Claim, line.Value, line.Fits))
        );
    }

    [Fact]
    public void An_invalid_time_never_fits() =>
        Assert.False(Compare(Healthy.Evidence.WithClaim("exp", "tomorrow")).Single(line => line.Claim == "exp").Fits);

    [Theory]
    [InlineData(0, "0 s")]
    [InlineData(59, "59 s")]
    [InlineData(3600, "1 h")]
    [InlineData(3599, "59 min 59 s")]
    [InlineData(7500, "2 h 5 min")]
    [InlineData(31_536_000, "365 d")]
    public void Durations_are_written_as_a_person_writes_them(int seconds, string said) =>
        Assert.Equal(said, Wording.Duration(TimeSpan.FromSeconds(seconds)));

    private static IReadOnlyList<ClaimLine> Compare(WorkloadEvidence evidence) =>
        TokenComparison.Compare(evidence, evidence.Tokens[0], Healthy.Now);
}
