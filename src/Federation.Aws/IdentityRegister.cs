using System.Security.Cryptography;
using System.Text;
using Federation.Resources;

namespace Federation.Aws;

/// <summary>An identity that a role trusts for a workload.</summary>
internal readonly record struct WorkloadIdentity(string Workload, TrustedIdentity Identity);

/// <summary>
/// The identities that this federation made a role trust, each with its workload, in the role's own tags. So what a move leaves
/// behind can be told from what a workload that is gone had, and from what somebody wrote by hand. A hash stands for each, since a
/// tag's value holds 256 characters.
/// </summary>
internal static class IdentityRegister
{
    private const string Key = Mark.TagPrefix + "identities";
    private const int HashLength = 8;

    public static TagRegister Of(IEnumerable<WorkloadIdentity> trusted) => new(Key, [.. trusted.Select(Entry)]);

    /// <summary>The register of a live role; empty where it has none.</summary>
    public static TagRegister On(IReadOnlyDictionary<string, string> tags) => TagRegister.Read(Key, tags) ?? new(Key, []);

    public static bool Has(this TagRegister register, WorkloadIdentity trusted) => register.Entries.Contains(Entry(trusted));

    private static string Entry(WorkloadIdentity trusted)
    {
        var (provider, audience, subject) = trusted.Identity;
        var text = Encoding.UTF8.GetBytes(string.Join('\n', trusted.Workload, provider, audience, subject));
        return Convert.ToHexString(SHA256.HashData(text))[..HashLength];
    }
}
