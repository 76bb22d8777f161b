using System.Reflection;
using NetArchTest.Rules;

namespace Architecture.Tests;

/// <summary>Who may use whom: the rooms of the core, the clouds, and the SDKs.</summary>
public sealed class RoomTests
{
    /// <summary>The rooms of src/Federation; each may use those before it.</summary>
    private static readonly string[] Rooms =
    [
        "Findings",
        "Resources",
        "Policies",
        "Files",
        "Configuration",
        "Templates",
        "WebIdentity",
        "Identities",
        "Planning",
        "Diagnosis",
        "Audit",
        "Reporting",
    ];

    private static readonly string[] Clouds = ["Federation.Aws", "Federation.Google", "Federation.Kubernetes"];

    private static readonly string[] Sdks =
    [
        "Amazon",
        "Google",
        "k8s",
        "Cake",
        "Polly",
        "Spectre",
        "System.Net.Http",
        "System.Net.Sockets",
    ];

    private static readonly Assembly Core = Assembly.Load("Federation");

    public static TheoryData<string> RoomNames => new(Rooms);

    public static TheoryData<string> CloudNames => new(Clouds);

    [Theory]
    [MemberData(nameof(RoomNames))]
    public void A_room_of_the_core_uses_only_the_rooms_before_it(string room)
    {
        string[] later = [.. Rooms.SkipWhile(other => other != room).Skip(1).Select(other => $"Federation.{other}")];

        AssertHolds(Types.InAssembly(Core).That().ResideInNamespace($"Federation.{room}").Should().NotHaveDependencyOnAny(later));
    }

    [Fact]
    public void Every_room_of_the_core_has_its_place_in_the_order() =>
        Assert.Empty(
            Core.GetTypes()
                .Select(type => type.Namespace?.Split('.'))
                .Where(names => names is ["Federation", ..])
                .Select(names => names!.ElementAtOrDefault(1) ?? "Federation")
                .Except(Rooms, StringComparer.Ordinal)
        );

    [Fact]
    public void The_core_uses_no_SDK_and_no_network() => AssertHolds(Types.InAssembly(Core).Should().NotHaveDependencyOnAny(Sdks));

    [Theory]
    [MemberData(nameof(CloudNames))]
    public void A_cloud_uses_neither_another_nor_who_drives_it(string cloud) =>
        AssertHolds(
            Types
                .InAssembly(Assembly.Load(cloud))
                .Should()
                .NotHaveDependencyOnAny([.. Clouds.Where(other => other != cloud), "Federation.Runs", "Federation.Sandbox", "Build"])
        );

    [Theory]
    [InlineData("Federation.Calls")]
    [InlineData("Federation.Issuers")]
    [InlineData("Federation.Sandbox")]
    public void What_the_clouds_stand_on_and_the_sandbox_use_no_cloud_and_no_run(string assembly) =>
        AssertHolds(Types.InAssembly(Assembly.Load(assembly)).Should().NotHaveDependencyOnAny([.. Clouds, "Federation.Runs", "Build"]));

    [Fact]
    public void The_host_reaches_the_clouds_through_runs_alone() =>
        AssertHolds(Types.InAssembly(Assembly.Load("Build")).Should().NotHaveDependencyOnAny([.. Clouds, "Amazon", "Google", "k8s"]));

    private static void AssertHolds(ConditionList rule)
    {
        var result = rule.GetResult();
        Assert.True(result.IsSuccessful, $"Not allowed to use what they use: {string.Join(", ", result.FailingTypeNames ?? [])}");
    }
}
