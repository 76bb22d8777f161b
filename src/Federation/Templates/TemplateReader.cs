using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Federation.Findings;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Federation.Templates;

/// <summary>Parses a template. Everything wrong with it is reported in one run, as far as it can be parsed.</summary>
internal sealed partial class TemplateReader
{
    private const int DeepestNesting = 64;

    private readonly string _file;
    private readonly string _source;
    private readonly bool _policy;
    private readonly bool _takesParameters;
    private readonly List<string> _parameters = [];
    private readonly List<Finding> _findings;

    private TemplateReader(string file, string source, bool policy, bool takesParameters, List<Finding> findings) =>
        (_file, _source, _policy, _takesParameters, _findings) = (file, source, policy, takesParameters, findings);

    /// <summary>Reads a template; null if it cannot be used, with the reasons added to <paramref name="findings"/>.</summary>
    /// <param name="file">The name that findings give it; <c>.json</c> is read as JSON, anything else as YAML.</param>
    /// <param name="policy">Whether it is a policy document, in which IAM's own variables are left as they are.</param>
    /// <param name="takesParameters">Whether names without a dot are parameters.</param>
    public static Template? Read(string file, ReadOnlySpan<byte> content, bool policy, bool takesParameters, List<Finding> findings)
    {
        var before = findings.Count;
        string source;
        try
        {
            source = Utf8.GetString(content).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException)
        {
            findings.Add(Invalid(file, "", 0, $"{file} is not UTF-8.", "Save it as UTF-8."));
            return null;
        }

        var reader = new TemplateReader(file, source, policy, takesParameters, findings);
        var format = file.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? TemplateFormat.Json : TemplateFormat.Yaml;
        var root = format == TemplateFormat.Json ? reader.ReadJson() : reader.ReadYaml();
        return root is null || findings.Count > before
            ? null
            : new Template(file, source, format, root) { IsPolicy = policy, Parameters = reader._parameters };
    }

    public static Finding Invalid(string file, string source, int offset, string cause, string fix)
    {
        var before = source.AsSpan(0, Math.Min(offset, source.Length));
        return new Finding
        {
            Code = FindingCodes.TemplateInvalid,
            Cause = cause,
            Fix = fix,
            Location = new SourceLocation(file, before.Count('\n') + 1, before.Length - before.LastIndexOf('\n')),
        };
    }

    private static UTF8Encoding Utf8 { get; } = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private TemplateNode? ReadYaml()
    {
        try
        {
            var parser = new Parser(new StringReader(_source));
            parser.Consume<StreamStart>();
            if (!parser.TryConsume<DocumentStart>(out _))
            {
                Refuse(0, "it is empty", "Write one YAML document, or remove the file to use the built-in template.");
                return null;
            }

            var root = ReadYaml(parser, depth: 0);
            parser.Consume<DocumentEnd>();
            if (parser.TryConsume<DocumentStart>(out var second))
            {
                Refuse(Offset(second.Start), "it holds a second document", "Keep one document per file.");
            }

            return root;
        }
        catch (YamlException exception)
        {
            Refuse(Offset(exception.Start), $"it is not valid YAML: {exception.Message}", "Correct the YAML there.");
            return null;
        }
    }

    private TemplateNode? ReadYaml(Parser parser, int depth)
    {
        var node = parser.Consume<ParsingEvent>();
        var start = Offset(node.Start);
        if (depth > DeepestNesting)
        {
            throw new YamlException(node.Start, node.End, $"It is nested deeper than {DeepestNesting} levels.");
        }

        if (node is AnchorAlias or NodeEvent { Anchor.IsEmpty: false })
        {
            throw new YamlException(node.Start, node.End, "Anchors and aliases are not for templates.");
        }

        switch (node)
        {
            case Scalar scalar:
                return YamlScalar(scalar);

            case SequenceStart:
                var elements = new List<TemplateNode>();
                while (!parser.Accept<SequenceEnd>(out _))
                {
                    if (ReadYaml(parser, depth + 1) is { } element)
                    {
                        elements.Add(element);
                    }
                }

                return new TemplateSequence(new(start, Offset(parser.Consume<SequenceEnd>().End)), elements);

            case MappingStart:
                var entries = new List<TemplateEntry>();
                while (!parser.Accept<MappingEnd>(out var end))
                {
                    var key = ReadYaml(parser, depth + 1);
                    var value = ReadYaml(parser, depth + 1);
                    AddEntry(entries, key, value, start);
                }

                return new TemplateMapping(new(start, Offset(parser.Consume<MappingEnd>().End)), entries);

            default:
                throw new YamlException(node.Start, node.End, $"A {node.GetType().Name} is out of place.");
        }
    }

