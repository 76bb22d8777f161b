using Amazon.IdentityManagement;
using Amazon.Runtime;
using EndToEnd.Tests.Faults;
using Federation.Configuration;
using Federation.Sandbox;
using k8s;
using k8s.KubeConfigModels;
using k8s.Models;

namespace EndToEnd.Tests;

/// <summary>
/// The permissions that are rendered for the runner are all that each target needs. That none of them can be spared is shown
/// with each cloud's own tests.
/// </summary>
public sealed class LeastPrivilegeTests : IAsyncLifetime
{
    private const string Federation = "fleet";
    private const string Runner = "runner";

    private static readonly string Configuration = $"name: {Federation}\n{LiveFederation.Configuration}"
        .Replace("  other: { project: acme-prod, location: europe-west1, name: other }\n", "", StringComparison.Ordinal)
        .Replace("  far: { id: \"444455556666\", region: us-east-1 }\n", "", StringComparison.Ordinal)
        .Replace(
            "region: ap-south-1 }",
            $"region: ap-south-1, assumeRole: arn:aws:iam::{LiveFederation.Account}:role/{Runner} }}",
            StringComparison.Ordinal
        );

    private static readonly string WithoutRobot = Configuration[..Configuration.IndexOf("  - name: robot", StringComparison.Ordinal)];

    private readonly HostRun _host = new();
    private SandboxClouds _sandbox = null!;
    private AmazonIdentityManagementServiceClient _iam = null!;
    private k8s.Kubernetes _cluster = null!;

    public async ValueTask InitializeAsync()
    {
        var configuration = ConfigurationReader.Read("federation.yaml", System.Text.Encoding.UTF8.GetBytes(Configuration)).Configuration!;
        _sandbox = await SandboxClouds.StartAsync(
            new SandboxOptions
            {
                Clusters = configuration.Clusters,
                Accounts = [configuration.Accounts[0] with { AssumeRole = null }],
                Folder = SandboxFolder.Own(Path.Combine(_host.Folder, "sandbox")),
            },
            TimeProvider.System,
            TestContext.Current.CancellationToken
        );
        foreach (var (name, value) in _sandbox.Environment)
        {
            _host.Variables[name] = value;
        }

        _iam = new AmazonIdentityManagementServiceClient(
            new BasicAWSCredentials(_host.Variables["AWS_ACCESS_KEY_ID"], _host.Variables["AWS_SECRET_ACCESS_KEY"]),
            new AmazonIdentityManagementServiceConfig { ServiceURL = _host.Variables["AWS_ENDPOINT_URL"] }
        );
        var kubeconfig = await KubernetesClientConfiguration.LoadKubeConfigAsync(new FileInfo(_host.Variables["KUBECONFIG"]));
        _cluster = new k8s.Kubernetes(KubernetesClientConfiguration.BuildConfigFromConfigObject(kubeconfig, LiveFederation.Context));
        await BecomeRunnerAsync(kubeconfig);
    }

    public async ValueTask DisposeAsync()
    {
        _cluster.Dispose();
        _iam.Dispose();
        await _sandbox.DisposeAsync();
        _host.Dispose();
    }

    [Fact]
    public async Task Each_target_runs_with_what_is_rendered_for_it()
    {
        Assert.Equal(0, Run("Render").ExitCode);

        await GrantAsync("read");
        Succeeds(Run("Plan"), "planned");
        await GrantAsync("read", "apply");
        Succeeds(Run("Verify"), "verified");
        await GrantAsync("read");
        Succeeds(Run("Plan", "--fail-on-drift"), "planned");
        Succeeds(Run("Diagnose"), "diagnosed");

        _host.Configure(WithoutRobot);
        await GrantAsync("read", "apply", "prune");
        Succeeds(_host.Run("--target=Apply", "--cloud=live", $"--config={_host.Folder}/federation.yaml", "--prune", "--force"), "applied");
        await GrantAsync("read", "prune");
        Succeeds(_host.Run("--target=Destroy", "--cloud=live", $"--config={_host.Folder}/federation.yaml", "--force"), "destroyed");

        Assert.Equal([Runner], (await _iam.ListRolesAsync(new())).Roles.Select(role => role.RoleName));
        Assert.Empty((await _iam.ListOpenIDConnectProvidersAsync(new())).OpenIDConnectProviderList ?? []);
        Assert.DoesNotContain(
            "team",
            (await _cluster.ListNamespaceAsync()).Items.Where(one => one.Status.Phase == "Active").Select(one => one.Name())
        );
    }

