using System.Security.Cryptography;
using System.Text;
using Federation.Findings;

namespace Federation.Planning;

/// <summary>
/// What would be done, in an order in which it can be done, and the findings about it. With an error among the findings
/// nothing may be written.
/// </summary>
public sealed record Plan(IReadOnlyList<Step> Steps, IReadOnlyList<Finding> Findings)
{
    /// <summary>Carrying it out would write something.</summary>
    public bool HasChanges => Steps.Any(step => step.Writes);

    /// <summary>The steps of an action that would write; for <see cref="StepAction.Unchanged"/>, those that write nothing.</summary>
    public int Count(StepAction action) =>
        Steps.Count(step => action == StepAction.Unchanged ? !step.Writes : step.Writes && step.Action == action);

    /// <summary>
    /// The SHA-256, in lower-case hexadecimal digits, of every step's id, action, reason and fields: the same exactly
    /// for plans that would do the same.
    /// </summary>
    public string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var step in Steps)
        {
            Add(step.Id.ToString());
            Add(step.Action.ToString());
            Add(step.Reason.ToString());
            foreach (var field in step.Fields)
            {
                Add(field.Path);
                Add(field.From);
                Add(field.To);
            }

            Add(null);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());

        // Each value with its length before it, so that no two lists of values are spelt alike.
        void Add(string? value)
        {
            var bytes = Encoding.UTF8.GetBytes(value ?? "");
            Span<byte> length = stackalloc byte[sizeof(int)];
            BitConverter.TryWriteBytes(length, value is null ? -1 : bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }
    }
}
