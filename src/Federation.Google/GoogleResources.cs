using Federation.Configuration;
using Federation.Findings;
using Federation.Planning;
using Federation.Resources;

namespace Federation.Google;

/// <summary>Which Google service account (GSA): its project, its id there, and its address.</summary>
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
    public override Fields Fields => FieldsOf(Account.Email);

    public override string MissingCode => FindingCodes.GoogleServiceAccountMissing;

    public static Fields FieldsOf(string email) => Fields.Empty.With("email", email);
}

/// <summary>One member of a GSA's <c>roles/iam.workloadIdentityUser</c> binding: the KSA that may act as the GSA.</summary>
/// <param name="Mark">
/// The mark of its federation. A member carries no mark, and anybody may have added it, so it counts as ours only on a GSA
/// that is ours.
/// </param>
internal sealed record WorkloadIdentityBinding(ResourceId Id, GoogleAccount Account, string Member, Mark Mark) : DesiredResource(Id)
{
    public const string Role = "roles/iam.workloadIdentityUser";

    public override Fields Fields => Fields.Empty.With("role", Role).With("member", Member);

    public override string MissingCode => FindingCodes.WorkloadIdentityBindingMissing;
}
