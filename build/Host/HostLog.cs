using Cake.Core;
using Cake.Core.Diagnostics;

namespace Build.Host;

/// <summary>
/// Cake's log. Cake announces an exception twice before the run ends of it, and the host then says what it means;
/// so errors are held back, unless asked for, and shown only where nothing else explains the end.
/// </summary>
internal sealed class HostLog(IConsole console) : ICakeLog
{
    private readonly CakeBuildLog _log = new(console);
    private readonly List<string> _errors = [];

    public Verbosity Verbosity
    {
        get => _log.Verbosity;
        set => _log.Verbosity = value;
    }

    public IReadOnlyList<string> Errors => _errors;

    public void Write(Verbosity verbosity, LogLevel level, string format, params object[] args)
    {
        if (level > LogLevel.Error || Verbosity >= Verbosity.Diagnostic)
        {
            _log.Write(verbosity, level, format, args);
        }

        if (level <= LogLevel.Error)
        {
            _errors.Add(args.Length == 0 ? format : string.Format(format, args));
        }
    }
}
