using Cake.Core.Tooling;

namespace Cake.Kubectl;

/// <summary>Settings whose properties become kubectl's options of the same name: <c>FieldManager</c> is <c>--field-manager</c>.</summary>
public abstract class AutoToolSettings : ToolSettings;

/// <summary>The options of <c>kubectl diff</c>; a switch set to false is passed as such.</summary>
public sealed class KubectlDiffSettings : AutoToolSettings
{
    public string? FieldManager { get; set; }

    public string? Filename { get; set; }

    public bool? Recursive { get; set; }

    public bool? ServerSide { get; set; }
}

/// <summary>The options of <c>kubectl logs</c>.</summary>
public sealed class KubectlLogsSettings : AutoToolSettings
{
    public bool? AllContainers { get; set; }

    public string? Container { get; set; }

    public bool? Follow { get; set; }

    public int? Tail { get; set; }

    public bool? Timestamps { get; set; }
}

/// <summary>The options of <c>kubectl exec</c>.</summary>
public sealed class KubectlExecSettings : AutoToolSettings
{
    public string? Container { get; set; }

    public bool? Stdin { get; set; }

    public bool? Tty { get; set; }
}
