using Federation.Configuration;
using Federation.Sandbox.Aws;

namespace Federation.Sandbox;

/// <summary>The shared files of AWS's SDKs and tools, with the profiles of the configuration and keys of the sandbox.</summary>
internal static class AwsProfiles
{
    /// <param name="keys">The administrators' keys, by account id.</param>
    public static string Credentials(IReadOnlyList<Account> accounts, IReadOnlyDictionary<string, AccessKey> keys) =>
        string.Concat(
            Named(accounts)
                .Select(profile =>
                {
                    var key = keys[(profile.Account.AssumeRole is null ? profile.Account : accounts[0]).Id];
                    return $"[{profile.Name}]\naws_access_key_id = {key.AccessKeyId}\naws_secret_access_key = {key.SecretAccessKey}\n";
                })
        );

    public static string Config(IReadOnlyList<Account> accounts) =>
        string.Concat(
            Named(accounts)
                .Select(profile => $"[{(profile.Name == "default" ? "" : "profile ")}{profile.Name}]\nregion = {profile.Account.Region}\n")
        );

    /// <summary>
    /// Each profile once, with the account that uses it without assuming a role, if there is one. Otherwise it gets a key of the
    /// first account, which the roles trust.
    /// </summary>
    private static IEnumerable<(string Name, Account Account)> Named(IReadOnlyList<Account> accounts) =>
        accounts
            .Where(account => account.Profile is not null)
            .GroupBy(account => account.Profile!, StringComparer.Ordinal)
            .Select(sharing => (sharing.Key, sharing.FirstOrDefault(account => account.AssumeRole is null) ?? sharing.First()));
}
