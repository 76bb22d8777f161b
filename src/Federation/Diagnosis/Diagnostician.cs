using Federation.Diagnosis.Evidence;
using Federation.Diagnosis.Links;
using Federation.Findings;

namespace Federation.Diagnosis;

/// <summary>
/// Turns evidence into findings. Pure: the same evidence gives the same findings. Each link of the chain is compared with
/// the configuration, not with the link before it, so that one fault shows in one link, and independent faults in several.
/// </summary>
public static class Diagnostician
{
    /// <param name="now">When the evidence was taken.</param>
    public static WorkloadDiagnosis Diagnose(WorkloadEvidence evidence, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        var subject = new WorkloadCase(evidence, now);
        var unread = Unread(evidence).ToHashSet();
        var repeated = Repeated(evidence).ToHashSet();

        var issuer = IssuerLink.Examine(subject);
        var (token, ofTokens) = TokenLink.Examine(subject);
        var provider = ProviderLink.Examine(subject);
        var audience = ProviderLink.ExamineAudience(subject);
        var trust = TrustLink.Examine(subject);
        var role = RoleLink.Examine(subject);
        var permissions = PermissionsLink.Examine(subject);
        var account = GoogleServiceAccountLink.Examine(subject);
        if (subject.IsGoogle)
        {
            // AWS trusts its token; with the other identity nothing in the chain depends on it.
            token = token with
            {
                Findings = [.. token.Findings, .. account],
            };
            account = [];
        }

        Link[] links = [issuer, token, provider, audience, trust, role, permissions];
        var check = CheckLink.Examine(subject, explained: links.Any(link => link.Findings.Any(IsSeen)));
        // In the order of STS, which finds the role before it reads the trust policy.
        Link[] inOrder = [issuer, token, provider, audience, role, trust, permissions, check];
        var found = inOrder
            .SelectMany(link => link.Findings)
            .Concat(account)
            // Who else comes in breaks no link: the workload's own way is as it should be.
            .Concat(subject.OpenPrincipals)
            .Where(finding => !IsDecided(finding))
            .Distinct()
            .Except(repeated)
            .ToArray();
        var unreadOnce = unread.Except(repeated).ToHashSet();
        return new WorkloadDiagnosis(Ordered(found, unreadOnce), Chain([.. links, check], unread))
        {
            Unread = [.. unreadOnce],
            OfTokens = ofTokens,
        };

        // The check failed because of it: its error replaces the warning that left it open.
        bool IsDecided(Finding finding) =>
            finding.Severity == Severity.Warning
            && check.Findings.Any(error =>
                error.Severity == Severity.Error && error.Code == finding.Code && error.Expected == finding.Expected
            );

        bool IsSeen(Finding finding) => finding.Severity == Severity.Error && !unread.Contains(finding);
    }

    /// <summary>
    /// What was seen to be wrong comes first, errors before warnings; then what could not be read. The latter is an error
    /// only if nothing else is, because then nobody can say that all is well.
    /// </summary>
    private static IReadOnlyList<Finding> Ordered(IReadOnlyList<Finding> found, HashSet<Finding> unread)
    {
        var seen = found.Where(finding => !unread.Contains(finding)).ToArray();
        var unseen = found.Where(unread.Contains).Concat(unread.Except(found)).ToArray();
        return seen.Any(finding => finding.Severity == Severity.Error)
            ?
            [
                .. seen.OrderByDescending(finding => finding.Severity),
                .. unseen.Select(finding => finding with { Severity = Severity.Warning }),
            ]
            : [.. unseen, .. seen.OrderByDescending(finding => finding.Severity)];
    }

    private static List<ChainLink> Chain(Link[] links, HashSet<Finding> unread)
    {
        var chain = new List<ChainLink>(links.Length);
        var isBroken = false;
        foreach (var link in links)
        {
            var broken = link.Findings.FirstOrDefault(finding => finding.Severity == Severity.Error && !unread.Contains(finding));
            chain.Add(
                broken is not null ? new ChainLink(link.Name, LinkState.Broken, broken.Expected ?? link.Expected, broken.Actual)
                : isBroken || link.Held is null ? new ChainLink(link.Name, LinkState.NotReached, link.Expected, Actual: null)
                : new ChainLink(link.Name, LinkState.Held, link.Expected, link.Held)
            );
            isBroken |= broken is not null;
        }

        return chain;
    }

    /// <summary>The refusals of each cloud, in the order of the calls. The issuer's own address is separate from Google's APIs.</summary>
    private static Finding?[][] Refusals(WorkloadEvidence evidence)
    {
        var (google, kubernetes, aws) = (evidence.Google, evidence.Kubernetes, evidence.Aws);
        return
        [
            [google.Cluster?.Refused, google.ServiceAccount?.Refused, google.WorkloadIdentityUsers?.Refused],
            [google.Issuer?.Refused],
            [kubernetes.Issuer?.Refused, kubernetes.Namespace?.Refused, kubernetes.ServiceAccount?.Refused, kubernetes.Pods?.Refused],
            [
                aws.Caller?.Refused,
                aws.Providers?.Refused,
                aws.Role?.Refused,
                aws.Role?.Found?.Policies?.Refused,
                aws.Role?.Found?.Boundary?.Refused,
            ],
        ];
    }

    /// <summary>All but the first of a cloud's refusals with the same code, if it was out of reach: one cause, one finding.</summary>
    private static IEnumerable<Finding> Repeated(WorkloadEvidence evidence)
    {
        return Refusals(evidence).SelectMany(RepeatedOfCloud);

        static IEnumerable<Finding> RepeatedOfCloud(Finding?[] refusals) =>
            refusals
                .OfType<Finding>()
                .Distinct()
                .Where(refusal => refusal.Kind.Class == FindingClass.OutOfReach)
                .GroupBy(refusal => refusal.Code, StringComparer.Ordinal)
                .SelectMany(alike => alike.Skip(1));
    }

    private static IEnumerable<Finding> Unread(WorkloadEvidence evidence)
    {
        // A wrong answer of the issuer is an answer, also for AWS. If it is only unreachable from here, AWS may still reach it.
        return Refusals(evidence)
            .SelectMany(cloud => cloud)
            .Concat((evidence.Kubernetes.Pods?.Found ?? []).SelectMany(pod => pod.Refused))
            .Concat(evidence.Refused)
            .OfType<Finding>()
            .Where(refusal => refusal is not { Kind.Class: FindingClass.Answer or FindingClass.WrongTarget, Severity: Severity.Error })
            .Distinct();
    }
}
