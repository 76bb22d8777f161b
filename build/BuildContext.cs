using Build.Host;
using Cake.Core;
using Cake.Frosting;
using Spectre.Console;

namespace Build;

/// <summary>
/// What every target is handed. Cake makes it before the first target runs, whichever that is, and for a dry run
/// too: so it holds things, and finds or reads none.
/// </summary>
public sealed class BuildContext(ICakeContext context, Terminal terminal, Interruption interruption) : FrostingContext(context)
{
    /// <summary>For what the target has to say.</summary>
    public IAnsiConsole Console => terminal.Out;

    /// <summary>Cancelled when the process is told to end; the target then cleans up within <see cref="Interruption.Grace"/>.</summary>
    public CancellationToken CancellationToken => interruption.Token;
}
