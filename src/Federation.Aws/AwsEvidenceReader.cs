using Amazon.Runtime;
using Amazon.SecurityToken.Model;
using Federation.Configuration;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using Federation.Resources;

namespace Federation.Aws;

/// <summary>
/// Reads what a diagnosis needs from the AWS accounts: whose credentials this run has, the providers, and the roles with all that
/// bears on them. What this run read before is not read again. No answer takes more than four calls one after the other, or five
/// where a listing has pages.
/// </summary>
public sealed class AwsEvidenceReader(AwsCloud cloud) : IEvidenceReader<AwsEvidence>
{
    /// <summary>The session policy of an exchange that is only tried: its credentials may do nothing at all.</summary>
    private const string DenyAll = """{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}""";

    /// <summary>The shortest session that STS gives (STS API reference, <c>AssumeRoleWithWebIdentity</c>).</summary>
    private const int ShortestSession = 900;

    public async Task<IReadOnlyDictionary<string, AwsEvidence>> ReadAsync(
        IReadOnlyList<WorkloadEvidence> workloads,
        EvidenceScope scope,
        CancellationToken cancellationToken
    )
    {
        var accounts = await Task.WhenAll(
            workloads
                .Select(evidence => evidence.Workload)
                .GroupBy(workload => workload.Account)
                .Select(group => ReadAsync(group.Key, [.. group], cancellationToken))
        );
        return accounts.SelectMany(account => account).ToDictionary(StringComparer.Ordinal);
    }

    /// <summary>
    /// Asks STS to exchange a token as the workload's pod would, unsigned and in the account's region, for credentials
    /// that may do nothing and that are not looked at.
    /// </summary>
    /// <param name="token">A secret; it goes to STS and nowhere else.</param>
    /// <exception cref="FindingException">STS could not be reached, or still throttles (FED8005, FED8006).</exception>
    public async Task<ExchangeEvidence> TryExchangeAsync(Workload workload, string token, CancellationToken cancellationToken)
    {
        var request = new AssumeRoleWithWebIdentityRequest
        {
            RoleArn = workload.RoleArn,
            // The name that the pod uses, because a trust policy may test it.
            RoleSessionName = workload.SessionName,
            WebIdentityToken = token,
            Policy = DenyAll,
            DurationSeconds = ShortestSession,
        };
        try
        {
            var role = ResourceId.Aws(workload.Account.Id, ResourceKind.Role, workload.Role.Name);
            await cloud.Accounts.For(workload.Account).ExchangeAsync(request, role, cancellationToken);
            return new ExchangeEvidence(Code: null, Message: null);
        }
        catch (FindingException refused)
            when (refused.InnerException is AmazonServiceException { ErrorCode: { Length: > 0 } code } answer
                && !AwsFaults.IsTransient(answer)
            )
        {
            return new ExchangeEvidence(code, answer.Message.Replace(token, "(the token)", StringComparison.Ordinal));
        }
        catch (FindingException failed)
        {
            // The SDK's exception is left out, because it knows the request and so the token.
            throw new FindingException(failed.Findings);
        }
    }

    private async Task<IEnumerable<KeyValuePair<string, AwsEvidence>>> ReadAsync(
        Account account,
        IReadOnlyList<Workload> workloads,
        CancellationToken cancellationToken
    )
    {
        var clients = cloud.Accounts.For(account);
        var roles = new EvidenceOfRoles(clients.Roles, account, cancellationToken);
        var readingCaller = CallerAsync(clients, cancellationToken);
        var readingProviders = new EvidenceOfProviders(clients.Providers, cancellationToken).ReadAsync(workloads);
        var readingRoles = roles.ReadAsync(workloads.Select(workload => workload.Role.Name));
        var (caller, providers, found) = (await readingCaller, await readingProviders, await readingRoles);
        // What another account has, or lacks, says nothing about this one.
        return caller.Refused is { Kind.Class: FindingClass.WrongTarget } foreign
            ? All(foreign)
            : workloads.Select(workload =>
                KeyValuePair.Create(
                    workload.Name,
                    new AwsEvidence
                    {
                        Caller = caller,
                        Providers = providers[workload.Name],
                        Role = found[workload.Role.Name],
                    }
                )
            );

        IEnumerable<KeyValuePair<string, AwsEvidence>> All(Finding refused) =>
            workloads.Select(workload =>
                KeyValuePair.Create(
                    workload.Name,
                    new AwsEvidence
                    {
                        Caller = new() { Refused = refused },
                        Providers = new() { Refused = refused },
                        Role = new() { Refused = refused },
                    }
                )
            );
    }

    private static async Task<Reading<CallerEvidence>> CallerAsync(AwsAccount account, CancellationToken cancellationToken)
    {
        var answer = await Reading.TryAsync<GetCallerIdentityResponse>(
            "whether these credentials are the account's own",
            async () => await account.CallerAsync(cancellationToken)
        );
        return answer.Found is not { } caller ? new() { Refused = answer.Refused }
            : AwsCloud.Mismatch(account.Account, caller) is { } mismatch ? new() { Refused = mismatch }
            : Reading.Of(new CallerEvidence(caller.Arn, caller.Account));
    }
}
