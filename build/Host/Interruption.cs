using System.Runtime.InteropServices;
using Federation.Findings;

namespace Build.Host;

/// <summary>
/// SIGINT and SIGTERM as a cancellation: tasks see the token and have <see cref="Grace"/> to clean up. If they take longer,
/// or at a second signal, the process ends at once.
/// </summary>
public sealed class Interruption : IDisposable
{
    /// <summary>
    /// Under the 7.5 s after which the GitHub Actions runner follows SIGINT with SIGTERM, and the 10 s that
    /// <c>docker stop</c> leaves.
    /// </summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(7);

    private readonly CancellationTokenSource _source = new();
    private readonly List<IDisposable> _registrations = [];

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>130 after SIGINT, 143 after SIGTERM, null while neither came.</summary>
    public int? ExitCode { get; private set; }

    /// <summary>An interruption that the process's signals bring about.</summary>
    public static Interruption OnSignals()
    {
        var interruption = new Interruption();
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM])
        {
            interruption._registrations.Add(
                PosixSignalRegistration.Create(
                    signal,
                    context =>
                    {
                        context.Cancel = true;
                        interruption.End(signal);
                    }
                )
            );
        }
        return interruption;
    }

    /// <summary>Does what the signal would do, its deadline aside.</summary>
    public void Interrupt(PosixSignal signal)
    {
        ExitCode ??= signal == PosixSignal.SIGTERM ? ExitCodes.Terminated : ExitCodes.Interrupted;
        _source.Cancel();
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }

    private void End(PosixSignal signal)
    {
        if (ExitCode is { } again)
        {
            Environment.Exit(again);
        }

        var deadline = new Timer(_ => Environment.Exit(ExitCode!.Value), state: null, Grace, Timeout.InfiniteTimeSpan);
        _registrations.Add(deadline);
        Interrupt(signal);
    }
}
