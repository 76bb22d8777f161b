namespace Federation.Policies;

/// <summary>The actions of STS by which a web identity becomes a role.</summary>
public static class StsActions
{
    public const string AssumeRoleWithWebIdentity = "sts:AssumeRoleWithWebIdentity";

    /// <summary>Needed as well where the token carries session tags.</summary>
    public const string TagSession = "sts:TagSession";

    /// <summary>Needed as well where the token carries a source identity.</summary>
    public const string SetSourceIdentity = "sts:SetSourceIdentity";
}
