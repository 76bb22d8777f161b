using System.Text.Json;
using System.Text.Json.Nodes;

namespace Build.Packing;

/// <summary>
/// <c>version.json</c>, by which a step knows its release: the version, the address of the repository that has it, and each
/// archive's SHA-256.
/// Without archives it belongs to no release. The steps read it line by line, so its form is part of it.
/// </summary>
internal static class ReleaseVersion
{
    public const string File = "version.json";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };

    public static string Write(string version, string repository, IEnumerable<KeyValuePair<string, string>> digests)
    {
        var archives = new JsonObject();
        foreach (var (system, digest) in digests.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            archives[system] = digest;
        }

        var release = new JsonObject
        {
            ["version"] = version,
            ["repository"] = repository,
            ["archives"] = archives,
        };
        return release.ToJsonString(Indented) + "\n";
    }
}
