using System.Text.Json.Serialization;
using Federation.Findings;

namespace Federation.Diagnosis.Evidence;

/// <summary>
/// The result of reading one thing: it was found, it is absent, or it could not be read. A null Reading means that it was
/// not read at all.
/// </summary>
public sealed record Reading<T>
    where T : class
{
    public T? Found { get; init; }

    /// <summary>Why it could not be read, such as a missing permission or connection.</summary>
    public Finding? Refused { get; init; }

    /// <summary>It was looked for and does not exist.</summary>
    [JsonIgnore]
    public bool IsAbsent => Found is null && Refused is null;
}

/// <summary>Makes readings.</summary>
public static class Reading
{
    public static Reading<T> Of<T>(T? found)
        where T : class => new() { Found = found };

    /// <summary>As <see cref="TryAsync{T}(Func{Task{T}})"/>; a refusal also says what could therefore not be checked.</summary>
    /// <param name="unchecked">Such as <c>the audiences of the provider</c>.</param>
    public static async Task<Reading<T>> TryAsync<T>(string @unchecked, Func<Task<T?>> read)
        where T : class
    {
        var reading = await TryAsync(read);
        return reading.Refused is { } refused ? reading with { Refused = refused.Unchecked(@unchecked) } : reading;
    }

    /// <summary>Adds to a refusal what could therefore not be checked.</summary>
    public static Finding Unchecked(this Finding refused, string what) =>
        refused with
        {
            Cause = $"{refused.Cause.TrimEnd('.')}. Therefore not checked: {what}.",
        };

    /// <summary>Reads and keeps a refusal as a result, so that the rest can still be read.</summary>
    /// <param name="read">Returns null if it does not exist.</param>
    public static async Task<Reading<T>> TryAsync<T>(Func<Task<T?>> read)
        where T : class
    {
        try
        {
            return Of(await read());
        }
        catch (FindingException refused)
        {
            return new() { Refused = refused.Findings[0] };
        }
    }
}
