using System.Globalization;
using Federation.Policies;
using Federation.Sandbox.Hosting;

namespace Federation.Sandbox.Aws;

/// <summary>Decides what a caller may do: by the present policies of its role, within its boundary and session policy.</summary>
internal sealed class Authorizer(TimeProvider time)
{
    /// <param name="conditions">Condition keys of the service, in addition to the global ones.</param>
    /// <exception cref="AwsException">Not allowed; the message names the kind of policy, as AWS's does.</exception>
    public void Demand(
        AwsPrincipal caller,
        string action,
        string resource,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? conditions,
        string? sourceIp
    )
    {
        var verdict = Evaluate(caller, action, resource, conditions, sourceIp);
        if (verdict.IsAllowed)
        {
            return;
        }

        var target =
            resource is "*" || resource.EndsWith(":::*", StringComparison.Ordinal) ? ""
            : action.StartsWith("s3:", StringComparison.Ordinal) ? $" on resource: \"{resource}\""
            : $" on resource: {resource}";
        var reason =
            verdict.Decision is PolicyDecision.ExplicitDeny
                ? $"with an explicit deny in {Article(verdict.Statement?.Source)}"
                : $"because no {Kind(verdict.BlockedBy)} allows the {action} action";
        throw AwsException.AccessDenied($"User: {caller.Arn} is not authorized to perform: {action}{target} {reason}");
    }

    public PolicyVerdict Evaluate(
        AwsPrincipal caller,
        string action,
        string resource,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? conditions,
        string? sourceIp
    )
    {
        if (caller is not AwsPrincipal.RoleSession session)
        {
            return new PolicyVerdict(PolicyDecision.Allowed, Statement: null, BlockedBy: null);
        }

        RolePolicies policies;
        IReadOnlyList<IamTag> tags;
        lock (session.Account.Gate)
        {
            if (
                session.Account.Roles.GetValueOrDefault(session.RoleName) is not { } role
                || !string.Equals(role.Id, session.RoleId, StringComparison.Ordinal)
            )
            {
                // The role was deleted, or recreated under the same name: its old sessions may do nothing.
                return new PolicyVerdict(PolicyDecision.ImplicitDeny, Statement: null, PolicySource.Identity);
            }

            policies = RolePolicies.Of(session.Account, role);
            tags = role.Tags;
        }

        var request = new PolicyRequest(action, resource, Context(session, tags, conditions, sourceIp));
        return PolicyEvaluator.Evaluate(request, policies.Identity, policies.Boundary, SessionPolicy(session));
    }

    /// <summary>
    /// Whether a role's trust policy lets an AWS principal assume it (<c>sts:AssumeRole</c>). Only the statements that name the
    /// caller are evaluated.
    /// </summary>
    public bool Trusts(
        PolicyDocument trust,
        AwsPrincipal caller,
        IReadOnlyDictionary<string, IReadOnlyList<string>> conditions,
        string? sourceIp
    )
    {
        var naming = trust
            .Statements.Where(statement =>
                statement.Principals is { } named ? Names(named, caller) : statement.NotPrincipals is { } others && !Names(others, caller)
            )
            .Select(statement => statement with { Principals = null, NotPrincipals = null, Resources = ["*"] });
        var request = new PolicyRequest("sts:AssumeRole", "*", Context(caller, [], conditions, sourceIp));
        return PolicyEvaluator.Evaluate(request, [new NamedPolicy("trust", trust with { Statements = [.. naming] })]).IsAllowed;
    }

    private static bool Names(IReadOnlyDictionary<string, IReadOnlyList<string>> principals, AwsPrincipal caller)
    {
        var account = caller.Account;
        string[] names =
        [
            "*",
            account.Id,
            $"arn:{account.Partition}:iam::{account.Id}:root",
            caller.Arn,
            .. caller is AwsPrincipal.RoleSession session ? (string[])[session.RoleArn] : [],
        ];
        return principals.GetValueOrDefault("AWS")?.Any(value => names.Contains(value, StringComparer.Ordinal)) is true;
    }

    private static NamedPolicy? SessionPolicy(AwsPrincipal.RoleSession session) =>
        session.SessionPolicies.Count == 0
            ? null
            : new NamedPolicy(
                "session",
                new PolicyDocument { Statements = [.. session.SessionPolicies.SelectMany(text => PolicyDocument.Parse(text).Statements)] }
            );

    private Dictionary<string, IReadOnlyList<string>> Context(
        AwsPrincipal caller,
        IReadOnlyList<IamTag> tags,
        IReadOnlyDictionary<string, IReadOnlyList<string>>? conditions,
        string? sourceIp
    )
    {
        var now = time.GetUtcNow();
        var context = new Dictionary<string, IReadOnlyList<string>>(StringComparer.OrdinalIgnoreCase)
        {
            ["aws:PrincipalAccount"] = [caller.Account.Id],
            ["aws:PrincipalArn"] = [caller is AwsPrincipal.RoleSession session ? session.RoleArn : caller.Arn],
            ["aws:PrincipalType"] = [caller is AwsPrincipal.RoleSession ? "AssumedRole" : "User"],
            ["aws:userid"] = [caller.UserId],
            ["aws:CurrentTime"] = [Moment.Seconds(now)],
            ["aws:EpochTime"] = [now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)],
            ["aws:SecureTransport"] = ["false"],
        };
        if (sourceIp is not null)
        {
            context["aws:SourceIp"] = [sourceIp];
        }

        if (caller is AwsPrincipal.RoleSession { FederatedProvider: { } provider })
        {
            context["aws:FederatedProvider"] = [provider];
        }

        foreach (var tag in tags)
        {
            context["aws:PrincipalTag/" + tag.Key] = [tag.Value];
        }

        foreach (var (key, values) in conditions ?? new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal))
        {
            context[key] = values;
        }

        return context;
    }

    private static string Kind(PolicySource? source) =>
        source switch
        {
            PolicySource.Boundary => "permissions boundary",
            PolicySource.Session => "session policy",
            _ => "identity-based policy",
        };

    private static string Article(PolicySource? source) => (source is PolicySource.Identity or null ? "an " : "a ") + Kind(source);
}

/// <summary>The policies that limit a role's sessions.</summary>
internal sealed record RolePolicies(IReadOnlyList<NamedPolicy> Identity, NamedPolicy? Boundary)
{
    /// <summary>Call it with the account's <see cref="AwsAccount.Gate"/> held.</summary>
    public static RolePolicies Of(AwsAccount account, IamRole role) =>
        new(
            [
                .. role.InlinePolicies.Select(policy => new NamedPolicy(policy.Key, PolicyDocument.Parse(policy.Value))),
                .. role.AttachedPolicies.Select(account.FindPolicy).OfType<IamPolicy>().Select(Named),
            ],
            role.PermissionsBoundary is { } arn && account.FindPolicy(arn) is { } boundary ? Named(boundary) : null
        );

    private static NamedPolicy Named(IamPolicy policy) => new(policy.Arn, PolicyDocument.Parse(policy.Document));
}
