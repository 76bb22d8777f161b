using Federation.Configuration;
using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Planning;
using Federation.Resources;
using Google.Apis.Iam.v1.Data;

namespace Federation.Google;

/// <summary>The name of a Google service account (GSA): its project, its id there, and its address.</summary>
internal sealed record GoogleAccount(string Project, string AccountId, string Email)
{
    /// <summary>The account of a workload that has one.</summary>
    public static GoogleAccount Of(Workload workload) =>
        new(workload.Cluster.Project, workload.GoogleServiceAccount!, workload.GoogleServiceAccountEmail!);

    public ResourceId Id => ResourceId.Google(Project, ResourceKind.GoogleServiceAccount, AccountId);

    public string ResourceName => $"projects/{Project}/serviceAccounts/{Email}";
}

/// <summary>A GSA: created if it is absent, otherwise used as it is. Its description is never changed, not even to mark it.</summary>
/// <param name="Mark">The mark that it is created with.</param>
internal sealed record ServiceAccountResource(GoogleAccount Account, Mark Mark) : DesiredResource(Account.Id)
{
    /// <summary>The members that are to act as it, for all workloads of the federation.</summary>
    public IReadOnlyList<string> Members { get; init; } = [];

    public override Fields Fields => FieldsOf(Account.Email);

    public override string MissingCode => FindingCodes.GoogleServiceAccountMissing;

    public static Fields FieldsOf(string email) => Fields.Empty.With("email", email);
}

/// <summary>A GSA as it was read.</summary>
/// <param name="Mark">The mark by which it would be this federation's.</param>
internal sealed record AccountObservation(GoogleAccount Account, Mark Mark, Fields? Fields) : Observation(Account.Id, Fields)
{
    /// <summary>Changes when the account is deleted and recreated; null if it is absent.</summary>
    public string? UniqueId { get; init; }

    /// <summary>The grants on it that are deleted with it: those that a plan has shown among its fields.</summary>
    public IReadOnlyList<Grant> Grants { get; init; } = [];

    /// <summary>The observation of an account that is desired.</summary>
    /// <param name="grants">Those on it; none where they were not read.</param>
    public static AccountObservation Of(ServiceAccountResource desired, ServiceAccount? found, IReadOnlyList<Grant> grants)
    {
        var isOurs = desired.Mark.IsOn(found?.Description);
        return new(desired.Account, desired.Mark, found is null ? null : ServiceAccountResource.FieldsOf(found.Email))
        {
            Ours = isOurs,
            UniqueId = found?.UniqueId,
            Workloads = Mark.OfDescription(found?.Description)?.Workloads ?? [],
            Findings =
            [
                .. GoogleServiceAccountChecks.Open(desired.Account.Email, desired.Account.Project, desired.Id.Value, grants),
                .. isOurs ? LeftMembers(desired, grants) : [],
            ],
        };
    }

    /// <summary>
    /// The Kubernetes service accounts that may act as an account of ours, and are no workload's (FED8014). A member carries no mark,
    /// so it may as well be another federation's: it is told, and never taken away.
    /// </summary>
    private static IEnumerable<Finding> LeftMembers(ServiceAccountResource desired, IReadOnlyList<Grant> grants) =>
        grants
            .Where(grant =>
                grant.Role == WorkloadIdentityBinding.Role
                && grant.Member.StartsWith("serviceAccount:", StringComparison.Ordinal)
                && grant.Member.EndsWith(']')
                && !desired.Members.Contains(grant.Member, StringComparer.Ordinal)
            )
            .Select(grant => new Finding
            {
                Code = FindingCodes.LeftBehind,
                Severity = Severity.Information,
                Resource = desired.Id.Value,
                Cause =
                    $"{grant.Member} may act as {desired.Account.Email}, which this federation made, and no workload of the "
                    + "configuration is that service account. A workload that was moved or removed may have left it; or "
                    + "another federation added it.",
                Fix =
                    $"If nobody needs it: gcloud iam service-accounts remove-iam-policy-binding {desired.Account.Email} --project "
                    + $"{desired.Account.Project} --role {grant.Role} --member '{grant.Member}' --all",
                Actual = grant.Member,
            });

    /// <summary>
    /// The observation of an account that carries the mark, whether or not it is desired. Its fields name all grants on it.
    /// </summary>
    public static AccountObservation Of(GoogleAccount account, Mark mark, ServiceAccount found, IReadOnlyList<Grant> grants) =>
        new(
            account,
            mark,
            grants
                .GroupBy(grant => grant.Role, grant => grant.Member, StringComparer.Ordinal)
                .Aggregate(ServiceAccountResource.FieldsOf(found.Email), (fields, held) => fields.WithSet(held.Key, held))
        )
        {
            Ours = true,
            UniqueId = found.UniqueId,
            Grants = grants,
            Workloads = mark.Workloads,
        };
}

/// <summary>One member of a GSA's <c>roles/iam.workloadIdentityUser</c> binding: the KSA that may act as the GSA.</summary>
/// <param name="KubernetesServiceAccount">The KSA, as <c>NAMESPACE/NAME</c>.</param>
/// <param name="Mark">The mark by which the GSA would be this federation's.</param>
internal sealed record WorkloadIdentityBinding(GoogleAccount Account, string KubernetesServiceAccount, string Member, Mark Mark)
    : DesiredResource(ResourceId.WorkloadIdentityBinding(Account.Project, Account.AccountId, KubernetesServiceAccount))
{
    public const string Role = "roles/iam.workloadIdentityUser";

    public override Fields Fields => Fields.Empty.With("role", Role).With("member", Member);

    public override string MissingCode => FindingCodes.WorkloadIdentityBindingMissing;
}

/// <summary>
/// A member as it was read. A member has no mark, and anybody may have added it, so it counts as ours only on a GSA that is
/// ours: there, only this federation needs exactly this member.
/// </summary>
internal sealed record BindingObservation(ResourceId Id, GoogleAccount Account, string Member, Fields? Fields) : Observation(Id, Fields)
{
    /// <param name="account">The account as it was read; null if it is absent.</param>
    public static BindingObservation Of(WorkloadIdentityBinding desired, bool isBound, ServiceAccount? account) =>
        new(desired.Id, desired.Account, desired.Member, isBound ? desired.Fields : null)
        {
            Ours = desired.Mark.IsOn(account?.Description),
            Workloads = desired.Workloads,
            DependsOn = [desired.Account.Id],
        };
}
