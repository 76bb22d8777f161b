using Cake.Core;

namespace Build.Host;

/// <summary>Cake's console on ours: nothing is coloured where a pipe or a file reads, and a test sees all of it.</summary>
internal sealed class HostConsole(Terminal terminal) : IConsole
{
    public ConsoleColor ForegroundColor { get; set; }

    public ConsoleColor BackgroundColor { get; set; }

    public bool SupportAnsiEscapeCodes => false;

    public void Write(string format, params object[] arg) => Write(string.Format(format, arg));

    public void Write(string value) => terminal.Out.Profile.Out.Writer.Write(value);

    public void WriteLine(string format, params object[] arg) => WriteLine(string.Format(format, arg));

    public void WriteLine(string value) => terminal.Out.Profile.Out.Writer.WriteLine(value);

    public void WriteError(string format, params object[] arg) => WriteError(string.Format(format, arg));

    public void WriteError(string value) => terminal.Error.Profile.Out.Writer.Write(value);

    public void WriteErrorLine(string format, params object[] arg) => WriteErrorLine(string.Format(format, arg));

    public void WriteErrorLine(string value) => terminal.Error.Profile.Out.Writer.WriteLine(value);

    public void ResetColor() { }
}
