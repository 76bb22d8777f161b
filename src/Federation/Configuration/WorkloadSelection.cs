using Federation.Findings;

namespace Federation.Configuration;

/// <summary>Selects workloads by name, as <c>--workload=GLOB[,…]</c> does.</summary>
public static class WorkloadSelection
{
    /// <summary>The workloads that match at least one glob, in the order of the configuration.</summary>
    /// <param name="globs">
    /// Names separated by commas, in which <c>*</c> stands for any characters and <c>?</c> for one. Null or blank: all workloads.
    /// </param>
    /// <exception cref="FindingException">FED8013 for each glob that matches no workload.</exception>
    public static IReadOnlyList<Workload> Match(IReadOnlyList<Workload> workloads, string? globs)
    {
        if (string.IsNullOrWhiteSpace(globs))
        {
            return workloads;
        }

        var patterns = globs.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var matched = new bool[patterns.Length];
        var selected = workloads.Where(workload => MatchesAny(workload.Name)).ToList();
        var findings = patterns.Where((_, index) => !matched[index]).Select(pattern => NothingMatches(pattern, workloads)).ToList();
        if (patterns.Length == 0)
        {
            findings.Add(NothingMatches(globs, workloads));
        }

        return findings.Count == 0 ? selected : throw new FindingException(findings);

        bool MatchesAny(string name)
        {
            // Try every pattern, to know which of them match nothing.
            var any = false;
            for (var index = 0; index < patterns.Length; index++)
            {
                if (Wildcard.IsMatch(patterns[index], name))
                {
                    any = matched[index] = true;
                }
            }

            return any;
        }
    }

    private static Finding NothingMatches(string pattern, IReadOnlyList<Workload> workloads)
    {
        var near = NearMiss.Find(pattern, workloads.Select(workload => workload.Name));
        return new Finding
        {
            Code = FindingCodes.ArgumentInvalid,
            Cause =
                $"--workload={PlainText.Quoted(pattern)} matches none of the {workloads.Count} workloads"
                + (near is null ? "" : $"; did you mean {PlainText.Quoted(near)}?"),
            Fix = near is null
                ? $"Name a workload of the configuration, such as {Examples(workloads)}; * stands for any characters, ? for one."
                : $"Write --workload={near}.",
            Expected = near,
            Actual = pattern,
        };
    }

    private static string Examples(IReadOnlyList<Workload> workloads) =>
        PlainText.Quoted(workloads.Select(workload => workload.Name).Order(StringComparer.Ordinal).Take(3), "or");
}
