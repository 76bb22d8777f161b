using System.Reflection;
using System.Runtime.CompilerServices;

namespace Standins.Tests;

/// <summary>An assembly's public members, a line each, in the form that published-surface/README.md describes.</summary>
internal static class Surface
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static IReadOnlyList<string> Of(Assembly assembly) =>
        [.. assembly.GetExportedTypes().SelectMany(Of).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Of(Type type)
    {
        var owner = NameOf(type);
        yield return $"type {owner}";
        foreach (var member in type.GetMembers(Declared).Where(member => !member.IsDefined(typeof(CompilerGeneratedAttribute))))
        {
            var line = member switch
            {
                ConstructorInfo { IsStatic: false } constructor
                    when Visible(constructor) && !(type.IsAbstract && constructor.GetParameters() is []) =>
                    $"new {owner}({Parameters(constructor)})",
                MethodInfo { IsSpecialName: false } method when Visible(method) && !Overrides(method) => "method "
                    + $"{Static(method)}{owner}.{method.Name}{TypeArguments(method.GetGenericArguments())}({Parameters(method)}) "
                    + $": {NameOf(method.ReturnType)}",
                PropertyInfo property
                    when property.GetAccessors(nonPublic: true).Where(Visible).ToList() is [var first, ..] && !Overrides(first) =>
                    $"property {Static(first)}{owner}.{property.Name} : {NameOf(property.PropertyType)} {{ "
                        + $"{Accessor(property.GetMethod, "get; ")}{Accessor(property.SetMethod, "set; ")}}}",
                FieldInfo { IsSpecialName: false } field when field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly =>
                    $"field {owner}.{field.Name}",
                EventInfo { AddMethod: { } add } @event when Visible(add) =>
                    $"event {Static(add)}{owner}.{@event.Name} : {NameOf(@event.EventHandlerType!)}",
                _ => null,
            };
            if (line is not null)
            {
                yield return line;
            }
        }
    }

    private static bool Visible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool Overrides(MethodInfo method) => method.GetBaseDefinition() != method;

    private static string Static(MethodInfo method) => method.IsStatic ? "static " : "";

    private static string Accessor(MethodInfo? method, string text) => method is not null && Visible(method) ? text : "";

    private static string Parameters(MethodBase method) =>
        string.Join(", ", method.GetParameters().Select(parameter => NameOf(parameter.ParameterType)));

    private static string TypeArguments(Type[] arguments) =>
        arguments.Length == 0 ? "" : $"<{string.Join(", ", arguments.Select(NameOf))}>";

    private static string NameOf(Type type)
    {
        if (type.IsByRef)
        {
            return $"{NameOf(type.GetElementType()!)}&";
        }

        if (type.IsArray)
        {
            return $"{NameOf(type.GetElementType()!)}[]";
        }

        if (type.IsGenericParameter)
        {
            return type.Name;
        }

        var name = type.Name.Split('`')[0];
        if (type.DeclaringType is { } declaring)
        {
            // A nested type repeats the type parameters around it.
            var around = declaring.GetGenericArguments().Length;
            var own = type.GetGenericArguments();
            if (around > 0)
            {
                declaring = declaring.MakeGenericType(own[..around]);
            }

            return $"{NameOf(declaring)}.{name}{TypeArguments(own[around..])}";
        }
        return $"{type.Namespace}.{name}{TypeArguments(type.GetGenericArguments())}";
    }
}
