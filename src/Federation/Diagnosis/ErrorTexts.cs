using System.Buffers;
using Federation.Diagnosis.Texts;
using Federation.Findings;

namespace Federation.Diagnosis;

/// <summary>
/// Reads findings out of what AWS, its SDKs and CLI, Google, kubectl and the kubelet wrote: a pasted error or a whole
/// pod log. It is for where nothing else can be read. One text often stands for several faults; a finding then has the
/// code of the likeliest and its cause names the others, with what would tell them apart.
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
    /// The findings, in the order in which a token would meet them, one per fault; none where nothing is recognised.
    /// Of a text longer than 1,048,576 characters the end is read, for a log ends with what matters.
    /// </summary>
    public static IReadOnlyList<Finding> Explain(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var lines = Telling(text);
        return Recognise(Faults, lines) is [_, ..] faults ? faults : Recognise(SdkTexts.Consequences, lines);
    }

    /// <summary>The line says that a service refused an action to a role that was assumed, and which.</summary>
    public static bool IsDenial(string line) => PermissionTexts.Denied(line) is not null;

    /// <summary>What services refused to a command that ran as the role: no wording of another origin is looked for.</summary>
    internal static IReadOnlyList<Finding> ExplainRefusals(string text) => Recognise(PermissionTexts.All, Telling(text));

    private static List<string> Telling(string text) =>
        [.. LogText.Lines(text).Where(line => line.AsSpan().ContainsAny(Phrases)).Distinct(StringComparer.Ordinal)];

    // A line speaks of one fault: that of the first text it is known by.
    private static List<Finding> Recognise(IReadOnlyList<ErrorText> texts, IEnumerable<string> lines) =>
        [
            .. lines
                .Select(line =>
                    texts
                        .Index()
                        .Select(known => (Place: known.Index, Said: known.Item.Explain(line)))
                        .FirstOrDefault(known => known.Said is not null)
                )
                .Where(known => known.Said is not null)
                .OrderBy(known => known.Place)
                .DistinctBy(known => (known.Said!.Finding.Code, known.Said.Apart))
                .Select(known => known.Said!.Finding),
        ];
}
