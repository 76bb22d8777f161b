using Federation.Findings;

namespace Federation.Templates;

internal enum TemplateFormat
{
    Yaml,
    Json,
}

/// <summary>A parsed template. <paramref name="File"/> is the name that findings give it.</summary>
internal sealed record Template(string File, string Source, TemplateFormat Format, TemplateNode Root)
{
    /// <summary>Whether it is a policy document: IAM's own variables are left as they are, and no value may widen the policy.</summary>
    public bool IsPolicy { get; init; }

    /// <summary>The parameters that it takes, in order.</summary>
    public IReadOnlyList<string> Parameters { get; init; } = [];

    /// <summary>A finding about a placeholder in a scalar, located at the placeholder if the source shows it.</summary>
    public Finding Invalid(SourceSpan span, string written, string cause, string fix)
    {
        var at = written.Length == 0 ? -1 : Source.IndexOf(written, span.Start, span.End - span.Start, StringComparison.Ordinal);
        return Invalid(at < 0 ? span.Start : at, cause, fix);
    }

    public Finding Invalid(int offset, string cause, string fix) => TemplateReader.Invalid(File, Source, offset, cause, fix);
}
