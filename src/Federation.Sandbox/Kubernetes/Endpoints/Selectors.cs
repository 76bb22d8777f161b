using System.Text.Json.Nodes;
using Federation.Sandbox.Kubernetes.Resources;

namespace Federation.Sandbox.Kubernetes.Endpoints;

/// <summary>
/// Selects objects by their labels and fields.
/// See <see href="https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors"/>.
/// </summary>
internal sealed class Selector
{
    private readonly List<Func<JsonObject, bool>> _requirements = [];

    public bool IsEmpty => _requirements.Count == 0;

    public bool Matches(JsonObject value) => _requirements.TrueForAll(requirement => requirement(value));

    /// <param name="name">Selects the object with this name; empty: any.</param>
    /// <exception cref="ApiException">A selector cannot be read, or its field is not selectable.</exception>
    public static Selector Parse(string labels, string fields, ResourceType type, string name = "")
    {
        var selector = new Selector();
        if (name.Length > 0)
        {
            selector._requirements.Add(value => value.Name == name);
        }

        new LabelReader(labels, selector._requirements).Read();
        foreach (var term in fields.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            selector._requirements.Add(FieldRequirement(term, type));
        }

        return selector;
    }

    private static Func<JsonObject, bool> FieldRequirement(string term, ResourceType type)
    {
        var at = term.IndexOf('=', StringComparison.Ordinal);
        if (at < 1)
        {
            throw ApiException.BadRequest($"invalid selector: '{term}'; can't understand '{term}'");
        }

        var negated = term[at - 1] == '!';
        var field = term[..(negated ? at - 1 : at)];
        var expected = term[at..].TrimStart('=');
        Func<JsonObject, string> read = field switch
        {
            "metadata.name" => static value => value.Name,
            "metadata.namespace" when type.Namespaced => static value => value.Namespace,
            _ => type.Strategy.SelectableFields.GetValueOrDefault(field)
                ?? throw ApiException.BadRequest(type.Strategy.UnsupportedField(field)),
        };
        return value => read(value) == expected != negated;
    }

    /// <summary>Reads <c>a=b,c!=d,e in (f,g),h notin (i),j,!k</c>.</summary>
    private sealed class LabelReader(string text, List<Func<JsonObject, bool>> requirements)
    {
        private int _at;

        public void Read()
        {
            while (Peek().Length > 0)
            {
                requirements.Add(Requirement());
                var next = Take();
                if (next is not ("" or ","))
                {
                    throw Unexpected(next, "',' or 'end of string'");
                }
            }
        }

        private Func<JsonObject, bool> Requirement()
        {
            if (Peek() == "!")
            {
                Take();
                var absent = Key();
                return value => Label(value, absent) is null;
            }

            var key = Key();
            switch (Peek())
            {
                case "" or ",":
                    return value => Label(value, key) is not null;
                case "=" or "==":
                    Take();
                    var equal = Value();
                    return value => Label(value, key) == equal;
                case "!=":
                    Take();
                    var unequal = Value();
                    return value => Label(value, key) != unequal;
                case "in":
                    Take();
                    var any = Values();
                    return value => Label(value, key) is { } label && any.Contains(label);
                case "notin":
                    Take();
                    var none = Values();
                    return value => Label(value, key) is not { } label || !none.Contains(label);
                default:
                    throw Unexpected(Peek(), "in, notin, =, ==, !=, gt, lt");
            }
        }

        private string Key()
        {
            var key = Take();
            return Admission.Names.QualifiedName(key) is { } wrong
                ? throw ApiException.BadRequest($"unable to parse requirement: <nil>: Invalid value: {FieldError.Quote(key)}: {wrong}")
                : key;
        }

        private string Value() => Peek() is "" or "," ? "" : Take();

        private HashSet<string> Values()
        {
            if (Take() is var open && open != "(")
            {
                throw Unexpected(open, "'('");
            }

            var values = new HashSet<string>(StringComparer.Ordinal);
            while (true)
            {
                values.Add(Peek() is "," or ")" ? "" : Take());
                switch (Take())
                {
                    case ",":
                        continue;
                    case ")":
                        return values;
                    case var other:
                        throw Unexpected(other, "',' or ')'");
                }
            }
        }

        private string Peek()
        {
            var at = _at;
            var token = Take();
            _at = at;
            return token;
        }

        private string Take()
        {
            while (_at < text.Length && char.IsWhiteSpace(text[_at]))
            {
                _at++;
            }

            var start = _at;
            while (_at < text.Length && !char.IsWhiteSpace(text[_at]) && !"=!(),".Contains(text[_at], StringComparison.Ordinal))
            {
                _at++;
            }

            if (_at == start && _at < text.Length)
            {
                _at += text[_at] is '=' or '!' && _at + 1 < text.Length && text[_at + 1] == '=' ? 2 : 1;
            }

            return text[start.._at];
        }

        private static string? Label(JsonObject value, string key) => value["metadata"]?["labels"]?[key]?.GetValue<string>();

        private static ApiException Unexpected(string found, string expected) =>
            ApiException.BadRequest($"unable to parse requirement: found '{found}', expected: {expected}");
    }
}
