using System.Reflection;

namespace Standins.Tests;

public sealed class PublishedSurfaceTests
{
    public static TheoryData<string> Assemblies =>
        new("AWSSDK.IdentityManagement", "Cake.Frosting", "Google.Apis.Container.v1", "Google.Apis.Iam.v1");

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Every_public_member_of_a_stand_in_is_one_that_the_published_package_has(string assembly)
    {
        var (published, here) = (Published(assembly), Surface.Of(Assembly.Load(assembly)));

        // Built on the packages themselves, this checks the list.
        var unknown = ArePublishedPackages(assembly)
            ? published.Except(here, StringComparer.Ordinal)
            : here.Except(published, StringComparer.Ordinal);

        Assert.True(!unknown.Any(), $"{assembly} is not as published-surface/{assembly}.txt says:\n{string.Join('\n', unknown)}");
    }

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void A_published_surface_is_sorted_and_names_nothing_twice(string assembly)
    {
        var lines = Published(assembly);
        Assert.Equal(lines.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal), lines);
    }

    private static string[] Published(string assembly) =>
        [
            .. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "published-surface", $"{assembly}.txt"))
                .Where(line => line.Length > 0 && line[0] != '#'),
        ];

    // The stand-ins carry the product's name; the packages do not.
    private static bool ArePublishedPackages(string assembly) =>
        Assembly.Load(assembly).GetCustomAttribute<AssemblyProductAttribute>()?.Product
        != typeof(PublishedSurfaceTests).Assembly.GetCustomAttribute<AssemblyProductAttribute>()!.Product;
}
