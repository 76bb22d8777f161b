using Federation.Configuration;
using Federation.Resources;

namespace Federation.Templates;

/// <summary>The <c>Sid</c> of a workload's statement in its role's trust policy.</summary>
public static class TrustSid
{
    /// <summary>
    /// The prefix of this tool's Sids, the cluster's key in Pascal case and, if AWS trusts the workload's Google service
    /// account, that account's id. IAM allows only ASCII letters and digits.
    /// </summary>
    public static string Of(Workload workload) =>
        Mark.TrustSidPrefix
        + Pascal(workload.Cluster.Key)
        + (workload.Identity == IdentityKind.Google ? "Google" + Pascal(workload.GoogleServiceAccount ?? "") : "");

    private static string Pascal(string name) =>
        string.Concat(
            name.Split([.. name.Where(c => !char.IsAsciiLetterOrDigit(c)).Distinct()], StringSplitOptions.RemoveEmptyEntries)
                .Select(part => char.ToUpperInvariant(part[0]) + part[1..])
        );
}
