using System.Text;
using CsCheck;
using Federation.Findings;
using Federation.Planning;
using Federation.Resources;

namespace Federation.Tests.Planning;

/// <summary>A plan as a file: what was reviewed, and how it differs from what would be done now.</summary>
public sealed class PlanFileTests
{
    private static readonly ResourceId Role = ResourceId.Aws("111122223333", ResourceKind.Role, "reader");

    private static readonly Fields Desired = Fields.Empty.With("path", "/").With("tags[owner]", "us");

    internal static string Json(Plan plan) => File(plan).ToJson();

    [Fact]
    public void A_file_is_read_as_it_was_written()
    {
        var written = File(Changing(Fields.Empty.With("path", "/\u00fc\"")));
        var read = PlanFile.Parse(Encoding.UTF8.GetBytes(written.ToJson()), "plan.json");

        Assert.Equal(written.ToJson(), read.ToJson());
        Assert.Empty(read.DifferencesTo(written));
    }

    [Fact]
    public void The_checksum_is_the_one_that_sha256sum_prints() =>
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", PlanFile.ChecksumOf("abc"u8));

    [Fact]
    public void Line_ends_of_Windows_do_not_change_a_digest() =>
        Assert.Equal(PlanFile.DigestOf("clusters:\n  main: {}\n"u8), PlanFile.DigestOf("clusters:\r\n  main: {}\r\n"u8));

    [Fact]
    public void What_has_moved_since_the_review_is_named()
    {
        var reviewed = File(Changing(Fields.Empty.With("path", "/old/")));

        Assert.Equal(["the configuration has changed"], reviewed.DifferencesTo(reviewed with { Configuration = "other" }));
        Assert.Equal(["it is of the federation acme, and this is other"], reviewed.DifferencesTo(reviewed with { Federation = "other" }));
        Assert.Equal(
            ["the workload reader is not selected any more", "the workload writer was not selected"],
            reviewed.DifferencesTo(reviewed with { Documents = Documents("writer", "1") })
        );
        Assert.Equal(
            ["the documents of the workload reader have changed"],
            reviewed.DifferencesTo(reviewed with { Documents = Documents("reader", "2") })
        );
        Assert.Equal(
            [$"path of {Role} would change otherwise than it was to"],
            reviewed.DifferencesTo(File(Changing(Fields.Empty.With("path", "/newer/"))))
        );
        Assert.Equal([$"{Role} was to be updated, and is now to be created"], reviewed.DifferencesTo(File(Changing(null))));
        Assert.Equal([$"{Role} was to be updated, and is now unchanged"], reviewed.DifferencesTo(File(Changing(Desired))));
        Assert.Equal([$"{Role} was to be updated, and is not in the plan now"], reviewed.DifferencesTo(File(new Plan([], []))));
        Assert.Equal([$"{Role} was not in it, and is now to be updated"], File(new Plan([], [])).DifferencesTo(reviewed));
    }

    [Fact]
    public void A_resource_that_was_written_by_somebody_else_has_changed_even_if_the_step_has_not()
    {
        var leaving = new Observation(Role, Fields.Empty.With("path", "/")) { Ours = true };
        var reviewed = File(Planner.Delete([leaving]));
        var step = reviewed.Steps[0];

        Assert.Equal([$"{Role} has changed since"], reviewed.DifferencesTo(reviewed with { Steps = [step with { Observed = "other" }] }));
    }

    [Fact]
    public void Two_plans_agree_exactly_when_their_files_are_the_same_bytes() =>
        Gen.Select(AnyPlan, AnyPlan)
            .Sample(
                (one, other) => Assert.Equal(File(one).ToJson() == File(other).ToJson(), File(one).DifferencesTo(File(other)).Count == 0)
            );

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"schema":"federation-report/1"}""")]
    [InlineData("""{"schema":"federation-plan/9","federation":"a","configuration":"b","documents":{},"steps":[]}""")]
    [InlineData("""{"schema":"federation-plan/1","federation":"a","configuration":"b","documents":{},"steps":[null]}""")]
    [InlineData(
        """
            {"schema":"federation-plan/1","federation":"a","configuration":"b","documents":{},
            "steps":[{"id":"x","action":"create","reason":"absent","observed":null,"fields":[null]}]}
            """
    )]
    [InlineData(
        """
            {"schema":"federation-plan/1","federation":"a","configuration":"b","documents":{},
            "steps":[{"id":"x","action":"burn","reason":"absent","observed":null,"fields":[]}]}
            """
    )]
    public void What_is_no_plan_is_a_wrong_argument(string text)
    {
        var refused = Assert.Throws<FindingException>(() => PlanFile.Parse(Encoding.UTF8.GetBytes(text), "plan.json"));
        Assert.Equal(FindingCodes.ArgumentInvalid, Assert.Single(refused.Findings).Code);
    }

    private static readonly Gen<Plan> AnyPlan = Gen.Select(
        Gen.Int[0, 2].Select(i => new[] { null, "/", "/old/" }[i]),
        Gen.Bool.Select(isOwned => isOwned ? "us" : null),
        Gen.Bool.Select(writes => writes ? PlanMode.Converge : PlanMode.Observe),
        (path, owner, mode) =>
            PlanPolicy.Apply(
                mode,
                Changing(path is null && owner is null ? null : Fields.Empty.With("path", path).With("tags[owner]", owner))
            )
    );

    private static Plan Changing(Fields? live) =>
        Planner.Plan([new FakeResource(Role, Desired)], [new Observation(Role, live) { Ours = true }]);

    private static PlanFile File(Plan plan) => PlanFile.Of("acme", "digest", [], plan) with { Documents = Documents("reader", "1") };

    private static Dictionary<string, string> Documents(string workload, string digest) =>
        new(StringComparer.Ordinal) { [workload] = digest };
}
