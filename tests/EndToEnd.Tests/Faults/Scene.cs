using System.Net;
using System.Text.Json.Nodes;
using Amazon.IdentityManagement.Model;
using Google.Apis.Iam.v1.Data;
using k8s;
using k8s.Models;

namespace EndToEnd.Tests.Faults;

/// <summary>
/// The federation while something is wrong with it: each change notes how it was before, and all are taken back at the end.
/// </summary>
internal sealed class Scene(LiveFederation federation) : IAsyncDisposable
{
    private readonly Stack<Func<Task>> _restoring = [];

    /// <summary>What the product manages it makes good itself, when all else is as it was.</summary>
    private bool _isForProduct;

    public LiveFederation Federation => federation;

    public List<string> Arguments { get; } = [];

    /// <summary>The configuration, which may be what is wrong.</summary>
    public string Configuration { get; private set; } = LiveFederation.Configuration;

    public HostResult Run(string target, string workload) =>
        federation.Host.Run([
            $"--target={target}",
            "--cloud=live",
            $"--config={federation.Host.Configure(Configuration)}",
            $"--workload={workload}",
            .. Arguments,
        ]);

    public void Configure(string written, string instead)
    {
        Assert.Contains(written, Configuration, StringComparison.Ordinal);
        Configuration = Configuration.Replace(written, instead, StringComparison.Ordinal);
    }

    public void Set(string variable, string? value)
    {
        var before = federation.Host.Variables.GetValueOrDefault(variable);
        Put(value);
        Restore(() =>
        {
            Put(before);
            return Task.CompletedTask;
        });

        void Put(string? to)
        {
            if (to is null)
            {
                federation.Host.Variables.Remove(variable);
            }
            else
            {
                federation.Host.Variables[variable] = to;
            }
        }
    }

    /// <summary>Google, the cluster and its issuer are those of a cluster recreated under the same name; AWS is as it was.</summary>
    public async Task TwinAsync(params IEnumerable<string> variables)
    {
        var twin = await federation.TwinAsync();
        foreach (var name in variables)
        {
            Set(name, twin[name]);
        }
    }

    /// <summary>GKE answers otherwise than it would.</summary>
    public void Gke(Func<JsonObject, HttpStatusCode> change)
    {
        const string Variable = "CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER";
        var front = new GkeFront(federation.Variables[Variable], change);
        Restore(() =>
        {
            front.Dispose();
            return Task.CompletedTask;
        });
        Set(Variable, front.Address);
    }

