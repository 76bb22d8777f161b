namespace Federation.Policies;

/// <summary>The STS actions by which a web identity assumes a role.</summary>
public static class StsActions
{
    public const string AssumeRoleWithWebIdentity = "sts:AssumeRoleWithWebIdentity";

    /// <summary>Also needed if the token has session tags.</summary>
    public const string TagSession = "sts:TagSession";

    /// <summary>Also needed if the token has a source identity.</summary>
    public const string SetSourceIdentity = "sts:SetSourceIdentity";
}
