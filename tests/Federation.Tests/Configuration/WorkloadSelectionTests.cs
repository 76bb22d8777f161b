using Federation.Configuration;
using Federation.Findings;

namespace Federation.Tests.Configuration;

public sealed class WorkloadSelectionTests
{
    private static readonly IReadOnlyList<Workload> Workloads = Documents
        .Valid(
            """
            clusters: { main: { project: acme-prod, location: asia-south1, name: main } }
            accounts: { data: { id: "111122223333", region: ap-south-1 } }
            workloads:
              - { name: data-reader, namespace: a, serviceAccount: a, role: { name: a } }
              - { name: data-writer, namespace: b, serviceAccount: b, role: { name: b } }
              - { name: logs, namespace: c, serviceAccount: c, role: { name: c } }
              - { name: aab, namespace: d, serviceAccount: d, role: { name: d } }
            """
        )
        .Workloads;

    [Theory]
    [InlineData(null, "data-reader data-writer logs aab")]
    [InlineData("", "data-reader data-writer logs aab")]
    [InlineData("*", "data-reader data-writer logs aab")]
    [InlineData("data-*", "data-reader data-writer")]
    [InlineData("*er", "data-reader data-writer")]
    [InlineData("l?gs", "logs")]
    [InlineData("logs, data-reader", "data-reader logs")]
    [InlineData("logs,logs,l*", "logs")]
    [InlineData("*a*e*a*r", "data-reader")]
    [InlineData("a*b", "aab")]
    [InlineData("??b", "aab")]
    [InlineData("aab**", "aab")]
    public void Globs_select_by_name_in_the_order_of_the_configuration(string? globs, string expected) =>
        Assert.Equal(expected.Split(' '), WorkloadSelection.Match(Workloads, globs).Select(workload => workload.Name));

    [Theory]
    [InlineData("LOGS", "--workload=\"LOGS\" matches none of the 4 workloads; did you mean \"logs\"?")]
    [InlineData("data_reader", "--workload=\"data_reader\" matches none of the 4 workloads; did you mean \"data-reader\"?")]
    [InlineData("log", "--workload=\"log\" matches none of the 4 workloads; did you mean \"logs\"?")]
    [InlineData("nothing*", "--workload=\"nothing*\" matches none of the 4 workloads")]
    [InlineData("logs,data-writr", "--workload=\"data-writr\" matches none of the 4 workloads; did you mean \"data-writer\"?")]
    [InlineData(",", "--workload=\",\" matches none of the 4 workloads")]
    [InlineData("[a-z]ogs", "--workload=\"[a-z]ogs\" matches none of the 4 workloads")]
    public void A_glob_that_matches_nothing_is_an_error_that_names_the_near_miss(string globs, string cause)
    {
        var finding = Assert.Single(Assert.Throws<FindingException>(() => WorkloadSelection.Match(Workloads, globs)).Findings);

        Assert.Equal(FindingCodes.ArgumentInvalid, finding.Code);
        Assert.Equal(cause, finding.Cause);
    }

    [Fact]
    public void Each_glob_that_matches_nothing_is_named() =>
        Assert.Equal(2, Assert.Throws<FindingException>(() => WorkloadSelection.Match(Workloads, "x,logs,y")).Findings.Count);

    [Fact]
    public void Many_stars_do_not_take_long()
    {
        var workload = Workloads[0] with { Name = new string('a', 63) };

        Assert.Throws<FindingException>(() => WorkloadSelection.Match([workload], string.Concat(Enumerable.Repeat("*a", 40)) + "*b"));
    }
}
