using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Findings;
using Federation.Policies;
using Federation.Resources;

namespace Federation.Templates;

/// <summary>Checks a rendered policy before any call: IAM's grammar and quota, and what it leaves open.</summary>
internal static class PolicyChecks
{
    public static void AddTrust(List<Finding> findings, string federation, Workload workload, Template template, JsonObject document)
    {
        if (Parse(findings, workload, template, document, PolicyKind.Trust) is not { } policy)
        {
            return;
        }

        var sid = TrustSid.Of(federation, workload);
        if (!policy.Statements.Any(statement => string.Equals(statement.Sid, sid, StringComparison.Ordinal)))
        {
            findings.Add(
                template.Invalid(
                    template.Root.Span.Start,
                    $"No statement of the template {template.File} has the Sid {sid} for the workload {workload.Name}: "
                        + "nothing says which of them trusts the workload.",
                    "Write \"Sid\": \"${trust.sid}\" into the statement."
                )
            );
        }

        findings.AddRange(PolicyLint.TrustTemplate(policy, Start(template)));
        AddTrustSize(findings, workload, policy);
    }

    public static void AddPermissions(
        List<Finding> findings,
        Workload workload,
        Template template,
        string name,
        JsonObject document,
        bool strict
    )
    {
        if (Parse(findings, workload, template, document, PolicyKind.Permissions) is { } policy)
        {
            findings.AddRange(PolicyLint.Permissions(policy, name, strict, Start(template)));
        }
    }

    /// <summary>Checks the size of the trust policy of a role that several workloads share: it has all their statements.</summary>
    public static void AddSharedTrust(List<Finding> findings, IReadOnlyList<Workload> sharing, IEnumerable<JsonObject> documents) =>
        AddTrustSize(findings, sharing[0], TrustPolicies.Merge(documents.Select(PolicyDocument.Parse)));

    private static PolicyDocument? Parse(List<Finding> findings, Workload workload, Template template, JsonObject document, PolicyKind kind)
    {
        try
        {
            var policy = PolicyDocument.Parse(document);
            var violations = PolicyGrammar.Check(policy, kind);
            findings.AddRange(
                violations.Select(violation =>
                    template.Invalid(
                        template.Root.Span.Start,
                        $"IAM would refuse what the template {template.File} renders for the workload {workload.Name}: "
                            + $"{violation.Message} {violation.Detail}",
                        "Correct the template; the IAM User Guide has the grammar of policies."
                    )
                )
            );
            return violations.Count == 0 ? policy : null;
        }
        catch (PolicyFormatException exception)
        {
            findings.Add(
                template.Invalid(
                    template.Root.Span.Start,
                    $"What the template {template.File} renders for the workload {workload.Name} is not a policy document: "
                        + exception.Message,
                    "Correct the template; the IAM User Guide has the grammar of policies."
                )
            );
            return null;
        }
    }

    private static void AddTrustSize(List<Finding> findings, Workload workload, PolicyDocument policy)
    {
        var size = policy.ToMinifiedJson().Length;
        var limit = workload.Account.TrustPolicyLimit;
        if (size <= limit)
        {
            return;
        }

        findings.Add(
            new Finding
            {
                Code = FindingCodes.TrustPolicyTooLarge,
                Cause =
                    $"The trust policy of the role {workload.Role.Name} has {size} characters, white space not counted; "
                    + $"the account {workload.Account.Id} allows {limit}.",
                Fix =
                    "Let fewer workloads share the role: give some of them a role of their own."
                    + (
                        size <= TrustPolicyQuota.Largest
                            ? " If AWS raised the account's quota \"Role trust policy length\", "
                                + $"write it as trustPolicyLimit of the account {workload.Account.Key}."
                            : ""
                    ),
                Resource = ResourceId.Aws(workload.Account.Id, ResourceKind.Role, workload.Role.Name).Value,
                Expected = $"at most {limit}",
                Actual = $"{size}",
                Location = workload.Location,
            }
        );
    }

    private static SourceLocation? Start(Template template) => template.Invalid(template.Root.Span.Start, "", "").Location;
}
