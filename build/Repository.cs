using System.Reflection;
using Federation.Findings;

namespace Build;

/// <summary>The checkout this host was built from, for the targets that build the project itself.</summary>
internal sealed class Repository
{
    private Repository(DirectoryInfo root) => Root = root.FullName;

    public string Root { get; }

    public string Solution => Path.Combine(Root, "Pipeline.sln");

    /// <summary>The configuration the host itself was built in: building that one again finds everything up to date.</summary>
    public static string Configuration { get; } =
        typeof(Repository).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    /// <summary>The <c>dotnet</c> this host runs on, so that what it starts uses the same SDK.</summary>
    public static string DotNet { get; } =
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") switch
        {
            { Length: > 0 } path => path,
            _ when Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" => Environment.ProcessPath!,
            _ => "dotnet",
        };

    /// <exception cref="FindingException">The host runs outside a checkout.</exception>
    public static Repository Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Pipeline.sln")))
            {
                return new Repository(folder);
            }
        }
        throw new FindingException(
            new Finding
            {
                Code = FindingCodes.ArgumentInvalid,
                Cause = $"This target builds the project itself, and there is no Pipeline.sln above {AppContext.BaseDirectory}.",
                Fix = "Run it in a checkout of the repository.",
            }
        );
    }
}
