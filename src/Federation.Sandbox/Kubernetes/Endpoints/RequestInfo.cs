using Microsoft.AspNetCore.Http;

namespace Federation.Sandbox.Kubernetes.Endpoints;

/// <summary>The subject of a request, by its method and address.</summary>
/// <param name="Verb">
/// As in authorization: <c>get</c>, <c>list</c>, <c>watch</c>, <c>create</c>, …; for a path that is not a resource, the method.
/// </param>
/// <param name="IsResource">False for paths such as <c>/version</c>.</param>
internal sealed record RequestInfo(
    string Path,
    string Verb,
    bool IsResource,
    string Group = "",
    string Version = "",
    string Namespace = "",
    string Resource = "",
    string Name = "",
    string Subresource = ""
)
{
    public bool IsWrite => Verb is "create" or "update" or "patch" or "delete" or "deletecollection";

    public static RequestInfo Parse(HttpRequest request)
    {
        var path = request.Path.Value ?? "/";
        var verb = request.Method.ToLowerInvariant();
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var (group, version, rest) = parts switch
        {
            ["api", var core, .. var tail] => ("", core, tail),
            ["apis", var named, var of, .. var tail] => (named, of, tail),
            _ => ("", "", []),
        };
        if (rest.Length == 0)
        {
            return new RequestInfo(path, verb, IsResource: false);
        }

        // The older form of a watch has a path of its own.
        var watch =
            rest[0] == "watch" || string.Equals(request.Query["watch"], "true", StringComparison.Ordinal) || request.Query["watch"] == "1";
        rest = rest[0] == "watch" ? rest[1..] : rest;
        var @namespace = "";
        if (rest is ["namespaces", var within, _, ..] && rest is not ["namespaces", _, "status" or "finalize"])
        {
            @namespace = within;
            rest = rest[2..];
        }

        var resource = rest.Length > 0 ? rest[0] : "";
        var name = rest.Length > 1 ? rest[1] : "";
        var subresource = rest.Length > 2 ? string.Join('/', rest[2..]) : "";
        if (resource == "namespaces" && group.Length == 0)
        {
            @namespace = name;
        }

        verb = request.Method switch
        {
            "POST" => "create",
            "PUT" => "update",
            "PATCH" => "patch",
            "DELETE" => name.Length > 0 ? "delete" : "deletecollection",
            "GET" or "HEAD" when subresource.Length == 0 && watch => "watch",
            "GET" or "HEAD" => name.Length > 0 ? "get" : "list",
            _ => verb,
        };
        return new RequestInfo(path, verb, IsResource: true, group, version, @namespace, resource, name, subresource);
    }
}
