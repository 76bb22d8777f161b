namespace Federation.Sandbox.Aws;

/// <summary>IAM's default quotas ("IAM and AWS STS quotas", IAM User Guide).</summary>
internal static class IamLimits
{
    public const int RolesPerAccount = 1000;

    /// <summary>Characters of a trust policy, white space not counted.</summary>
    public const int TrustPolicySize = 2048;

    /// <summary>Characters of all inline policies of a role together, white space not counted.</summary>
    public const int InlinePoliciesSize = 10_240;

    public const int ManagedPolicySize = 6144;

    public const int AttachedPolicies = 10;

    public const int ProvidersPerAccount = 100;

    public const int ClientIds = 100;

    public const int Thumbprints = 5;

    public const int Tags = 50;
}
