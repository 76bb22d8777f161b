using Federation.Findings;
using Federation.Planning;
using Federation.Resources;
using Google.Apis.Iam.v1.Data;

namespace Federation.Google.Tests;

/// <summary>Google service accounts and who may act as them: what is written, and what is left as other owners made it.</summary>
public sealed class ConvergenceTests : IAsyncLifetime
{
    private readonly ImpatientTime _time = new();
    private LiveGoogle _google = null!;
    private GoogleCloud _cloud = null!;

    public async ValueTask InitializeAsync()
    {
        _google = await LiveGoogle.StartAsync();
        _cloud = new GoogleCloud(_google.Endpoints, _time);
    }

    public async ValueTask DisposeAsync()
    {
        _cloud.Dispose();
        await _google.DisposeAsync();
    }

    [Fact]
    public async Task An_account_is_created_and_bound_once_and_a_second_plan_writes_nothing()
    {
        var first = await Given.ConvergeAsync(_cloud, Given.Input(Given.Workload()));
        Assert.Equal(2, first.Count(StepAction.Create));
        Assert.Equal(new Mark("acme", ["exports"]).Description, (await _google.AccountAsync()).Description);
        var binding = Assert.Single((await _google.PolicyAsync()).Bindings);
        Assert.Equal((Given.Role, Given.Member), (binding.Role, Assert.Single(binding.Members)));

        var writes = _google.Writes;
        Assert.Equal(2, writes);
        Assert.False((await Given.ConvergeAsync(_cloud, Given.Input(Given.Workload()))).HasChanges);
        Assert.Equal(writes, _google.Writes);
    }

    [Fact]
    public async Task An_account_that_is_there_is_used_as_it_is()
    {
        await _google.CreateAccountAsync("Made by hand in 2021.");

        var plan = await Given.ConvergeAsync(_cloud, Given.Input(Given.Workload()));

        Assert.Equal(
            ["workload-identity-binding"],
            plan.Steps.Where(change => change.Action == StepAction.Create).Select(change => change.Resource.Value.Split('/')[2])
        );
        Assert.Equal("Made by hand in 2021.", (await _google.AccountAsync()).Description);
    }

    [Fact]
    public async Task Two_federations_share_an_account_and_only_the_one_that_created_it_owns_it()
    {
        var first = Given.Input("acme", Given.Workload());
        var second = Given.Input("acme-eu", Given.Workload() with { ServiceAccount = "writer" });
        await Given.ConvergeAsync(_cloud, first);
        var description = (await _google.AccountAsync()).Description;

        await Given.ConvergeAsync(_cloud, second);

        Assert.Equal(description, (await _google.AccountAsync()).Description);
        Assert.Equal(2, Assert.Single((await _google.PolicyAsync()).Bindings).Members.Count);
        Assert.Equal([("exports-reader", true), ("exports-reader:reports/reader", true)], await OwnedAsync(first));
        Assert.Equal([("exports-reader", false), ("exports-reader:reports/writer", false)], await OwnedAsync(second));
    }

    [Fact]
    public async Task A_service_account_that_was_moved_away_from_an_account_of_ours_is_told()
    {
        await Given.ConvergeAsync(_cloud, Given.Input(Given.Workload()));
        using var later = new GoogleCloud(_google.Endpoints, _time);

        var findings = (await Given.PlanAsync(later, Given.Input(Given.Workload() with { ServiceAccount = "writer" }))).Findings;

        var finding = Assert.Single(findings);
        Assert.Equal(("FED8014", Severity.Information, Given.Member), (finding.Code, finding.Severity, finding.Actual));
    }

    [Theory]
    [InlineData("Made by gke-to-aws-federation; GKE workloads act as it through Workload Identity.")]
    [InlineData("Made by hand in 2021.")]
    public async Task An_account_whose_description_names_no_federation_is_used_and_owned_by_none(string description)
    {
        await _google.CreateAccountAsync(description);
        var input = Given.Input(Given.Workload());

        await Given.ConvergeAsync(_cloud, input);

        Assert.False((await Given.PlanAsync(_cloud, input)).HasChanges);
        Assert.Equal(description, (await _google.AccountAsync()).Description);
        Assert.All(await OwnedAsync(input), one => Assert.False(one.Ours));
    }

    [Fact]
    public async Task An_account_that_somebody_created_since_it_was_read_is_used_too()
    {
        var plan = await Given.PlanAsync(_cloud, Given.Input(Given.Workload()));
        await _google.CreateAccountAsync("Faster.");

        foreach (var change in plan.Steps)
        {
            await _cloud.ApplyAsync(change, TestContext.Current.CancellationToken);
        }

        Assert.Equal("Faster.", (await _google.AccountAsync()).Description);
        Assert.False((await Given.PlanAsync(_cloud, Given.Input(Given.Workload()))).HasChanges);
    }

