using System.Text;
using System.Text.RegularExpressions;
using Cake.Common.Build;

namespace Build.Agents;

/// <summary>
/// Writes lines to the log of a build agent so that none can be read as one of its commands: they may contain text from a
/// pod, a cloud or a configuration. Intended commands bypass it, each on a separate line.
/// </summary>
/// <remarks>
/// GitHub's runner reads <c>::command::</c> at the start of a line, blanks aside, and <c>##[command]</c> anywhere in
/// one ("Workflow commands for GitHub Actions"; actions/runner, ActionCommand.cs); the agent of Azure Pipelines reads
/// <c>##vso[command]</c> anywhere ("Logging commands"). To both a carriage return ends a line as well.
/// </remarks>
internal sealed partial class CommandGuard(TextWriter log) : TextWriter, IBuildSystemServiceMessageWriter
{
    private readonly Lock _gate = new();
    private readonly StringBuilder _line = new();
    private bool _returned;

    public override Encoding Encoding => log.Encoding;

    public override void Write(char value)
    {
        lock (_gate)
        {
            Take(value);
        }
    }

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(ReadOnlySpan<char> buffer)
    {
        lock (_gate)
        {
            foreach (var c in buffer)
            {
                Take(c);
            }
        }
    }

    public override void Write(string? value) => Write(value.AsSpan());

    /// <summary>Writes a command.</summary>
    void IBuildSystemServiceMessageWriter.Write(string format, params object[] args)
    {
        lock (_gate)
        {
            EndLine();
            log.WriteLine(args.Length == 0 ? format : string.Format(format, args));
        }
    }

    /// <summary>Ends the line that is under way. Until then nothing of it is written: its beginning alone would go unread.</summary>
    public void EndLine()
    {
        lock (_gate)
        {
            if (_line.Length > 0)
            {
                Emit();
            }
        }
    }

    private void Take(char value)
    {
        if (value is not ('\n' or '\r'))
        {
            _line.Append(value);
        }
        else if (value == '\r' || !_returned)
        {
            Emit();
        }

        _returned = value == '\r';
    }

    private void Emit()
    {
        log.WriteLine(WithoutCommands(_line.ToString()));
        _line.Clear();
    }

    /// <summary>
    /// The line as it can be shown: signs that nobody sees are replaced, and what would be a command gets a backslash into
    /// it.
    /// </summary>
    internal static string WithoutCommands(string line) =>
        CommandAnywhere()
            .Replace(
                CommandAtStart().Replace(Unseen().Replace(line, sign => sign.Length > 1 ? sign.Value : "\uFFFD"), @"${before}\::"),
                @"##\"
            );

    /// <summary>Control and format characters, which a comparison by culture would overlook; colours stay.</summary>
    [GeneratedRegex(@"\x1b\[[0-9;]*m|[\p{Cc}\p{Cf}-[\t]]", RegexOptions.None, 1000)]
    private static partial Regex Unseen();

    [GeneratedRegex(@"^(?<before>(?:\s|\x1b\[[0-9;]*m)*)::", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CommandAtStart();

    [GeneratedRegex(@"##(?=(?:vso)?\x1b?\[)", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex CommandAnywhere();
}
