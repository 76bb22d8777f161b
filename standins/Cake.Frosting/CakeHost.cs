using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Spectre.Console.Cli;

namespace Cake.Frosting;

/// <summary>Runs tasks written as classes, on Cake's own engine.</summary>
public sealed class CakeHost
{
    // A list, as in the package: an assembly that is added twice has its tasks registered twice, and the engine refuses that.
    private readonly List<Assembly> _assemblies = [];
    private readonly List<Action<IServiceCollection>> _configurations = [];

    /// <summary>A host that finds its tasks in the entry assembly.</summary>
    public CakeHost()
    {
        if (Assembly.GetEntryAssembly() is { } entry)
        {
            _assemblies.Add(entry);
        }
    }

    /// <summary>Finds tasks in this assembly too. It must not be the entry assembly, which the constructor has added.</summary>
    public CakeHost AddAssembly(Assembly assembly)
    {
        _assemblies.Add(assembly);
        return this;
    }

    /// <summary>Registers further services; the last registration of a type holds.</summary>
    public CakeHost ConfigureServices(Action<IServiceCollection> services)
    {
        _configurations.Add(services);
        return this;
    }

    /// <summary>Runs what the arguments ask for.</summary>
    /// <returns>
    /// 0 when every task went well, the code of a <see cref="Core.CakeException"/>, -1 (seen as 255) when the
    /// arguments cannot be parsed, 1 otherwise.
    /// </returns>
    public int Run(IEnumerable<string> args)
    {
        var registrar = new Cli.TypeRegistrar();
        registrar.RegisterInstance(typeof(HostRun), new HostRun(_assemblies, _configurations));
        return new CommandApp<HostCommand>(registrar).Run(args);
    }
}
