using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Federation.Calls;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Planning;
using Federation.Resources;
using Google.Apis.Iam.v1.Data;
using Polly;

namespace Federation.Google;

/// <summary>
/// Google service accounts and the policies on them. What was read, or answered to a write, in this run is not read again,
/// except before a deletion.
/// </summary>
internal sealed class ServiceAccounts
{
    /// <summary>The policy version that includes conditions; a lower one would lose other owners' conditions.</summary>
    private const int PolicyVersion = 3;

    private readonly GoogleCalls _calls;
    private readonly Readings<GoogleAccount, ServiceAccount> _accounts;
    private readonly Readings<GoogleAccount, Policy> _policies;

    /// <summary>Serialises the writes of one account's policy, because concurrent ones would conflict.</summary>
    private readonly ConcurrentDictionary<GoogleAccount, SemaphoreSlim> _turns = new();

    /// <summary>
    /// Repeats the whole read-modify-write of a policy if somebody else wrote it since it was read, and if an account that
    /// was just created is not yet visible everywhere.
    /// </summary>
    private readonly ResiliencePipeline _writes;

    public ServiceAccounts(GoogleCalls calls, TimeProvider time)
    {
        _calls = calls;
        _accounts = new((account, cancellationToken) => OrAbsentAsync(GetAsync(account, cancellationToken)));
        _policies = new((account, cancellationToken) => OrAbsentAsync(GetPolicyAsync(account, cancellationToken)));
        _writes = CallPolicy.Create(
            time,
            new CallOptions(
                Attempts: 8,
                fault =>
                    fault is UnreadableAnswerException
                    || (fault is FindingException refused && (refused.SaysConflict() || refused.SaysAbsent()))
            )
            {
                Delay = TimeSpan.FromMilliseconds(250),
                MaxDelay = TimeSpan.FromSeconds(8),
                TryTimeout = null,
            }
        );
    }

    /// <summary>The account as it is; null if there is none.</summary>
    /// <exception cref="FindingException">It could not be read.</exception>
    public Task<ServiceAccount?> FindAsync(GoogleAccount account, CancellationToken cancellationToken) =>
        _accounts.GetAsync(account, cancellationToken);

    /// <summary>
    /// The members of the account's unconditional <c>roles/iam.workloadIdentityUser</c> binding; null if there is no such
    /// account.
    /// </summary>
    /// <exception cref="FindingException">They could not be read.</exception>
    public async Task<IReadOnlyList<string>?> FindUsersAsync(GoogleAccount account, CancellationToken cancellationToken) =>
        await _policies.GetAsync(account, cancellationToken) is { } policy ? [.. Unconditional(policy)?.Members ?? []] : null;

    /// <summary>Who may do what on the account by its policy, conditional grants included; null if there is no such account.</summary>
    /// <exception cref="FindingException">The policy could not be read.</exception>
    public async Task<IReadOnlyList<Grant>?> FindGrantsAsync(GoogleAccount account, CancellationToken cancellationToken) =>
        await _policies.GetAsync(account, cancellationToken) is { } policy ? Grants(policy) : null;

    /// <summary>All accounts of a project, page by page.</summary>
    /// <exception cref="FindingException">They could not be listed.</exception>
    public async IAsyncEnumerable<IReadOnlyList<ServiceAccount>> ListAsync(
        string project,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        const int LargestPage = 100;
        string? next = null;
        do
        {
            var page = await _calls.ExecuteAsync(
                clients =>
                {
                    var request = clients.Iam.Projects.ServiceAccounts.List($"projects/{project}");
                    request.PageSize = LargestPage;
                    request.PageToken = next;
                    return request;
                },
                $"list the service accounts of {project}",
                resource: null,
                cancellationToken
            );
            yield return [.. page.Accounts ?? []];
            next = page.NextPageToken;
        } while (!string.IsNullOrEmpty(next));
    }

