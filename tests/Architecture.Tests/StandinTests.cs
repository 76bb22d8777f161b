using System.Reflection;
using Mono.Cecil;

namespace Architecture.Tests;

/// <summary>The stand-ins are no larger than their use: by the product, and by the tests that act on the sandbox through them.</summary>
public sealed class StandinTests
{
    private static readonly string[] Users = ["Build", "Federation.Aws", "Federation.Google", "Federation.Sandbox.Tests", "EndToEnd.Tests"];

    /// <summary>The parts of an IAM policy, which is read, changed and written back: a member that is missing would be lost.</summary>
    private static readonly string[] WrittenBackWhole =
    [
        "Google.Apis.Iam.v1.Data.Policy",
        "Google.Apis.Iam.v1.Data.Binding",
        "Google.Apis.Iam.v1.Data.Expr",
        "Google.Apis.Iam.v1.Data.AuditConfig",
        "Google.Apis.Iam.v1.Data.AuditLogConfig",
    ];

    public static TheoryData<string> Standins =>
        new("AWSSDK.IdentityManagement", "Cake.Frosting", "Google.Apis.Container.v1", "Google.Apis.Iam.v1");

    [Theory]
    [MemberData(nameof(Standins))]
    public void A_stand_in_has_no_public_member_that_nobody_uses(string standin)
    {
        Assert.SkipWhen(IsPublished(standin), "This is the published package.");

        using var resolver = new DefaultAssemblyResolver();
        resolver.AddSearchDirectory(AppContext.BaseDirectory);
        using var assembly = AssemblyDefinition.ReadAssembly(
            Path.Combine(AppContext.BaseDirectory, $"{standin}.dll"),
            new ReaderParameters { AssemblyResolver = resolver }
        );
        var used = Users.SelectMany(user => UsedBy(user, standin)).ToHashSet(StringComparer.Ordinal);
        used.UnionWith(UsedWithin(assembly));

        var unused = assembly
            .MainModule.GetTypes()
            .Where(type => IsVisible(type) && !WrittenBackWhole.Contains(type.FullName, StringComparer.Ordinal))
            .SelectMany(type => Unused(type, used))
            .ToList();

        Assert.True(unused.Count == 0, $"Used by nobody:\n{string.Join('\n', unused.Order(StringComparer.Ordinal))}");
    }

    /// <summary>Members of a stand-in that an assembly refers to or overrides.</summary>
    private static IEnumerable<string> UsedBy(string user, string standin)
    {
        using var assembly = AssemblyDefinition.ReadAssembly(PathOf(user));
        return
        [
            .. assembly.MainModule.GetMemberReferences().Where(member => IsOf(member.DeclaringType, standin)).Select(NameOf),
            .. assembly
                .MainModule.GetTypes()
                .Where(type => IsOf(type.BaseType, standin))
                .SelectMany(type => type.Methods.Where(method => method.IsReuseSlot).Select(method => Named(type.BaseType, method))),
        ];
    }

    /// <summary>What a stand-in's own code refers to.</summary>
    private static IEnumerable<string> UsedWithin(AssemblyDefinition assembly) =>
        assembly
            .MainModule.GetTypes()
            .SelectMany(type => type.Methods)
            .Where(method => method.HasBody)
            .SelectMany(method => method.Body.Instructions)
            .Select(instruction => instruction.Operand)
            .OfType<MemberReference>()
            .Where(member => member.DeclaringType is not null)
            .Select(NameOf);

    private static IEnumerable<string> Unused(TypeDefinition type, HashSet<string> used)
    {
        var members = type
            .Methods.Where(method => (method.IsPublic || method.IsFamily) && !IsGivenBySomebodyElse(method))
            // A constructor without parameters is the compiler's, and a type that is used is made by somebody.
            .Where(method => !method.IsConstructor || method.HasParameters)
            // A property is used where one of its accessors is.
            .GroupBy(method => method.IsGetter || method.IsSetter ? method.Name[4..] : NameOf(method), StringComparer.Ordinal)
            .Where(member => !member.Any(method => IsUsed(type, method, used)))
            .Select(member => member.First())
            .Select(method => method.IsGetter || method.IsSetter ? method.Name[4..] : method.Name);
        var fields = type
            .Fields.Where(field => field.IsPublic && !field.IsSpecialName && !used.Contains(NameOf(field)))
            .Select(field => field.Name);
        return members.Concat(fields).Select(member => $"{NameOf(type)}.{member}");
    }

    /// <summary>Called by its own name, or by that of an interface that asks for it or a type that implements it.</summary>
    private static bool IsUsed(TypeDefinition type, MethodDefinition method, HashSet<string> used) =>
        used.Contains(NameOf(method))
        || (method.IsGetter && used.Contains($"{NameOf(type)}.set_{method.Name[4..]}/1"))
        || type.Interfaces.Any(asking => used.Contains(Named(asking.InterfaceType, method)))
        || type.Module.GetTypes()
            .Where(implementing => implementing.Interfaces.Any(asked => NameOf(asked.InterfaceType) == NameOf(type)))
            .Any(implementing => used.Contains(Named(implementing, method)));

    /// <summary>An override, or what an interface of another assembly asks for.</summary>
    private static bool IsGivenBySomebodyElse(MethodDefinition method) =>
        (method.IsVirtual && !method.IsNewSlot)
        || method.DeclaringType.Interfaces.Any(implemented =>
            implemented.InterfaceType.Scope is AssemblyNameReference
            && implemented.InterfaceType.Resolve()?.Methods.Any(asked => asked.Name == method.Name) == true
        );

    private static bool IsVisible(TypeDefinition type) =>
        (type.IsPublic || type.IsNestedPublic) && (type.DeclaringType is null || IsVisible(type.DeclaringType));

    private static bool IsOf(TypeReference type, string assembly) =>
        type switch
        {
            { DeclaringType: { } outer } => IsOf(outer, assembly),
            TypeSpecification specification => IsOf(specification.ElementType, assembly),
            _ => type?.Scope?.Name == assembly,
        };

    private static string NameOf(MemberReference member) => Named(member.DeclaringType, member);

    /// <summary>Overloads are told apart by how many parameters they have, constructors by their types.</summary>
    private static string Named(TypeReference type, MemberReference member) =>
        member switch
        {
            MethodReference { Name: ".ctor" } made =>
                $"{NameOf(type)}.new({string.Join(", ", made.Parameters.Select(parameter => parameter.ParameterType.FullName))})",
            MethodReference method => $"{NameOf(type)}.{method.Name}/{method.Parameters.Count}",
            _ => $"{NameOf(type)}.{member.Name}",
        };

    private static string NameOf(TypeReference type) => type.GetElementType().FullName.Replace('/', '.');

    private static string PathOf(string user) =>
        Path.Combine(AppContext.BaseDirectory, $"{user}.dll") is var beside && File.Exists(beside)
            ? beside
            : AppContext.BaseDirectory.Replace("Architecture.Tests", user, StringComparison.Ordinal) + $"{user}.dll";

    private static bool IsPublished(string standin) =>
        Assembly.Load(standin).GetCustomAttribute<AssemblyProductAttribute>()?.Product
        != typeof(StandinTests).Assembly.GetCustomAttribute<AssemblyProductAttribute>()!.Product;
}
