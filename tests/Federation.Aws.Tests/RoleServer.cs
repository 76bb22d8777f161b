using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Federation.Policies;

namespace Federation.Aws.Tests;

/// <summary>An IAM that has the one role, and lets the test interfere.</summary>
internal sealed class RoleServer : IDisposable
{
    public RoleServer(ImmutableSortedDictionary<string, string> tags, params string[] statements)
    {
        Tags = new SortedDictionary<string, string>(tags, StringComparer.Ordinal) { ["cost-centre"] = "42" };
        Trust = Policy(statements);
        Endpoint = new Endpoint(Reply);
    }

    public Endpoint Endpoint { get; }

    public SortedDictionary<string, string> Tags { get; }

    public Dictionary<string, string> Policies { get; } = new(StringComparer.Ordinal);

    public string Trust { get; set; }

    public DateTimeOffset? Created { get; init; }

    /// <summary>Outdated trust policies, answered first in place of the present one.</summary>
    public Queue<string> Stale { get; } = [];

    /// <summary>Called with each trust policy that is written.</summary>
    public Action<string> Written { get; set; } = _ => { };

    /// <summary>How many more writes are allowed; then each is refused, as where a run was killed.</summary>
    public int WritesLeft { get; set; } = int.MaxValue;

    public static string Policy(params string[] statements) =>
        $$"""{"Version":"2012-10-17","Statement":[{{string.Join(',', statements)}}]}""";

    public IEnumerable<string?> Sids => LiveTrust.Parse(Trust).Statements.Select(statement => statement.Sid);

    public string? SubjectOf(string sid) =>
        JsonNode.Parse(Trust)!["Statement"]!.AsArray().Single(statement => (string?)statement!["Sid"] == sid)!["Condition"]![
            "StringEquals"
        ]![Given.Cluster.IssuerPath + ":sub"]!.GetValue<string>();

    public void Dispose() => Endpoint.Dispose();

    private Answer Reply(IReadOnlyDictionary<string, string> request)
    {
        var action = request["Action"];
        var writes = !action.StartsWith("Get", StringComparison.Ordinal) && !action.StartsWith("List", StringComparison.Ordinal);
        if (writes && WritesLeft-- <= 0)
        {
            return Answer.Error(403, "AccessDenied");
        }

        switch (action)
        {
            case "GetRole":
                return Answer.Ok(
                    action,
                    "<Role><Path>/</Path><RoleName>gke-exports</RoleName><RoleId>AROA1</RoleId><Arn>a</Arn>"
                        + "<Description>For exports.</Description>"
                        + (Created is { } created ? $"<CreateDate>{created.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}</CreateDate>" : "")
                        + "<AssumeRolePolicyDocument>"
                        + Uri.EscapeDataString(Stale.TryDequeue(out var stale) ? stale : Trust)
                        + "</AssumeRolePolicyDocument><Tags>"
                        + string.Concat(Tags.Select(tag => $"<member><Key>{tag.Key}</Key><Value>{tag.Value}</Value></member>"))
                        + "</Tags></Role>"
                );
            case "ListRolePolicies":
                return Answer.Ok(
                    action,
                    $"<PolicyNames>{string.Concat(Policies.Keys.Select(name => $"<member>{name}</member>"))}</PolicyNames>"
                );
            case "GetRolePolicy":
                return Answer.Ok(action, $"<PolicyDocument>{Uri.EscapeDataString(Policies[request["PolicyName"]])}</PolicyDocument>");
            case "PutRolePolicy":
                Policies[request["PolicyName"]] = request["PolicyDocument"];
                break;
            case "UpdateAssumeRolePolicy":
                Trust = request["PolicyDocument"];
                Written(Trust);
                break;
            case "TagRole":
                for (var n = 1; request.TryGetValue($"Tags.member.{n}.Key", out var key); n++)
                {
                    Tags[key] = request[$"Tags.member.{n}.Value"];
                }

                break;
            case "UntagRole":
                for (var n = 1; request.TryGetValue($"TagKeys.member.{n}", out var key); n++)
                {
                    Tags.Remove(key);
                }

                break;
        }

        return Answer.Ok(action);
    }
}
