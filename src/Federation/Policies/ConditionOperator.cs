using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Federation.Policies;

internal enum ConditionKind
{
    StringEquals,
    StringEqualsIgnoreCase,
    StringLike,
    ArnLike,
    Boolean,
    Binary,
    NumericEquals,
    NumericLess,
    NumericLessOrEqual,
    NumericGreater,
    NumericGreaterOrEqual,
    DateEquals,
    DateLess,
    DateLessOrEqual,
    DateGreater,
    DateGreaterOrEqual,
    IpAddress,
    Null,
}

internal enum SetQualifier
{
    None,
    ForAnyValue,
    ForAllValues,
}

/// <summary>A parsed condition operator (IAM User Guide, "Condition operators").</summary>
internal readonly record struct ConditionOperator(ConditionKind Kind, bool Negated, bool IfExists, SetQualifier Qualifier)
{
    private const string AnyPrefix = "ForAnyValue:";
    private const string AllPrefix = "ForAllValues:";
    private const string IfExistsSuffix = "IfExists";

    public static bool TryParse(ReadOnlySpan<char> text, out ConditionOperator parsed)
    {
        var qualifier = SetQualifier.None;
        if (text.StartsWith(AnyPrefix, StringComparison.Ordinal))
        {
            qualifier = SetQualifier.ForAnyValue;
            text = text[AnyPrefix.Length..];
        }
        else if (text.StartsWith(AllPrefix, StringComparison.Ordinal))
        {
            qualifier = SetQualifier.ForAllValues;
            text = text[AllPrefix.Length..];
        }

        var ifExists = text.EndsWith(IfExistsSuffix, StringComparison.Ordinal);
        if (ifExists)
        {
            text = text[..^IfExistsSuffix.Length];
        }

        (ConditionKind Kind, bool Negated)? known = text switch
        {
            "StringEquals" => (ConditionKind.StringEquals, false),
            "StringNotEquals" => (ConditionKind.StringEquals, true),
            "StringEqualsIgnoreCase" => (ConditionKind.StringEqualsIgnoreCase, false),
            "StringNotEqualsIgnoreCase" => (ConditionKind.StringEqualsIgnoreCase, true),
            "StringLike" => (ConditionKind.StringLike, false),
            "StringNotLike" => (ConditionKind.StringLike, true),
            "ArnEquals" or "ArnLike" => (ConditionKind.ArnLike, false),
            "ArnNotEquals" or "ArnNotLike" => (ConditionKind.ArnLike, true),
            "Bool" => (ConditionKind.Boolean, false),
            "BinaryEquals" => (ConditionKind.Binary, false),
            "NumericEquals" => (ConditionKind.NumericEquals, false),
            "NumericNotEquals" => (ConditionKind.NumericEquals, true),
            "NumericLessThan" => (ConditionKind.NumericLess, false),
            "NumericLessThanEquals" => (ConditionKind.NumericLessOrEqual, false),
            "NumericGreaterThan" => (ConditionKind.NumericGreater, false),
            "NumericGreaterThanEquals" => (ConditionKind.NumericGreaterOrEqual, false),
            "DateEquals" => (ConditionKind.DateEquals, false),
            "DateNotEquals" => (ConditionKind.DateEquals, true),
            "DateLessThan" => (ConditionKind.DateLess, false),
            "DateLessThanEquals" => (ConditionKind.DateLessOrEqual, false),
            "DateGreaterThan" => (ConditionKind.DateGreater, false),
            "DateGreaterThanEquals" => (ConditionKind.DateGreaterOrEqual, false),
            "IpAddress" => (ConditionKind.IpAddress, false),
            "NotIpAddress" => (ConditionKind.IpAddress, true),
            // Null already asks whether the key exists; IAM has no NullIfExists and no qualified Null.
            "Null" when !ifExists && qualifier is SetQualifier.None => (ConditionKind.Null, false),
            _ => null,
        };

        parsed = known is { } found ? new ConditionOperator(found.Kind, found.Negated, ifExists, qualifier) : default;
        return known is not null;
    }
}

/// <summary>Parses condition values that are not texts.</summary>
internal static class ConditionValues
{
    private static readonly string[] DateForms =
    [
        "yyyy",
        "yyyy-MM",
        "yyyy-MM-dd",
        "yyyy-MM-dd'T'HH:mmK",
        "yyyy-MM-dd'T'HH:mm:ssK",
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
        "yyyyMMdd'T'HHmmssK",
    ];

    public static bool TryNumber(string text, out decimal number) =>
        decimal.TryParse(
            text,
            NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
            CultureInfo.InvariantCulture,
            out number
        );

    /// <summary>W3C's profile of ISO 8601, or seconds since 1970 (more than four digits, so that a year stays a year).</summary>
    public static bool TryDate(string text, out DateTimeOffset date)
    {
        if (
            text.Length > 4
            && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds)
            && seconds is >= -62_135_596_800 and <= 253_402_300_799
        )
        {
            date = DateTimeOffset.FromUnixTimeSeconds(seconds);
            return true;
        }

        return DateTimeOffset.TryParseExact(text, DateForms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out date);
    }

    /// <summary>A single address is a network of one; bits after the prefix are ignored.</summary>
    public static bool TryNetwork(string text, [NotNullWhen(true)] out IPNetwork network)
    {
        network = default;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!IPAddress.TryParse(slash < 0 ? text : text.AsSpan(0, slash), out var address))
        {
            return false;
        }

        var bytes = address.GetAddressBytes();
        var prefix = bytes.Length * 8;
        if (
            slash >= 0
            && (
                !int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out prefix)
                || prefix > bytes.Length * 8
            )
        )
        {
            return false;
        }

        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] &= (byte)(0xFF << (8 - Math.Clamp(prefix - (i * 8), 0, 8)));
        }

        network = new IPNetwork(new IPAddress(bytes), prefix);
        return true;
    }
}
