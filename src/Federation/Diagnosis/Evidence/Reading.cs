using System.Text.Json.Serialization;
using Federation.Findings;

namespace Federation.Diagnosis.Evidence;

/// <summary>
/// What came of reading one thing: it was found, it is absent, or it could not be read. Where none is given at all,
/// nobody asked.
/// </summary>
public sealed record Reading<T>
    where T : class
{
    /// <summary>The thing as it is.</summary>
    public T? Found { get; init; }

    /// <summary>Why it could not be read, which says what is missing: a permission, a connection.</summary>
    public Finding? Refused { get; init; }

    /// <summary>It was asked for, and it is not there.</summary>
    [JsonIgnore]
    public bool IsAbsent => Found is null && Refused is null;
}

/// <summary>Makes readings.</summary>
public static class Reading
{
    public static Reading<T> Of<T>(T? found)
        where T : class => new() { Found = found };

    /// <summary>As <see cref="TryAsync{T}(Func{Task{T}})"/>; a refusal says what could therefore not be checked.</summary>
    /// <param name="unchecked">Such as <c>the audiences of the provider</c>.</param>
    public static async Task<Reading<T>> TryAsync<T>(string @unchecked, Func<Task<T?>> read)
        where T : class
    {
        var reading = await TryAsync(read);
        return reading.Refused is { } refused ? reading with { Refused = refused.Unchecked(@unchecked) } : reading;
    }

    /// <summary>A refusal that says what could therefore not be checked.</summary>
    public static Finding Unchecked(this Finding refused, string what) =>
        refused with
        {
            Cause = $"{refused.Cause.TrimEnd('.')}. Not checked for want of it: {what}.",
        };

    /// <summary>Reads, and keeps a refusal as one: what cannot be read must not hide what can.</summary>
    /// <param name="read">Null: it is absent.</param>
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
