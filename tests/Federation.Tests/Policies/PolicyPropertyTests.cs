using CsCheck;
using Federation.Policies;

namespace Federation.Tests.Policies;

/// <summary>What holds for every policy document.</summary>
public sealed class PolicyPropertyTests
{
    [Fact]
    public void A_document_means_the_same_as_itself_in_other_words() =>
        Gen.Select(Generate.Document, Gen.Int)
            .Sample(
                (document, seed) =>
                {
                    var rephrased = Generate.Rephrase(document, seed);
                    Assert.True(document.MeansTheSame(document));
                    Assert.True(document.MeansTheSame(rephrased));
                    Assert.True(rephrased.MeansTheSame(document));
                    Assert.Equal(Fields(document), Fields(rephrased));
                }
            );

    [Fact]
    public void Fields_are_equal_exactly_where_documents_mean_the_same() =>
        Gen.Select(Generate.Document, Generate.Document)
            .Sample(
                (left, right) =>
                {
                    Assert.Equal(left.MeansTheSame(right), right.MeansTheSame(left));
                    Assert.Equal(left.MeansTheSame(right), Fields(left).SequenceEqual(Fields(right)));
                }
            );

    [Fact]
    public void A_changed_value_is_never_the_same() =>
        Gen.Select(Generate.Document.Where(document => document.Statements.Count > 0), Gen.Int[0, 5], Gen.Int[0, 100])
            .Sample(
                (document, what, index) =>
                {
                    const string other = "another:value";
                    var at = index % document.Statements.Count;
                    var statement = document.Statements[at];
                    var changed = what switch
                    {
                        0 => statement with { Effect = statement.Effect is PolicyEffect.Allow ? PolicyEffect.Deny : PolicyEffect.Allow },
                        1 => statement with { Actions = [.. statement.Actions ?? [], other] },
                        2 => statement with { Resources = [.. statement.Resources ?? [], other] },
                        3 => statement with { Principals = new Dictionary<string, IReadOnlyList<string>> { ["AWS"] = [other] } },
                        4 => statement with { Conditions = [.. statement.Conditions, new PolicyCondition("StringEquals", other, ["v"])] },
                        _ => statement with { Sid = statement.Sid + "x" },
                    };
                    // A second statement that says the old again, or the new already, would hide the change.
                    var before = document with
                    {
                        Statements = [statement],
                    };
                    var after = document with { Statements = [changed] };
                    Assert.False(before.MeansTheSame(after));
                    Assert.NotEqual(Fields(before), Fields(after));
                }
            );

    [Fact]
    public void Every_path_occurs_once() =>
        Generate.Document.Sample(document =>
        {
            var paths = PolicyFields.Flatten(document, "p").Select(field => field.Key).ToList();
            Assert.Equal(paths.Count, paths.Distinct(StringComparer.Ordinal).Count());
        });

    [Fact]
    public void Writing_and_reading_keeps_the_meaning() =>
        Generate.Document.Sample(document =>
        {
            Assert.True(document.MeansTheSame(PolicyDocument.Parse(document.ToJson())));
            Assert.True(document.MeansTheSame(PolicyDocument.Parse(document.ToMinifiedJson())));
            Assert.True(document.MeansTheSame(PolicyDocument.Parse(document.ToCanonicalJson())));
            Assert.Equal(document.ToCanonicalJson(), document.Canonical().ToCanonicalJson());
        });

    [Fact]
    public void Documents_of_one_meaning_decide_alike() =>
        Gen.Select(Generate.Document, Generate.Request, Gen.Int)
            .Sample(
                (document, request, seed) =>
                    Evaluate(request, document).Decision == Evaluate(request, Generate.Rephrase(document, seed)).Decision
                    && Evaluate(request, document).Decision == Evaluate(request, document.Canonical()).Decision
            );

    [Fact]
    public void Another_Allow_never_removes_a_permission() =>
        Gen.Select(Generate.Document, Generate.Statement, Generate.Request)
            .Sample(
                (document, statement, request) =>
                {
                    var more = document with { Statements = [.. document.Statements, statement with { Effect = PolicyEffect.Allow }] };
                    return !Evaluate(request, document).IsAllowed || Evaluate(request, more).IsAllowed;
                }
            );

