using System.Text.Json.Serialization;

namespace Federation.Diagnosis;

/// <summary>The state of a link of the chain.</summary>
public enum LinkState
{
    /// <summary>It was read, and it is as it should be.</summary>
    Held,

    /// <summary>It is not as it should be. The token gets no further than the first broken link.</summary>
    Broken,

    /// <summary>An earlier link is broken, or it could not be read.</summary>
    [JsonStringEnumMemberName("not reached")]
    NotReached,
}

/// <summary>
/// One link of the chain from the cluster that signs the token to the check that the workload runs:
/// <c>issuer</c>, <c>token</c>, <c>provider</c>, <c>audience</c>, <c>subject</c>, <c>role</c>, <c>permissions</c>, <c>check</c>.
/// </summary>
/// <param name="Expected">What should be there.</param>
/// <param name="Actual">What is there; null if it could not be read.</param>
public sealed record ChainLink(string Link, LinkState State, string? Expected, string? Actual);
