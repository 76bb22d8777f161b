using Cake.Core;
using Cake.Core.IO;

namespace Build.Agents;

/// <summary>Cake's view of the environment, with the variables that the host was given.</summary>
internal sealed class AgentEnvironment(Func<string, string?> variable) : ICakeEnvironment
{
    private readonly CakeEnvironment _process = new(new CakePlatform(), new CakeRuntime());

    public DirectoryPath WorkingDirectory
    {
        get => _process.WorkingDirectory;
        set => _process.WorkingDirectory = value;
    }

    public DirectoryPath ApplicationRoot => _process.ApplicationRoot;

    public ICakePlatform Platform => _process.Platform;

    public ICakeRuntime Runtime => _process.Runtime;

    public DirectoryPath GetSpecialPath(SpecialPath path) => _process.GetSpecialPath(path);

    public string? GetEnvironmentVariable(string name) => variable(name);

    public IDictionary<string, string?> GetEnvironmentVariables() =>
        throw new NotSupportedException("Cake's commands ask for variables by name.");
}
