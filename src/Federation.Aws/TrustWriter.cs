using Amazon.IdentityManagement.Model;
using Federation.Findings;
using Federation.Policies;
using Federation.Resources;

namespace Federation.Aws;

/// <summary>
/// Writes our statements into a role's trust policy without losing those of other owners. IAM can only replace the whole
/// document, and not on the condition that it is still the one that was read. So it is read right before it is written, and
/// again afterwards.
/// </summary>
internal sealed class TrustWriter(AwsAccount account, Mark mark, TimeProvider time)
{
    /// <summary>
    /// IAM may answer with what was there some seconds ago. If an answer lacks a statement, the policy is read again after each
    /// of these.
    /// </summary>
    private static readonly TimeSpan[] Waits = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4)];

    /// <param name="observed">The role as it was when the plan was made, with a trust policy that could be read.</param>
    /// <exception cref="FindingException">
    /// The role was deleted since the plan (FED4001), its trust policy cannot be read or lost something (FED8009), or IAM refused.
    /// </exception>
    public async Task WriteAsync(Role role, RoleObservation observed, CancellationToken cancellationToken)
    {
        var others = await OthersAsync(role, observed, observed.Others!, cancellationToken);
        var request = new UpdateAssumeRolePolicyRequest { RoleName = role.Name, PolicyDocument = others.With(role.State.Trust) };
        await account.CallAsync(
            "iam:UpdateAssumeRolePolicy",
            role.Id,
            (iam, token) => iam.UpdateAssumeRolePolicyAsync(request, token),
            cancellationToken
        );
        var lost = others.MissingFrom(await OthersAsync(role, observed, others, cancellationToken));
        if (!lost.IsEmpty)
        {
            throw Lost(role, lost);
        }
    }

    /// <summary>The other owners' statements as they are now.</summary>
    /// <param name="expected">Those that were seen before: an answer that lacks one of them is doubted.</param>
    private async Task<LiveTrust> OthersAsync(Role role, RoleObservation observed, LiveTrust expected, CancellationToken cancellationToken)
    {
        var others = await ReadAsync();
        foreach (var wait in Waits)
        {
            if (expected.MissingFrom(others).IsEmpty)
            {
                break;
            }

            await Task.Delay(wait, time, cancellationToken);
            others = await ReadAsync();
        }

        return others;

        async Task<LiveTrust> ReadAsync()
        {
            var live = await account.Roles.GetAsync(role.Name, cancellationToken) ?? throw Gone(role);
            try
            {
                // What was ours when the plan was made is ours, even if the tags in this answer are older than that.
                return LiveTrust.Parse(live.TrustPolicy).Without(role.OurSids(live.Tags, mark).Union(observed.Sids));
            }
            catch (PolicyFormatException malformed)
            {
                throw Unreadable(role, malformed);
            }
        }
    }

    private static FindingException Gone(Role role) =>
        new(
            new Finding
            {
                Code = FindingCodes.RoleMissing,
                Resource = role.Id.Value,
                Cause = $"The role {role.Name} was deleted since the plan was made.",
                Fix = "Run again: the plan will create it.",
            }
        );

    private static FindingException Unreadable(Role role, PolicyFormatException malformed) =>
        new(
            new Finding
            {
                Code = FindingCodes.ResourceNotOurs,
                Resource = role.Id.Value,
                Cause =
                    $"The trust policy of the role {role.Name} cannot be read ({malformed.Message}), so it was not written: statements of "
                    + "other owners could be lost.",
                Fix = $"Look at it with `aws iam get-role --role-name {role.Name} --query Role.AssumeRolePolicyDocument`, and correct it.",
            },
            malformed
        );

    private static FindingException Lost(Role role, IReadOnlyCollection<LiveStatement> lost) =>
        new(
            new Finding
            {
                Code = FindingCodes.ResourceNotOurs,
                Resource = role.Id.Value,
                Cause =
                    $"After the trust policy of the role {role.Name} was written, statements of other owners are missing from it: "
                    + $"{string.Join(", ", lost.Select(statement => statement.Sid ?? "one without Sid"))}. Somebody else probably wrote it "
                    + "at the same time. Nothing more was changed on this role.",
                Fix = "Put back what is missing, if its owner wants it there, and run again.",
                Expected = string.Join(' ', lost.Select(statement => statement.Json)),
                Actual = "(absent)",
            }
        );
}
