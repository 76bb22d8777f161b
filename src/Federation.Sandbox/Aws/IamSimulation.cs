using System.Xml.Linq;
using Federation.Policies;

namespace Federation.Sandbox.Aws;

/// <summary>The operations <c>SimulatePrincipalPolicy</c> (for roles) and <c>SimulateCustomPolicy</c>.</summary>
internal static class IamSimulation
{
    public static XElement[] OfPrincipal(AwsAccount account, QueryParameters parameters)
    {
        var arn = parameters.Required("PolicySourceArn", 20, 2048);
        var role =
            account.Roles.Values.FirstOrDefault(role => string.Equals(role.Arn, arn, StringComparison.Ordinal))
            ?? throw AwsException.NoSuchEntity($"The policy source {arn} cannot be found.");
        var policies = RolePolicies.Of(account, role);
        return Simulate(parameters, policies.Identity, policies.Boundary);
    }

    public static XElement[] OfPolicies(QueryParameters parameters) => Simulate(parameters, [], boundary: null);

    /// <summary>Evaluates each action on each resource by the given policies and those in the call.</summary>
    private static XElement[] Simulate(QueryParameters parameters, IReadOnlyList<NamedPolicy> identity, NamedPolicy? boundary)
    {
        var actions = parameters.List("ActionNames", 3, 128);
        var resources = parameters.List("ResourceArns", 1, 2048);
        NamedPolicy[] all =
        [
            .. identity,
            .. parameters.List("PolicyInputList").Select((text, index) => new NamedPolicy($"PolicyInputList.{index + 1}", Parse(text))),
        ];
        if (parameters.List("PermissionsBoundaryPolicyInputList") is [var given, ..])
        {
            boundary = new NamedPolicy("PermissionsBoundaryPolicyInputList.1", Parse(given));
        }

        var context = Context(parameters);
        return
        [
            new XElement(
                "EvaluationResults",
                actions.SelectMany(action =>
                    (resources.Count == 0 ? ["*"] : resources).Select(resource =>
                        Describe(
                            action,
                            resource,
                            PolicyEvaluator.Evaluate(new PolicyRequest(action, resource, context), all, boundary),
                            boundary is not null
                        )
                    )
                )
            ),
            new XElement("IsTruncated", false),
        ];
    }

    private static Dictionary<string, IReadOnlyList<string>> Context(QueryParameters parameters)
    {
        var context = new Dictionary<string, IReadOnlyList<string>>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in parameters.Structures("ContextEntries"))
        {
            var values = new List<string>();
            while (entry($"ContextKeyValues.member.{values.Count + 1}") is { } value)
            {
                values.Add(value);
            }

            context[entry("ContextKeyName") ?? ""] = values;
        }

        return context;
    }

    private static XElement Describe(string action, string resource, PolicyVerdict verdict, bool hasBoundary) =>
        new(
            "member",
            new XElement("EvalActionName", action),
            new XElement("EvalResourceName", resource),
            new XElement(
                "EvalDecision",
                verdict.Decision switch
                {
                    PolicyDecision.Allowed => "allowed",
                    PolicyDecision.ExplicitDeny => "explicitDeny",
                    _ => "implicitDeny",
                }
            ),
            new XElement(
                "MatchedStatements",
                verdict.Statement is not { } statement
                    ? null
                    : new XElement(
                        "member",
                        new XElement("SourcePolicyId", statement.PolicyName),
                        new XElement("SourcePolicyType", "IAM Policy")
                    )
            ),
            new XElement("MissingContextValues"),
            hasBoundary
                ? new XElement(
                    "PermissionsBoundaryDecisionDetail",
                    new XElement(
                        "AllowedByPermissionsBoundary",
                        verdict.BlockedBy is not PolicySource.Boundary && verdict.Statement?.Source is not PolicySource.Boundary
                    )
                )
                : null
        );

    private static PolicyDocument Parse(string text)
    {
        PolicyText.CheckPermissions(text);
        return PolicyDocument.Parse(text);
    }
}
