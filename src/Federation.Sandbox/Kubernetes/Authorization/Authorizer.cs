using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Authentication;
using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Storage;

namespace Federation.Sandbox.Kubernetes.Authorization;

/// <summary>An action on a resource, or on a path that is not a resource.</summary>
internal sealed record AccessQuestion(
    string Verb,
    string Group = "",
    string Resource = "",
    string Subresource = "",
    string Namespace = "",
    string Name = "",
    string Path = ""
);

internal sealed record AccessAnswer(bool Allowed, string Reason);

/// <summary>
/// Role-based access control by the stored roles and bindings. Members of <c>system:masters</c> may do everything.
/// See <see href="https://kubernetes.io/docs/reference/access-authn-authz/rbac/"/>.
/// </summary>
internal sealed class Authorizer(ObjectStore store)
{
    public AccessAnswer Decide(User user, AccessQuestion question)
    {
        if (user.IsMaster)
        {
            return new AccessAnswer(Allowed: true, "");
        }

        foreach (var binding in store.List(ResourceTable.ClusterRoleBindings, "").Objects)
        {
            if (Grants(binding, "", user, question) is { } reason)
            {
                return new AccessAnswer(Allowed: true, reason);
            }
        }

        if (question.Namespace.Length > 0)
        {
            foreach (var binding in store.List(ResourceTable.RoleBindings, question.Namespace).Objects)
            {
                if (Grants(binding, question.Namespace, user, question) is { } reason)
                {
                    return new AccessAnswer(Allowed: true, reason);
                }
            }
        }

        return new AccessAnswer(Allowed: false, "");
    }

    /// <summary>All rules of a user, cluster-wide and in a namespace.</summary>
    public IEnumerable<JsonObject> RulesFor(User user, string @namespace)
    {
        var bindings = store.List(ResourceTable.ClusterRoleBindings, "").Objects.Select(static binding => (binding, Namespace: ""));
        if (@namespace.Length > 0)
        {
            bindings = bindings.Concat(
                store.List(ResourceTable.RoleBindings, @namespace).Objects.Select(binding => (binding, Namespace: @namespace))
            );
        }

        return bindings
            .Where(entry => entry.binding.Items("subjects").Any(subject => Matches(subject, entry.Namespace, user)))
            .SelectMany(entry => RoleOf(entry.binding["roleRef"], entry.Namespace).Items("rules"));
    }

    /// <summary>The role that a <c>roleRef</c> in a namespace refers to; null if it does not exist.</summary>
    public JsonObject? RoleOf(JsonNode? reference, string @namespace) =>
        reference.Text("kind") == "Role"
            ? store.Find(ResourceTable.Roles, @namespace, reference.Text("name"))
            : store.Find(ResourceTable.ClusterRoles, "", reference.Text("name"));

    private string? Grants(JsonObject binding, string @namespace, User user, AccessQuestion question)
    {
        if (binding.Items("subjects").FirstOrDefault(subject => Matches(subject, @namespace, user)) is not { } subject)
        {
            return null;
        }

        var (roleKind, roleName) = (binding["roleRef"].Text("kind"), binding["roleRef"].Text("name"));
        if (RoleOf(binding["roleRef"], @namespace) is not { } role || !role.Items("rules").Any(rule => Allows(rule, question)))
        {
            return null;
        }

        var bindingName = @namespace.Length > 0 ? $"{binding.Name}/{@namespace}" : binding.Name;
        var subjectName =
            subject.Text("kind") == "ServiceAccount" ? $"{subject.Text("name")}/{subject.Text("namespace")}" : subject.Text("name");
        return $"RBAC: allowed by {binding.Text("kind")} \"{bindingName}\" of {roleKind} \"{roleName}\" to "
            + $"{subject.Text("kind")} \"{subjectName}\"";
    }

    private static bool Matches(JsonObject subject, string @namespace, User user) =>
        subject.Text("kind") switch
        {
            "User" => subject.Text("name") == user.Name,
            "Group" => user.Groups.Contains(subject.Text("name"), StringComparer.Ordinal),
            "ServiceAccount" => user.Name
                == $"system:serviceaccount:{(subject.Text("namespace") is { Length: > 0 } own ? own : @namespace)}:{subject.Text("name")}",
            _ => false,
        };

    private static bool Allows(JsonObject rule, AccessQuestion question)
    {
        if (!Contains(rule, "verbs", question.Verb))
        {
            return false;
        }

        if (question.Path.Length > 0)
        {
            return rule.Texts("nonResourceURLs")
                .Any(url => url == question.Path || (url.EndsWith('*') && question.Path.StartsWith(url[..^1], StringComparison.Ordinal)));
        }

        var resource = question.Subresource.Length > 0 ? $"{question.Resource}/{question.Subresource}" : question.Resource;
        return Contains(rule, "apiGroups", question.Group)
            && (
                Contains(rule, "resources", resource)
                || (
                    question.Subresource.Length > 0 && rule.Texts("resources").Contains("*/" + question.Subresource, StringComparer.Ordinal)
                )
            )
            && (!rule.Texts("resourceNames").Any() || rule.Texts("resourceNames").Contains(question.Name, StringComparer.Ordinal));
    }

    private static bool Contains(JsonObject rule, string field, string value) =>
        rule.Texts(field).Any(item => item == "*" || item == value);
}
