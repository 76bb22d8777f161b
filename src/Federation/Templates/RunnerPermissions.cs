using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Findings;

namespace Federation.Templates;

/// <summary>
/// What the identity that runs this tool must be allowed to do, and nothing more: IAM policies for each AWS account, custom
/// roles for each Google project, cluster roles for each cluster. <c>read</c> is enough for Plan and Diagnose, Apply and Verify
/// need <c>apply</c> as well, <c>--prune</c> and Destroy <c>prune</c>.
/// </summary>
public static class RunnerPermissions
{
    internal const string Aws = "runner/aws/";
    internal const string Google = "runner/google/";
    internal const string Kubernetes = "runner/kubernetes/";

    /// <summary>The longest managed policy, in characters without white space ("IAM and AWS STS quotas", IAM User Guide).</summary>
    private const int LongestPolicy = 6144;

    /// <summary>Renders the documents for all workloads of the configuration.</summary>
    /// <returns>
    /// Files such as <c>aws/ACCOUNT/read.json</c>, where a name is the configuration's key, in order of their paths; and the errors of
    /// the templates, whose documents are left out.
    /// </returns>
    public static (IReadOnlyList<RenderedFile> Files, IReadOnlyList<Finding> Findings) Render(
        FederationConfiguration configuration,
        TemplateSet templates
    )
    {
        var findings = new List<Finding>();
        var files = new List<RenderedFile>();
        var byAccount = configuration.Workloads.ToLookup(workload => workload.Account.Key, StringComparer.Ordinal);
        // Where no workload is any more, things may be left.
        foreach (var account in configuration.Accounts)
        {
            var workloads = byAccount[account.Key];
            var scope = Scope(workload => workload with { Account = account });
            var written = workloads
                .Where(workload => !workload.Existing.HasFlag(ExistingResources.Role))
                .Select(workload => workload.RoleArn);
            // A role is read by its name: until it exists, IAM knows of no path.
            var read = workloads.SelectMany(workload =>
                (string[])[workload.RoleArn, $"arn:{account.Partition}:iam::{account.Id}:role/{workload.Role.Name}"]
            );
            var providers = workloads
                .Where(workload => !workload.Existing.HasFlag(ExistingResources.Provider))
                .Select(workload => workload.ProviderArn);
            foreach (var (path, template) in templates.Under(Aws))
            {
                var level = Path.GetFileNameWithoutExtension(path);
                var policies = Policies(template, scope, Each(level == "read" ? read : written), Each(providers), findings);
                files.AddRange(
                    policies.Select(
                        (policy, index) =>
                            new RenderedFile(
                                $"aws/{account.Key}/{level}{(policies.Count > 1 ? $"-{index + 1}" : "")}.json",
                                CanonicalJson.Write(policy)
                            )
                    )
                );
            }
        }

        var binding = configuration
            .Workloads.Where(workload => workload.GoogleServiceAccount is not null)
            .Select(workload => workload.Cluster.Project)
            .ToHashSet(StringComparer.Ordinal);
        foreach (var project in configuration.Clusters.GroupBy(cluster => cluster.Project, StringComparer.Ordinal))
        {
            var binds = binding.Contains(project.Key);
            AddAll(Google, $"google/{project.Key.Replace(':', '_')}", project.First(), name => binds || name != "apply.yaml");
        }

        foreach (var cluster in configuration.Clusters)
        {
            AddAll(Kubernetes, $"kubernetes/{cluster.Key}", cluster, _ => true);
        }

        files.Sort((left, right) => string.CompareOrdinal(left.Path, right.Path));
        return (files, findings);

        PlaceholderScope Scope(Func<Workload, Workload> at) => new(configuration, at(configuration.Workloads[0]));

        void AddAll(string templateFolder, string folder, Cluster cluster, Func<string, bool> isNeeded)
        {
            var scope = Scope(workload => workload with { Cluster = cluster });
            foreach (var (path, template) in templates.Under(templateFolder))
            {
                var name = path[templateFolder.Length..];
                if (isNeeded(name) && TemplateFiller.Fill(template, scope, parameters: null, findings) is { } document)
                {
                    files.Add(new RenderedFile($"{folder}/{name}", CanonicalYaml.Write(document)));
                }
            }
        }
    }

    private static string[] Each(IEnumerable<string> arns) => [.. arns.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>
    /// The policy, parted into several where it names more roles and providers than one may. None if it would allow nothing.
    /// </summary>
    private static IReadOnlyList<JsonObject> Policies(
        Template template,
        PlaceholderScope scope,
        string[] roles,
        string[] providers,
        List<Finding> findings
    )
    {
        var parameters = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal)
        {
            ["roles"] = roles,
            ["providers"] = providers,
        };
        if (TemplateFiller.Fill(template, scope, parameters, findings) is not { } policy || !KeepsAStatement(policy))
        {
            return [];
        }

        var isDivisible = template.Parameters.Any(name => parameters.GetValueOrDefault(name) is { Count: > 1 });
        if (!isDivisible || policy.ToJsonString().Length <= LongestPolicy)
        {
            return [policy];
        }

        var (role, provider) = (roles.Length / 2, providers.Length / 2);
        return
        [
            .. Policies(template, scope, roles[..role], providers[..provider], findings),
            .. Policies(template, scope, roles[role..], providers[provider..], findings),
        ];
    }

    /// <summary>Removes the statements whose resources are none: without the element they would not be valid.</summary>
    private static bool KeepsAStatement(JsonObject policy)
    {
        if (policy["Statement"] is not JsonArray statements)
        {
            return true;
        }

        for (var index = statements.Count - 1; index >= 0; index--)
        {
            if (statements[index] is JsonObject statement && !statement.ContainsKey("Resource") && !statement.ContainsKey("NotResource"))
            {
                statements.RemoveAt(index);
            }
        }

        return statements.Count > 0;
    }
}
