using System.Collections.Immutable;
using CsCheck;
using Federation.Policies;
using Federation.Resources;
using Federation.Tests.WebIdentity;

namespace Federation.Tests.Policies;

/// <summary>What of a live trust policy is ours, and that nothing else is ever lost or changed.</summary>
public sealed class LiveTrustTests
{
    private static readonly Mark Acme = new("acme", []);

    /// <summary>Statements that the policy grammar cannot read, or that IAM would read otherwise than they look.</summary>
    private static readonly string[] Strange =
    [
        """{"Sid":"Newer","Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Purpose":"unknown"}""",
        """{"Sid":"Twice","Effect":"Deny","Principal":"*","Action":"a:b","Condition":{"Bool":{"k":"true","k":"false"}}}""",
        """{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"a:b":"${aws:username}"}}}""",
        """{"Sid":"FederationOfOthers","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:root"]},"Action":"""
            + """["sts:AssumeRole"]}""",
        """{"Sid":"FederationMain","Effect":"Deny","Principal":"*","Action":"sts:*"}""",
    ];

    private static readonly PolicyDocument Desired = Scene.Trust(
        Scene.Statement() with
        {
            Sid = "FederationAcmeMain1a2b3c4d",
        },
        Scene.Statement(subject: "other") with
        {
            Sid = "FederationAcmeMain1a2b3c4d2",
        }
    );

    private static readonly string[] LookingLikeOurs =
    [
        "Federation",
        "FederationMain2",
        "FederationOfOthers",
        "federationAcmeMain1a2b3c4d",
        "FederationAcmeMain1a2b3c4d3",
        "FederationAcmeMain1a2b3c4",
        "FederationAcmeMain",
        "FederationOtherMain1a2b3c4d",
    ];

    private static readonly Gen<string> Foreign = Gen.OneOf(
        Gen.OneOf<string>(Strange),
        Gen.Select(Gen.OneOf<string?>([null, "", "Theirs", .. LookingLikeOurs]), Generate.Statement)
            .Select((sid, statement) => Json(statement with { Sid = sid }))
    );

    [Fact]
    public void Whatever_others_have_in_a_trust_policy_stays_word_for_word_and_in_its_order() =>
        Gen.Select(
                Foreign.List[0, 5],
                Gen.OneOf<string>("FederationAcmeMain1a2b3c4d", "FederationAcmeGone5e6f7a8b").List[0, 3],
                Gen.Bool,
                Gen.Int[0, 1000]
            )
            .Sample(
                (foreign, ours, isSingle, seed) =>
                {
                    var all = foreign.Concat(ours.Select(sid => Json(Scene.Statement() with { Sid = sid }))).ToArray();
                    new Random(seed).Shuffle(all);
                    var live = LiveTrust.Parse(
                        """{ "Version": "2012-10-17", "Statement": """
                            + $$"""{{(all.Length == 1 && isSingle ? all[0] : $"[ {string.Join(" , ", all)} ]")}} }"""
                    );
                    var tags = Acme.Tags.AddRange(Register("FederationAcmeMain1a2b3c4d", "FederationAcmeGone5e6f7a8b"));

                    var others = live.Without(TrustOwnership.SidsOn(tags, Acme, Desired, ["FederationMain"]));
                    var written = LiveTrust.Parse(others.With(Desired));

                    Assert.Equal(
                        [.. all.Where(foreign.Contains), .. Desired.Statements.Select(Json)],
                        written.Statements.Select(statement => statement.Json)
                    );
                    Assert.Empty(others.MissingFrom(written));
                    Assert.Empty(written.MissingFrom(written));
                }
            );

    [Theory]
    [InlineData("acme", true, "FederationAcmeGone5e6f7a8b", true)] // registered, and no longer configured
    [InlineData("acme", true, "FederationAcmeMain1a2b3c4d", true)] // desired
    [InlineData("acme", true, "FederationMain", false)] // somebody's, since the register lacks it
    [InlineData("acme", false, "FederationMain", true)] // of before there was a register
    [InlineData("acme", false, "FederationMain2", false)]
    [InlineData("acme", false, "FederationOfOthers", false)]
    [InlineData("other", true, "FederationAcmeGone5e6f7a8b", false)] // another federation's register
    [InlineData("other", false, "FederationMain", false)]
    [InlineData("other", true, "FederationAcmeMain1a2b3c4d", true)]
    public void Ours_are_exact_Sids(string federation, bool hasRegister, string sid, bool isOurs)
    {
        var tags = new Mark(federation, []).Tags;
        tags = hasRegister ? tags.AddRange(Register("FederationAcmeGone5e6f7a8b")) : tags;

        Assert.Equal(isOurs, TrustOwnership.SidsOn(tags, Acme, Desired, ["FederationMain"]).Contains(sid));
    }

    [Fact]
    public void A_statement_that_is_gone_or_changed_is_missing_as_often_as_it_was_there()
    {
        var before = LiveTrust.Parse($$"""{"Statement":[{{Strange[0]}},{{Strange[3]}},{{Strange[3]}},{{Strange[4]}}]}""");
        var after = LiveTrust.Parse(
            $$"""{"Statement":[{{Strange[3]}},{{Strange[4].Replace("Deny", "Allow", StringComparison.Ordinal)}}]}"""
        );

        Assert.Equal(["Newer", "FederationOfOthers", "FederationMain"], before.MissingFrom(after).Select(statement => statement.Sid));
    }

    [Fact]
    public void What_means_the_same_is_not_missing()
    {
        var before = LiveTrust.Parse("""{"Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"STS:AssumeRole"}}""");
        var after = LiveTrust.Parse("""{"Statement":[{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":["sts:AssumeRole"]}]}""");

        Assert.Empty(before.MissingFrom(after));
    }

    [Fact]
    public void Statements_are_picked_by_exact_Sids_and_those_that_cannot_be_read_are_apart()
    {
        var live = LiveTrust.Parse($$"""{"Statement":[{{Strange[0]}},{{Json(Scene.Statement())}}]}""");

        var ours = live.Only(new HashSet<string>(StringComparer.Ordinal) { "Newer", "FederationMain" });

        Assert.Equal(["Newer"], ours.Unreadable.Select(statement => statement.Sid));
        Assert.Equal(["FederationMain"], ours.Readable.Select(statement => statement.Sid));
        Assert.Equal("2008-10-17", ours.Version);
    }

    [Fact]
    public void An_old_version_stays_where_a_new_one_would_make_a_variable_of_their_text()
    {
        Assert.Contains(
            "\"Version\":\"2008-10-17\"",
            LiveTrust.Parse($$"""{"Id":"theirs","Statement":[{{Strange[2]}}]}""").With(Desired),
            StringComparison.Ordinal
        );
        var another = LiveTrust.Parse($$"""{"Id":"theirs","Statement":[{{Strange[3]}}]}""").With(Desired);
        Assert.StartsWith("""{"Version":"2012-10-17","Id":"theirs",""", another, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"Version\":\"2012-10-17\"}")]
    [InlineData("<html>")]
    public void A_text_that_is_not_a_policy_is_not_split(string text) => Assert.Throws<PolicyFormatException>(() => LiveTrust.Parse(text));

    private static ImmutableSortedDictionary<string, string> Register(params string[] sids) => TrustOwnership.Register(sids).Write();

    private static string Json(PolicyStatement statement)
    {
        var document = new PolicyDocument { Statements = [statement] }.ToMinifiedJson();
        const string Head = """{"Version":"2012-10-17","Statement":[""";
        return document[Head.Length..^2];
    }
}
