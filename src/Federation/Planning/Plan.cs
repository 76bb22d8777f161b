using System.Security.Cryptography;
using System.Text;
using Federation.Findings;

namespace Federation.Planning;

/// <summary>
/// The steps, in an order in which they can be carried out, and the findings about them. If one of the findings is an error,
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
    /// The SHA-256, in lower-case hexadecimal digits, of every step's id, action, reason and fields: equal exactly for plans
    /// that do the same.
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

        // Each value is preceded by its length, so that different lists of values never give the same text.
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
