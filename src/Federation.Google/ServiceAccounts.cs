using Federation.Calls;
using Federation.Findings;
using Federation.Planning;
using Google.Apis.Iam.v1.Data;
using Polly;

namespace Federation.Google;

/// <summary>Google service accounts and the policies on them.</summary>
internal sealed class ServiceAccounts(GoogleCalls calls, TimeProvider time)
{
    /// <summary>The policy version that carries conditions; asking for less would lose other owners' conditions.</summary>
    private const int PolicyVersion = 3;

    /// <summary>
    /// The whole read-modify-write of a policy begins again when somebody else has written it since it was read, and when
    /// an account that was just created is not visible everywhere.
    /// </summary>
    private readonly ResiliencePipeline _writes = CallPolicy.Create(
        time,
        new CallOptions(Attempts: 8, fault => fault is FindingException refused && (refused.SaysConflict() || refused.SaysAbsent()))
        {
            Delay = TimeSpan.FromMilliseconds(250),
            MaxDelay = TimeSpan.FromSeconds(8),
            TryTimeout = null,
        }
    );

    /// <summary>The account as it is; null if there is none.</summary>
    /// <exception cref="FindingException">It could not be read.</exception>
    public Task<ServiceAccount?> FindAsync(GoogleAccount account, CancellationToken cancellationToken) =>
        OrAbsentAsync(
            calls.ExecuteAsync(
                clients => clients.Iam.Projects.ServiceAccounts.Get(account.ResourceName),
                $"get the service account {account.Email}",
                account.Id,
                cancellationToken
            )
        );

    /// <summary>
    /// The members of the account's unconditional <c>roles/iam.workloadIdentityUser</c> binding; null if there is no such
    /// account.
    /// </summary>
    /// <exception cref="FindingException">They could not be read.</exception>
    public async Task<IReadOnlyList<string>?> FindUsersAsync(GoogleAccount account, CancellationToken cancellationToken) =>
        await OrAbsentAsync(ReadPolicyAsync(account, cancellationToken)) is { } policy ? [.. Unconditional(policy)?.Members ?? []] : null;

    /// <summary>Creates the account, unless it is there already: then it is used as it is.</summary>
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
            await calls.ExecuteAsync(
                clients => clients.Iam.Projects.ServiceAccounts.Create(body, $"projects/{account.Project}"),
                $"create the service account {account.Email}",
                account.Id,
                cancellationToken
            );
        }
        catch (FindingException refused) when (refused.SaysConflict())
        {
            // Created by somebody else since it was read, or by a try of ours whose answer was lost.
        }
    }

    /// <summary>Adds the member to the account's binding, and leaves every other member and binding as it is.</summary>
    /// <exception cref="FindingException">The policy could not be read or written.</exception>
    public Task BindAsync(WorkloadIdentityBinding binding, CancellationToken cancellationToken) =>
        _writes
            .ExecuteAsync(
                async token =>
                {
                    var policy = await ReadPolicyAsync(binding.Account, token);
                    if (!Has(policy, binding.Member))
                    {
                        Add(policy, binding.Member);
                        await WritePolicyAsync(binding, policy, token);
                    }
                },
                cancellationToken
            )
            .AsTask();

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

    private Task<Policy> ReadPolicyAsync(GoogleAccount account, CancellationToken cancellationToken) =>
        calls.ExecuteAsync(
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

    private async Task WritePolicyAsync(WorkloadIdentityBinding binding, Policy policy, CancellationToken cancellationToken)
    {
        var account = binding.Account;
        if (string.IsNullOrEmpty(policy.ETag))
        {
            throw NotTheAnswer(
                binding,
                $"The IAM policy of {account.Email} was read without its etag. Written without it, it would overwrite what others "
                    + "change meanwhile, so it was not written."
            );
        }

        var written = await calls.ExecuteAsync(
            clients =>
                clients.Iam.Projects.ServiceAccounts.SetIamPolicy(
                    new global::Google.Apis.Iam.v1.Data.SetIamPolicyRequest { Policy = policy },
                    account.ResourceName
                ),
            $"write the IAM policy of {account.Email}",
            binding.Id,
            cancellationToken
        );
        if (!Has(written, binding.Member))
        {
            throw NotTheAnswer(
                binding,
                $"The IAM policy of {account.Email} was written with the member {binding.Member}, and the answer does not have it."
            );
        }
    }

    private static Binding? Unconditional(Policy policy) =>
        policy.Bindings?.FirstOrDefault(held => held.Role == WorkloadIdentityBinding.Role && held.Condition is null);

    private static bool Has(Policy policy, string member) =>
        Unconditional(policy)?.Members?.Contains(member, StringComparer.Ordinal) == true;

    /// <summary>Adds the member to the unconditional binding of the role, and leaves all else as it is, etag included.</summary>
    private static void Add(Policy policy, string member)
    {
        policy.Version = PolicyVersion;
        policy.Bindings ??= [];
        if (Unconditional(policy) is { } held)
        {
            held.Members = [.. held.Members ?? [], member];
        }
        else
        {
            policy.Bindings.Add(new Binding { Role = WorkloadIdentityBinding.Role, Members = [member] });
        }
    }

    private static FindingException NotTheAnswer(DesiredResource resource, string cause) =>
        new(
            new Finding
            {
                Code = FindingCodes.EndpointUnreachable,
                Resource = resource.Id.Value,
                Cause = cause,
                Fix = "Check what answers at the endpoint: a proxy, or what CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM names. Then run again.",
            }
        );
}
