namespace Federation.Policies;

/// <summary>
/// IAM's quota "Role trust policy length", in characters without white space: what an account has, and the most that it
/// can be raised to (IAM User Guide, "IAM and AWS STS quotas").
/// </summary>
public static class TrustPolicyQuota
{
    public const int Default = 2048;

    public const int Largest = 4096;
}
