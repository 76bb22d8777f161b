using Federation.Diagnosis.Evidence;
using Federation.Findings;

namespace Federation.Diagnosis;

/// <summary>What is wrong with a Google service account (GSA), whatever workload it is for.</summary>
public static class GoogleServiceAccountChecks
{
    private static readonly string[] Public = ["allUsers", "allAuthenticatedUsers"];

    /// <summary>The predefined roles with which one acts as the GSA, or can give oneself such a role (Google Cloud, IAM roles).</summary>
    private static readonly string[] ActingRoles =
    [
        "roles/iam.workloadIdentityUser",
        "roles/iam.serviceAccountTokenCreator",
        "roles/iam.serviceAccountOpenIdTokenCreator",
        "roles/iam.serviceAccountUser",
        "roles/iam.serviceAccountKeyAdmin",
        "roles/iam.serviceAccountAdmin",
        "roles/editor",
        "roles/owner",
    ];

    /// <summary>
    /// FED2010 for each grant by which anybody becomes the GSA. Whether a condition keeps them out, and what a role of the user's
    /// own allows, is not known from here: then it is a warning.
    /// </summary>
    public static IEnumerable<Finding> Open(string email, string project, string resource, IEnumerable<Grant> grants) =>
        grants
            .Where(grant =>
                Public.Contains(grant.Member, StringComparer.Ordinal)
                && (IsCustom(grant.Role) || ActingRoles.Contains(grant.Role, StringComparer.Ordinal))
            )
            .Select(grant => new Finding
            {
                Code = FindingCodes.GoogleServiceAccountOpen,
                Severity = grant.IsConditional || IsCustom(grant.Role) ? Severity.Warning : Severity.Error,
                Resource = resource,
                Cause =
                    $"The IAM policy of {email} gives {grant}. "
                    + (
                        grant.IsConditional ? "Whom the condition keeps out is not known from here; otherwise"
                        : IsCustom(grant.Role) ? "What that role allows is not known from here; it may be that"
                        : "So"
                    )
                    + $" {(grant.Member == Public[0] ? "anybody" : "anybody with a Google account")} becomes {email}.",
                Fix =
                    $"gcloud iam service-accounts remove-iam-policy-binding {email} --project {project} --role {grant.Role} "
                    + $"--member {grant.Member} --all",
                Expected = "named members",
                Actual = $"{grant}",
            });

    private static bool IsCustom(string role) => !role.StartsWith("roles/", StringComparison.Ordinal);
}