    /// <summary>Creates the account; if it already exists, it is used as it is.</summary>
    /// <exception cref="FindingException">It could not be created.</exception>
    public async Task CreateAsync(ServiceAccountResource desired, CancellationToken cancellationToken)
    {
        var account = desired.Account;
        var body = new CreateServiceAccountRequest
        {
            AccountId = account.AccountId,
            ServiceAccount = new ServiceAccount { DisplayName = account.AccountId, Description = desired.Mark.Description },
        };
        try
        {
            var created = await _calls.ExecuteAsync(
                clients => clients.Iam.Projects.ServiceAccounts.Create(body, $"projects/{account.Project}"),
                $"create the service account {account.Email}",
                account.Id,
                cancellationToken
            );
            if (!string.Equals(created.Email, account.Email, StringComparison.Ordinal))
            {
                throw NotTheAnswer(
                    account.Id,
                    $"The service account {account.Email} was to be created, and the answer speaks of {created.Email ?? "none"}."
                );
            }

            _accounts.Set(account, created);
        }
        catch (FindingException refused)
        {
            _accounts.Forget(account);
            // Created by somebody else since it was read, or by a try of ours whose answer was lost.
            if (!refused.SaysConflict())
            {
                throw;
            }
        }
    }

    /// <summary>Adds the member to the account's binding, and changes no other member or binding.</summary>
    /// <exception cref="FindingException">The policy could not be read or written.</exception>
    public Task BindAsync(WorkloadIdentityBinding binding, CancellationToken cancellationToken) =>
        WritePolicyAsync(
            binding.Account,
            binding.Id,
            policy => Has(policy, binding.Member) ? null : With(policy, binding.Member),
            written => Has(written, binding.Member),
            cancellationToken
        );

    /// <summary>
    /// Removes the member from the account's binding, and changes no other member or binding. Does nothing if the member or
    /// the account does not exist.
    /// </summary>
    /// <exception cref="FindingException">The policy could not be read or written.</exception>
    public async Task<Finding?> UnbindAsync(BindingObservation binding, CancellationToken cancellationToken)
    {
        if (await _policies.GetAsync(binding.Account, cancellationToken) is not null)
        {
            await WritePolicyAsync(
                binding.Account,
                binding.Id,
                policy => Has(policy, binding.Member) ? Without(policy, binding.Member) : null,
                written => !Has(written, binding.Member),
                cancellationToken
            );
        }

        return null;
    }

    /// <summary>
    /// Deletes the account, if it is still the one that was observed, still has this federation's mark, and has no grants that
    /// were not observed. Does nothing if the account does not exist.
    /// </summary>
    /// <returns>Null; or why it stays, because it is not this federation's or others use it (FED8009).</returns>
    /// <exception cref="FindingException">It could not be deleted.</exception>
    public async Task<Finding?> DeleteAsync(AccountObservation observed, CancellationToken cancellationToken)
    {
        var account = observed.Account;
        _accounts.Forget(account);
        _policies.Forget(account);
        var reading = FindAsync(account, cancellationToken);
        var readingGrants = FindGrantsAsync(account, cancellationToken);
        await Task.WhenAll(reading, readingGrants);
        if (await reading is not { } found || await readingGrants is not { } grants)
        {
            return null;
        }

        if (!observed.Mark.IsOn(found.Description) || found.UniqueId != observed.UniqueId)
        {
            return Kept.Because(
                account.Id,
                $"it was created by somebody else, or for another federation: its description is \"{found.Description}\""
            );
        }

        if (grants.Except(observed.Grants).ToArray() is [_, ..] others)
        {
            return Kept.Because(
                account.Id,
                $"others use it by grants that this federation did not make: {string.Join<Grant>(", ", others)}"
            );
        }

        await OrAbsentAsync(
            _calls.ExecuteAsync(
                clients => clients.Iam.Projects.ServiceAccounts.Delete(account.ResourceName),
                $"delete the service account {account.Email}",
                account.Id,
                cancellationToken
            )
        );
        _accounts.Forget(account);
        _policies.Forget(account);
        return null;
    }

    private static async Task<T?> OrAbsentAsync<T>(Task<T> call)
        where T : class
    {
        try
        {
            return await call;
        }
        catch (FindingException refused) when (refused.SaysAbsent())
        {
            return null;
        }
    }

    private Task<ServiceAccount> GetAsync(GoogleAccount account, CancellationToken cancellationToken) =>
        _calls.ExecuteAsync(
            clients => clients.Iam.Projects.ServiceAccounts.Get(account.ResourceName),
            $"get the service account {account.Email}",
            account.Id,
            cancellationToken
        );

