using System.Globalization;
using System.Text.Json.Nodes;
using Federation.Configuration.Yaml;
using Federation.Findings;

namespace Federation.Configuration.Schema;

/// <summary>
/// A duration such as <c>1h</c>, <c>90m</c>, <c>3600s</c> or <c>1h30m</c>, within bounds. One out of bounds is reported as
/// <see cref="RangeCode"/>, any other text as FED1001.
/// </summary>
internal sealed class Duration : Value<TimeSpan>
{
    private const string Pattern = "(?:[0-9]{1,9}h)?(?:[0-9]{1,9}m)?(?:[0-9]{1,9}s)?";
    private const string FinePattern = Pattern + "(?:[0-9]{1,9}ms)?";

    public required TimeSpan Least { get; init; }

    public required TimeSpan Most { get; init; }

    /// <summary>The upper bound that a fix names, if it is lower than <see cref="Most"/>.</summary>
    public TimeSpan? Advised { get; init; }

    /// <summary>Why there are these bounds, and whose they are. For messages.</summary>
    public required string Reason { get; init; }

    public string RangeCode { get; init; } = FindingCodes.ConfigurationInvalid;

    /// <summary>Milliseconds, such as <c>20ms</c>, are allowed, too.</summary>
    public bool Fine { get; init; }

    /// <summary>Returns a warning about a value that is allowed but does not have the effect that one would expect.</summary>
    public Func<TimeSpan, Mistake?> Warn { get; init; } = _ => null;

    public override string Kind => Fine ? "a duration such as 2s or 20ms" : "a duration such as 1h, 90m or 1h30m";

    public override bool TryRead(Node node, string label, FileReading reading, out TimeSpan value)
    {
        value = default;
        if (node is ScalarNode { Type: ScalarKind.Integer } number)
        {
            var seconds = int.TryParse(number.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                ? TimeSpan.FromSeconds(count)
                : (TimeSpan?)null;
            reading.Invalid(
                node.At,
                $"{label} has no unit: {number.Text} of what?",
                seconds is null
                    ? $"Write {Kind}."
                    : $"Write {number.Text}s, if seconds are meant"
                        + (seconds.Value.TotalMinutes >= 1 ? $" (the same as {DurationText.Format(seconds.Value)})." : "."),
                actual: number.Text
            );
            return false;
        }

        if (node is not ScalarNode { Type: ScalarKind.Text } scalar)
        {
            RejectKind(node, label, reading);
            return false;
        }

        if (!DurationText.TryParse(scalar.Text, out value, out var isFine) || (isFine && !Fine))
        {
            reading.Invalid(
                node.At,
                $"{label} must be {Kind}, not {PlainText.Quoted(scalar.Text)}",
                "Write hours, minutes and seconds in this order, as whole numbers with h, m and s; a day is 24h.",
                actual: scalar.Text
            );
            return false;
        }

        if (value < Least || value > Most)
        {
            var outside = value < Least ? $"less than {DurationText.Format(Least)}" : $"more than {DurationText.Format(Most)}";
            var range = $"{DurationText.Format(Least)} to {DurationText.Format(Advised ?? Most)}";
            reading.Add(
                RangeCode,
                node.At,
                $"{label} is {scalar.Text}, {outside}: {Reason}",
                $"Write a duration from {range}.",
                expected: range,
                actual: scalar.Text
            );
            return false;
        }

        if (Warn(value) is { } warning)
        {
            reading.Add(
                RangeCode,
                node.At,
                $"{label} is {scalar.Text}: {warning.Cause}",
                warning.Fix,
                warning.Meant,
                scalar.Text,
                Severity.Warning
            );
        }

        return true;
    }

    public override JsonObject Schema(JsonObject definitions) =>
        new()
        {
            ["type"] = "string",
            ["minLength"] = 1,
            ["pattern"] = $"^{(Fine ? FinePattern : Pattern)}$",
        };
}