    /// <summary>A file of this scene's.</summary>
    public string Write(string name, string text)
    {
        var path = Path.Combine(federation.Host.Folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    public async Task WithoutProviderAsync()
    {
        var provider = await federation.Iam.GetOpenIDConnectProviderAsync(new() { OpenIDConnectProviderArn = LiveFederation.ProviderArn });
        await federation.Iam.DeleteOpenIDConnectProviderAsync(new() { OpenIDConnectProviderArn = LiveFederation.ProviderArn });
        Restore(() =>
            federation.Iam.CreateOpenIDConnectProviderAsync(
                new()
                {
                    Url = LiveFederation.Issuer,
                    ClientIDList = provider.ClientIDList,
                    ThumbprintList = provider.ThumbprintList,
                    Tags = provider.Tags,
                }
            )
        );
    }

    public async Task ProviderAsync(string url, params IEnumerable<string> audiences)
    {
        var made = await federation.Iam.CreateOpenIDConnectProviderAsync(
            new()
            {
                Url = url,
                ClientIDList = [.. audiences],
                ThumbprintList = [new string('a', 40)],
            }
        );
        Restore(() => federation.Iam.DeleteOpenIDConnectProviderAsync(new() { OpenIDConnectProviderArn = made.OpenIDConnectProviderArn }));
    }

    /// <summary>The provider as it should be, in an account where it does not count.</summary>
    public async Task ProviderElsewhereAsync()
    {
        var other = await federation.OtherIamAsync();
        var made = await other.CreateOpenIDConnectProviderAsync(
            new() { Url = LiveFederation.Issuer, ClientIDList = [LiveFederation.Audience] }
        );
        Restore(async () =>
        {
            await other.DeleteOpenIDConnectProviderAsync(new() { OpenIDConnectProviderArn = made.OpenIDConnectProviderArn });
            other.Dispose();
        });
    }

    public async Task ThumbprintAsync(string thumbprint)
    {
        var before = await federation.Iam.GetOpenIDConnectProviderAsync(new() { OpenIDConnectProviderArn = LiveFederation.ProviderArn });
        await federation.Iam.UpdateOpenIDConnectProviderThumbprintAsync(
            new() { OpenIDConnectProviderArn = LiveFederation.ProviderArn, ThumbprintList = [thumbprint] }
        );
        Restore(() =>
            federation.Iam.UpdateOpenIDConnectProviderThumbprintAsync(
                new() { OpenIDConnectProviderArn = LiveFederation.ProviderArn, ThumbprintList = before.ThumbprintList }
            )
        );
    }

    public async Task AudiencesAsync(params IReadOnlyList<string> audiences)
    {
        var before = (
            await federation.Iam.GetOpenIDConnectProviderAsync(new() { OpenIDConnectProviderArn = LiveFederation.ProviderArn })
        ).ClientIDList;
        await ChangeAsync([.. before], audiences);
        Restore(() => ChangeAsync(audiences, before));

        async Task ChangeAsync(IReadOnlyList<string> from, IReadOnlyList<string> to)
        {
            foreach (var gone in from.Except(to))
            {
                await federation.Iam.RemoveClientIDFromOpenIDConnectProviderAsync(
                    new() { OpenIDConnectProviderArn = LiveFederation.ProviderArn, ClientID = gone }
                );
            }

            foreach (var added in to.Except(from))
            {
                await federation.Iam.AddClientIDToOpenIDConnectProviderAsync(
                    new() { OpenIDConnectProviderArn = LiveFederation.ProviderArn, ClientID = added }
                );
            }
        }
    }

    /// <summary>Edits the trust policy of the workload's role.</summary>
    public async Task TrustAsync(Action<JsonArray> edit, string role = "reader")
    {
        var before = await federation.TrustAsync(role);
        var trust = before.DeepClone().AsObject();
        edit(trust["Statement"]!.AsArray());
        await PutAsync(trust);
        Restore(() => PutAsync(before));

        Task PutAsync(JsonObject document) =>
            federation.Iam.UpdateAssumeRolePolicyAsync(new() { RoleName = role, PolicyDocument = document.ToJsonString() });
    }

    public async Task WithoutRoleAsync()
    {
        await federation.Iam.DeleteRolePolicyAsync(new() { RoleName = "reader", PolicyName = LiveFederation.Policy });
        await federation.Iam.DeleteRoleAsync(new() { RoleName = "reader" });
        _isForProduct = true;
    }

    /// <summary>The role at another path: its own is gone.</summary>
    public async Task RoleAtAsync(string path)
    {
        var before = await federation.Iam.GetRoleAsync(new() { RoleName = "reader" });
        var trust = await federation.TrustAsync("reader");
        var policy = await federation.Iam.GetRolePolicyAsync(new() { RoleName = "reader", PolicyName = LiveFederation.Policy });
        await WithoutRoleAsync();
        await federation.Iam.CreateRoleAsync(
            new()
            {
                RoleName = "reader",
                Path = path,
                AssumeRolePolicyDocument = trust.ToJsonString(),
                Tags = before.Role.Tags,
            }
        );
        Restore(() => federation.Iam.DeleteRoleAsync(new() { RoleName = "reader" }));
        await federation.Iam.PutRolePolicyAsync(
            new()
            {
                RoleName = "reader",
                PolicyName = LiveFederation.Policy,
                PolicyDocument = Uri.UnescapeDataString(policy.PolicyDocument),
            }
        );
        Restore(() => federation.Iam.DeleteRolePolicyAsync(new() { RoleName = "reader", PolicyName = LiveFederation.Policy }));
    }

    /// <summary>Puts an inline policy on the role, or with none takes it away.</summary>
    public async Task PolicyAsync(string name, string? document)
    {
        var names = (await federation.Iam.ListRolePoliciesAsync(new() { RoleName = "reader" })).PolicyNames;
        var before = names.Contains(name)
            ? Uri.UnescapeDataString(
                (await federation.Iam.GetRolePolicyAsync(new() { RoleName = "reader", PolicyName = name })).PolicyDocument
            )
            : null;
        await PutAsync(document);
        Restore(() => PutAsync(before));

        Task PutAsync(string? text) =>
            text is null
                ? federation.Iam.DeleteRolePolicyAsync(new() { RoleName = "reader", PolicyName = name })
                : federation.Iam.PutRolePolicyAsync(
                    new()
                    {
                        RoleName = "reader",
                        PolicyName = name,
                        PolicyDocument = text,
                    }
                );
    }

    public async Task BoundaryAsync(string arn)
    {
        await federation.Iam.PutRolePermissionsBoundaryAsync(new() { RoleName = "reader", PermissionsBoundary = arn });
        Restore(() => federation.Iam.DeleteRolePermissionsBoundaryAsync(new() { RoleName = "reader" }));
    }

    public async Task TagAsync(string key, string value)
    {
        await federation.Iam.TagRoleAsync(new() { RoleName = "reader", Tags = [new Tag { Key = key, Value = value }] });
        Restore(() => federation.Iam.UntagRoleAsync(new() { RoleName = "reader", TagKeys = [key] }));
    }

    /// <summary>From here on this machine's AWS credentials are those of a role that may do no more than these actions.</summary>
    public async Task RunnerAsync(params string[] actions)
    {
        const string Name = "runner";
        var made = await federation.Iam.CreateRoleAsync(
            new()
            {
                RoleName = Name,
                AssumeRolePolicyDocument =
                    """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"""
                    + $$$"""{"AWS":"arn:aws:iam::{{{LiveFederation.Account}}}:root"},"Action":"sts:AssumeRole"}]}""",
            }
        );
        Restore(() => federation.Iam.DeleteRoleAsync(new() { RoleName = Name }));
        if (actions.Length > 0)
        {
            var allowed = new JsonObject
            {
                ["Version"] = "2012-10-17",
                ["Statement"] = new JsonArray(
                    new JsonObject
                    {
                        ["Effect"] = "Allow",
                        ["Action"] = new JsonArray([.. actions.Select(action => JsonValue.Create(action))]),
                        ["Resource"] = "*",
                    }
                ),
            };
            await federation.Iam.PutRolePolicyAsync(
                new()
                {
                    RoleName = Name,
                    PolicyName = Name,
                    PolicyDocument = allowed.ToJsonString(),
                }
            );
            Restore(() => federation.Iam.DeleteRolePolicyAsync(new() { RoleName = Name, PolicyName = Name }));
        }

        Configure($"id: \"{LiveFederation.Account}\"", $"id: \"{LiveFederation.Account}\", assumeRole: \"{made.Role.Arn}\"");
    }

    /// <summary>From here on the kubeconfig's user is a service account that may do no more than these rules say.</summary>
    public async Task KubernetesUserAsync(params IList<V1PolicyRule> rules)
    {
        const string Name = "runner";
        var space = new V1Namespace { Metadata = new() { Name = Name } };
        await federation.Cluster.CoreV1.CreateNamespaceAsync(space);
        Restore(() => GoneAsync(Name));
        await federation.Cluster.CoreV1.CreateNamespacedServiceAccountAsync(
            new V1ServiceAccount { Metadata = new() { Name = Name } },
            Name
        );
        await federation.Cluster.RbacAuthorizationV1.CreateClusterRoleAsync(
            new V1ClusterRole
            {
                Metadata = new() { Name = Name },
                Rules = rules,
            }
        );
        Restore(() => federation.Cluster.RbacAuthorizationV1.DeleteClusterRoleAsync(Name));
        await federation.Cluster.RbacAuthorizationV1.CreateClusterRoleBindingAsync(
            new V1ClusterRoleBinding
            {
                Metadata = new() { Name = Name },
                RoleRef = new()
                {
                    ApiGroup = "rbac.authorization.k8s.io",
                    Kind = "ClusterRole",
                    Name = Name,
                },
                Subjects =
                [
                    new()
                    {
                        Kind = "ServiceAccount",
                        Name = Name,
                        NamespaceProperty = Name,
                    },
                ],
            }
        );
        Restore(() => federation.Cluster.RbacAuthorizationV1.DeleteClusterRoleBindingAsync(Name));
        var token = (
            await federation.Cluster.CoreV1.CreateNamespacedServiceAccountTokenAsync(
                new Authenticationv1TokenRequest { Spec = new() { Audiences = [] } },
                Name,
                Name
            )
        )
            .Status
            .Token;
        var kubeconfig = await KubernetesClientConfiguration.LoadKubeConfigAsync(federation.Variables["KUBECONFIG"]);
        foreach (var user in kubeconfig.Users)
        {
            user.UserCredentials = new() { Token = token };
        }

        Set("KUBECONFIG", Write("runner-kubeconfig", KubernetesYaml.Serialize(kubeconfig)));
    }

    public async Task WithoutServiceAccountAsync(string name)
    {
        await federation.Cluster.CoreV1.DeleteNamespacedServiceAccountAsync(name, "team");
        _isForProduct = true;
    }

    public async Task AnnotateAsync(string serviceAccount, string annotation, string? value)
    {
        var before =
            (await federation.Cluster.CoreV1.ReadNamespacedServiceAccountAsync(serviceAccount, "team")).Metadata.Annotations?.TryGetValue(
                annotation,
                out var had
            ) == true
                ? had
                : null;
        await PatchAsync(value);
        Restore(() => PatchAsync(before));

        Task PatchAsync(string? to) =>
            federation.Cluster.CoreV1.PatchNamespacedServiceAccountAsync(
                new V1Patch(
                    new JsonObject
                    {
                        ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [annotation] = to } },
                    }.ToJsonString(),
                    V1Patch.PatchType.MergePatch
                ),
                serviceAccount,
                "team"
            );
    }

