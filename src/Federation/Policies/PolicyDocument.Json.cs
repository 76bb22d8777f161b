using System.Text.Json.Nodes;

namespace Federation.Policies;

public sealed partial record PolicyDocument
{
    /// <summary>
    /// Reads a policy document. Every list may be given as a single value, a principal as <c>"*"</c>, a condition's
    /// value as string, number or boolean. A document without <c>Version</c> is one of 2008-10-17, as IAM reads it.
    /// Its contents are not checked: see <see cref="PolicyGrammar"/>.
    /// </summary>
    /// <exception cref="PolicyFormatException">The text is not JSON, or not shaped like a policy document.</exception>
    public static PolicyDocument Parse(string json) => PolicyReader.Read(json);

    /// <inheritdoc cref="Parse(string)"/>
    public static PolicyDocument Parse(JsonObject json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return PolicyReader.Read(json.ToJsonString());
    }

    /// <summary>The document as a person would write it: indented, single values without brackets.</summary>
    public string ToJson() => PolicyWriter.Write(this, PolicyJsonStyle.Readable);

    /// <summary>The document without white space: what is sent, and what IAM's size quotas count.</summary>
    public string ToMinifiedJson() => PolicyWriter.Write(this, PolicyJsonStyle.Minified);

    /// <summary>
    /// The document that represents all with the same meaning: see <see cref="MeansTheSame"/>.
    /// </summary>
    public PolicyDocument Canonical() => PolicyCanonicalForm.Canonicalize(this);

    /// <summary>The canonical form as JSON without white space; equal exactly where <see cref="MeansTheSame"/> holds.</summary>
    public string ToCanonicalJson() => PolicyWriter.Write(Canonical(), PolicyJsonStyle.Canonical);

    /// <summary>
    /// Equality by meaning. Ignored are order and repetition, the case of action names and condition keys, and the spelling
    /// of numbers, dates, booleans and addresses under operators that parse them. <c>Version</c>, <c>Id</c> and each
    /// <c>Sid</c> are compared: <c>Version</c> changes what <c>${…}</c> means, <c>Sid</c> says whose statement it is.
    /// </summary>
    public bool MeansTheSame(PolicyDocument other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return string.Equals(ToCanonicalJson(), other.ToCanonicalJson(), StringComparison.Ordinal);
    }
}
