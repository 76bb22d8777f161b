using Federation.Findings;
using Federation.Resources;

namespace Federation.Aws;

/// <summary>What keeps a resource from being deleted.</summary>
internal static class Deletion
{
    /// <param name="why">A sentence without its full stop, such as <c>it does not carry this federation's mark</c>.</param>
    public static FindingException Refused(ResourceId resource, string why) =>
        new(
            new Finding
            {
                Code = FindingCodes.ResourceNotOurs,
                Resource = resource.Value,
                Cause = $"{resource} was not deleted: {why}.",
                Fix = "Leave it, or remove what stands in the way by hand if nobody needs it, and run again.",
            }
        );
}
