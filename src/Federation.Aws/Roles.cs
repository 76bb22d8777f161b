using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Amazon.IdentityManagement;
using Amazon.IdentityManagement.Model;
using Amazon.Runtime;
using Federation.Configuration;
using Federation.Findings;
using Federation.Planning;
using Federation.Policies;
using Federation.Resources;

namespace Federation.Aws;

/// <summary>Observes, writes and deletes roles.</summary>
internal sealed class Roles(AwsAccounts accounts, IClusterDirectory directory, Mark mark, TimeProvider time)
{
    /// <summary>
    /// Of what carries the federation's name, whoever else may be called so: only a federation with a name of its own deletes by it.
    /// </summary>
    private readonly Mark _named = mark with { Known = null };

    private static readonly IReadOnlyDictionary<string, ClusterFacts> NoFacts = new Dictionary<string, ClusterFacts>(
        StringComparer.Ordinal
    );

    /// <param name="account">That of all the roles.</param>
    /// <exception cref="FindingException">A role could not be read.</exception>
    public async Task<IReadOnlyList<Observation>> ObserveAsync(
        Account account,
        IReadOnlyList<Role> roles,
        CancellationToken cancellationToken
    )
    {
        var read = await accounts.For(account).Roles.ReadAsync(roles.Select(role => role.Name), cancellationToken);
        if (read.Values.Select(reading => reading.Refused).OfType<Finding>().Distinct().ToArray() is [_, ..] refused)
        {
            throw new FindingException(refused);
        }

        return await Task.WhenAll(roles.Select(role => ObserveAsync(role, read[role.Name].Found, cancellationToken)));
    }

    private async Task<Observation> ObserveAsync(Role role, LiveRole? live, CancellationToken cancellationToken)
    {
        var isMarked = live is not null && live.Tags.Keys.Any(key => key.StartsWith(Mark.TagPrefix, StringComparison.Ordinal));
        var facts = isMarked && !role.Existing ? await directory.ReadClustersAsync(role.Clusters, cancellationToken) : NoFacts;
        var observation = RoleObservation.Of(role, live, mark, facts);
        return live is null || role is { Adopt: false } or { Existing: true }
            ? observation
            : observation with
            {
                Findings = [.. observation.Findings, .. await TakenOverAsync(role, live, cancellationToken)],
            };
    }

    /// <summary>What a role that is taken over brings with it: policies that are not configured.</summary>
    private async Task<IEnumerable<Finding>> TakenOverAsync(Role role, LiveRole live, CancellationToken cancellationToken)
    {
        var evidence = new EvidenceOfRoles(accounts.For(role.Account).Roles, role.Account, cancellationToken);
        var policies = await evidence.PoliciesAsync(live);
        var own = (policies.Found ?? []).Where(policy =>
            !role.State.InlinePolicies.ContainsKey(policy.Name) && !role.State.ManagedPolicies.Contains(policy.Name)
        );
        return
        [
            .. RoleFindings.TooBroad(role, own),
            .. policies.Refused is { } refused ? [refused with { Severity = Severity.Information }] : Array.Empty<Finding>(),
        ];
    }

