using System.Text.RegularExpressions;
using Build.Targets;

namespace Build.Agents;

/// <summary>Says in inputs of the step what a finding says in arguments of the host.</summary>
internal static partial class StepWording
{
    private const string ArgumentPattern = """(?<![\w-])--(?<name>[a-z]+(-[a-z]+)*)(=(?<value>"[^"]*"|[^\s`]*[^\s`.,:;)]))?""";

    /// <summary>
    /// The text with <c>`target: Apply`</c> for <c>--target=Apply</c>. Code that begins with something else is a command of another
    /// tool, and stays; so does what the step has no input for.
    /// </summary>
    /// <param name="nameOf">What an input is called where the run happens.</param>
    public static string WithInputs(string text, Func<StepInput, string> nameOf) =>
        CodeOrArgument().Replace(text, match => (match.Value[0] == '`' ? Code(match.Value, nameOf) : Input(match, nameOf)) ?? match.Value);

    /// <summary>Code as inputs; null where not all of it is.</summary>
    private static string? Code(string code, Func<StepInput, string> nameOf)
    {
        var inputs = Argument().Matches(code).Select(argument => Input(argument, nameOf)).ToArray();
        return code.StartsWith("`--", StringComparison.Ordinal) && Array.TrueForAll(inputs, input => input is not null)
            ? string.Join(" ", inputs)
            : null;
    }

    /// <summary>An argument as an input; null where the step has none for it.</summary>
    private static string? Input(Match argument, Func<StepInput, string> nameOf)
    {
        var input = StepContract.Inputs.FirstOrDefault(known => known.Name == argument.Groups["name"].Value);
        var value = argument.Groups["value"];
        if (input is null || (input == StepContract.Target && TargetTable.Find(value.Value) is { IsInStep: false }))
        {
            return null;
        }

        var written =
            value.Success ? $": {value.Value}"
            : input.IsSwitch ? ": true"
            : "";
        return $"`{nameOf(input)}{written}`";
    }

    [GeneratedRegex("`[^`]*`|" + ArgumentPattern, RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CodeOrArgument();

    [GeneratedRegex(ArgumentPattern, RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Argument();
}
