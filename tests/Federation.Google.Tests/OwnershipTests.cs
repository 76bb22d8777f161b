using System.Globalization;
using Federation.Findings;
using Federation.Planning;
using Federation.Resources;
using Google.Apis.Iam.v1.Data;

namespace Federation.Google.Tests;

/// <summary>A federation finds the accounts that are its own, and deletes no others.</summary>
public sealed class OwnershipTests : IAsyncLifetime
{
    private const string Other = "serviceAccount:acme-prod.svc.id.goog[other/other]";
    private static readonly DesiredInput Input = Given.Input(Given.Workload());
    private LiveGoogle _google = null!;
    private GoogleCloud _cloud = null!;

    public async ValueTask InitializeAsync()
    {
        _google = await LiveGoogle.StartAsync();
        _cloud = new GoogleCloud(_google.Endpoints, new ImpatientTime());
    }

    public async ValueTask DisposeAsync()
    {
        _cloud.Dispose();
        await _google.DisposeAsync();
    }

    [Fact]
    public async Task An_account_of_this_federation_is_found_among_those_of_others()
    {
        for (var i = 0; i < 60; i++)
        {
            await _google.CreateAccountAsync("Made by hand.", string.Create(CultureInfo.InvariantCulture, $"a-hand-{i:000}"));
            await _google.CreateAccountAsync(
                new Mark("acme-eu", ["exports"]).Description,
                string.Create(CultureInfo.InvariantCulture, $"z-other-{i:000}")
            );
        }

        await _google.CreateAccountAsync(
            "Made by gke-to-aws-federation; GKE workloads act as it through Workload Identity.",
            "older-than-marks"
        );
        await Given.ConvergeAsync(_cloud, Input);

        var found = Assert.Single(await FindAsync());

        Assert.Equal(("google/acme-prod/service-account/exports-reader", true), (found.Id.Value, found.Ours));
        Assert.Equal(["exports"], found.Workloads);
        Assert.Equal(
            ["email=exports-reader@acme-prod.iam.gserviceaccount.com", $"{Given.Role}[{Given.Member}]={Given.Member}"],
            found.Fields!.Values.Select(field => $"{field.Key}={field.Value}")
        );
    }

    [Fact]
    public async Task An_account_that_is_no_longer_configured_is_deleted_with_the_grants_that_the_plan_has_shown()
    {
        await Given.ConvergeAsync(_cloud, Input);

        Assert.Equal((StepState.Done, 0), await DeleteAsync(await FindAsync()));

        Assert.Null(await _google.FindAccountAsync());
        Assert.Empty(await FindAsync());
    }

    [Fact]
    public async Task A_grant_that_came_after_the_plan_keeps_the_account()
    {
        await Given.ConvergeAsync(_cloud, Input);
        var found = await FindAsync();
        await _google.BindAsync(new Binding { Role = "roles/iam.serviceAccountUser", Members = ["user:new@example.com"] });

        var finding = await KeptAsync(found);

        Assert.EndsWith(": roles/iam.serviceAccountUser to user:new@example.com.", finding.Cause, StringComparison.Ordinal);
        Assert.NotNull(await _google.FindAccountAsync());
    }

    [Fact]
    public async Task An_account_that_others_still_use_is_not_deleted()
    {
        await Given.ConvergeAsync(_cloud, Input);
        await _google.BindAsync(new Binding { Role = Given.Role, Members = [Other] });
        using var cloud = new GoogleCloud(_google.Endpoints, new ImpatientTime());
        var observed = (await Given.PlanAsync(cloud, Input)).Steps.Select(step => step.Before).ToArray();

        var plan = Planner.Delete(observed);
        Assert.Equal(
            [ResourceKind.WorkloadIdentityBinding, ResourceKind.GoogleServiceAccount],
            plan.Steps.Select(step => step.Resource.Kind)
        );
        var progress = await Given.ApplyAsync(cloud, plan);

        Assert.Equal([StepState.Done, StepState.Kept], progress.Select(one => one.State));
        Assert.Contains(Other, Assert.Single(progress[1].Findings).Cause, StringComparison.Ordinal);
        Assert.Equal([Other], (await _google.PolicyAsync()).Bindings.SelectMany(binding => binding.Members));
    }