    /// <summary>
    /// An unquoted scalar means what kubectl takes it for, which reads YAML 1.1: 0644 is octal. What the versions of YAML read
    /// differently (<c>yes</c>, <c>0x1F</c>, <c>1e3</c>) has to be quoted.
    /// </summary>
    private TemplateScalar YamlScalar(Scalar scalar)
    {
        var span = new SourceSpan(Offset(scalar.Start), Offset(scalar.End));
        var text = scalar.Value;
        var tagged = !scalar.Tag.IsEmpty;
        if (tagged && scalar.Tag.Value is not ("tag:yaml.org,2002:str" or "!"))
        {
            Refuse(span.Start, $"the tag {scalar.Tag.Value} is not for templates", "Leave the tag out.");
        }

        if (tagged || scalar.Style != ScalarStyle.Plain)
        {
            return Scalar(span, TemplateScalarKind.Text, text);
        }

        if (Ambiguous.IsMatch(text) && !Number.IsMatch(text) && !OctalNumber.IsMatch(text))
        {
            Refuse(
                span.Start,
                $"'{text}' means different things to different readers of YAML",
                $"Write true, false or a plain decimal number, or quote it: \"{text}\"."
            );
        }

        return text switch
        {
            "" or "~" or "null" or "Null" or "NULL" => Scalar(span, TemplateScalarKind.Null, ""),
            "true" or "True" or "TRUE" => Scalar(span, TemplateScalarKind.True, ""),
            "false" or "False" or "FALSE" => Scalar(span, TemplateScalarKind.False, ""),
            _ when OctalNumber.IsMatch(text) => Scalar(
                span,
                TemplateScalarKind.Number,
                Convert.ToInt64(text.Replace("o", "", StringComparison.Ordinal), 8).ToString(CultureInfo.InvariantCulture)
            ),
            _ when Number.IsMatch(text) => Scalar(span, TemplateScalarKind.Number, text),
            _ => Scalar(span, TemplateScalarKind.PlaceholderAlone, text),
        };
    }

