using System.Runtime.InteropServices;

namespace Federation.Templates;

/// <summary>Characters of a template's source, from <paramref name="Start"/> up to <paramref name="End"/>.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SourceSpan(int Start, int End);

/// <summary>A node of a parsed template, of YAML or JSON, with its placeholders resolved.</summary>
internal abstract record TemplateNode(SourceSpan Span);

internal sealed record TemplateMapping(SourceSpan Span, IReadOnlyList<TemplateEntry> Entries) : TemplateNode(Span);

internal sealed record TemplateEntry(TemplateScalar Key, TemplateNode Value);

internal sealed record TemplateSequence(SourceSpan Span, IReadOnlyList<TemplateNode> Elements) : TemplateNode(Span);

/// <summary>A scalar: a text with placeholders, a number, a boolean or null.</summary>
internal sealed record TemplateScalar(SourceSpan Span, TemplateScalarKind Kind, TemplateText Text) : TemplateNode(Span);

internal enum TemplateScalarKind
{
    /// <summary>Always a string: quoted, or unquoted and none of the others.</summary>
    Text,

    /// <summary>Unquoted and only one placeholder: a number if the placeholder is one.</summary>
    PlaceholderAlone,
    Null,
    True,
    False,
    Number,
}
