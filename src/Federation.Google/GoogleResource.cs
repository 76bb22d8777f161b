using Federation.Configuration;
using Federation.Findings;
using Federation.Planning;
using Federation.Resources;

namespace Federation.Google;

/// <summary>A Google service account (GSA): made if it is absent, used as it is if not.</summary>
internal sealed record ServiceAccountResource(ResourceId Id, string Project, string AccountId, string Email) : DesiredResource(Id)
{
    /// <summary>The account of a workload that has one.</summary>
    public static ServiceAccountResource Of(Workload workload) =>
        new(
            ResourceId.Google(workload.Cluster.Project, ResourceKind.GoogleServiceAccount, workload.GoogleServiceAccount!),
            workload.Cluster.Project,
            workload.GoogleServiceAccount!,
            workload.GoogleServiceAccountEmail!
        );

    public string ResourceName => $"projects/{Project}/serviceAccounts/{Email}";

    public override Fields Fields => Fields.Empty.With("email", Email);

    public override string MissingCode => FindingCodes.GoogleServiceAccountMissing;
}

/// <summary>One member of a GSA's <c>roles/iam.workloadIdentityUser</c> binding: the KSA that may act as the GSA.</summary>
internal sealed record WorkloadIdentityBinding(ResourceId Id, ServiceAccountResource Account, string Member) : DesiredResource(Id)
{
    public const string Role = "roles/iam.workloadIdentityUser";

    public override Fields Fields => Fields.Empty.With("role", Role).With("member", Member);

    public override string MissingCode => FindingCodes.WorkloadIdentityBindingMissing;
}
