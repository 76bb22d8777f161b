using Federation.Configuration;
using Federation.Findings;
using Federation.Resources;

namespace Federation.Planning;

/// <summary>What is done about resources that carry this federation's mark and are no longer configured.</summary>
public enum LeftBehindPolicy
{
    /// <summary>They are not looked for, which saves calls.</summary>
    Ignore,

    /// <summary>Each is a finding (FED8014).</summary>
    Report,

    /// <summary>Each is deleted.</summary>
    Delete,
}

/// <summary>
/// Resources that carry this federation's mark and are no longer configured. Their mark says for which workloads they were
/// made.
/// </summary>
internal static class LeftBehind
{
    /// <summary>The finding about one of them (FED8014).</summary>
    /// <param name="configuration">Where it is strict, a live trust is an error, not a warning.</param>
    public static Finding Describe(Observation observed, FederationConfiguration configuration)
    {
        var isTrusted = observed.Id.Kind == ResourceKind.Role;
        return new Finding
        {
            Code = FindingCodes.LeftBehind,
            Severity =
                !isTrusted ? Severity.Information
                : configuration.Strict ? Severity.Error
                : Severity.Warning,
            Resource = observed.Id.Value,
            Cause =
                $"{observed.Id} carries this federation's mark{MadeFor(observed)}, and the configuration does not have it any more."
                + (
                    configuration.HasDefaultName
                        ? $" It may also be another repository's: this federation has no name, so it is called {configuration.Name}, as "
                            + "any other without one."
                        : ""
                )
                + (isTrusted ? " Its trust policy still stands, so the service accounts that it names can still assume it." : ""),
            Fix =
                "Delete it, and all else that was left behind, with --target=Apply --prune. If it is still needed, put its workload "
                + "back into the configuration.",
        };
    }

    /// <summary>
    /// A finding for each cluster that resources of this federation were made for, and that is not configured any more: what it
    /// left there cannot be read.
    /// </summary>
    public static IEnumerable<Finding> OutOfSight(IEnumerable<Observation> owned, FederationConfiguration configuration)
    {
        var configured = configuration.Clusters.Select(cluster => cluster.ResourceName).ToHashSet(StringComparer.Ordinal);
        return owned
            .SelectMany(observed => observed.Clusters.Select(cluster => (cluster, observed.Id)))
            .Where(pair => !configured.Contains(pair.cluster))
            .GroupBy(pair => pair.cluster, pair => pair.Id.Value, StringComparer.Ordinal)
            .OrderBy(made => made.Key, StringComparer.Ordinal)
            .Select(made => new Finding
            {
                Code = FindingCodes.LeftBehind,
                Severity = Severity.Information,
                Cause =
                    $"{Wording.Some(made.Order(StringComparer.Ordinal))} {(made.Count() == 1 ? "was" : "were")} made for the cluster "
                    + $"{made.Key}, which is not in the configuration any more. Namespaces and service accounts there, and Google service "
                    + "accounts of its project, may have been left behind: nothing can be read there.",
                Fix =
                    "If the cluster still exists, put it back under `clusters:` and run --target=Plan, which lists what is there; or look "
                    + $"there for the label federation/name={configuration.Name}.",
            });
    }

    /// <summary>The finding where they could not be looked for: what is unknown is no reason not to write what is configured.</summary>
    public static Finding Unknown(Finding refused) =>
        refused with
        {
            Severity = Severity.Information,
            Cause = $"What this federation may have left behind could not be looked for. {refused.Cause}",
        };

    private static string MadeFor(Observation observed) =>
        observed.Workloads.Count == 0 ? "" : $" (it was made for {Wording.Some(observed.Workloads)})";
}
