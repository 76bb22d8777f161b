using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Resources;

namespace Federation.Diagnosis.Links;

/// <summary>The cluster, and the issuer that signs its tokens.</summary>
internal static class IssuerLink
{
    public static Link Examine(WorkloadCase subject)
    {
        var google = subject.Evidence.Google;
        var kubernetes = subject.Evidence.Kubernetes;
        var findings = new List<Finding?>
        {
            google.Cluster?.Refused,
            google.Cluster?.Found is { } facts ? ClusterChecks.Serving(subject.Cluster, facts) : null,
            kubernetes.Issuer?.Refused,
        };
        if (subject.IsIssuerSure && kubernetes.Issuer?.Refused is not { Code: FindingCodes.IssuerMismatch })
        {
            findings.Add(Published(subject));
        }

        if (subject.Role is { } role && google.Cluster?.Found is { } cluster)
        {
            findings.Add(
                ClusterIdentity.Check(
                    subject.Cluster,
                    cluster,
                    subject.Workload.ProviderArn,
                    new RoleOfCluster(
                        subject.Workload.Role.Name,
                        subject.RoleId,
                        role.Tags,
                        role.Created,
                        IsOurs(subject, role) ? role.TrustPolicy.Statements : [],
                        [subject.Workload.Name],
                        subject.Workload.Adopt
                    )
                )
            );
        }

        return new Link(
            "issuer",
            [.. findings.OfType<Finding>()],
            subject.Cluster.Issuer,
            kubernetes.Issuer?.Found?.Issuer ?? google.Issuer?.Found?.Issuer
        );
    }

    private static bool IsOurs(WorkloadCase subject, RoleEvidence role) =>
        subject.Evidence.Federation is { } federation && new Mark(federation, []).IsOn(role.Tags);

    /// <summary>The issuer must publish the keys that the cluster signs with, because that is where AWS gets them.</summary>
    private static Finding? Published(WorkloadCase subject)
    {
        if (subject.Evidence.Google.Issuer is not { } reading)
        {
            return null;
        }

        if (reading.Found is not { } published)
        {
            return reading.Refused;
        }

        if (published.Issuer != subject.Cluster.Issuer)
        {
            return new Finding
            {
                Code = FindingCodes.IssuerMismatch,
                Resource = subject.ClusterId,
                Cause =
                    $"The discovery document at {subject.Cluster.Issuer}/.well-known/openid-configuration names another issuer "
                    + "than its own address, which AWS does not accept.",
                Fix = "Check project, location and name of the cluster in federation.yaml; the issuer's URL consists of them.",
                Expected = subject.Cluster.Issuer,
                Actual = published.Issuer,
            };
        }

        var signing = subject.Evidence.Kubernetes.Issuer?.Found?.KeyIds ?? [];
        var known = published.Keys.Select(key => key.KeyId).OfType<string>().ToArray();
        return signing.Count == 0 || signing.Any(kid => known.Contains(kid, StringComparer.Ordinal))
            ? null
            : new Finding
            {
                Code = FindingCodes.VerificationKeyUnavailable,
                Resource = subject.ClusterId,
                Cause =
                    $"The cluster {subject.Cluster.Key} signs with keys that its issuer does not publish, so AWS cannot verify its tokens.",
                Fix =
                    "Right after a rotation, wait some minutes until the new keys are published; if it persists, the cluster "
                    + "is not the one that the issuer's address names.",
                Expected = string.Join(", ", signing),
                Actual = known.Length == 0 ? "(no key)" : string.Join(", ", known),
            };
    }
}
