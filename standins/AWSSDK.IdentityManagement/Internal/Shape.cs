using System.Collections.Concurrent;
using System.Reflection;

namespace Amazon.IdentityManagement.Internal;

/// <summary>The members of a request, response or model: what its class declares, not what the SDK's bases add.</summary>
internal static class Shape
{
    private static readonly ConcurrentDictionary<Type, PropertyInfo[]> Shapes = new();

    public static PropertyInfo[] Of(Type type) =>
        Shapes.GetOrAdd(
            type,
            static t =>
                [
                    .. t.GetProperties(BindingFlags.Public | BindingFlags.Instance)
                        .Where(p => p.CanWrite && p.DeclaringType!.Assembly == typeof(Shape).Assembly),
                ]
        );
}
