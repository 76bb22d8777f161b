namespace Federation.Sandbox.Aws;

/// <summary>Who makes a call.</summary>
/// <param name="UserId">The unique id that <c>sts:GetCallerIdentity</c> shows and <c>aws:userid</c> holds.</param>
internal abstract record AwsPrincipal(AwsAccount Account, string Arn, string UserId)
{
    /// <summary>An IAM user that may do everything in its account.</summary>
    public sealed record Administrator(AwsAccount Account, string UserId)
        : AwsPrincipal(Account, $"arn:{Account.Partition}:iam::{Account.Id}:user/sandbox-administrator", UserId);

    /// <summary>A session of a role. What it may do is read from the role as it stands when a call is made.</summary>
    public sealed record RoleSession(AwsAccount Account, string RoleName, string RoleId, string RoleArn, string SessionName)
        : AwsPrincipal(
            Account,
            $"arn:{Account.Partition}:sts::{Account.Id}:assumed-role/{RoleName}/{SessionName}",
            $"{RoleId}:{SessionName}"
        )
    {
        /// <summary>Inline and managed session policies: together with the role's own they bound the session.</summary>
        public IReadOnlyList<string> SessionPolicies { get; init; } = [];

        /// <summary>The provider behind a federated session, as <c>aws:FederatedProvider</c> names it.</summary>
        public string? FederatedProvider { get; init; }
    }
}
