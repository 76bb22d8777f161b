using System.Reflection;
using Cake.Frosting;

namespace Build.Host;

/// <summary>The targets this assembly brings: name and description.</summary>
internal static class Targets
{
    public static readonly IReadOnlyDictionary<string, string> All = typeof(Targets)
        .Assembly.GetExportedTypes()
        .Where(type => !type.IsAbstract && type.IsAssignableTo(typeof(IFrostingTask)))
        .OrderBy(type => type.Name, StringComparer.Ordinal)
        .ToDictionary(
            type => type.GetCustomAttribute<TaskNameAttribute>()?.Name ?? type.Name,
            type => type.GetCustomAttribute<TaskDescriptionAttribute>()?.Description ?? "",
            StringComparer.OrdinalIgnoreCase
        );
}
