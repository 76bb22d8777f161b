using System.Collections;
using Federation.Calls;

namespace Build.Host;

/// <summary>What the host finds around it. The process's own is read here and nowhere else, and nothing changes it.</summary>
/// <param name="Variable">Gives the value of an environment variable.</param>
/// <param name="Names">The names of all variables that are set.</param>
/// <param name="Input">The standard input.</param>
public sealed record HostEnvironment(Func<string, string?> Variable, IReadOnlyList<string> Names, TextReader Input, TimeProvider Time)
{
    private CloudEndpoints? _live;

    /// <summary>The environment of this process.</summary>
    public static HostEnvironment OfProcess() =>
        new(
            Environment.GetEnvironmentVariable,
            [.. Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(entry => (string)entry.Key)],
            Console.In,
            TimeProvider.System
        );

    /// <summary>Where the live clouds are: what the variables say, unless it is given.</summary>
    public CloudEndpoints LiveEndpoints
    {
        get => _live ??= CloudEndpoints.FromEnvironment(Variable, Names);
        init => _live = value;
    }
}
