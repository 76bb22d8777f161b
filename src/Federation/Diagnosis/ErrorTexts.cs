using System.Buffers;
using Federation.Diagnosis.Texts;
using Federation.Findings;

namespace Federation.Diagnosis;

/// <summary>
/// Finds known errors of AWS, its SDKs and CLI, Google, kubectl and the kubelet in a pasted text or a pod log: for when
/// nothing else can be read. One text often stands for several faults; the finding then has the code of the most likely
/// one, and its cause names the others and how to tell them apart.
/// </summary>
public static class ErrorTexts
{
    private static readonly ErrorText[] Faults =
    [
        .. AwsSetupTexts.All,
        .. GoogleTexts.All,
        .. KubernetesTexts.All,
        .. SdkTexts.All,
        .. StsTexts.All,
        .. PermissionTexts.All,
        .. PermissionTexts.Busy,
    ];

    private static readonly SearchValues<string> Phrases = SearchValues.Create(
        [.. Faults.Concat(SdkTexts.Consequences).SelectMany(text => text.Phrases).Distinct(StringComparer.OrdinalIgnoreCase)],
        StringComparison.OrdinalIgnoreCase
    );

    /// <summary>
    /// The findings, one per fault, in the order of the chain; empty if no known error is in the text. Of a text longer
    /// than 1,048,576 characters only the end is read: logs end with what matters.
    /// </summary>
    public static IReadOnlyList<Finding> Explain(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var lines = LinesWithPhrase(text);
        return Recognise(Faults, lines) is [_, ..] faults ? faults : Recognise(SdkTexts.Consequences, lines);
    }

    /// <summary>Whether the line says that a service denied a named action to the assumed role.</summary>
    public static bool IsDenial(string line) => PermissionTexts.Denied(line) is not null;

    /// <summary>Only what services denied to a command that ran as the role.</summary>
    internal static IReadOnlyList<Finding> ExplainDenials(string text) => Recognise(PermissionTexts.All, LinesWithPhrase(text));

    private static List<string> LinesWithPhrase(string text) =>
        [.. LogText.Lines(text).Where(line => line.AsSpan().ContainsAny(Phrases)).Distinct(StringComparer.Ordinal)];

    // A line is about one fault: that of the first text that recognises it.
    private static List<Finding> Recognise(IReadOnlyList<ErrorText> texts, IEnumerable<string> lines)
    {
        return
        [
            .. lines
                .Select(FirstMatch)
                .Where(match => match.Recognised is not null)
                .OrderBy(match => match.Place)
                .DistinctBy(match => (match.Recognised!.Finding.Code, match.Recognised.Distinction))
                .Select(match => match.Recognised!.Finding),
        ];

        (int Place, Recognised? Recognised) FirstMatch(string line) =>
            texts
                .Select((text, place) => (Place: place, Recognised: text.Explain(line)))
                .FirstOrDefault(match => match.Recognised is not null);
    }
}
