using System.Globalization;
using System.Text.RegularExpressions;

namespace Federation.Configuration;

/// <summary>The faults of the embedded clouds.</summary>
/// <param name="Seed">What is drawn by chance is drawn from this alone: the same seed and the same calls give the same faults.</param>
public sealed record SandboxWeather(int Seed, IReadOnlyList<SandboxFault> Faults)
{
    private const string Prefix = "seed:";
    private const string Nth = "[1-9][0-9]{0,2}";
    private const string Rate = "(?:100|[1-9][0-9]?)%";
    private const string Operation = "[A-Za-z0-9][A-Za-z0-9:._/ -]*";

    private static readonly string[] Anywhere = ["aws", "google", "kubernetes", "issuer"];
    private static readonly string[] WithCredentials = ["aws", "google", "kubernetes"];
    private static readonly string[] Kubernetes = ["kubernetes"];

    private static readonly Form[] Forms =
    [
        new("throttling", SandboxFaultKind.Throttling, 5, Anywhere),
        new("retry-after", SandboxFaultKind.RetryAfter, 5, Anywhere),
        new("error", SandboxFaultKind.Error, 5, Anywhere),
        new("unavailable", SandboxFaultKind.Unavailable, 5, Anywhere),
        new("expired", SandboxFaultKind.Expired, 5, WithCredentials),
        new("reset", SandboxFaultKind.Reset, 5, Anywhere),
        new("lost", SandboxFaultKind.Lost, 5, Anywhere),
        new("cut", SandboxFaultKind.Cut, 5, Anywhere),
        new("hang", SandboxFaultKind.Hang, 5, Anywhere),
        new("slow", SandboxFaultKind.Slow, 5, Anywhere),
        new("empty", SandboxFaultKind.Empty, 5, Anywhere),
        new("html", SandboxFaultKind.Html, 5, Anywhere),
        new("watch-closed", SandboxFaultKind.WatchClosed, 1, Kubernetes),
        new("watch-gone", SandboxFaultKind.WatchGone, 1, Kubernetes),
        new("eviction", SandboxFaultKind.Eviction, 1, Kubernetes),
        new("storm", SandboxFaultKind.Storm, 10, Anywhere) { Amounts = Rate, IsRate = true },
        new("iam-propagation", SandboxFaultKind.IamPropagation, 10, []),
        new("stale", SandboxFaultKind.Stale, 10, ["aws", "google"]),
        new("skew", SandboxFaultKind.Skew, 600, WithCredentials),
        new("key-rotation", SandboxFaultKind.KeyRotation, 60, []),
        // Each of these is one of the above in one cloud, by the name it had before the others came.
        new("aws-throttling", SandboxFaultKind.Throttling, 5, []) { Cloud = "aws" },
        new("aws-unavailable", SandboxFaultKind.Unavailable, 5, []) { Cloud = "aws" },
        new("google-throttling", SandboxFaultKind.Throttling, 5, []) { Cloud = "google" },
        new("google-unavailable", SandboxFaultKind.Unavailable, 5, []) { Cloud = "google" },
        new("kubernetes-throttling", SandboxFaultKind.RetryAfter, 5, []) { Cloud = "kubernetes" },
        new("kubernetes-unavailable", SandboxFaultKind.Unavailable, 5, []) { Cloud = "kubernetes" },
        new("issuer-slow", SandboxFaultKind.Slow, 1, []) { Cloud = "issuer" },
        new("issuer-unavailable", SandboxFaultKind.Unavailable, 1, []) { Cloud = "issuer" },
    ];

    private static readonly Regex Whole = new($@"\A(?:{Pattern})\z", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));

    /// <summary>No faults.</summary>
    public static SandboxWeather Fair { get; } = new(0, []);

    /// <summary>The names of all faults, for a message.</summary>
    public static string Names { get; } = string.Join(", ", Forms.Select(form => form.Name));

    /// <summary>What the words of a fault's text are, for a message.</summary>
    public static string Usage { get; } =
        "NAME[:N][@CLOUD[/OPERATION][#CALL]], where N is \"every Nth call\", \"N%\" of them or, for what lasts, seconds; or seed:N";

    /// <summary>A regular expression for the text of a fault, or of the seed.</summary>
    internal static string Pattern => field ??= string.Join('|', Forms.Select(form => form.Pattern).Append($"{Prefix}[0-9]{{1,9}}"));

    /// <summary>The text is that of a fault, or of the seed.</summary>
    public static bool Accepts(string text) => Whole.IsMatch(text);

    /// <summary>Reads texts of the form <see cref="Usage"/>. Of several seeds, the last one counts.</summary>
    /// <exception cref="FormatException">One of them is malformed.</exception>
    public static SandboxWeather Parse(params IEnumerable<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var weather = Fair;
        foreach (var text in texts)
        {
            if (!Accepts(text))
            {
                throw new FormatException($"'{text}' is not a fault: {Usage}.");
            }

            weather = text.StartsWith(Prefix, StringComparison.Ordinal)
                ? weather with
                {
                    Seed = Number(text[Prefix.Length..]),
                }
                : weather with
                {
                    Faults = [.. weather.Faults, Fault(text)],
                };
        }

        return weather;
    }

    private static SandboxFault Fault(string text)
    {
        var (head, scope) = Halves(text, '@');
        var (name, amount) = Halves(head, ':');
        var (place, call) = Halves(scope ?? "", '#');
        var (cloud, operation) = Halves(place, '/');
        var form = Array.Find(Forms, form => string.Equals(form.Name, name, StringComparison.Ordinal))!;
        return new SandboxFault(
            form.Kind,
            amount is null ? form.Default : Number(amount.TrimEnd('%')),
            amount?.EndsWith('%') ?? form.IsRate
        )
        {
            Cloud = cloud.Length > 0 ? cloud : form.Cloud,
            Operation = operation,
            Call = call is null ? null : Number(call),
        };
    }

    private static (string Before, string? After) Halves(string text, char separator) =>
        text.IndexOf(separator, StringComparison.Ordinal) is var at and >= 0 ? (text[..at], text[(at + 1)..]) : (text, null);

    private static int Number(string digits) => int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>How one kind of fault is written.</summary>
    /// <param name="Default">The number where none is given.</param>
    /// <param name="Clouds">Those that may be named; none: the fault takes no place.</param>
    private sealed record Form(string Name, SandboxFaultKind Kind, int Default, string[] Clouds)
    {
        /// <summary>The cloud where none is named.</summary>
        public string? Cloud { get; init; }

        public bool IsRate { get; init; }

        public string Amounts { get; init; } = new SandboxFault(Kind, Default).LastsForSeconds ? "[1-9][0-9]{0,4}" : $"(?:{Rate}|{Nth})";

        public string Pattern
        {
            get
            {
                var place = Clouds.Length == 0 ? "" : $"@(?:{string.Join('|', Clouds)})(?:/{Operation})?";
                var amounted = $"{Name}(?::{Amounts})?{(place.Length == 0 ? "" : $"(?:{place})?")}";
                var isCounted = place.Length > 0 && !IsRate && !new SandboxFault(Kind, Default).LastsForSeconds;
                return isCounted ? $"{amounted}|{Name}{place}#{Nth}" : amounted;
            }
        }
    }
}
