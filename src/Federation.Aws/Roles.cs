using System.Collections.Immutable;
using Amazon.IdentityManagement;
using Amazon.IdentityManagement.Model;
using Federation.Configuration;
using Federation.Planning;
using Federation.Policies;
using Federation.Resources;

namespace Federation.Aws;

/// <summary>Writes roles, by what differs.</summary>
internal sealed class Roles(AwsAccounts accounts, IClusterDirectory directory, Mark mark)
{
    public Task<IReadOnlyList<Observation>> ReadAsync(Account account, IReadOnlyList<Role> roles, CancellationToken cancellationToken) =>
        new RoleReader(new RoleCalls(accounts.For(account)), directory, mark).ReadAsync(roles, cancellationToken);

    public Task ApplyAsync(Role role, Step step, CancellationToken cancellationToken)
    {
        var write = new Writing(accounts.For(role.Account), role, cancellationToken);
        return step.Action == StepAction.Create ? write.CreateAsync() : write.UpdateAsync((RoleObservation)step.Before);
    }

    private sealed class Writing(AwsAccount account, Role role, CancellationToken cancellationToken)
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
                await PutPolicyAsync(name, document, justMade: true);
            }

            foreach (var arn in _desired.ManagedPolicies)
            {
                await AttachAsync(arn, justMade: true);
            }
        }

        /// <summary>
        /// What grants is written before what withdraws, and the tags last: they keep which policies are ours, so a
        /// policy must not leave them before it has left the role.
        /// </summary>
        public async Task UpdateAsync(RoleObservation observed)
        {
            var live = observed.State;
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
                var request = new UpdateAssumeRolePolicyRequest
                {
                    RoleName = role.Name,
                    PolicyDocument = TrustPolicies.Combine(_desired.Trust, observed.Others).ToMinifiedJson(),
                };
                await CallAsync("iam:UpdateAssumeRolePolicy", (iam, token) => iam.UpdateAssumeRolePolicyAsync(request, token));
            }

            foreach (var (name, document) in _desired.InlinePolicies)
            {
                if (live.InlinePolicies.GetValueOrDefault(name)?.MeansTheSame(document) != true)
                {
                    await PutPolicyAsync(name, document);
                }
            }

            foreach (var arn in _desired.ManagedPolicies.Except(live.ManagedPolicies))
            {
                await AttachAsync(arn);
            }

            foreach (var name in live.InlinePolicies.Keys.Except(_desired.InlinePolicies.Keys, StringComparer.Ordinal))
            {
                await CallAsync(
                    "iam:DeleteRolePolicy",
                    (iam, token) => iam.DeleteRolePolicyAsync(new() { RoleName = role.Name, PolicyName = name }, token)
                );
            }

            foreach (var arn in live.ManagedPolicies.Except(_desired.ManagedPolicies))
            {
                await CallAsync(
                    "iam:DetachRolePolicy",
                    (iam, token) => iam.DetachRolePolicyAsync(new() { RoleName = role.Name, PolicyArn = arn }, token)
                );
            }

            await TagAsync(live.Tags);
        }

        private Task PutPolicyAsync(string name, PolicyDocument document, bool justMade = false)
        {
            var request = new PutRolePolicyRequest
            {
                RoleName = role.Name,
                PolicyName = name,
                PolicyDocument = document.ToMinifiedJson(),
            };
            return CallAsync("iam:PutRolePolicy", (iam, token) => iam.PutRolePolicyAsync(request, token), justMade);
        }

        private Task AttachAsync(string arn, bool justMade = false) =>
            CallAsync(
                "iam:AttachRolePolicy",
                (iam, token) => iam.AttachRolePolicyAsync(new() { RoleName = role.Name, PolicyArn = arn }, token),
                justMade
            );

        private Task BoundAsync() =>
            _desired.PermissionsBoundary is { } boundary
                ? CallAsync(
                    "iam:PutRolePermissionsBoundary",
                    (iam, token) =>
                        iam.PutRolePermissionsBoundaryAsync(new() { RoleName = role.Name, PermissionsBoundary = boundary }, token)
                )
                : CallAsync(
                    "iam:DeleteRolePermissionsBoundary",
                    (iam, token) => iam.DeleteRolePermissionsBoundaryAsync(new() { RoleName = role.Name }, token)
                );

        private async Task TagAsync(ImmutableSortedDictionary<string, string> live)
        {
            var changed = _desired.Tags.Except(live).ToList();
            if (changed.Count > 0)
            {
                await CallAsync(
                    "iam:TagRole",
                    (iam, token) => iam.TagRoleAsync(new() { RoleName = role.Name, Tags = IamTags.Write(changed) }, token)
                );
            }

            var stale = live.Keys.Except(_desired.Tags.Keys, StringComparer.Ordinal).ToList();
            if (stale.Count > 0)
            {
                await CallAsync(
                    "iam:UntagRole",
                    (iam, token) => iam.UntagRoleAsync(new() { RoleName = role.Name, TagKeys = stale }, token)
                );
            }
        }

        private async Task CallAsync<T>(
            string action,
            Func<IAmazonIdentityManagementService, CancellationToken, Task<T>> call,
            bool justMade = false
        )
            where T : Amazon.Runtime.AmazonWebServiceResponse =>
            await account.CallAsync(action, role.Id, call, cancellationToken, justMade);
    }
}
