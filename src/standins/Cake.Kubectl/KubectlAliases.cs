using Cake.Core;
using Cake.Core.Annotations;

namespace Cake.Kubectl;

/// <summary>kubectl's commands as methods of the context. Pod, namespace and context come by <c>ArgumentCustomization</c>.</summary>
[CakeAliasCategory("Kubectl")]
public static class KubectlAliases
{
    /// <summary>Shows what applying would change.</summary>
    /// <exception cref="CakeException">kubectl exited with a code that <c>HandleExitCode</c> does not accept: 1 when there are differences.</exception>
    [CakeMethodAlias]
    public static void KubectlDiff(this ICakeContext context, KubectlDiffSettings settings) => Run(context, "diff", settings);

    /// <summary>Shows a pod's output.</summary>
    [CakeMethodAlias]
    public static void KubectlLogs(this ICakeContext context, KubectlLogsSettings settings) => Run(context, "logs", settings);

    /// <summary>Runs a command in a pod.</summary>
    [CakeMethodAlias]
    public static void KubectlExec(this ICakeContext context, KubectlExecSettings settings) => Run(context, "exec", settings);

    private static void Run<TSettings>(ICakeContext context, string command, TSettings settings)
        where TSettings : AutoToolSettings => new KubectlTool<TSettings>(context).Run(command, settings);
}