    private static void Succeeds(HostResult result, string outcome)
    {
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(outcome, result.Outcome);
        Assert.DoesNotContain(result.Codes, code => code is "FED8002" or "FED2006" or "FED6011");
    }

    private HostResult Run(string target, params string[] arguments) =>
        _host.Run([$"--target={target}", "--cloud=live", $"--config={_host.Configure(Configuration)}", .. arguments]);

    /// <summary>From here on the host's own identities may do nothing: a role in AWS, a service account in the cluster.</summary>
    private async Task BecomeRunnerAsync(K8SConfiguration kubeconfig)
    {
        await _iam.CreateRoleAsync(
            new()
            {
                RoleName = Runner,
                AssumeRolePolicyDocument =
                    $$"""{"Statement":{"Effect":"Allow","Principal":{"AWS":"{{LiveFederation.Account}}"},"Action":"sts:AssumeRole"} }""",
            }
        );
        await _cluster.CreateNamespacedServiceAccountAsync(new V1ServiceAccount { Metadata = new() { Name = Runner } }, "default");
        var token = await _cluster.CreateNamespacedServiceAccountTokenAsync(
            new Authenticationv1TokenRequest
            {
                Spec = new() { Audiences = [], ExpirationSeconds = 3600 },
            },
            Runner,
            "default"
        );
        foreach (var user in kubeconfig.Users)
        {
            user.UserCredentials = new UserCredentials { Token = token.Status.Token };
        }

        _host.Variables["KUBECONFIG"] = _host.Write("runner-kubeconfig", KubernetesYaml.Serialize(kubeconfig));
    }

    /// <summary>Grants the runner what is rendered for these levels, and nothing else.</summary>
    private async Task GrantAsync(params string[] levels)
    {
        foreach (var policy in (await _iam.ListRolePoliciesAsync(new() { RoleName = Runner })).PolicyNames ?? [])
        {
            await _iam.DeleteRolePolicyAsync(new() { RoleName = Runner, PolicyName = policy });
        }

        foreach (
            var binding in (await _cluster.ListClusterRoleBindingAsync()).Items.Where(one => one.Labels()?.ContainsKey(Runner) is true)
        )
        {
            await _cluster.DeleteClusterRoleBindingAsync(binding.Name());
            await _cluster.DeleteClusterRoleAsync(binding.Name());
        }

        var permissions = new HashSet<string>(StringComparer.Ordinal);
        foreach (var level in levels)
        {
            await _iam.PutRolePolicyAsync(
                new()
                {
                    RoleName = Runner,
                    PolicyName = level,
                    PolicyDocument = Rendered($"aws/data/{level}.json"),
                }
            );
            permissions.UnionWith(
                KubernetesYaml.Deserialize<GoogleRole>(Rendered($"google/acme-prod/{level}.yaml"), strict: false).IncludedPermissions
            );
            foreach (var role in ClusterRoles(Rendered($"kubernetes/main/{level}.yaml")))
            {
                await BindAsync(role);
            }
        }

        _sandbox.LimitGoogle(permissions);
    }

    private async Task BindAsync(V1ClusterRole role)
    {
        await _cluster.CreateClusterRoleAsync(role);
        await _cluster.CreateClusterRoleBindingAsync(
            new V1ClusterRoleBinding
            {
                Metadata = new()
                {
                    Name = role.Name(),
                    Labels = new Dictionary<string, string> { [Runner] = "" },
                },
                RoleRef = new()
                {
                    ApiGroup = "rbac.authorization.k8s.io",
                    Kind = "ClusterRole",
                    Name = role.Name(),
                },
                Subjects =
                [
                    new()
                    {
                        Kind = "ServiceAccount",
                        Name = Runner,
                        NamespaceProperty = "default",
                    },
                ],
            }
        );
    }

    private string Rendered(string file) => File.ReadAllText(Path.Combine(_host.Output, "runner", Federation, file));

    private static IEnumerable<V1ClusterRole> ClusterRoles(string yaml) =>
        yaml.Contains("kind: List", StringComparison.Ordinal)
            ? KubernetesYaml.Deserialize<V1ClusterRoleList>(yaml).Items
            : [KubernetesYaml.Deserialize<V1ClusterRole>(yaml)];

    private sealed record GoogleRole
    {
        public List<string> IncludedPermissions { get; init; } = [];
    }
}
