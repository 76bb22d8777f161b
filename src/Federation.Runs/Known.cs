using Federation.Configuration;
using Federation.Diagnosis.Evidence;

namespace Federation.Runs;

/// <summary>What is known of the selected workloads before any cloud is asked.</summary>
internal static class Known
{
    public static WorkloadEvidence[] Of(Rendered rendered)
    {
        var opened = rendered.Opened;
        var sharing = rendered.Documents.ToLookup(documents => RoleOf(documents.Workload));
        return
        [
            .. rendered
                .Documents.Where(documents => opened.SelectedNames.Contains(documents.Workload.Name))
                .Select(documents =>
                    WorkloadEvidence.FromDocuments(documents, sharing[RoleOf(documents.Workload)], opened.Configuration.Strict) with
                    {
                        Federation = opened.Configuration.Name,
                    }
                ),
        ];
    }

    /// <summary>IAM's role names are unique ignoring case.</summary>
    private static (string Account, string Role) RoleOf(Workload workload) => (workload.Account.Id, workload.Role.Name.ToUpperInvariant());
}
