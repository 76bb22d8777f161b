using Federation.Configuration;
using Federation.Findings;
using Federation.Planning;
using Federation.Resources;
using k8s;
using k8s.Models;

namespace Federation.Kubernetes.Tests;

/// <summary>What is written to namespaces and service accounts, and that other owners' fields are left alone.</summary>
public sealed class ConvergenceTests : IAsyncLifetime
{
    private const string GoogleAnnotation = "iam.gke.io/gcp-service-account";

    private LiveCluster _cluster = null!;
    private KubernetesCloud _cloud = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static Workload WithGoogle => Given.Workload() with { GoogleServiceAccount = "exports-reader" };

    public async ValueTask InitializeAsync()
    {
        _cluster = await LiveCluster.StartAsync();
        _cloud = Given.Cloud(_cluster);
    }

    public async ValueTask DisposeAsync()
    {
        _cloud.Dispose();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task What_is_absent_is_created_under_our_field_manager_and_a_second_plan_is_empty()
    {
        var first = await Given.ConvergeAsync(_cloud, Given.Input(WithGoogle));
        Assert.Equal(2, first.Count(StepAction.Create));

        var account = await _cluster.Administrator.ReadNamespacedServiceAccountAsync("reader", "reports", cancellationToken: Cancelled);
        Assert.Equal("exports-reader@acme-prod.iam.gserviceaccount.com", account.Metadata.Annotations[GoogleAnnotation]);
        var manager = Assert.Single(account.Metadata.ManagedFields);
        Assert.Equal(("gke-to-aws-federation/acme", "Apply"), (manager.Manager, manager.Operation));

        var writes = Writes();
        var second = await Given.ConvergeAsync(_cloud, Given.Input(WithGoogle));
        Assert.False(second.HasChanges);
        Assert.Equal(writes, Writes());
    }

    [Fact]
    public void A_service_account_names_a_Google_one_only_when_it_may_act_as_that()
    {
        var accounts = _cloud.Desire(Given.Input(WithGoogle, Given.Workload("shares-it"))).OfType<ServiceAccountResource>();

        Assert.Equal(
            ["kubernetes/main/reports/namespace/reports", "google/acme-prod/workload-identity-binding/exports-reader:reports/reader"],
            Assert.Single(accounts).DependsOn.Select(id => id.Value)
        );
    }

    [Fact]
    public async Task More_objects_than_are_read_one_by_one_are_listed_and_compared_the_same()
    {
        Workload[] workloads =
        [
            .. Enumerable.Range(1, 20).Select(number => Given.Workload($"job{number}") with { Namespace = $"team{number}" }),
        ];
        var first = await Given.ConvergeAsync(_cloud, Given.Input(workloads));
        Assert.Equal(40, first.Count(StepAction.Create));

        Assert.False((await Given.ConvergeAsync(_cloud, Given.Input(workloads))).HasChanges);
        Assert.Contains(_cluster.Requests, request => request is { Verb: "list", Resource: "serviceaccounts", Namespace: "" });
        Assert.DoesNotContain(_cluster.Requests, request => request is { Verb: "get", Resource: "serviceaccounts" or "namespaces" });
    }

    [Fact]
    public async Task Other_owners_labels_stay_when_ours_change()
    {
        await Given.ConvergeAsync(_cloud, Given.Input(Given.Workload()));
        await ApplyAsOtherAsync("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"reports","labels":{"team":"data"}}}""");

        var plan = await Given.ConvergeAsync(
            _cloud,
            Given.Input(Given.Workload(), Given.Workload("imports") with { ServiceAccount = "writer" })
        );

        Assert.Equal(
            "labels[federation/workload]",
            Assert.Single(Assert.Single(plan.Steps, change => change.Action == StepAction.Update).Fields).Path
        );
        var labels = (await _cluster.Administrator.ReadNamespaceAsync("reports", cancellationToken: Cancelled)).Metadata.Labels;
        Assert.Equal(("data", "exports_imports"), (labels["team"], labels["federation/workload"]));
    }

    [Fact]
    public async Task A_field_that_is_no_longer_wanted_goes_with_our_ownership_of_it()
    {
        await Given.ConvergeAsync(_cloud, Given.Input(WithGoogle));

        var plan = await Given.ConvergeAsync(_cloud, Given.Input(Given.Workload()));

        var field = Assert.Single(Assert.Single(plan.Steps, change => change.Action == StepAction.Update).Fields);
        Assert.Equal(($"annotations[{GoogleAnnotation}]", null), (field.Path, field.To));
        var account = await _cluster.Administrator.ReadNamespacedServiceAccountAsync("reader", "reports", cancellationToken: Cancelled);
        Assert.DoesNotContain(GoogleAnnotation, account.Metadata.Annotations ?? new Dictionary<string, string>(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_namespace_that_workloads_share_is_one_resource_that_names_them_all()
    {
        var input = Given.Input(Given.Workload(), Given.Workload("imports") with { ServiceAccount = "writer" });

        var shared = Assert.Single(_cloud.Desire(input), resource => resource is NamespaceResource);
        Assert.Equal(["exports", "imports"], shared.Workloads);
        await Given.ConvergeAsync(_cloud, input);
        Assert.Equal(
            "exports_imports",
            (await _cluster.Administrator.ReadNamespaceAsync("reports", cancellationToken: Cancelled)).Metadata.Labels[
                "federation/workload"
            ]
        );
    }

    [Fact]
    public async Task A_field_of_another_manager_stops_the_plan_and_names_both_values()
    {
        await OtherAnnotatesAsync();

        var plan = await Given.PlanAsync(_cloud, Given.Input(WithGoogle));

        var finding = Assert.Single(plan.Findings);
        Assert.Equal((FindingCodes.ResourceNotOurs, Severity.Error), (finding.Code, finding.Severity));
        Assert.Equal(
            ("exports-reader@acme-prod.iam.gserviceaccount.com", "other@acme-prod.iam.gserviceaccount.com"),
            (finding.Expected, finding.Actual)
        );
        Assert.Contains("set by helm", finding.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Adoption_takes_the_field_over()
    {
        await OtherAnnotatesAsync();
        var input = Given.Input(WithGoogle with { Adopt = true });

        await Given.ConvergeAsync(_cloud, input);

        var account = await _cluster.Administrator.ReadNamespacedServiceAccountAsync("reader", "reports", cancellationToken: Cancelled);
        Assert.Equal("exports-reader@acme-prod.iam.gserviceaccount.com", account.Metadata.Annotations[GoogleAnnotation]);
        Assert.True(FieldOwnership.Of(account.Metadata, new Mark("acme", [])).IsOurs($"annotations[{GoogleAnnotation}]"));
        Assert.False((await Given.PlanAsync(_cloud, input)).HasChanges);
    }

    [Fact]
    public async Task A_field_that_another_manager_sets_between_plan_and_apply_is_not_overwritten()
    {
        var plan = await Given.PlanAsync(_cloud, Given.Input(WithGoogle));
        await OtherAnnotatesAsync();

        var progress = await Given.ApplyAsync(_cloud, plan);

        var failed = Assert.Single(progress, one => one.State == StepState.Failed);
        Assert.Equal(FindingCodes.ResourceNotOurs, Assert.Single(failed.Findings).Code);
        var account = await _cluster.Administrator.ReadNamespacedServiceAccountAsync("reader", "reports", cancellationToken: Cancelled);
        Assert.Equal("other@acme-prod.iam.gserviceaccount.com", account.Metadata.Annotations[GoogleAnnotation]);
    }

    [Fact]
    public async Task What_is_owned_elsewhere_is_checked_and_never_written()
    {
        var input = Given.Input(Given.Workload() with { Existing = ExistingResources.Namespace | ExistingResources.ServiceAccount });

        var plan = await Given.PlanAsync(_cloud, input);

        Assert.False(plan.HasChanges);
        Assert.Equal([FindingCodes.NamespaceMissing, FindingCodes.ServiceAccountMissing], plan.Findings.Select(finding => finding.Code));
    }

    [Fact]
    public async Task What_is_owned_elsewhere_needs_no_mark_of_ours_and_what_differs_from_what_is_needed_is_a_warning()
    {
        await OtherAnnotatesAsync();
        var writes = Writes();

        var plan = await Given.PlanAsync(
            _cloud,
            Given.Input(WithGoogle with { Existing = ExistingResources.Namespace | ExistingResources.ServiceAccount })
        );

        Assert.All(plan.Steps, step => Assert.Equal(StepReason.OwnedElsewhere, step.Reason));
        var finding = Assert.Single(plan.Findings);
        Assert.Equal(
            (FindingCodes.ResourceNotOurs, Severity.Warning, "kubernetes/main/reports/service-account/reader"),
            (finding.Code, finding.Severity, finding.Resource)
        );
        Assert.Equal("exports-reader@acme-prod.iam.gserviceaccount.com", finding.Expected);
        await Given.ApplyAsync(_cloud, plan);
        Assert.Equal(writes, Writes());
    }

    [Fact]
    public async Task What_was_ours_and_is_owned_elsewhere_now_does_not_differ_by_its_mark()
    {
        await Given.ConvergeAsync(_cloud, Given.Input(WithGoogle));

        var plan = await Given.PlanAsync(
            _cloud,
            Given.Input(WithGoogle with { Existing = ExistingResources.Namespace | ExistingResources.ServiceAccount })
        );

        Assert.Empty(plan.Findings);
        Assert.False(plan.HasChanges);
    }

    [Fact]
    public async Task Two_federations_that_want_different_annotations_conflict_and_neither_loses_one()
    {
        await Given.ConvergeAsync(_cloud, Given.Input(WithGoogle));
        using var other = Given.CloudOf("acme-eu", _cluster);
        var input = Given.InputOf("acme-eu", Given.Workload() with { GoogleServiceAccount = "eu-reader" });

        var plan = await Given.PlanAsync(other, input);

        Assert.All(
            plan.Findings,
            finding => Assert.Equal((FindingCodes.ResourceNotOurs, Severity.Error), (finding.Code, finding.Severity))
        );
        Assert.Equal(["kubernetes/main/reports/service-account/reader"], plan.Findings.Select(finding => finding.Resource).Distinct());
        Assert.Contains("carries the mark of the federation acme.", plan.Findings[0].Cause, StringComparison.Ordinal);
        Assert.Equal("eu-reader@acme-prod.iam.gserviceaccount.com", plan.Findings[1].Expected);
        Assert.Contains("set by gke-to-aws-federation/acme.", plan.Findings[1].Cause, StringComparison.Ordinal);

        // As if the plan had been made before the other federation wrote.
        var progress = await Given.ApplyAsync(other, plan);

        Assert.Equal([StepState.Done, StepState.Failed], progress.Select(one => one.State));
        Assert.Equal(FindingCodes.ResourceNotOurs, Assert.Single(progress[1].Findings).Code);
        using var again = Given.Cloud(_cluster);
        Assert.False((await Given.ConvergeAsync(again, Given.Input(WithGoogle))).HasChanges);
    }

    [Fact]
    public async Task A_namespace_that_two_federations_use_stays_the_one_s_that_made_it_and_neither_plans_anything()
    {
        await Given.ConvergeAsync(_cloud, Given.Input(Given.Workload()));
        using var other = Given.CloudOf("acme-eu", _cluster);
        var theirs = Given.InputOf("acme-eu", Given.Workload("imports") with { ServiceAccount = "writer" });

        var first = await Given.ConvergeAsync(other, theirs);

        Assert.Equal(["writer"], first.Steps.Where(step => step.Writes).Select(step => step.Resource.Name));
        Assert.False((await Given.PlanAsync(_cloud, Given.Input(Given.Workload()))).HasChanges);
        Assert.False((await Given.PlanAsync(other, theirs)).HasChanges);
        Assert.Equal("exports", (await NamespaceAsync()).Labels["federation/workload"]);
    }

    [Fact]
    public async Task A_namespace_of_another_federation_gets_the_labels_of_ones_own_template_but_not_ones_mark()
    {
        await Given.ConvergeAsync(_cloud, Given.Input(Given.Workload()));
        using var other = Given.CloudOf("acme-eu", _cluster);
        var desired = other.Desire(Given.InputOf("acme-eu", Given.Workload())).OfType<NamespaceResource>().Single();
        desired.Document["metadata"]!["labels"]!["team"] = "data";

        var plan = Planner.Plan([desired], await other.ReadAsync([desired], Cancelled));
        await Given.ApplyAsync(other, plan);

        Assert.Equal(["labels[team]"], Assert.Single(plan.Steps).Fields.Select(field => field.Path));
        var live = await NamespaceAsync();
        Assert.Equal(("acme", "data"), (live.Labels["federation/name"], live.Labels["team"]));
        Assert.False((await Given.PlanAsync(_cloud, Given.Input(Given.Workload()))).HasChanges);
    }

    [Fact]
    public async Task Of_two_federations_without_a_name_neither_takes_the_others_service_account_and_the_namespace_keeps_its_mark()
    {
        var ours = Given.InputOf("federation", Given.Workload());
        using var first = Unnamed(Given.Workload());
        await Given.ConvergeAsync(first, ours);
        var imports = Given.Workload("imports") with { ServiceAccount = "writer" };
        using var second = Unnamed(imports);
        await Given.ConvergeAsync(second, Given.InputOf("federation", imports));

        Assert.False((await Given.PlanAsync(first, ours)).HasChanges);
        Assert.Equal("exports", (await NamespaceAsync()).Labels["federation/workload"]);
        using var taking = Unnamed(Given.Workload("imports"));
        var finding = Assert.Single((await Given.PlanAsync(taking, Given.InputOf("federation", Given.Workload("imports")))).Findings);
        Assert.Equal((FindingCodes.ResourceNotOurs, Severity.Error), (finding.Code, finding.Severity));
        Assert.Contains("was made for exports, which this configuration does not have", finding.Cause, StringComparison.Ordinal);

        KubernetesCloud Unnamed(Workload workload) => Given.UnnamedCloud(_cluster, workload);
    }

    private async Task<V1ObjectMeta> NamespaceAsync() =>
        (await _cluster.Administrator.ReadNamespaceAsync("reports", cancellationToken: Cancelled)).Metadata;

    [Fact]
    public async Task What_former_versions_wrote_moves_to_the_manager_of_the_federation()
    {
        await ApplyAsFormerVersionAsync(Given.Input(WithGoogle));

        var plan = await Given.ConvergeAsync(_cloud, Given.Input(Given.Workload()));

        Assert.Equal(
            ["fieldManager[gke-to-aws-federation]"],
            plan.Steps.Single(step => step.Resource.Kind == ResourceKind.Namespace).Fields.Select(field => field.Path)
        );
        var account = await _cluster.Administrator.ReadNamespacedServiceAccountAsync("reader", "reports", cancellationToken: Cancelled);
        Assert.DoesNotContain(GoogleAnnotation, account.Metadata.Annotations ?? new Dictionary<string, string>(StringComparer.Ordinal));
        Assert.Equal("acme", account.Metadata.Labels["federation/name"]);
        var @namespace = await _cluster.Administrator.ReadNamespaceAsync("reports", cancellationToken: Cancelled);
        foreach (var metadata in new[] { account.Metadata, @namespace.Metadata })
        {
            Assert.Equal("gke-to-aws-federation/acme", Assert.Single(metadata.ManagedFields).Manager);
        }

        var writes = Writes();
        Assert.False((await Given.ConvergeAsync(_cloud, Given.Input(Given.Workload()))).HasChanges);
        Assert.Equal(writes, Writes());
    }

    [Fact]
    public async Task What_a_former_version_wrote_for_another_federation_is_not_taken_over()
    {
        await ApplyAsFormerVersionAsync(Given.InputOf("acme-eu", WithGoogle));

        var plan = await Given.PlanAsync(_cloud, Given.Input(WithGoogle));

        var finding = Assert.Single(plan.Findings);
        Assert.Equal((FindingCodes.ResourceNotOurs, Severity.Error), (finding.Code, finding.Severity));
        Assert.Contains("carries the mark of the federation acme-eu.", finding.Cause, StringComparison.Ordinal);
    }

    private int Writes() => _cluster.Requests.Count(request => request.IsWrite);

    /// <summary>Writes what is desired under the manager that all federations had in versions up to 1.0.</summary>
    private async Task ApplyAsFormerVersionAsync(DesiredInput input)
    {
        foreach (var desired in _cloud.Desire(input).Cast<KubernetesResource>())
        {
            var patch = new V1Patch(desired.Document, V1Patch.PatchType.ApplyPatch);
            _ =
                desired is NamespaceResource
                    ? (object)
                        await _cluster.Administrator.PatchNamespaceAsync(
                            patch,
                            desired.Name,
                            fieldManager: "gke-to-aws-federation",
                            cancellationToken: Cancelled
                        )
                    : await _cluster.Administrator.PatchNamespacedServiceAccountAsync(
                        patch,
                        desired.Name,
                        desired.Namespace,
                        fieldManager: "gke-to-aws-federation",
                        cancellationToken: Cancelled
                    );
        }
    }

    /// <summary>Another manager creates the namespace and the service account, with another Google service account.</summary>
    private async Task OtherAnnotatesAsync()
    {
        await ApplyAsOtherAsync("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"reports"}}""");
        await _cluster.Administrator.PatchNamespacedServiceAccountAsync(
            new V1Patch(
                $$$$"""
                {"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"reader","namespace":"reports",
                 "annotations":{"{{{{GoogleAnnotation}}}}":"other@acme-prod.iam.gserviceaccount.com"}}}
                """,
                V1Patch.PatchType.ApplyPatch
            ),
            "reader",
            "reports",
            fieldManager: "helm",
            cancellationToken: Cancelled
        );
    }

    private Task<V1Namespace> ApplyAsOtherAsync(string document) =>
        _cluster.Administrator.PatchNamespaceAsync(
            new V1Patch(document, V1Patch.PatchType.ApplyPatch),
            "reports",
            fieldManager: "helm",
            cancellationToken: Cancelled
        );
}
