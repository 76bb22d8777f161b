using System.Reflection;
using Cake.Core;
using Cake.Core.Scripting;

namespace Cake.Frosting;

/// <summary>From task classes to the engine's tasks.</summary>
internal static class FrostingTasks
{
    public static IEnumerable<Type> In(IEnumerable<Assembly> assemblies) =>
        assemblies
            .SelectMany(assembly => assembly.GetExportedTypes())
            .Where(type =>
                type is { IsClass: true, IsAbstract: false, ContainsGenericParameters: false } && type.IsAssignableTo(typeof(IFrostingTask))
            );

    public static void Register(IFrostingTask task, ScriptHost host)
    {
        var type = task.GetType();
        var builder = host.Task(NameOf(type));
        if (type.GetCustomAttribute<TaskDescriptionAttribute>() is { } description)
        {
            builder.Description(description.Description);
        }

        foreach (var dependency in type.GetCustomAttributes<IsDependentOnAttribute>())
        {
            builder.IsDependentOn(
                dependency.Task.IsAssignableTo(typeof(IFrostingTask))
                    ? NameOf(dependency.Task)
                    : throw new FrostingException($"The dependency '{dependency.Task.Name}' is not a valid task.")
            );
        }

        builder.Does(task.RunAsync);
    }

    private static string NameOf(Type task) => task.GetCustomAttribute<TaskNameAttribute>()?.Name ?? task.Name;
}
