using System.Collections.Frozen;
using System.Globalization;
using Federation.Configuration;
using Federation.Resources;

namespace Federation.Templates;

/// <summary>The source of the values of placeholders.</summary>
internal sealed record PlaceholderScope(FederationConfiguration Configuration, Workload Workload);

/// <summary>A name that a template may put between <c>${</c> and <c>}</c>.</summary>
/// <param name="Value">Its value, or null if the workload has none.</param>
internal sealed record Placeholder(string Name, Func<PlaceholderScope, string?> Value)
{
    /// <summary>Whether it is a number if it is alone and unquoted in YAML.</summary>
    public bool IsNumber { get; private init; }

    private static readonly FrozenDictionary<string, Placeholder> All = new Placeholder[]
    {
        new("federation.name", scope => scope.Configuration.Name),
        new("federation.tool", _ => Mark.Tool),
        new("workload.name", scope => scope.Workload.Name),
        new("workload.namespace", scope => scope.Workload.Namespace),
        new("workload.serviceAccount", scope => scope.Workload.ServiceAccount),
        new("workload.subject", scope => scope.Workload.Subject),
        new("workload.audience", scope => scope.Workload.Audience),
        Seconds("workload.tokenLifetime", workload => workload.TokenLifetime),
        new("workload.sessionName", scope => scope.Workload.SessionName),
        new("workload.googleServiceAccount", scope => scope.Workload.GoogleServiceAccount),
        new("workload.googleServiceAccountEmail", scope => scope.Workload.GoogleServiceAccountEmail),
        new("cluster.project", scope => scope.Workload.Cluster.Project),
        new("cluster.location", scope => scope.Workload.Cluster.Location),
        new("cluster.name", scope => scope.Workload.Cluster.Name),
        new("cluster.workloadPool", scope => scope.Workload.Cluster.WorkloadPool),
        new("issuer.url", scope => scope.Workload.Cluster.Issuer),
        new("issuer.path", scope => scope.Workload.Cluster.IssuerPath),
        new("account.id", scope => scope.Workload.Account.Id),
        new("account.region", scope => scope.Workload.Account.Region),
        new("account.partition", scope => scope.Workload.Account.Partition),
        new("provider.arn", scope => scope.Workload.ProviderArn),
        new("role.name", scope => scope.Workload.Role.Name),
        new("role.path", scope => scope.Workload.Role.Path),
        new("role.arn", scope => scope.Workload.RoleArn),
        Seconds("role.maxSessionDuration", workload => workload.Role.MaxSessionDuration),
        new("trust.sid", scope => TrustSid.Of(scope.Configuration.Name, scope.Workload)),
        new("verify.image", scope => scope.Workload.Verify.Image),
        new("verify.run", scope => EnvironmentValue(scope.Workload.Verify.Run)),
        Seconds("verify.timeout", workload => workload.Verify.Timeout),
        new("files.namespace", scope => FileUnless(scope, ExistingResources.Namespace, RenderedWorkload.NamespaceFile)),
        new("files.serviceAccount", scope => FileUnless(scope, ExistingResources.ServiceAccount, RenderedWorkload.ServiceAccountFile)),
    }.ToFrozenDictionary(placeholder => placeholder.Name, StringComparer.Ordinal);

    public static IEnumerable<string> Names => All.Keys;

    public static Placeholder? Find(string name) => All.GetValueOrDefault(name);

    private static Placeholder Seconds(string name, Func<Workload, TimeSpan> duration) =>
        new(name, scope => ((long)duration(scope.Workload).TotalSeconds).ToString(CultureInfo.InvariantCulture)) { IsNumber = true };

    /// <summary>
    /// Doubles the dollars, since the kubelet expands <c>$(NAME)</c> and turns <c>$$</c> into <c>$</c> in a container's environment
    /// (Kubernetes API reference, EnvVar.value).
    /// </summary>
    private static string EnvironmentValue(string text) =>
        text.Contains("$(", StringComparison.Ordinal) || text.Contains("$$", StringComparison.Ordinal)
            ? text.Replace("$", "$$", StringComparison.Ordinal)
            : text;

    /// <summary>The name of the file. Null for a resource that is owned elsewhere, which is compared, but not applied.</summary>
    private static string? FileUnless(PlaceholderScope scope, ExistingResources existing, string file) =>
        scope.Workload.Existing.HasFlag(existing) ? null : file;
}
