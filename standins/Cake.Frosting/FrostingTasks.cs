using System.Reflection;
using Cake.Core;
using Cake.Core.Scripting;

namespace Cake.Frosting;

/// <summary>From task classes to the engine's tasks.</summary>
internal static class FrostingTasks
{
    private static readonly Type[] Bases =
    [
        typeof(FrostingTask),
        typeof(FrostingTask<>),
        typeof(AsyncFrostingTask),
        typeof(AsyncFrostingTask<>),
    ];

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
            builder.IsDependentOn(NameOf(Checked(dependency.Task, type)));
        }

        foreach (var dependee in type.GetCustomAttributes<IsDependeeOfAttribute>())
        {
            builder.IsDependeeOf(NameOf(Checked(dependee.Task, type)));
        }

        if (type.IsDefined(typeof(ContinueOnErrorAttribute)))
        {
            builder.ContinueOnError();
        }

        // A handler that is there changes what the engine does (an OnError makes the task succeed), so only overrides count.
        if (Overrides(type, nameof(IFrostingTask.ShouldRun)))
        {
            builder.WithCriteria(task.ShouldRun, task.SkippedMessage);
        }

        builder.Does(task.RunAsync);
        if (Overrides(type, nameof(IFrostingTask.OnError)))
        {
            builder.OnError((exception, context) => task.OnError(exception, context));
        }

        if (Overrides(type, nameof(IFrostingTask.Finally)))
        {
            builder.Finally(task.Finally);
        }
    }

    private static string NameOf(Type task) => task.GetCustomAttribute<TaskNameAttribute>()?.Name ?? task.Name;

    private static Type Checked(Type dependency, Type task) =>
        dependency.IsAssignableTo(typeof(IFrostingTask))
            ? dependency
            : throw new FrostingException($"The task '{NameOf(task)}' names '{dependency.FullName}', which is not a task.");

    private static bool Overrides(Type task, string method)
    {
        // A task that implements the interface by itself may do so under the interface's name.
        var explicitly = $"{typeof(IFrostingTask).FullName}.{method}";
        const BindingFlags Own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        for (
            var type = task;
            type is not null && !Bases.Contains(type.IsGenericType ? type.GetGenericTypeDefinition() : type);
            type = type.BaseType
        )
        {
            if (
                type.GetMethods(Own)
                    .Any(own =>
                        string.Equals(own.Name, method, StringComparison.Ordinal)
                        || string.Equals(own.Name, explicitly, StringComparison.Ordinal)
                    )
            )
            {
                return true;
            }
        }
        return false;
    }
}
