using System.Collections.Immutable;
using System.Text.RegularExpressions;
using CsCheck;
using Federation.Resources;

namespace Federation.Tests.Planning;

public sealed partial class MarkTests
{
    private static readonly Gen<string> Name = Gen.Char['a', 'z'].Array[1, 63].Select(letters => new string(letters));

    [Fact]
    public void Tags_and_labels_say_the_same_in_two_alphabets()
    {
        var mark = new Mark("acme", ["reports", "exports"]);

        Assert.Equal("exports reports", mark.Tags["federation:workload"]);
        Assert.Equal("exports_reports", mark.Labels["federation/workload"]);
        Assert.Equal(Mark.Tool, mark.Tags["federation:tool"]);
        Assert.Equal("acme", mark.Labels["federation/name"]);
    }

    [Fact]
    public void A_mark_is_known_again_whatever_the_workloads_and_not_on_another_federations_resource()
    {
        var mark = new Mark("acme", ["exports"]);

        Assert.True(mark.IsOn(new Mark("acme", ["reports"]).Tags));
        Assert.True(mark.IsOn(new Mark("acme", ["reports"]).Labels));
        Assert.False(mark.IsOn(new Mark("other", ["exports"]).Tags));
        Assert.False(mark.IsOn(ImmutableDictionary<string, string>.Empty.Add("federation:name", "acme")));
    }

    [Fact]
    public void Where_others_may_have_the_name_only_what_was_made_for_a_known_workload_is_ours()
    {
        var mark = new Mark("federation", [])
        {
            Known = new HashSet<string>(StringComparer.Ordinal) { "exports", "reports" },
        };

        Assert.True(mark.IsOn(new Mark("federation", ["exports", "gone"]).Tags));
        Assert.True(mark.IsOn(new Mark("federation", []).Tags));
        Assert.True(mark.IsOn(new Mark("federation", [.. Enumerable.Range(10, 40).Select(number => $"job-{number}")]).Labels));
        Assert.False(mark.IsOn(new Mark("federation", ["gone"]).Labels));
        Assert.StartsWith("was made for gone, which", mark.OtherOn(new Mark("federation", ["gone"]).Labels), StringComparison.Ordinal);
        Assert.Equal("carries the mark of the federation acme", mark.OtherOn(new Mark("acme", ["exports"]).Tags));
        Assert.Null(mark.OtherOn(new Mark("federation", ["exports"]).Tags));
        Assert.Null(mark.OtherOn(ImmutableDictionary<string, string>.Empty));
    }

    [Fact]
    public void Labels_say_for_which_workloads_of_which_federation_they_were_written()
    {
        var read = Mark.OfLabels(new Mark("acme", ["reports", "exports"]).Labels)!;
        Assert.Equal("acme", read.Federation);
        Assert.Equal(["exports", "reports"], read.Workloads);

        var many = new Mark("acme", [.. Enumerable.Range(10, 40).Select(number => $"job-{number}")]);
        Assert.Equal(many.Workloads.Take(8), Mark.OfLabels(many.Labels)!.Workloads);
        Assert.Null(Mark.OfLabels(many.Labels.Remove("federation/tool")));
    }

    [Fact]
    public void A_description_is_a_sentence_that_names_tool_federation_and_workloads() =>
        Assert.Equal(
            "Made by gke-to-aws-federation; federation: acme; workload: exports reports; GKE workloads act as it through "
                + "Workload Identity.",
            new Mark("acme", ["reports", "exports"]).Description
        );

    [Fact]
    public void However_many_workloads_share_an_account_its_description_is_short_enough_and_known_again() =>
        Gen.Select(Name, Name.Array[0, 40])
            .Sample(
                (federation, workloads) =>
                {
                    var mark = new Mark(federation, workloads);
                    Assert.InRange(mark.Description.Length, 1, 256);
                    Assert.True(mark.IsOn(mark.Description));
                    Assert.False(new Mark(federation + "-eu", workloads).IsOn(mark.Description));
                    var read = Mark.OfDescription(mark.Description)!;
                    Assert.Equal(federation, read.Federation);
                    Assert.Equal(read.Workloads, workloads.Order(StringComparer.Ordinal).Take(read.Workloads.Count));
                    Assert.Equal(workloads.Length == 0, read.Workloads.Count == 0);
                }
            );

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Made by hand in 2021.")]
    [InlineData("Made by gke-to-aws-federation; GKE workloads act as it through Workload Identity.")]
    [InlineData("Not made by gke-to-aws-federation; federation: acme; GKE workloads act as it.")]
    [InlineData("Made by gke-to-aws-federation; federation: acme")]
    public void A_description_without_a_federation_is_not_a_mark(string? description)
    {
        Assert.Null(Mark.OfDescription(description));
        Assert.False(new Mark("acme", ["exports"]).IsOn(description));
    }

    [Fact]
    public void However_many_workloads_share_a_resource_every_tag_and_label_is_valid() =>
        Gen.Select(Name, Name.Array[1, 40])
            .Sample(
                (federation, workloads) =>
                {
                    var mark = new Mark(federation, workloads);
                    Assert.All(mark.Tags.Values, value => Assert.Matches(TagValue(), value));
                    Assert.All(mark.Labels.Values, value => Assert.Matches(LabelValue(), value));
                    Assert.Equal(mark.Labels, new Mark(federation, [.. workloads.Reverse()]).Labels);
                }
            );

    [Fact]
    public void The_cluster_tag_keeps_within_an_IAM_tag_key() =>
        Assert.Equal("federation:cluster:acme-prod/asia-south1-a/main", Mark.ClusterTag("acme-prod", "asia-south1-a", "main"));

    [GeneratedRegex(@"^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TagValue();

    [GeneratedRegex("^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LabelValue();
}
