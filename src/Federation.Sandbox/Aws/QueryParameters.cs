using System.Globalization;
using System.Text.RegularExpressions;

namespace Federation.Sandbox.Aws;

/// <summary>
/// The parameters of a call in AWS's query protocol: <c>Name=value</c>, lists as <c>Name.member.1</c>, structures with
/// a dot. A value that violates the service model's limits is a <c>ValidationError</c>.
/// </summary>
internal sealed partial class QueryParameters(IReadOnlyDictionary<string, string> form)
{
    public string? this[string name] => form.GetValueOrDefault(name);

    /// <summary>A value that must be there. See <see cref="Optional"/> for the limits.</summary>
    public string Required(string name, int min = 1, int max = int.MaxValue, Regex? pattern = null) =>
        Optional(name, min, max, pattern)
        ?? throw AwsException.Validation(
            $"1 validation error detected: Value null at '{Member(name)}' failed to satisfy constraint: Member must not be null"
        );

    /// <summary>A value, or null.</summary>
    /// <param name="min">The smallest length, in characters.</param>
    /// <param name="max">The largest length, in characters.</param>
    /// <param name="pattern">Matches the whole of a valid value.</param>
    public string? Optional(string name, int min = 0, int max = int.MaxValue, Regex? pattern = null)
    {
        if (!form.TryGetValue(name, out var value))
        {
            return null;
        }

        Check(Member(name), value, min, max, pattern);
        return value;
    }

    public int? Number(string name, int min, int max)
    {
        if (!form.TryGetValue(name, out var text))
        {
            return null;
        }

        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
        {
            throw new AwsException("MalformedInput", $"'{text}' is not a number for {name}");
        }

        return value < min ? throw AwsException.Constraint(Member(name), text, $"Member must have value greater than or equal to {min}")
            : value > max ? throw AwsException.Constraint(Member(name), text, $"Member must have value less than or equal to {max}")
            : value;
    }

    public IReadOnlyList<string> List(string name, int min = 0, int max = int.MaxValue)
    {
        var values = new List<string>();
        while (form.TryGetValue($"{name}.member.{values.Count + 1}", out var value))
        {
            Check(Member(name), value, min, max, pattern: null);
            values.Add(value);
        }

        return values;
    }

    /// <summary>A list of structures. Each is a function from a member's name to its value.</summary>
    public IEnumerable<Func<string, string?>> Structures(string name)
    {
        var start = name + ".member.";
        var indexes = form
            .Keys.Where(key => key.StartsWith(start, StringComparison.Ordinal))
            .Select(key => key[start.Length..].Split('.')[0])
            .ToHashSet(StringComparer.Ordinal);
        for (var index = 1; indexes.Contains(index.ToString(CultureInfo.InvariantCulture)); index++)
        {
            var prefix = $"{start}{index}.";
            yield return member => form.GetValueOrDefault(prefix + member);
        }
    }

    /// <summary>The tags of a call: at most 50, with keys that are unique ignoring case and do not start with <c>aws:</c>.</summary>
    public IReadOnlyList<IamTag> Tags()
    {
        var tags = new List<IamTag>();
        var keys = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var member in Structures("Tags"))
        {
            var (key, value) = (member("Key") ?? "", member("Value") ?? "");
            Check("tags." + (tags.Count + 1) + ".member.key", key, 1, 128, TagText());
            Check("tags." + (tags.Count + 1) + ".member.value", value, 0, 256, TagText());
            if (key.StartsWith("aws:", StringComparison.OrdinalIgnoreCase))
            {
                throw AwsException.InvalidInput("Tag keys beginning with 'aws:' are reserved for system use.");
            }

            if (!keys.Add(key))
            {
                throw AwsException.InvalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
            }

            tags.Add(new IamTag(key, value));
        }

        return tags.Count <= IamLimits.Tags
            ? tags
            : throw AwsException.Constraint(
                "tags",
                "[" + string.Join(", ", tags.Select(tag => tag.Key)) + "]",
                $"Member must have length less than or equal to {IamLimits.Tags}"
            );
    }

    private static void Check(string member, string value, int min, int max, Regex? pattern)
    {
        if (value.Length < min)
        {
            throw AwsException.Constraint(member, value, $"Member must have length greater than or equal to {min}");
        }

        if (value.Length > max)
        {
            // The value is cut: it is long, and may be a token.
            var start = value[..Math.Min(16, max)] + "…";
            throw AwsException.Constraint(member, start, $"Member must have length less than or equal to {max}");
        }

        if (pattern is not null && !pattern.IsMatch(value))
        {
            throw AwsException.Constraint(
                member,
                value,
                "Member must satisfy regular expression pattern: "
                    + pattern.ToString().TrimStart('^').Replace("\\z", "", StringComparison.Ordinal)
            );
        }
    }

    private static string Member(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    [GeneratedRegex(@"^[\p{L}\p{Z}\p{N}_.:/=+\-@]*\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TagText();
}
