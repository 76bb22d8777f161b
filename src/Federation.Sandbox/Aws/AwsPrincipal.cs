namespace Federation.Sandbox.Aws;

/// <summary>The identity behind a call.</summary>
/// <param name="UserId">The unique id in <c>sts:GetCallerIdentity</c> and <c>aws:userid</c>.</param>
internal abstract record AwsPrincipal(AwsAccount Account, string Arn, string UserId)
{
    /// <summary>An IAM user with full access to its account.</summary>
    public sealed record Administrator(AwsAccount Account, string UserId)
        : AwsPrincipal(Account, $"arn:{Account.Partition}:iam::{Account.Id}:user/sandbox-administrator", UserId);

    /// <summary>A session of a role. What it may do is decided by the role's policies at the time of each call.</summary>
    public sealed record RoleSession(AwsAccount Account, string RoleName, string RoleId, string RoleArn, string SessionName)
        : AwsPrincipal(
            Account,
            $"arn:{Account.Partition}:sts::{Account.Id}:assumed-role/{RoleName}/{SessionName}",
            $"{RoleId}:{SessionName}"
        )
    {
        /// <summary>Inline and managed session policies: only what these and the role's own allow is allowed.</summary>
        public IReadOnlyList<string> SessionPolicies { get; init; } = [];

        /// <summary>The provider of a federated session (<c>aws:FederatedProvider</c>).</summary>
        public string? FederatedProvider { get; init; }
    }
}