    /// <summary>Deletes the namespace and all that is in it.</summary>
    public async Task WithoutNamespaceAsync()
    {
        await GoneAsync("team");
        _isForProduct = true;
    }

    public async Task SecretAsync(string name, params IEnumerable<(string Key, string Value)> values)
    {
        await federation.Cluster.CoreV1.CreateNamespacedSecretAsync(
            new V1Secret
            {
                Metadata = new() { Name = name },
                StringData = values.ToDictionary(StringComparer.Ordinal),
            },
            "team"
        );
        Restore(() => federation.Cluster.CoreV1.DeleteNamespacedSecretAsync(name, "team"));
    }

    public async Task ConfigMapAsync(string name, params IEnumerable<(string Key, string Value)> values)
    {
        await federation.Cluster.CoreV1.CreateNamespacedConfigMapAsync(
            new V1ConfigMap
            {
                Metadata = new() { Name = name },
                Data = values.ToDictionary(StringComparer.Ordinal),
            },
            "team"
        );
        Restore(() => federation.Cluster.CoreV1.DeleteNamespacedConfigMapAsync(name, "team"));
    }

    public async Task LabelNamespaceAsync(string label, string value)
    {
        await PatchAsync(value);
        Restore(() => PatchAsync(null));

        Task PatchAsync(string? to) =>
            federation.Cluster.CoreV1.PatchNamespaceAsync(
                new V1Patch(
                    new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { [label] = to } } }.ToJsonString(),
                    V1Patch.PatchType.MergePatch
                ),
                "team"
            );
    }

    /// <summary>A person's own pod, set up as the guide says but for what <paramref name="spoil"/> does to it.</summary>
    public async Task<V1Pod> PodAsync(Action<V1PodSpec> spoil, string name = "app", Func<V1Pod, bool>? until = null)
    {
        var pod = await federation.Cluster.CoreV1.CreateNamespacedPodAsync(Pods.Make(name, spoil), "team");
        Restore(() => federation.Cluster.CoreV1.DeleteNamespacedPodAsync(name, "team", gracePeriodSeconds: 0));
        if (until is null)
        {
            return pod;
        }

        await foreach (
            var (_, seen) in federation.Cluster.CoreV1.WatchListNamespacedPodAsync(
                "team",
                fieldSelector: $"metadata.name={name}",
                cancellationToken: TestContext.Current.CancellationToken
            )
        )
        {
            if (until(seen))
            {
                return seen;
            }
        }

        throw new InvalidOperationException($"The watch of the pod {name} ended.");
    }

    public async Task WithoutGoogleAccountAsync()
    {
        await federation.GoogleIam.Projects.ServiceAccounts.Delete(Resource).ExecuteAsync();
        _isForProduct = true;
    }

    /// <summary>Who may act as the Google service account.</summary>
    public async Task BindAsync(params IList<string> members)
    {
        var before = await federation.GoogleIam.Projects.ServiceAccounts.GetIamPolicy(Resource).ExecuteAsync();
        await SetAsync(
            new Policy
            {
                ETag = before.ETag,
                Bindings = members.Count == 0 ? [] : [new() { Role = "roles/iam.workloadIdentityUser", Members = members }],
            }
        );
        Restore(() => SetAsync(new Policy { Bindings = before.Bindings }));

        Task SetAsync(Policy policy) =>
            federation.GoogleIam.Projects.ServiceAccounts.SetIamPolicy(new() { Policy = policy }, Resource).ExecuteAsync();
    }

    public async ValueTask DisposeAsync()
    {
        while (_restoring.TryPop(out var restore))
        {
            await restore();
        }

        if (_isForProduct)
        {
            var applied = federation.Host.Run(
                "--target=Apply",
                "--cloud=live",
                $"--config={federation.Host.Configure(LiveFederation.Configuration)}"
            );
            Assert.True(applied.ExitCode == 0, applied.ToString());
        }
    }

    private const string Resource = "projects/-/serviceAccounts/" + LiveFederation.GoogleAccount;

    private void Restore(Func<Task> restore) => _restoring.Push(restore);

    private async Task GoneAsync(string space)
    {
        var selector = $"metadata.name={space}";
        var before = await federation.Cluster.CoreV1.ListNamespaceAsync(fieldSelector: selector);
        await federation.Cluster.CoreV1.DeleteNamespaceAsync(space);
        await foreach (
            var (type, _) in federation.Cluster.CoreV1.WatchListNamespaceAsync(
                fieldSelector: selector,
                resourceVersion: before.Metadata.ResourceVersion,
                cancellationToken: TestContext.Current.CancellationToken
            )
        )
        {
            if (type == WatchEventType.Deleted)
            {
                return;
            }
        }
    }
}