    /// <summary>The account's roles that carry the mark.</summary>
    public async IAsyncEnumerable<Observation> FindOwnedAsync(Account account, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var role in (await accounts.For(account).Roles.ReadAllAsync(cancellationToken)).Values)
        {
            if (_named.IsOn(role.Tags))
            {
                yield return RoleObservation.OfOwned(account, role);
            }
        }
    }

    /// <summary>
    /// Deletes the role if it is still the one that was observed, still carries this federation's mark, is in no instance profile,
    /// and has no statement or policy that was not observed. One that is not there is nothing to do.
    /// </summary>
    /// <returns>Null; or why it stays, because it is not this federation's or others use it (FED8009).</returns>
    /// <exception cref="FindingException">It could not be deleted.</exception>
    public async Task<Finding?> DeleteAsync(RoleObservation observed, CancellationToken cancellationToken)
    {
        var account = accounts.For(observed.Account);
        account.Roles.WillWrite(observed.Name);
        if (await account.Roles.FindAsync(observed.Name, cancellationToken) is not { } live)
        {
            return null;
        }

        if (!_named.IsOn(live.Tags) || live.Id != observed.RoleId)
        {
            return Kept.Because(observed.Id, "it was created by somebody else or for another federation since it was read");
        }

        if (await account.Roles.ListInstanceProfilesAsync(observed.Name, cancellationToken) is [_, ..] profiles)
        {
            return Kept.Because(observed.Id, $"EC2 instances can use it through the instance profiles {string.Join(", ", profiles)}");
        }

        var found = RoleObservation.OfOwned(observed.Account, live);
        if (
            Fields.Between(observed.State.PolicyFields, found.State.PolicyFields).Where(field => field.To is not null).ToArray()
            is [_, ..] others
        )
        {
            return Kept.Because(
                observed.Id,
                $"others use it by what this plan does not show: {string.Join(", ", others.Select(field => field.Path))}"
            );
        }

        // A permissions boundary goes with the role. Taken away before, it would leave the role free of it if a later call fails.
        foreach (var name in found.State.InlinePolicies.Keys)
        {
            await DeleteAsync(
                "iam:DeleteRolePolicy",
                (iam, token) => iam.DeleteRolePolicyAsync(new() { RoleName = observed.Name, PolicyName = name }, token)
            );
        }

        foreach (var arn in found.State.ManagedPolicies)
        {
            await DeleteAsync(
                "iam:DetachRolePolicy",
                (iam, token) => iam.DetachRolePolicyAsync(new() { RoleName = observed.Name, PolicyArn = arn }, token)
            );
        }

        await DeleteAsync("iam:DeleteRole", (iam, token) => iam.DeleteRoleAsync(new() { RoleName = observed.Name }, token));
        account.Roles.HasDeleted(live);
        return null;

        // What is gone already counts as deleted.
        Task DeleteAsync<T>(string action, Func<IAmazonIdentityManagementService, CancellationToken, Task<T>> call)
            where T : AmazonWebServiceResponse => account.FindAsync(action, observed.Id, call, cancellationToken);
    }

    public async Task ApplyAsync(Role role, Step step, CancellationToken cancellationToken)
    {
        var account = accounts.For(role.Account);
        account.Roles.WillWrite(role.Name);
        var isNew = step.Action == StepAction.Create;
        var write = new Writing(account, new TrustWriter(account, mark, time), role, isNew, cancellationToken);
        if (!isNew)
        {
            await write.UpdateAsync((RoleObservation)step.Before);
            return;
        }

        try
        {
            await write.CreateAsync();
        }
        catch (FindingException taken) when (AwsFaults.IsTaken(taken.InnerException))
        {
            if (await FindCreatedAsync(role, cancellationToken) is not { } created)
            {
                throw;
            }

            await write.UpdateAsync(created);
        }
    }

    /// <summary>
    /// The role that was created since the plan, if it carries the mark: by a try of this run whose answer was lost, or by another
    /// run at the same time. It may lack its policies. Null if it is somebody else's, or has only a name that differs in case.
    /// </summary>
    /// <exception cref="FindingException">It could not be read, or must not be changed.</exception>
    private async Task<RoleObservation?> FindCreatedAsync(Role role, CancellationToken cancellationToken)
    {
        var live = await accounts.For(role.Account).Roles.FindCreatedAsync(role.Name, cancellationToken);
        if (live is null || live.Name != role.Name || !mark.IsOn(live.Tags))
        {
            return null;
        }

        var observed = await ObserveAsync(role, live, cancellationToken);
        return observed.Findings.Where(finding => finding.Severity == Severity.Error).ToArray() is [_, ..] errors
            ? throw new FindingException(errors)
            : (RoleObservation)observed;
    }

    /// <summary>The writing of one role.</summary>
    /// <param name="isNew">It was created a moment ago, or will be: IAM may not see it everywhere yet.</param>
    private sealed class Writing(AwsAccount account, TrustWriter trust, Role role, bool isNew, CancellationToken cancellationToken)
    {
        private readonly RoleState _desired = role.State;

        public async Task CreateAsync()
        {
            var request = new CreateRoleRequest
            {
                RoleName = role.Name,
                Path = _desired.Path,
                Description = _desired.Description,
                MaxSessionDuration = _desired.MaxSessionDuration,
                PermissionsBoundary = _desired.PermissionsBoundary,
                AssumeRolePolicyDocument = _desired.Trust.ToMinifiedJson(),
                Tags = IamTags.Write(_desired.Tags),
            };
            await CallAsync("iam:CreateRole", (iam, token) => iam.CreateRoleAsync(request, token));
            foreach (var (name, document) in _desired.InlinePolicies)
            {
                await PutPolicyAsync(name, document!);
            }

            foreach (var arn in _desired.ManagedPolicies)
            {
                await AttachAsync(arn);
            }
        }

        /// <summary>
        /// What grants is written before what withdraws. What is ours is registered in the tags before it is put there and until
        /// it is taken away: a run that is stopped in between leaves nothing behind that a later one would take for another
        /// owner's.
        /// </summary>
        public async Task UpdateAsync(RoleObservation observed)
        {
            var live = observed.State;
            var tags = observed.Ours ? Registered(live) : _desired.Tags;
            if (!observed.Ours)
            {
                // First of all: once the role carries our mark, another federation's registers would count as ours.
                await UntagAsync(live.Tags.Keys.Except(tags.Keys, StringComparer.Ordinal));
            }

            await TagAsync(tags.Except(live.Tags));
            if (live.Description != _desired.Description || live.MaxSessionDuration != _desired.MaxSessionDuration)
            {
                // Both at once: a duration that is not given becomes one hour.
                var request = new UpdateRoleRequest
                {
                    RoleName = role.Name,
                    Description = _desired.Description,
                    MaxSessionDuration = _desired.MaxSessionDuration,
                };
                await CallAsync("iam:UpdateRole", (iam, token) => iam.UpdateRoleAsync(request, token));
            }

            if (live.PermissionsBoundary != _desired.PermissionsBoundary)
            {
                await BoundAsync();
            }

            if (Fields.Between(live.TrustFields, _desired.TrustFields).Count > 0)
            {
                await trust.WriteAsync(role, observed, cancellationToken);
            }

            foreach (var (name, document) in _desired.InlinePolicies)
            {
                if (live.InlinePolicies.GetValueOrDefault(name)?.MeansTheSame(document!) != true)
                {
                    await PutPolicyAsync(name, document!);
                }
            }

            foreach (var arn in _desired.ManagedPolicies.Except(live.ManagedPolicies))
            {
                await AttachAsync(arn);
            }

            foreach (var name in live.InlinePolicies.Keys.Except(_desired.InlinePolicies.Keys, StringComparer.Ordinal))
            {
                await WithdrawAsync(
                    "iam:DeleteRolePolicy",
                    (iam, token) => iam.DeleteRolePolicyAsync(new() { RoleName = role.Name, PolicyName = name }, token)
                );
            }

            foreach (var arn in live.ManagedPolicies.Except(_desired.ManagedPolicies))
            {
                await WithdrawAsync(
                    "iam:DetachRolePolicy",
                    (iam, token) => iam.DetachRolePolicyAsync(new() { RoleName = role.Name, PolicyArn = arn }, token)
                );
            }

            await TagAsync(_desired.Tags.Except(tags));
            await UntagAsync(tags.Keys.Except(_desired.Tags.Keys, StringComparer.Ordinal));
        }

        /// <summary>
        /// The live tags, with everything registered that is ours on the role or is about to be, and the id of each cluster that it is
        /// about to trust.
        /// </summary>
        private ImmutableSortedDictionary<string, string> Registered(RoleState live)
        {
            var statements = TrustOwnership.Register([
                .. live.Trust.Statements.Concat(_desired.Trust.Statements).Select(statement => statement.Sid),
                .. live.UnreadableStatements,
            ]);
            var policies = PolicyRegister.Of(_desired.InlinePolicies.Keys, _desired.ManagedPolicies);
            var clusters = _desired.Tags.Where(tag => Mark.IsClusterTag(tag.Key) && !live.Tags.ContainsKey(tag.Key));
            return IdentityRegister.Of(role.Trusted).AddTo(policies.AddTo(statements.AddTo(live.Tags))).AddRange(clusters);
        }

        private Task PutPolicyAsync(string name, PolicyDocument document)
        {
            var request = new PutRolePolicyRequest
            {
                RoleName = role.Name,
                PolicyName = name,
                PolicyDocument = document.ToMinifiedJson(),
            };
            return CallAsync("iam:PutRolePolicy", (iam, token) => iam.PutRolePolicyAsync(request, token));
        }

        private Task AttachAsync(string arn) =>
            CallAsync(
                "iam:AttachRolePolicy",
                (iam, token) => iam.AttachRolePolicyAsync(new() { RoleName = role.Name, PolicyArn = arn }, token)
            );

        private Task BoundAsync() =>
            _desired.PermissionsBoundary is { } boundary
                ? CallAsync(
                    "iam:PutRolePermissionsBoundary",
                    (iam, token) =>
                        iam.PutRolePermissionsBoundaryAsync(new() { RoleName = role.Name, PermissionsBoundary = boundary }, token)
                )
                : WithdrawAsync(
                    "iam:DeleteRolePermissionsBoundary",
                    (iam, token) => iam.DeleteRolePermissionsBoundaryAsync(new() { RoleName = role.Name }, token)
                );

        private async Task TagAsync(IEnumerable<KeyValuePair<string, string>> tags)
        {
            var request = new TagRoleRequest { RoleName = role.Name, Tags = IamTags.Write(tags) };
            if (request.Tags.Count > 0)
            {
                await CallAsync("iam:TagRole", (iam, token) => iam.TagRoleAsync(request, token));
            }
        }

        private async Task UntagAsync(IEnumerable<string> keys)
        {
            var request = new UntagRoleRequest { RoleName = role.Name, TagKeys = [.. keys] };
            if (request.TagKeys.Count > 0)
            {
                await CallAsync("iam:UntagRole", (iam, token) => iam.UntagRoleAsync(request, token));
            }
        }

        private async Task CallAsync<T>(string action, Func<IAmazonIdentityManagementService, CancellationToken, Task<T>> call)
            where T : AmazonWebServiceResponse => await account.CallAsync(action, role.Id, call, cancellationToken, isNew);

        /// <summary>What is gone already counts as withdrawn: an earlier try may have done it.</summary>
        private async Task WithdrawAsync<T>(string action, Func<IAmazonIdentityManagementService, CancellationToken, Task<T>> call)
            where T : AmazonWebServiceResponse => await account.FindAsync(action, role.Id, call, cancellationToken);
    }
}