    private TemplateNode? ReadJson()
    {
        var bytes = Utf8.GetBytes(_source);
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = DeepestNesting });
        var offsets = new CharacterOffsets(bytes);
        try
        {
            reader.Read();
            var root = ReadJson(ref reader, offsets);
            reader.Read();
            return root;
        }
        catch (JsonException exception)
        {
            var line = (int)(exception.LineNumber ?? 0);
            var start = 0;
            for (; line > 0; line--)
            {
                start = _source.IndexOf('\n', start) + 1;
            }

            Refuse(
                start + (int)(exception.BytePositionInLine ?? 0),
                $"it is not valid JSON: {Where.Replace(exception.Message, "")}",
                "Correct the JSON there."
            );
            return null;
        }
    }

    private TemplateNode? ReadJson(ref Utf8JsonReader reader, CharacterOffsets offsets)
    {
        var start = offsets.At(reader.TokenStartIndex);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var entries = new List<TemplateEntry>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var key = ReadJson(ref reader, offsets);
                    reader.Read();
                    AddEntry(entries, key, ReadJson(ref reader, offsets), start);
                }

                return new TemplateMapping(new(start, offsets.At(reader.BytesConsumed)), entries);

            case JsonTokenType.StartArray:
                var elements = new List<TemplateNode>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    if (ReadJson(ref reader, offsets) is { } element)
                    {
                        elements.Add(element);
                    }
                }

                return new TemplateSequence(new(start, offsets.At(reader.BytesConsumed)), elements);

            default:
                var span = new SourceSpan(start, offsets.At(reader.BytesConsumed));
                return reader.TokenType switch
                {
                    JsonTokenType.Null => Scalar(span, TemplateScalarKind.Null, ""),
                    JsonTokenType.True => Scalar(span, TemplateScalarKind.True, ""),
                    JsonTokenType.False => Scalar(span, TemplateScalarKind.False, ""),
                    JsonTokenType.Number => Scalar(span, TemplateScalarKind.Number, Utf8.GetString(reader.ValueSpan)),
                    _ => Scalar(span, TemplateScalarKind.Text, JsonText(ref reader, span)),
                };
        }
    }

    private string JsonText(ref Utf8JsonReader reader, SourceSpan span)
    {
        try
        {
            return reader.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            Refuse(
                span.Start,
                "a \\u escape there is half of a character",
                "Write both halves of the surrogate pair, or the character itself."
            );
            return "";
        }
    }

    private TemplateScalar Scalar(SourceSpan span, TemplateScalarKind kind, string text)
    {
        var from = span.Start;
        var parsed = TemplateText.Parse(
            text,
            _policy,
            _takesParameters,
            (written, why) =>
            {
                var at = _source.IndexOf(written, from, Math.Max(0, span.End - from), StringComparison.Ordinal);
                from = at < 0 ? from : at + 1;
                Refuse(
                    at < 0 ? span.Start : at,
                    $"{written} is not a placeholder: {why}",
                    "Correct the name; a literal ${ is written $${."
                );
            }
        );

        foreach (var parameter in parsed.Segments.OfType<TextSegment.Parameter>())
        {
            if (!_parameters.Contains(parameter.Name, StringComparer.Ordinal))
            {
                _parameters.Add(parameter.Name);
            }
        }

        if (kind == TemplateScalarKind.PlaceholderAlone && parsed.Segments is not [TextSegment.Filled])
        {
            kind = TemplateScalarKind.Text;
        }

        return new TemplateScalar(span, kind, parsed);
    }

    private void AddEntry(List<TemplateEntry> entries, TemplateNode? key, TemplateNode? value, int start)
    {
        if (key is not TemplateScalar name)
        {
            Refuse(key?.Span.Start ?? start, "a key there is not text", "Write a scalar as the key.");
        }
        else if (
            name.Text.Constant is { } text
            && entries.Exists(entry => string.Equals(entry.Key.Text.Constant, text, StringComparison.Ordinal))
        )
        {
            Refuse(name.Span.Start, $"the key '{text}' is there twice", "Keep one of the two.");
        }
        else if (value is not null)
        {
            entries.Add(new TemplateEntry(name, value));
        }
    }

    private void Refuse(int offset, string what, string fix) =>
        _findings.Add(
            Invalid(
                _file,
                _source,
                offset,
                $"The template {_file} cannot be used: {(what.EndsWith('?') ? what : what.TrimEnd('.') + ".")}",
                fix
            )
        );

    private int Offset(Mark mark) => (int)Math.Min(mark.Index, _source.Length);

    [GeneratedRegex(@"^-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Number { get; }

    /// <summary>The position in the message of a <see cref="JsonException"/>; the finding has its own.</summary>
    [GeneratedRegex(
        @" (Path: .*? \| )?LineNumber: [0-9]+ \| BytePositionInLine: [0-9]+\.$",
        RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking
    )]
    private static partial Regex Where { get; }

    [GeneratedRegex("^0o?[0-7]{1,20}$", RegexOptions.NonBacktracking)]
    private static partial Regex OctalNumber { get; }

    [GeneratedRegex(
        @"^(y|n|yes|no|on|off|[-+]?0[xb][0-9a-f_]+|[-+]?[0-9][0-9_]*(\.[0-9_]*)?(e[-+]?[0-9]+)?|[-+]?\.([0-9]+|inf)|\.nan)$",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking
    )]
    private static partial Regex Ambiguous { get; }

    /// <summary>Converts byte offsets of a JSON reader to character offsets. The offsets must not decrease.</summary>
    private sealed class CharacterOffsets(byte[] bytes)
    {
        private int _bytes;
        private int _characters;

        public int At(long offset)
        {
            _characters += Utf8.GetCharCount(bytes, _bytes, (int)offset - _bytes);
            _bytes = (int)offset;
            return _characters;
        }
    }
}
