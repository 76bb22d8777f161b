using Federation.Findings;
using Federation.Planning;
using Federation.Resources;
using k8s;
using k8s.Models;

namespace Federation.Kubernetes.Tests;

/// <summary>What a federation finds as its own in a cluster, and what it deletes: no more than that.</summary>
public sealed class OwnershipTests : IAsyncLifetime
{
    /// <summary>The federation's own: that nobody else manages an object does not make it ours.</summary>
    private const string Manager = "gke-to-aws-federation/acme";

    private static readonly DesiredInput Input = Given.Input(Given.Workload());
    private LiveCluster _cluster = null!;
    private KubernetesCloud _cloud = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private k8s.Kubernetes Administrator => _cluster.Administrator;

    public async ValueTask InitializeAsync()
    {
        _cluster = await LiveCluster.StartAsync();
        _cloud = Given.CloudWithoutPauses(_cluster);
    }

    public async ValueTask DisposeAsync()
    {
        _cloud.Dispose();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task What_carries_the_mark_is_found_with_one_list_of_each_kind()
    {
        await CreateAsync("by-hand", labels: null);
        await CreateAsync("of-another", new Mark("acme-eu", ["exports"]).Labels);
        await Given.ConvergeAsync(_cloud, Given.Input(Given.Workload(), Given.Workload("imports") with { ServiceAccount = "writer" }));
        await Administrator.PatchNamespacedServiceAccountAsync(
            new V1Patch("""{"metadata":{"annotations":{"team":"data"}}}""", V1Patch.PatchType.MergePatch),
            "reader",
            "reports",
            fieldManager: "helm",
            cancellationToken: Cancelled
        );
        var before = _cluster.Requests.Count;

        var found = await FindAsync();

        Assert.Equal(
            [
                "kubernetes/main/reports/namespace/reports",
                "kubernetes/main/reports/service-account/reader",
                "kubernetes/main/reports/service-account/writer",
            ],
            found.Select(one => one.Id.Value)
        );
        Assert.All(found, one => Assert.True(one.Ours));
        Assert.Equal(["exports", "imports"], found[0].Workloads);
        Assert.Equal(["exports"], found[1].Workloads);
        Assert.Equal(["labels[federation/name]", "labels[federation/tool]", "labels[federation/workload]"], found[1].Fields!.Values.Keys);
        Assert.Equal(2, _cluster.Requests.Count(request => request.Verb == "list"));
        Assert.Equal(before + 3, _cluster.Requests.Count);
    }

    [Fact]
    public async Task A_service_account_is_deleted_before_its_namespace()
    {
        await Given.ConvergeAsync(_cloud, Input);

        var progress = await DeleteAsync(await FindAsync());

        Assert.Equal(
            [(ResourceKind.ServiceAccount, StepState.Done), (ResourceKind.Namespace, StepState.Done)],
            progress.Select(one => (one.Step.Resource.Kind, one.State))
        );
        Assert.Empty(await FindAsync());
    }

    [Fact]
    public async Task What_was_observed_for_a_plan_can_be_deleted()
    {
        await Given.ConvergeAsync(_cloud, Input);
        var observed = (await Given.PlanAsync(_cloud, Input)).Steps.Select(step => step.Before);

        Assert.All(await DeleteAsync([.. observed]), one => Assert.Equal(StepState.Done, one.State));
    }

    [Fact]
    public async Task A_namespace_that_holds_anything_of_others_stays_and_the_finding_names_it()
    {
        await Given.ConvergeAsync(_cloud, Input);
        await Administrator.CreateNamespacedConfigMapAsync(
            new V1ConfigMap { Metadata = new() { Name = "settings" } },
            "reports",
            cancellationToken: Cancelled
        );
        await Administrator.CreateNamespacedRoleAsync(
            new V1Role
            {
                Metadata = new() { Name = "reading" },
                Rules = [],
            },
            "reports",
            cancellationToken: Cancelled
        );

        var progress = await DeleteAsync(await FindAsync());

        Assert.Equal([StepState.Done, StepState.Kept], progress.Select(one => one.State));
        var finding = Assert.Single(progress[1].Findings);
        Assert.Equal(FindingCodes.ResourceNotOurs, finding.Code);
        Assert.Contains("configmaps/settings, roles.rbac.authorization.k8s.io/reading.", finding.Cause, StringComparison.Ordinal);
        Assert.Null((await Administrator.ReadNamespaceAsync("reports", cancellationToken: Cancelled)).Metadata.DeletionTimestamp);
    }

    [Fact]
    public async Task A_namespace_that_holds_only_what_Kubernetes_or_this_federation_created_is_deleted()
    {
        await Given.ConvergeAsync(_cloud, Input);
        _cluster.Time.Advance(TimeSpan.FromSeconds(10));
        await Administrator.CreateNamespacedConfigMapAsync(
            new V1ConfigMap
            {
                Metadata = new() { Name = "of-ours", Labels = new Mark("acme", []).Labels },
            },
            "reports",
            cancellationToken: Cancelled
        );
        Assert.Contains(
            (await Administrator.ListNamespacedConfigMapAsync("reports", cancellationToken: Cancelled)).Items,
            configMap => configMap.Name() == "kube-root-ca.crt"
        );
        Assert.Contains(
            (await Administrator.ListNamespacedServiceAccountAsync("reports", cancellationToken: Cancelled)).Items,
            account => account.Name() == "default"
        );

        Assert.All(await DeleteAsync(await FindAsync()), one => Assert.Equal(StepState.Done, one.State));
    }

    [Fact]
    public async Task A_namespace_whose_content_may_not_be_listed_stays()
    {
        await Given.ConvergeAsync(_cloud, Input);
        var found = await FindAsync();
        _cluster.Interference = (context, handle) =>
        {
            if (!context.Request.Path.Value!.EndsWith("/reports/secrets", StringComparison.Ordinal))
            {
                return handle(context);
            }

            context.Response.StatusCode = 403;
            return Task.CompletedTask;
        };

        var progress = await DeleteAsync(found);

        Assert.Equal([StepState.Done, StepState.Failed], progress.Select(one => one.State));
        Assert.Contains("list secrets in reports", Assert.Single(progress[1].Findings).Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_account_that_others_manage_as_well_stays_and_so_does_its_namespace()
    {
        await Given.ConvergeAsync(_cloud, Input);
        await Administrator.PatchNamespacedServiceAccountAsync(
            new V1Patch("""{"imagePullSecrets":[{"name":"registry"}]}""", V1Patch.PatchType.MergePatch),
            "reader",
            "reports",
            fieldManager: "helm",
            cancellationToken: Cancelled
        );

        var progress = await DeleteAsync(await FindAsync());

        Assert.Equal([StepState.Kept, StepState.Kept], progress.Select(one => one.State));
        var finding = Assert.Single(progress[0].Findings);
        Assert.Equal(FindingCodes.ResourceNotOurs, finding.Code);
        Assert.EndsWith("others manage it as well: helm.", finding.Cause, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("recreated")]
    [InlineData("of another federation")]
    public async Task A_service_account_that_is_no_longer_ours_stays(string now)
    {
        await Given.ConvergeAsync(_cloud, Input);
        var found = await FindAsync();
        if (now == "recreated")
        {
            await Administrator.DeleteNamespacedServiceAccountAsync("reader", "reports", cancellationToken: Cancelled);
            await Administrator.CreateNamespacedServiceAccountAsync(
                new V1ServiceAccount
                {
                    Metadata = new() { Name = "reader", Labels = new Mark("acme", ["exports"]).Labels },
                },
                "reports",
                fieldManager: Manager,
                cancellationToken: Cancelled
            );
        }
        else
        {
            await Administrator.PatchNamespacedServiceAccountAsync(
                new V1Patch("""{"metadata":{"labels":{"federation/name":"acme-eu"}}}""", V1Patch.PatchType.MergePatch),
                "reader",
                "reports",
                fieldManager: Manager,
                cancellationToken: Cancelled
            );
        }

        var progress = await DeleteAsync([.. found.Where(one => one.Id.Kind == ResourceKind.ServiceAccount)]);

        Assert.Equal(FindingCodes.ResourceNotOurs, Assert.Single(Assert.Single(progress).Findings).Code);
        Assert.NotNull(await Administrator.ReadNamespacedServiceAccountAsync("reader", "reports", cancellationToken: Cancelled));
    }

    [Fact]
    public async Task A_change_between_the_last_reading_and_the_deletion_prevents_the_deletion()
    {
        await Given.ConvergeAsync(_cloud, Input);
        var found = await FindAsync();
        _cluster.Interference = async (context, handle) =>
        {
            if (context.Request.Method == "DELETE")
            {
                _cluster.Interference = null;
                await Administrator.PatchNamespacedServiceAccountAsync(
                    new V1Patch("""{"metadata":{"annotations":{"team":"data"}}}""", V1Patch.PatchType.MergePatch),
                    "reader",
                    "reports",
                    cancellationToken: Cancelled
                );
            }

            await handle(context);
        };

        var progress = await DeleteAsync([.. found.Where(one => one.Id.Kind == ResourceKind.ServiceAccount)]);

        var finding = Assert.Single(Assert.Single(progress).Findings);
        Assert.Equal(FindingCodes.ResourceNotOurs, finding.Code);
        Assert.Contains("The object might have been modified", finding.Cause, StringComparison.Ordinal);
        Assert.NotNull(await Administrator.ReadNamespacedServiceAccountAsync("reader", "reports", cancellationToken: Cancelled));
    }

    [Fact]
    public async Task What_is_already_gone_counts_as_deleted()
    {
        await Given.ConvergeAsync(_cloud, Input);
        var found = await FindAsync();
        await Administrator.DeleteNamespacedServiceAccountAsync("reader", "reports", cancellationToken: Cancelled);
        await Administrator.DeleteNamespaceAsync("reports", cancellationToken: Cancelled);

        var progress = await DeleteAsync(found);

        Assert.All(progress, one => Assert.Equal((StepState.Done, 0), (one.State, one.Findings.Count)));
    }

    [Fact]
    public async Task Nothing_is_looked_for_or_deleted_in_another_cluster_than_the_configured_one()
    {
        await Given.ConvergeAsync(_cloud, Input);
        var found = await FindAsync();
        await using var other = await LiveCluster.StartAsync(
            "https://container.googleapis.com/v1/projects/acme-prod/locations/b/clusters/other"
        );
        using var misled = Given.Cloud(other);

        var refused = await Assert.ThrowsAsync<FindingException>(async () =>
        {
            await foreach (var _ in misled.FindOwnedAsync(Input.Configuration, Cancelled)) { }
        });

        Assert.Equal(FindingCodes.KubeconfigWrongCluster, Assert.Single(refused.Findings).Code);
        var failed = (await Given.ApplyAsync(misled, Planner.Delete(found)))[0];
        Assert.Equal(FindingCodes.KubeconfigWrongCluster, Assert.Single(failed.Findings).Code);
    }

    private async Task<List<Observation>> FindAsync()
    {
        var found = new List<Observation>();
        await foreach (var one in _cloud.FindOwnedAsync(Input.Configuration, Cancelled))
        {
            found.Add(one);
        }

        return found;
    }

    private Task<IReadOnlyList<StepProgress>> DeleteAsync(IReadOnlyCollection<Observation> observed) =>
        Given.ApplyAsync(_cloud, Planner.Delete(observed));

    private async Task CreateAsync(string @namespace, IReadOnlyDictionary<string, string>? labels) =>
        await Administrator.CreateNamespaceAsync(
            new V1Namespace
            {
                Metadata = new()
                {
                    Name = @namespace,
                    Labels = labels is null ? null : new Dictionary<string, string>(labels, StringComparer.Ordinal),
                },
            },
            cancellationToken: Cancelled
        );
}
