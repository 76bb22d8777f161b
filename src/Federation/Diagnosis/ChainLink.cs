using System.Text.Json.Serialization;

namespace Federation.Diagnosis;

/// <summary>How a link of the chain was found.</summary>
public enum LinkState
{
    /// <summary>It was looked at, and it is as it should be.</summary>
    Held,

    /// <summary>It is not: the first broken link is where the token's way ends.</summary>
    Broken,

    /// <summary>The way ends before it, or nobody could look.</summary>
    [JsonStringEnumMemberName("not reached")]
    NotReached,
}

/// <summary>
/// One link of the way that a token takes, from the cluster that signs it to the check that it was for:
/// <c>issuer</c>, <c>token</c>, <c>provider</c>, <c>audience</c>, <c>subject</c>, <c>role</c>, <c>permissions</c>, <c>check</c>.
/// </summary>
/// <param name="Expected">What should be there.</param>
/// <param name="Actual">What is there; none where nobody could look.</param>
public sealed record ChainLink(string Link, LinkState State, string? Expected, string? Actual);
