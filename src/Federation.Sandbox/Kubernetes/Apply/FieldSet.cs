using System.Text;
using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Schemas;

namespace Federation.Sandbox.Kubernetes.Apply;

/// <summary>
/// A set of paths into an object, as <c>managedFields</c> writes them (FieldsV1): <c>f:name</c> is a field,
/// <c>k:{…}</c> an item by its keys, <c>v:…</c> an item of a set, and <c>.</c> the node itself.
/// </summary>
internal sealed class FieldSet
{
    private readonly SortedDictionary<string, FieldSet> _children = new(StringComparer.Ordinal);

    /// <summary>Whether the node itself belongs to the set, not only what is below it.</summary>
    public bool IsMember { get; set; }

    public bool IsEmpty => !IsMember && _children.Values.All(static child => child.IsEmpty);

    public IEnumerable<KeyValuePair<string, FieldSet>> Children => _children;

    public FieldSet? Find(string element) => _children.GetValueOrDefault(element);

    /// <summary>The child for an element, created if there is none.</summary>
    public FieldSet At(string element)
    {
        if (!_children.TryGetValue(element, out var child))
        {
            _children[element] = child = new FieldSet();
        }

        return child;
    }

    public FieldSet Union(FieldSet other)
    {
        var result = new FieldSet { IsMember = IsMember || other.IsMember };
        foreach (var (element, child) in _children)
        {
            result._children[element] = other.Find(element) is { } match ? child.Union(match) : child;
        }

        foreach (var (element, child) in other._children)
        {
            result._children.TryAdd(element, child);
        }

        return result;
    }

    public FieldSet Difference(FieldSet other) => Combine(other, static (mine, theirs) => mine && !theirs);

    public FieldSet Intersection(FieldSet other) => Combine(other, static (mine, theirs) => mine && theirs);

    /// <summary>This set without a path and everything below it.</summary>
    public FieldSet Without(params ReadOnlySpan<string> path)
    {
        var result = new FieldSet { IsMember = IsMember };
        foreach (var (element, child) in _children)
        {
            if (element != path[0])
            {
                result._children[element] = child;
            }
            else if (path.Length > 1 && child.Without(path[1..]) is { IsEmpty: false } rest)
            {
                result._children[element] = rest;
            }
        }

        return result;
    }

    /// <summary>The members in the notation of conflict messages: <c>.spec.containers[name="main"].image</c>.</summary>
    public IEnumerable<string> Paths(string prefix = "")
    {
        if (IsMember)
        {
            yield return prefix;
        }

        foreach (var path in _children.SelectMany(child => child.Value.Paths(prefix + Show(child.Key))))
        {
            yield return path;
        }
    }

    public JsonObject ToJson()
    {
        var json = new JsonObject();
        foreach (var (element, child) in _children.Where(static child => !child.Value.IsEmpty))
        {
            var inner = child.ToJson();
            if (child.IsMember && inner.Count > 0)
            {
                inner.Insert(0, ".", new JsonObject());
            }

            json[element] = inner;
        }

        return json;
    }

    /// <exception cref="FormatException">The text, which clients may send too, is not FieldsV1.</exception>
    public static FieldSet Parse(JsonObject json)
    {
        var set = new FieldSet();
        foreach (var (element, inner) in json)
        {
            if (element == ".")
            {
                set.IsMember = true;
            }
            else if (inner is JsonObject below && IsElement(element))
            {
                var child = Parse(below);
                child.IsMember |= below.Count == 0;
                set._children[element] = child;
            }
            else
            {
                throw new FormatException($"{element} is not an element of a path");
            }
        }

        return set;
    }

    private static bool IsElement(string element)
    {
        if (element is not (['f' or 'i', ':', ..] or ['k' or 'v', ':', _, ..]))
        {
            return false;
        }

        // Keys and values are JSON.
        return element[0] is 'f' or 'i'
            || (JsonReading.Parse(Encoding.UTF8.GetBytes(element[2..])) is var node && (element[0] == 'v' || node is JsonObject));
    }

    private FieldSet Combine(FieldSet other, Func<bool, bool, bool> keep)
    {
        var result = new FieldSet { IsMember = keep(IsMember, other.IsMember) };
        foreach (var (element, child) in _children)
        {
            var combined = child.Combine(other.Find(element) ?? new FieldSet(), keep);
            if (!combined.IsEmpty)
            {
                result._children[element] = combined;
            }
        }

        return result;
    }

    private static string Show(string element) =>
        element[0] switch
        {
            'f' => "." + element[2..],
            'v' => $"[={element[2..]}]",
            'i' => $"[{element[2..]}]",
            _ => "["
                + string.Join(
                    ',',
                    ((JsonObject)JsonNode.Parse(element[2..])!).Select(static key => $"{key.Key}={key.Value?.ToJsonString() ?? "null"}")
                )
                + "]",
        };
}
