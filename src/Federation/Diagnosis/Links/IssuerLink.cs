using Federation.Findings;
using Federation.Resources;

namespace Federation.Diagnosis.Links;

/// <summary>The cluster, and the issuer that signs its tokens.</summary>
internal static class IssuerLink
{
    public static Link Examine(Case @case)
    {
        var google = @case.Evidence.Google;
        var kubernetes = @case.Evidence.Kubernetes;
        var findings = new List<Finding?>
        {
            google.Cluster?.Refused,
            google.Cluster?.Found is { } facts ? ClusterChecks.Serving(@case.Cluster, facts) : null,
            kubernetes.Issuer?.Refused,
        };
        if (@case.IsIssuerSure && kubernetes.Issuer?.Refused is not { Code: FindingCodes.IssuerMismatch })
        {
            findings.Add(Published(@case));
        }

        if (@case.Role is { } role && google.Cluster?.Found is { } cluster)
        {
            findings.Add(
                ClusterChecks.Recreated(
                    @case.Cluster,
                    cluster.Id,
                    role.Tags.GetValueOrDefault(Mark.ClusterTag(@case.Cluster.Project, @case.Cluster.Location, @case.Cluster.Name)),
                    @case.Workload.Role.Name,
                    @case.RoleId,
                    [@case.Workload.Name],
                    @case.Workload.Adopt
                )
            );
        }

        return new Link(
            "issuer",
            [.. findings.OfType<Finding>()],
            @case.Cluster.Issuer,
            kubernetes.Issuer?.Found?.Issuer ?? google.Issuer?.Found?.Issuer
        );
    }

    /// <summary>What the issuer publishes under its own address must be what the cluster signs with: that is where AWS looks.</summary>
    private static Finding? Published(Case @case)
    {
        if (@case.Evidence.Google.Issuer is not { } reading)
        {
            return null;
        }

        if (reading.Found is not { } published)
        {
            return reading.Refused;
        }

        if (published.Issuer != @case.Cluster.Issuer)
        {
            return new Finding
            {
                Code = FindingCodes.IssuerMismatch,
                Resource = @case.ClusterId,
                Cause =
                    $"The discovery document at {@case.Cluster.Issuer}/.well-known/openid-configuration names another issuer than its own address: AWS does not accept that.",
                Fix = "Check project, location and name of the cluster in federation.yaml; the issuer is made from them.",
                Expected = @case.Cluster.Issuer,
                Actual = published.Issuer,
            };
        }

        var signing = @case.Evidence.Kubernetes.Issuer?.Found?.KeyIds ?? [];
        var known = published.Keys.Select(key => key.KeyId).OfType<string>().ToArray();
        return signing.Count == 0 || signing.Any(kid => known.Contains(kid, StringComparer.Ordinal))
            ? null
            : new Finding
            {
                Code = FindingCodes.VerificationKeyUnavailable,
                Resource = @case.ClusterId,
                Cause =
                    $"The cluster {@case.Cluster.Key} signs with keys that its issuer does not publish, so AWS cannot verify its tokens.",
                Fix =
                    "Right after a rotation, wait some minutes until the published keys have caught up; if it stays so, the cluster is not the one that the issuer's address names.",
                Expected = string.Join(", ", signing),
                Actual = known.Length == 0 ? "(no key)" : string.Join(", ", known),
            };
    }
}
