using System.Reflection;
using Cake.Cli;
using Cake.Cli.Infrastructure;
using Cake.Core;
using Cake.Core.Configuration;
using Cake.Core.Diagnostics;
using Cake.Core.IO;
using Cake.Core.Modules;
using Cake.Core.Scripting;
using Microsoft.Extensions.DependencyInjection;
using Spectre.Console;
using Spectre.Console.Cli;

namespace Cake.Frosting;

/// <summary>One run of a host, from its parsed arguments to its exit code.</summary>
internal sealed class HostRun(IReadOnlyCollection<Assembly> assemblies, IReadOnlyList<Action<IServiceCollection>> configurations)
{
    public int Execute(HostSettings settings, IRemainingArguments remaining)
    {
        using var provider = Compose(settings, remaining);
        if (settings.Version)
        {
            return Show<VersionFeature>(provider, (feature, console) => feature.Run(console));
        }

        if (settings.Info)
        {
            return Show<InfoFeature>(provider, (feature, console) => feature.Run(console));
        }

        var log = provider.GetRequiredService<ICakeLog>();
        try
        {
            log.Verbosity = provider.GetRequiredService<ICakeConfiguration>().GetVerbosity(settings.Verbosity, Verbosity.Normal);
            var environment = provider.GetRequiredService<ICakeEnvironment>();
            if (settings.WorkingDirectory is { } folder)
            {
                environment.WorkingDirectory = folder.MakeAbsolute(environment);
            }

            var host = HostFor(settings, provider);
            Register(provider, host);
            if (settings.Exclusive)
            {
                host.Settings.UseExclusiveTarget();
            }

            host.RunTargets(settings.Targets);
            return 0;
        }
        catch (Exception exception)
        {
            return log.LogException(exception);
        }
    }

    private ServiceProvider Compose(HostSettings settings, IRemainingArguments remaining)
    {
        var services = new ServiceCollection();
        services.AddCakeDiagnostics();
        // The other default modules install tools from package feeds, which nothing here asks for.
        services.UseModule<CoreModule>();
        services.AddSingleton<IVersionResolver, VersionResolver>();
        services.AddSingleton<VersionFeature>();
        services.AddSingleton<InfoFeature>();
        services.AddSingleton<IFrostingContext, FrostingContext>();

        var arguments = remaining.ToCakeArguments(settings.Targets);
        services.AddSingleton<ICakeArguments>(arguments);
        services.AddSingleton(provider => Configuration(provider, arguments));

        foreach (var task in FrostingTasks.In(assemblies))
        {
            services.AddSingleton(typeof(IFrostingTask), task);
        }

        foreach (var configure in configurations)
        {
            configure(services);
        }

        return services.BuildServiceProvider();
    }

    private static ICakeConfiguration Configuration(IServiceProvider provider, CakeArguments arguments)
    {
        var environment = provider.GetRequiredService<ICakeEnvironment>();
        var given = arguments
            .GetArguments()
            .ToDictionary(
                argument => argument.Key,
                argument => argument.Value.LastOrDefault() ?? string.Empty,
                StringComparer.OrdinalIgnoreCase
            );
        return new CakeConfigurationProvider(provider.GetRequiredService<IFileSystem>(), environment).CreateConfiguration(
            environment.WorkingDirectory,
            [],
            given
        );
    }

    private static ScriptHost HostFor(HostSettings settings, IServiceProvider provider)
    {
        var engine = provider.GetRequiredService<ICakeEngine>();
        var context = provider.GetRequiredService<IFrostingContext>();
        if (settings.Description)
        {
            return new DescriptionScriptHost(engine, context, provider.GetRequiredService<IAnsiConsole>());
        }

        if (settings.Tree)
        {
            return new TreeScriptHost(engine, context, provider.GetRequiredService<IConsole>());
        }

        var log = provider.GetRequiredService<ICakeLog>();
        return settings.DryRun
            ? new DryRunScriptHost<IFrostingContext>(engine, context, log)
            : new BuildScriptHost<IFrostingContext>(
                engine,
                provider.GetRequiredService<IExecutionStrategy>(),
                context,
                provider.GetRequiredService<ICakeReportPrinter>(),
                provider.GetRequiredService<ICakeConfiguration>(),
                log
            );
    }

    private static void Register(IServiceProvider provider, ScriptHost host)
    {
        var context = host.Context;
        foreach (var task in provider.GetServices<IFrostingTask>())
        {
            FrostingTasks.Register(task, host);
        }

        foreach (var teardown in provider.GetServices<IFrostingTeardown>())
        {
            host.Teardown(info => teardown.Teardown(context, info));
        }
    }

    private static int Show<TFeature>(IServiceProvider provider, Action<TFeature, IConsole> run)
        where TFeature : notnull
    {
        run(provider.GetRequiredService<TFeature>(), provider.GetRequiredService<IConsole>());
        return 0;
    }
}
