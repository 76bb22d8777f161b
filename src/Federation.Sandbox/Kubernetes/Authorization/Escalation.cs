using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Authentication;
using Federation.Sandbox.Kubernetes.Resources;

namespace Federation.Sandbox.Kubernetes.Authorization;

/// <summary>
/// Refuses roles and bindings that grant what their author may not do, unless the author has the verb <c>escalate</c> or
/// <c>bind</c> for the role.
/// See <see href="https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping"/>.
/// </summary>
internal sealed class Escalation(Authorizer authorizer)
{
    /// <param name="stored">The object before the write, or null. What it grants already may stay.</param>
    /// <exception cref="ApiException">403.</exception>
    public void Check(User user, ResourceType type, string @namespace, JsonObject value, JsonObject? stored)
    {
        if (user.IsMaster)
        {
            return;
        }

        if (type == ResourceTable.Roles || type == ResourceTable.ClusterRoles)
        {
            if (!JsonNode.DeepEquals(value["rules"], stored?["rules"]) && !May(user, "escalate", type, @namespace, value.Name))
            {
                CheckRules(user, type, @namespace, value.Name, value.Items("rules"));
            }
        }
        else if (type == ResourceTable.RoleBindings || type == ResourceTable.ClusterRoleBindings)
        {
            var reference = value["roleRef"];
            var role = reference.Text("kind") == "Role" ? ResourceTable.Roles : ResourceTable.ClusterRoles;
            if (
                !JsonNode.DeepEquals(value["subjects"], stored?["subjects"]) && !May(user, "bind", role, @namespace, reference.Text("name"))
            )
            {
                var rules = authorizer.RoleOf(reference, @namespace) ?? throw ApiException.NotFound(role, reference.Text("name"));
                CheckRules(user, type, @namespace, value.Name, rules.Items("rules"));
            }
        }
    }

    private bool May(User user, string verb, ResourceType type, string @namespace, string name) =>
        authorizer.Decide(user, new AccessQuestion(verb, type.Group, type.Plural, "", @namespace, name)).Allowed;

    private void CheckRules(User user, ResourceType type, string @namespace, string name, IEnumerable<JsonObject> rules)
    {
        JsonObject[] own = [.. authorizer.RulesFor(user, @namespace)];
        string[] missing = [.. rules.SelectMany(Single).Where(rule => !own.Any(held => Covers(held, rule))).Select(Show)];
        if (missing.Length > 0)
        {
            throw ApiException.Forbidden(
                type,
                name,
                $"user {FieldError.Quote(user.Name)} (groups=[{string.Join(' ', user.Groups.Select(FieldError.Quote))}]) "
                    + "is attempting to grant RBAC permissions not currently held:\n"
                    + string.Join('\n', missing)
            );
        }
    }

    // Splits a rule into rules with one permission each.
    private static IEnumerable<JsonObject> Single(JsonObject rule) =>
        from verb in rule.Texts("verbs")
        from permission in rule.Texts("nonResourceURLs")
            .Select(url => new JsonObject { ["verbs"] = new JsonArray(verb), ["nonResourceURLs"] = new JsonArray(url) })
            .Concat(
                from @group in rule.Texts("apiGroups")
                from resource in rule.Texts("resources")
                from named in rule.Texts("resourceNames").DefaultIfEmpty("")
                select Permission(verb, @group, resource, named)
            )
        select permission;

    private static JsonObject Permission(string verb, string group, string resource, string named)
    {
        var rule = new JsonObject
        {
            ["verbs"] = new JsonArray(verb),
            ["apiGroups"] = new JsonArray(group),
            ["resources"] = new JsonArray(resource),
        };
        if (named.Length > 0)
        {
            rule["resourceNames"] = new JsonArray(named);
        }

        return rule;
    }

    private static bool Covers(JsonObject held, JsonObject wanted) =>
        CoversAll(held, wanted, "verbs")
        && (
            wanted.Texts("nonResourceURLs").Any()
                ? wanted
                    .Texts("nonResourceURLs")
                    .All(url =>
                        held.Texts("nonResourceURLs")
                            .Any(known => known == url || (known.EndsWith('*') && url.StartsWith(known[..^1], StringComparison.Ordinal)))
                    )
                : CoversAll(held, wanted, "apiGroups")
                    && CoversAll(held, wanted, "resources")
                    && (
                        !held.Texts("resourceNames").Any()
                        || (
                            wanted.Texts("resourceNames").Any()
                            && wanted.Texts("resourceNames").All(name => held.Texts("resourceNames").Contains(name, StringComparer.Ordinal))
                        )
                    )
        );

    private static bool CoversAll(JsonObject held, JsonObject wanted, string field) =>
        wanted.Texts(field).All(item => held.Texts(field).Any(known => known == "*" || known == item));

    // In Go's notation of a PolicyRule.
    private static string Show(JsonObject rule)
    {
        string[] fields = ["apiGroups", "resources", "resourceNames", "nonResourceURLs", "verbs"];
        string[] titles = ["APIGroups", "Resources", "ResourceNames", "NonResourceURLs", "Verbs"];
        return "{"
            + string.Join(
                ", ",
                fields
                    .Zip(titles)
                    .Where(pair => rule[pair.First] is not null)
                    .Select(pair => $"{pair.Second}:[{string.Join(' ', rule.Texts(pair.First).Select(FieldError.Quote))}]")
            )
            + "}";
    }
}