    [Theory]
    [InlineData("roles/iam.workloadIdentityUser", "allAuthenticatedUsers", "Error")]
    [InlineData("roles/iam.serviceAccountTokenCreator", "allUsers", "Error")]
    [InlineData("projects/acme-prod/roles/own", "allUsers", "Warning")]
    [InlineData("roles/iam.serviceAccountViewer", "allUsers", null)]
    [InlineData("roles/iam.serviceAccountTokenCreator", "user:someone@example.com", null)]
    public async Task An_account_that_anybody_may_become_is_told(string role, string member, string? severity)
    {
        await _google.CreateAccountAsync("Shared.");
        await _google.BindAsync(new Binding { Role = role, Members = [member] });

        var findings = (await Given.PlanAsync(_cloud, Given.Input(Given.Workload()))).Findings;

        Assert.Equal(
            severity is null ? [] : [$"FED2010 {severity} {role} to {member}"],
            findings.Select(finding => $"{finding.Code} {finding.Severity} {finding.Actual}")
        );
    }

    [Fact]
    public async Task Bindings_of_other_owners_stay_with_their_conditions()
    {
        await _google.CreateAccountAsync("Shared.");
        await _google.BindAsync(
            new Binding { Role = "roles/iam.serviceAccountTokenCreator", Members = ["user:someone@example.com"] },
            new Binding
            {
                Role = Given.Role,
                Members = [Given.Member],
                Condition = new Expr { Title = "until spring", Expression = "request.time < timestamp('2027-03-01T00:00:00Z')" },
            }
        );

        // A conditional grant of the same role to the same member is not the grant that is wanted.
        await Given.ConvergeAsync(_cloud, Given.Input(Given.Workload()));

        var bindings = (await _google.PolicyAsync()).Bindings;
        Assert.Equal(3, bindings.Count);
        Assert.Equal(
            ["user:someone@example.com"],
            Assert.Single(bindings, binding => binding.Role == "roles/iam.serviceAccountTokenCreator").Members
        );
        var conditional = Assert.Single(bindings, binding => binding.Condition is not null);
        Assert.Equal(("until spring", Given.Member), (conditional.Condition.Title, Assert.Single(conditional.Members)));
        Assert.Equal([Given.Member], Assert.Single(bindings, binding => binding.Role == Given.Role && binding.Condition is null).Members);
    }

    [Fact]
    public async Task What_a_run_has_read_or_written_it_does_not_read_again()
    {
        await Given.ConvergeAsync(_cloud, Given.Input(Given.Workload()));
        // The account and its policy, then the account created, and its new policy read and written.
        Assert.Equal(5, _cloud.Calls);

        Assert.False((await Given.PlanAsync(_cloud, Given.Input(Given.Workload()))).HasChanges);
        Assert.Equal(5, _cloud.Calls);
    }

    [Fact]
    public async Task A_policy_that_the_plan_has_read_is_written_without_reading_it_again()
    {
        await _google.CreateAccountAsync("Shared.");

        await Given.ConvergeAsync(_cloud, Given.Input(Given.Workload()));

        Assert.Equal(3, _cloud.Calls);
    }

    [Fact]
    public async Task A_second_member_joins_the_binding_of_the_first()
    {
        var input = Given.Input(Given.Workload(), Given.Workload("imports") with { ServiceAccount = "writer" });

        await Given.ConvergeAsync(_cloud, input);

        Assert.Equal(
            ["serviceAccount:acme-prod.svc.id.goog[reports/reader]", "serviceAccount:acme-prod.svc.id.goog[reports/writer]"],
            Assert.Single((await _google.PolicyAsync()).Bindings).Members.Order(StringComparer.Ordinal)
        );
        // The writes of one policy are serialised, so that they do not conflict.
        Assert.Empty(_time.Waits);
        Assert.Equal(3, _google.Writes);
    }

    [Fact]
    public async Task A_policy_that_somebody_changes_meanwhile_is_read_again_and_nothing_is_lost()
    {
        await _google.CreateAccountAsync("Shared.");
        var intrusions = 0;
        _google.Before = async path =>
        {
            if (path.EndsWith(":setIamPolicy", StringComparison.Ordinal) && intrusions++ < 2)
            {
                await _google.BindAsync(
                    new Binding { Role = "roles/iam.serviceAccountUser", Members = [$"user:intruder{intrusions}@example.com"] }
                );
            }
        };

        await Given.ConvergeAsync(_cloud, Given.Input(Given.Workload()));

        Assert.Equal(3, intrusions);
        Assert.Equal(2, _time.Waits.Count);
        Assert.Equal(
            ["serviceAccount:acme-prod.svc.id.goog[reports/reader]", "user:intruder1@example.com", "user:intruder2@example.com"],
            (await _google.PolicyAsync()).Bindings.SelectMany(binding => binding.Members).Order(StringComparer.Ordinal)
        );
    }

    /// <summary>The names of the resources as they are observed, and whether each is taken for the federation's own.</summary>
    private async Task<IEnumerable<(string Name, bool Ours)>> OwnedAsync(DesiredInput input) =>
        (await Given.PlanAsync(_cloud, input)).Steps.Select(step => (step.Resource.Name, step.Before.Ours));
}
