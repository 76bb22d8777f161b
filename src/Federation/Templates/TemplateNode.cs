using System.Runtime.InteropServices;

namespace Federation.Templates;

/// <summary>Characters of a template's source, from <paramref name="Start"/> up to <paramref name="End"/>.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SourceSpan(int Start, int End);

/// <summary>A node of a parsed template: what YAML and JSON have in common, its placeholders already understood.</summary>
internal abstract record TemplateNode(SourceSpan Span);

internal sealed record TemplateMapping(SourceSpan Span, IReadOnlyList<TemplateEntry> Entries) : TemplateNode(Span);

internal sealed record TemplateEntry(TemplateScalar Key, TemplateNode Value);

internal sealed record TemplateSequence(SourceSpan Span, IReadOnlyList<TemplateNode> Elements) : TemplateNode(Span);

/// <summary>A scalar: text in which placeholders stand, or, unquoted in YAML, a number, a boolean or null.</summary>
internal sealed record TemplateScalar(SourceSpan Span, ScalarKind Kind, TemplateText Text) : TemplateNode(Span);

internal enum ScalarKind
{
    /// <summary>Quoted, or unquoted and nothing else: always a string.</summary>
    Text,

    /// <summary>Unquoted, and nothing but one placeholder: a number if the placeholder stands for one.</summary>
    PlaceholderAlone,
    Null,
    True,
    False,
    Number,
}
