using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;

namespace Federation.Tests.Diagnosis;

/// <summary>The token that a validation pod shows in its log.</summary>
public sealed class PodLogTests
{
    private const string Line =
        """federation-token {"header":{"alg":"RS256","kid":"k1"},"claims":"""
        + """{"sub":"system:serviceaccount:reports:reader","aud":["sts.amazonaws.com"]}}""";

    [Fact]
    public void The_line_of_the_token_has_algorithm_key_and_claims()
    {
        var token = PodLog.TokenOf(Pod("An error occurred", Line, "AWS gave no identity."))!;
        Assert.Equal(
            ("the validation pod", "RS256", "k1", "reports/exports-verify-r1"),
            (token.Source, token.Algorithm, token.KeyId, token.Pod)
        );
        Assert.Equal("system:serviceaccount:reports:reader", (string?)token.Claims!["sub"]);
    }

    [Fact]
    public void Of_several_the_last_that_can_be_read_counts() =>
        Assert.Equal("k2", PodLog.TokenOf(Pod(Line, Line.Replace("k1", "k2", StringComparison.Ordinal), Line[..^9]))!.KeyId);

    [Theory]
    [InlineData("federation-token ")]
    [InlineData("federation-token {")]
    [InlineData("federation-token []")]
    [InlineData("federation-token {}")]
    [InlineData("""federation-token {"claims":"none"}""")]
    [InlineData("""federation-token {"claims":{"a":1,"a":2},"claims":{}}""")]
    [InlineData("""before federation-token {"claims":{}}""")]
    [InlineData("""federation-token {"claims":{}} after""")]
    public void A_line_that_is_cut_or_garbled_is_not_a_token(string line) => Assert.Null(PodLog.TokenOf(Pod(line)));

    [Theory]
    [InlineData("""federation-token {"header":{"alg":7},"claims":{}}""")]
    [InlineData("""federation-token {"header":null,"claims":{}}""")]
    public void Claims_are_worth_having_without_a_header(string line) =>
        Assert.Equal((null, 0), (PodLog.TokenOf(Pod(line))!.Algorithm, PodLog.TokenOf(Pod(line))!.Claims!.Count));

    private static PodEvidence Pod(params string[] log) =>
        new()
        {
            Snapshot = new PodSnapshot("reports", "exports-verify-r1", "Failed"),
            ServiceAccount = "reader",
            Containers = [],
            IsValidation = true,
            Log = log,
        };
}
