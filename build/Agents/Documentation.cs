using System.Reflection;
using Federation.Findings;

namespace Build.Agents;

/// <summary>Where this version's documentation is, for links in what people read elsewhere.</summary>
/// <param name="Root">The address of the repository's files at this version; none where that is not known.</param>
internal sealed record Documentation(string? Root)
{
    /// <summary>
    /// Links point to the release's tag when this is a release build, otherwise to the commit that the CI step checked out.
    /// </summary>
    public static Documentation Find(Func<string, string?> variable)
    {
        var assembly = typeof(Documentation).Assembly;
        var released = assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(data => data.Key == "RepositoryUrl")?.Value;
        if (!string.IsNullOrEmpty(released))
        {
            return new Documentation($"{released}/blob/v{assembly.GetName().Version!.ToString(3)}");
        }

        // GitHub's runner keeps what it fetched in _actions/OWNER/REPO/REF; a step of the repository itself is in the workspace.
        var action = variable("GITHUB_ACTION_PATH")?.Replace('\\', '/');
        var (repository, commit, folder) =
            action?.Split("/_actions/", 2) is [_, var fetched] && fetched.Split('/', 3) is [var owner, var name, var reference]
                ? ($"{owner}/{name}", reference, "")
                : (variable("GITHUB_REPOSITORY"), variable("GITHUB_SHA"), Vendored(action, variable("GITHUB_WORKSPACE")));
        return
            variable("GITHUB_SERVER_URL") is { Length: > 0 } server
            && repository is { Length: > 0 }
            && commit is { Length: > 0 }
            && folder is not null
            ? new Documentation($"{server}/{repository}/blob/{commit}{folder}")
            : new Documentation(Root: null);
    }

    /// <summary>
    /// The folder of the workspace that the action was copied to, as <c>/FOLDER</c>; empty for the root. Null where that is a checkout
    /// of its own: which repository it is of, and at which commit, is not known.
    /// </summary>
    private static string? Vendored(string? action, string? workspace)
    {
        if (string.IsNullOrEmpty(action) || string.IsNullOrEmpty(workspace))
        {
            return "";
        }

        var folder = Path.GetRelativePath(workspace, action).Replace('\\', '/');
        return folder == "." ? ""
            : Path.Exists(Path.Combine(action, ".git")) ? null
            : $"/{folder}";
    }

    /// <summary>The address of a finding's code in the documentation; none where the repository is not known.</summary>
    public string? Of(string code) => Root is null ? null : $"{Root}/{FindingCatalogue.Get(code).Page}";
}
