namespace Federation.Diagnosis.Evidence;

/// <summary>A role on a Google service account that its IAM policy gives to a member.</summary>
/// <param name="Member">Such as <c>serviceAccount:P.svc.id.goog[NAMESPACE/KSA]</c>, or <c>allUsers</c>.</param>
/// <param name="IsConditional">Only while a condition holds.</param>
public sealed record Grant(string Role, string Member, bool IsConditional)
{
    public override string ToString() => $"{Role} to {Member}{(IsConditional ? " under a condition" : "")}";
}