    [Theory]
    [InlineData("Made by hand.")]
    [InlineData("Made by gke-to-aws-federation; federation: acme-eu; GKE workloads act as it through Workload Identity.")]
    [InlineData("Made by gke-to-aws-federation; GKE workloads act as it through Workload Identity.")]
    public async Task An_account_of_somebody_else_stays(string description)
    {
        await _google.CreateAccountAsync(description);
        var observed = (await Given.PlanAsync(_cloud, Input)).Steps.Select(step => step.Before);

        await KeptAsync([.. observed.Where(one => one.Id.Kind == ResourceKind.GoogleServiceAccount)]);

        Assert.NotNull(await _google.FindAccountAsync());
    }

    [Fact]
    public async Task An_account_that_was_recreated_since_it_was_observed_stays()
    {
        await Given.ConvergeAsync(_cloud, Input);
        var found = await FindAsync();
        await _google.DeleteAccountAsync();
        await _google.CreateAccountAsync(new Mark("acme", ["exports"]).Description);

        await KeptAsync(found);

        Assert.NotNull(await _google.FindAccountAsync());
    }

    [Fact]
    public async Task What_is_gone_already_counts_as_deleted()
    {
        await Given.ConvergeAsync(_cloud, Input);
        var observed = (await Given.PlanAsync(_cloud, Input)).Steps.Select(step => step.Before).ToArray();
        await _google.DeleteAccountAsync();
        using var cloud = new GoogleCloud(_google.Endpoints, new ImpatientTime());

        var progress = await Given.ApplyAsync(cloud, Planner.Delete(observed));

        Assert.All(progress, one => Assert.Equal((StepState.Done, 0), (one.State, one.Findings.Count)));
    }

    [Fact]
    public async Task A_member_is_removed_and_every_other_grant_stays()
    {
        await _google.CreateAccountAsync("Shared.");
        await Given.ConvergeAsync(_cloud, Input);
        await _google.BindAsync(
            new Binding { Role = "roles/iam.serviceAccountTokenCreator", Members = ["user:someone@example.com"] },
            new Binding
            {
                Role = Given.Role,
                Members = [Given.Member],
                Condition = new Expr { Title = "until spring", Expression = "request.time < timestamp('2027-03-01T00:00:00Z')" },
            }
        );
        var bindings = (await Given.PlanAsync(_cloud, Input)).Steps.Select(step => step.Before);

        // The policy was written since it was read for the plan, so the write begins again.
        Assert.Equal(
            (StepState.Done, 0),
            await DeleteAsync([.. bindings.Where(one => one.Id.Kind == ResourceKind.WorkloadIdentityBinding)])
        );

        Assert.Equal(
            [("roles/iam.serviceAccountTokenCreator", null), (Given.Role, "until spring")],
            (await _google.PolicyAsync()).Bindings.Select(binding => (binding.Role, binding.Condition?.Title))
        );
    }

    private async Task<List<Observation>> FindAsync()
    {
        var found = new List<Observation>();
        await foreach (var one in _cloud.FindOwnedAsync(Input.Configuration, TestContext.Current.CancellationToken))
        {
            found.Add(one);
        }

        return found;
    }

    private async Task<(StepState State, int Findings)> DeleteAsync(IReadOnlyCollection<Observation> observed)
    {
        var one = Assert.Single(await Given.ApplyAsync(_cloud, Planner.Delete(observed)));
        return (one.State, one.Findings.Count);
    }

    private async Task<Finding> KeptAsync(IReadOnlyCollection<Observation> observed)
    {
        var one = Assert.Single(await Given.ApplyAsync(_cloud, Planner.Delete(observed)));
        var finding = Assert.Single(one.Findings);
        Assert.Equal((StepState.Kept, FindingCodes.ResourceNotOurs, Severity.Warning), (one.State, finding.Code, finding.Severity));
        return finding;
    }
}
