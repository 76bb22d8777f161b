using System.Reflection;
using Cake.Frosting;

namespace Build.Targets;

/// <summary>What the host, the step and the rule for pull requests need to know of a target.</summary>
/// <param name="Type">Its class, which carries its name and description.</param>
internal sealed record TargetRow(Type Type)
{
    public string Name { get; } = Type.GetCustomAttribute<TaskNameAttribute>()!.Name;

    public string Description { get; } = Type.GetCustomAttribute<TaskDescriptionAttribute>()!.Description;

    /// <summary>It calls clouds.</summary>
    public bool UsesClouds { get; init; }

    /// <summary>It writes to clouds.</summary>
    public bool Writes { get; init; }

    /// <summary>The target that a pull request runs in its place, because it writes; null: refused there if it writes.</summary>
    public Type? OnPullRequest { get; init; }

    /// <summary>It ends in report.json.</summary>
    public bool HasReport { get; init; }

    /// <summary>It can be asked for as the step's input.</summary>
    public bool IsInStep { get; init; }

    /// <summary>It can do its work with what is given by argument, without any cloud.</summary>
    public bool CanBeOffline { get; init; }
}

/// <summary>
/// Every target there is. The command line, the help, the step's inputs and the rule for pull requests are written from
/// this table; a target is added here and in a file of its own.
/// </summary>
internal static class TargetTable
{
    public static readonly IReadOnlyList<TargetRow> All =
    [
        new(typeof(Verify))
        {
            UsesClouds = true,
            Writes = true,
            OnPullRequest = typeof(Plan),
            HasReport = true,
            IsInStep = true,
        },
        new(typeof(Render)) { HasReport = true, IsInStep = true },
        new(typeof(Plan))
        {
            UsesClouds = true,
            HasReport = true,
            IsInStep = true,
        },
        new(typeof(Apply))
        {
            UsesClouds = true,
            Writes = true,
            OnPullRequest = typeof(Plan),
            HasReport = true,
            IsInStep = true,
        },
        new(typeof(Diagnose))
        {
            UsesClouds = true,
            HasReport = true,
            IsInStep = true,
            CanBeOffline = true,
        },
        new(typeof(Destroy))
        {
            UsesClouds = true,
            Writes = true,
            HasReport = true,
            IsInStep = true,
        },
        new(typeof(Token)) { UsesClouds = true },
        new(typeof(Sandbox)),
        new(typeof(Compile)),
        new(typeof(Test)),
        new(typeof(Pack)),
    ];

    /// <summary>What is done where no target is named.</summary>
    public static TargetRow Default => Row<Verify>();

    public static IReadOnlyList<string> Names { get; } = [.. All.Select(target => target.Name)];

    /// <summary>The targets that the step has.</summary>
    public static IReadOnlyList<string> NamesInStep { get; } = [.. All.Where(target => target.IsInStep).Select(target => target.Name)];

    /// <exception cref="InvalidOperationException">The class is not in the table.</exception>
    public static TargetRow Row<T>() => All.Single(target => target.Type == typeof(T));

    /// <summary>The target of a name, in whatever case it is written; null if there is none.</summary>
    public static TargetRow? Find(string name) =>
        All.FirstOrDefault(target => string.Equals(target.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>What the target is on a pull request.</summary>
    public static TargetRow? OnPullRequest(TargetRow target) =>
        !target.Writes ? target : All.FirstOrDefault(other => other.Type == target.OnPullRequest);
}
