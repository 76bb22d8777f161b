using Build.Targets;
using Cake.Core.Diagnostics;
using Federation.Findings;

namespace Build.Host;

/// <summary>
/// The arguments after checking. Cake takes any <c>--key=value</c> it does not know for a task's own, so that a
/// misspelt <c>--confg</c> would go unnoticed, and answers a wrong value with its own words and code.
/// </summary>
public sealed class CommandLine
{
    private readonly List<(Argument Argument, string? Value)> _given = [];

    private CommandLine() { }

    public bool Help => Has(Arguments.Help);

    public Verbosity Verbosity =>
        ValueOf(Arguments.Verbosity) is { } level && VerbosityParser.TryParse(level, out var verbosity) ? verbosity : Verbosity.Normal;

    public IEnumerable<string> Targets => _given.Where(given => given.Argument == Arguments.Target).Select(given => given.Value!);

    /// <summary>Rewritten as <c>--name=value</c>, the only form that Cake's own parser reads unambiguously.</summary>
    public IEnumerable<string> Normalised =>
        _given.Select(given => given.Value is null ? $"--{given.Argument.Name}" : $"--{given.Argument.Name}={given.Value}");

    /// <exception cref="FindingException">FED8013 for each argument that is wrong.</exception>
    public static CommandLine Parse(IEnumerable<string> args, IReadOnlyCollection<string> targets)
    {
        var line = new CommandLine();
        var findings = new List<Finding>();
        var rest = new Queue<string>(args);
        while (rest.TryDequeue(out var token))
        {
            if (line.Read(token, rest, targets) is { } finding)
            {
                findings.Add(finding);
            }
        }
        if (findings.Count > 0)
        {
            throw new FindingException(findings);
        }

        if (!line.Has(Arguments.Target))
        {
            line._given.Insert(0, (Arguments.Target, TargetTable.Default.Name));
        }

        return line;
    }

    /// <summary>The argument of that name is given.</summary>
    public bool Has(string name) => _given.Exists(given => given.Argument.Name == name);

    public string? ValueOf(string name) => _given.Find(given => given.Argument.Name == name).Value;

    /// <summary>The values by the argument's name; a switch that is given has an empty one.</summary>
    public ILookup<string, string> Values =>
        _given.ToLookup(given => given.Argument.Name, given => given.Value ?? "", StringComparer.Ordinal);

    /// <summary>The same with other targets, each once.</summary>
    public CommandLine With(Func<string, string> target)
    {
        var line = new CommandLine();
        line._given.AddRange(
            _given.Select(given => given.Argument == Arguments.Target ? (given.Argument, target(given.Value!)) : given).Distinct()
        );
        return line;
    }

    private bool Has(Argument argument) => _given.Exists(given => given.Argument == argument);

    private string? ValueOf(Argument argument) => _given.Find(given => given.Argument == argument).Value;

    private Finding? Read(string token, Queue<string> rest, IReadOnlyCollection<string> targets)
    {
        if (!token.StartsWith('-'))
        {
            return Invalid(
                $"'{token}' is not an argument: arguments begin with --.",
                targets.Contains(token, StringComparer.OrdinalIgnoreCase) ? $"Write --target={token}." : "See --help for all arguments."
            );
        }

        var (name, value) = token.Split('=', 2) is [var left, var right] ? (left, right) : (token, null);
        var argument = Arguments.All.FirstOrDefault(known =>
            string.Equals(name, $"--{known.Name}", StringComparison.Ordinal)
            || (known.Letter is { } letter && string.Equals(name, $"-{letter}", StringComparison.Ordinal))
        );
        if (argument is null)
        {
            var meant = NearMiss.Find(name.TrimStart('-'), Arguments.All.Select(known => known.Name));
            return Invalid(
                $"There is no argument {name}.",
                meant is null ? "See --help for all arguments." : $"Did you mean --{meant}? See --help for all arguments."
            );
        }

        if (argument.Value is null)
        {
            return ReadSwitch(argument, value);
        }

        if (value is null && rest.TryPeek(out var next) && !next.StartsWith("--", StringComparison.Ordinal))
        {
            value = rest.Dequeue();
        }

        if (string.IsNullOrEmpty(value))
        {
            return Invalid($"--{argument.Name} needs a value.", $"Write --{argument.Name}={argument.Value}.");
        }

        if (!argument.Repeatable && Has(argument))
        {
            return Invalid($"--{argument.Name} is given twice, as '{ValueOf(argument)}' and as '{value}'.", "Give it once.");
        }

        _given.Add((argument, value));
        return ReasonAgainst(argument, value, targets);
    }

    private Finding? ReadSwitch(Argument argument, string? value)
    {
        switch (value?.ToUpperInvariant())
        {
            case null or "TRUE":
                if (!Has(argument))
                {
                    _given.Add((argument, null));
                }

                return null;
            case "FALSE":
                return null;
            default:
                return Invalid(
                    $"--{argument.Name}={value} is neither true nor false.",
                    $"Write --{argument.Name}=true or --{argument.Name}=false."
                );
        }
    }

    private static Finding? ReasonAgainst(Argument argument, string value, IReadOnlyCollection<string> targets)
    {
        if (argument == Arguments.Target && !targets.Contains(value, StringComparer.OrdinalIgnoreCase))
        {
            var meant = NearMiss.Find(value, targets);
            return Invalid(
                $"There is no target '{value}'.",
                $"{(meant is null ? "" : $"Did you mean '{meant}'? ")}Targets: {string.Join(", ", targets)}."
            );
        }
        if (argument == Arguments.Verbosity && !VerbosityParser.TryParse(value, out _))
        {
            return Invalid($"'{value}' is not a verbosity.", "It is one of quiet, minimal, normal, verbose and diagnostic.");
        }

        return null;
    }

    private static Finding Invalid(string cause, string fix) =>
        new()
        {
            Code = FindingCodes.ArgumentInvalid,
            Cause = cause,
            Fix = fix,
        };
}
