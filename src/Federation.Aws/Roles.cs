using System.Collections.Immutable;
using Amazon.IdentityManagement;
using Amazon.IdentityManagement.Model;
using Amazon.Runtime;
using Federation.Configuration;
using Federation.Planning;
using Federation.Policies;
using Federation.Resources;

namespace Federation.Aws;

/// <summary>Writes roles, by what differs.</summary>
internal sealed class Roles(AwsAccounts accounts, IClusterDirectory directory, Mark mark, TimeProvider time)
{
    public Task<IReadOnlyList<Observation>> ReadAsync(Account account, IReadOnlyList<Role> roles, CancellationToken cancellationToken) =>
        new RoleReader(new RoleCalls(accounts.For(account)), directory, mark).ReadAsync(roles, cancellationToken);

    public Task ApplyAsync(Role role, Step step, CancellationToken cancellationToken)
    {
        var account = accounts.For(role.Account);
        var write = new Writing(account, new TrustWriter(account, mark, time), role, cancellationToken);
        return step.Action == StepAction.Create ? write.CreateAsync() : write.UpdateAsync((RoleObservation)step.Before);
    }

    private sealed class Writing(AwsAccount account, TrustWriter trust, Role role, CancellationToken cancellationToken)
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
                await PutPolicyAsync(name, document!, justMade: true);
            }

            foreach (var arn in _desired.ManagedPolicies)
            {
                await AttachAsync(arn, justMade: true);
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
                await trust.WriteAsync(role, observed.Others!, cancellationToken);
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

            await TagAsync(_desired.Tags.Except(tags));
            await UntagAsync(tags.Keys.Except(_desired.Tags.Keys, StringComparer.Ordinal));
        }

        /// <summary>The live tags, with everything registered that is ours on the role or is about to be.</summary>
        private ImmutableSortedDictionary<string, string> Registered(RoleState live)
        {
            var statements = TrustOwnership.Register([
                .. live.Trust.Statements.Concat(_desired.Trust.Statements).Select(statement => statement.Sid),
                .. live.UnreadableStatements,
            ]);
            var policies = PolicyRegister.Of(_desired.InlinePolicies.Keys, _desired.ManagedPolicies);
            return policies.AddTo(statements.AddTo(live.Tags));
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

        private async Task CallAsync<T>(
            string action,
            Func<IAmazonIdentityManagementService, CancellationToken, Task<T>> call,
            bool justMade = false
        )
            where T : AmazonWebServiceResponse => await account.CallAsync(action, role.Id, call, cancellationToken, justMade);
    }
}