    [Fact]
    public void Another_deny_never_gives() =>
        Gen.Select(Generate.Document, Generate.Statement, Generate.Request)
            .Sample(
                (document, statement, request) =>
                {
                    var more = document with { Statements = [.. document.Statements, statement with { Effect = PolicyEffect.Deny }] };
                    return Evaluate(request, document).IsAllowed || !Evaluate(request, more).IsAllowed;
                }
            );

    [Fact]
    public void A_deny_of_everything_always_wins() =>
        Gen.Select(Generate.Document, Generate.Request, Gen.Int[0, 2])
            .Sample(
                (document, request, layer) =>
                {
                    var named = new NamedPolicy("theirs", document);
                    var deny = new NamedPolicy(
                        "no",
                        new PolicyDocument
                        {
                            Statements =
                            [
                                new PolicyStatement
                                {
                                    Effect = PolicyEffect.Deny,
                                    Actions = ["*"],
                                    Resources = ["*"],
                                },
                            ],
                        }
                    );
                    var verdict = layer switch
                    {
                        0 => PolicyEvaluator.Evaluate(request, [named, deny]),
                        1 => PolicyEvaluator.Evaluate(request, [named], boundary: deny),
                        _ => PolicyEvaluator.Evaluate(request, [named], sessionPolicy: deny),
                    };
                    return verdict.Decision is PolicyDecision.ExplicitDeny;
                }
            );

    [Fact]
    public void Boundary_and_session_policy_only_ever_take_away() =>
        Gen.Select(Generate.Document, Generate.Document, Generate.Request)
            .Sample(
                (document, limit, request) =>
                {
                    var identity = new NamedPolicy("i", document);
                    var alone = PolicyEvaluator.Evaluate(request, [identity]);
                    var bounded = PolicyEvaluator.Evaluate(request, [identity], boundary: new NamedPolicy("b", limit));
                    var session = PolicyEvaluator.Evaluate(request, [identity], sessionPolicy: new NamedPolicy("s", limit));
                    Assert.Equal(alone.IsAllowed && Evaluate(request, limit).IsAllowed, bounded.IsAllowed);
                    Assert.Equal(bounded.Decision, session.Decision);
                }
            );

    [Fact]
    public void In_a_trust_policy_an_Allow_never_removes_and_a_Deny_never_grants() =>
        Gen.Select(Generate.Document, Generate.Statement, Gen.OneOf<string>("a", "b"), Generate.Request)
            .Sample(
                (document, statement, principal, request) =>
                {
                    var caller = new TrustRequest(principal, request.Action, request.Context);
                    var before = TrustEvaluator.Evaluate(caller, document);
                    var allowing = TrustEvaluator.Evaluate(
                        caller,
                        document with
                        {
                            Statements = [.. document.Statements, statement with { Effect = PolicyEffect.Allow }],
                        }
                    );
                    var denying = TrustEvaluator.Evaluate(
                        caller,
                        document with
                        {
                            Statements = [.. document.Statements, statement with { Effect = PolicyEffect.Deny }],
                        }
                    );
                    Assert.True(!before.IsAllowed || allowing.IsAllowed);
                    Assert.True(before.IsAllowed || !denying.IsAllowed);
                    Assert.All(before.NearMisses, miss => Assert.NotEmpty(miss.Obstacles));
                }
            );

    [Fact]
    public void Merging_does_not_depend_on_order_and_names_each_statement_once() =>
        Gen.Select(Generate.Document.List[0, 4], Gen.Int)
            .Sample(
                (documents, seed) =>
                {
                    var shuffled = documents.ToArray();
                    new Random(seed).Shuffle(shuffled);
                    var merged = TrustPolicies.Merge(documents);
                    Assert.Equal(merged.ToCanonicalJson(), TrustPolicies.Merge(shuffled).ToCanonicalJson());
                    var sids = merged.Statements.Select(statement => statement.Sid).OfType<string>().ToList();
                    Assert.Equal(sids.Count, sids.Distinct(StringComparer.Ordinal).Count());
                }
            );

    private static PolicyVerdict Evaluate(PolicyRequest request, PolicyDocument document) =>
        PolicyEvaluator.Evaluate(request, [new NamedPolicy("p", document)]);

    private static List<KeyValuePair<string, string>> Fields(PolicyDocument document) =>
        [.. PolicyFields.Flatten(document, "p").OrderBy(field => field.Key, StringComparer.Ordinal)];
}