    private Task<Policy> GetPolicyAsync(GoogleAccount account, CancellationToken cancellationToken) =>
        _calls.ExecuteAsync(
            clients =>
            {
                var request = clients.Iam.Projects.ServiceAccounts.GetIamPolicy(account.ResourceName);
                request.OptionsRequestedPolicyVersion = PolicyVersion;
                return request;
            },
            $"read the IAM policy of {account.Email}",
            account.Id,
            cancellationToken
        );

    /// <summary>Reads, changes and writes a policy; starts again if somebody else wrote it meanwhile.</summary>
    /// <param name="change">Returns the policy to write, null if there is nothing to write. Must not change its argument.</param>
    /// <param name="isDone">Whether a policy has the change.</param>
    private async Task WritePolicyAsync(
        GoogleAccount account,
        ResourceId resource,
        Func<Policy, Policy?> change,
        Func<Policy, bool> isDone,
        CancellationToken cancellationToken
    )
    {
        var turn = _turns.GetOrAdd(account, _ => new SemaphoreSlim(1));
        await turn.WaitAsync(cancellationToken);
        try
        {
            // The policy that was read for the plan can be changed and written: the etag says whether it is still current.
            await _writes.ExecuteAsync(
                async token =>
                {
                    var policy = _policies.Known(account) ?? await GetPolicyAsync(account, token);
                    if (change(policy) is not { } changed)
                    {
                        return;
                    }

                    _policies.Forget(account);
                    var written = await SetPolicyAsync(account, resource, changed, token);
                    _policies.Set(account, isDone(written) ? written : throw new UnreadableAnswerException("a policy without the change"));
                },
                cancellationToken
            );
        }
        catch (UnreadableAnswerException)
        {
            throw NotTheAnswer(
                resource,
                $"The IAM policy of {account.Email} was written, and the policy that was answered does not have the change."
            );
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<Policy> SetPolicyAsync(
        GoogleAccount account,
        ResourceId resource,
        Policy policy,
        CancellationToken cancellationToken
    ) =>
        await _calls.ExecuteAsync(
            clients =>
                clients.Iam.Projects.ServiceAccounts.SetIamPolicy(
                    new global::Google.Apis.Iam.v1.Data.SetIamPolicyRequest { Policy = policy },
                    account.ResourceName
                ),
            $"write the IAM policy of {account.Email}",
            resource,
            cancellationToken
        );

    private static Grant[] Grants(Policy policy) =>
        [
            .. (policy.Bindings ?? []).SelectMany(held =>
                (held.Members ?? []).Select(member => new Grant(held.Role, member, held.Condition is not null))
            ),
        ];

    private static bool IsWorkloadIdentity(Binding held) => held.Role == WorkloadIdentityBinding.Role && held.Condition is null;

    private static Binding? Unconditional(Policy policy) => policy.Bindings?.FirstOrDefault(IsWorkloadIdentity);

    private static bool Has(Policy policy, string member) =>
        Unconditional(policy)?.Members?.Contains(member, StringComparer.Ordinal) == true;

    private static Policy With(Policy policy, string member) => Replace(policy, [.. Unconditional(policy)?.Members ?? [], member]);

    private static Policy Without(Policy policy, string member) =>
        Replace(policy, [.. (Unconditional(policy)?.Members ?? []).Where(other => other != member)]);

    /// <summary>The policy with other members in the unconditional binding of the role; all else is the same, also the etag.</summary>
    private static Policy Replace(Policy policy, string[] members)
    {
        var held = Unconditional(policy);
        Binding[] own = members.Length == 0 ? [] : [new Binding { Role = WorkloadIdentityBinding.Role, Members = members }];
        return new Policy
        {
            Version = PolicyVersion,
            ETag = policy.ETag,
            AuditConfigs = policy.AuditConfigs,
            Bindings = [.. (policy.Bindings ?? []).Where(other => !ReferenceEquals(other, held)), .. own],
        };
    }

    private static FindingException NotTheAnswer(ResourceId resource, string cause) =>
        new(
            new Finding
            {
                Code = FindingCodes.AnswerUnreadable,
                Resource = resource.Value,
                Cause = cause,
                Fix = "Check what answers at the endpoint: a proxy, or what CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM names. Then run again.",
            }
        );
}
