using System.Globalization;
using System.Text.RegularExpressions;

namespace EndToEnd.Tests.Agents;

/// <summary>A command as an agent takes it out of a log.</summary>
internal sealed record AgentCommand(string Name, IReadOnlyDictionary<string, string> Properties, string Message);

/// <summary>
/// Logs, outputs and summaries as the agents themselves read them; written from their documentation and their sources, not
/// from ours.
/// </summary>
internal static class AgentLog
{
    /// <summary>
    /// What GitHub's runner would carry out (actions/runner, ActionCommand): <c>::name key=value::message</c> at the start of a
    /// trimmed line, and the older <c>##[name key=value;]message</c> anywhere in one.
    /// </summary>
    public static IReadOnlyList<AgentCommand> GitHub(string log)
    {
        var commands = new List<AgentCommand>();
        foreach (var line in Lines(log))
        {
            var trimmed = line.Trim();
            if (trimmed.StartsWith("::", StringComparison.Ordinal) && trimmed.IndexOf("::", 2, StringComparison.Ordinal) is > 2 and var end)
            {
                var (name, properties) = Head(trimmed[2..end], ',');
                commands.Add(new AgentCommand(name, properties, Unescape(trimmed[(end + 2)..])));
            }
            else if (Seen(line).Contains("##[", StringComparison.Ordinal))
            {
                commands.Add(new AgentCommand("##[", new Dictionary<string, string>(StringComparer.Ordinal), line));
            }
        }

        return commands;
    }

    /// <summary>
    /// What the agent of Azure Pipelines would carry out (azure-pipelines-agent, Command): <c>##vso[name key=value;]message</c>
    /// anywhere in a line, and its formatting commands at the start of one.
    /// </summary>
    public static IReadOnlyList<AgentCommand> Azure(string log)
    {
        var commands = new List<AgentCommand>();
        foreach (var line in Lines(log))
        {
            var seen = Seen(line);
            var match = Regex.Match(
                seen,
                @"##(?<vso>vso)?\[(?<head>[^\]]*)\](?<message>.*)$",
                RegexOptions.IgnoreCase,
                TimeSpan.FromSeconds(5)
            );
            if (match.Success)
            {
                var (name, properties) = Head(match.Groups["head"].Value, ';');
                commands.Add(
                    new AgentCommand(
                        match.Groups["vso"].Success ? name : $"##[{name}]",
                        properties,
                        Unescape(match.Groups["message"].Value)
                    )
                );
            }
        }

        return commands;
    }

    /// <summary>
    /// What GitHub's runner reads out of the file of outputs (actions/runner, FileCommandManager): lines <c>name=value</c>,
    /// and <c>name&lt;&lt;delimiter</c> blocks.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Outputs(string file)
    {
        var outputs = new Dictionary<string, string>(StringComparer.Ordinal);
        var lines = new Queue<string>(file.Split('\n'));
        while (lines.TryDequeue(out var line))
        {
            if (line.Length == 0)
            {
                continue;
            }

            if (
                line.IndexOf("<<", StringComparison.Ordinal) is > 0 and var at
                && (line.IndexOf('=', StringComparison.Ordinal) is var equals && (equals < 0 || at < equals))
            )
            {
                var delimiter = line[(at + 2)..];
                var value = new List<string>();
                while (lines.Dequeue() is var next && next != delimiter)
                {
                    value.Add(next);
                }

                outputs[line[..at]] = string.Join('\n', value);
            }
            else
            {
                var (name, value) = line.Split('=', 2) is [var left, var right]
                    ? (left, right)
                    : throw new FormatException($"Invalid format '{line}'");
                outputs[name] = value;
            }
        }

        return outputs;
    }

    private static IEnumerable<string> Lines(string log)
    {
        using var reader = new StringReader(log);
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    /// <summary>Without what a comparison by culture overlooks.</summary>
    private static string Seen(string line) =>
        string.Concat(line.Where(c => char.GetUnicodeCategory(c) is not (UnicodeCategory.Format or UnicodeCategory.Control)));

    private static (string Name, IReadOnlyDictionary<string, string> Properties) Head(string head, char separator)
    {
        var (name, rest) = head.Split(' ', 2) is [var left, var right] ? (left, right) : (head, "");
        return (
            name,
            rest.Split(separator, StringSplitOptions.RemoveEmptyEntries)
                .Select(property => property.Split('=', 2))
                .ToDictionary(property => property[0], property => Unescape(property.ElementAtOrDefault(1) ?? ""), StringComparer.Ordinal)
        );
    }

    private static string Unescape(string value) =>
        value
            .Replace("%0D", "\r", StringComparison.Ordinal)
            .Replace("%0A", "\n", StringComparison.Ordinal)
            .Replace("%3A", ":", StringComparison.Ordinal)
            .Replace("%2C", ",", StringComparison.Ordinal)
            .Replace("%5D", "]", StringComparison.Ordinal)
            .Replace("%3B", ";", StringComparison.Ordinal)
            .Replace("%25", "%", StringComparison.Ordinal)
            .Replace("%AZP25", "%", StringComparison.Ordinal);
}
