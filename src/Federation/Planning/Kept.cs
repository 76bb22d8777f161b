using Federation.Findings;
using Federation.Resources;

namespace Federation.Planning;

/// <summary>What was to be deleted and stays.</summary>
public static class Kept
{
    /// <summary>Why it stays (FED8009): a warning, because nothing of ours alone is left behind.</summary>
    /// <param name="why">A sentence without its full stop, such as <c>it does not carry this federation's mark</c>.</param>
    public static Finding Because(ResourceId resource, string why) =>
        new()
        {
            Code = FindingCodes.ResourceNotOurs,
            Severity = Severity.Warning,
            Resource = resource.Value,
            Cause = $"{resource} was not deleted: {why}.",
            Fix = "Leave it, or remove what stands in the way by hand if nobody needs it, and run again.",
        };
}
