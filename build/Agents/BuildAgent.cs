using Build.Host;
using Cake.Core.IO;

namespace Build.Agents;

/// <summary>Tells where a run happens, by the variables that each service documents.</summary>
internal static class BuildAgent
{
    /// <summary>The agent that this process runs under. Every secret in its environment is masked before anything else is said.</summary>
    public static IBuildAgent Here(Terminal terminal, Func<string, string?> variable)
    {
        if (variable("GITHUB_ACTIONS") == "true")
        {
            return new GitHubAgent(terminal, new AgentEnvironment(variable), new FileSystem(), variable);
        }

        return string.Equals(variable("TF_BUILD"), "True", StringComparison.OrdinalIgnoreCase)
            ? new AzureAgent(terminal, new AgentEnvironment(variable), variable)
            : new TerminalAgent(terminal, unattended: variable("CI") is { Length: > 0 });
    }
}
