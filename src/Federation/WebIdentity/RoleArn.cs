using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Federation.WebIdentity;

/// <summary>
/// The ARN of an IAM role, <c>arn:PARTITION:iam::ACCOUNT:role/PATH/NAME</c> (IAM User Guide, "IAM identifiers").
/// The path begins and ends with a slash and is <c>/</c> where there is none.
/// </summary>
public sealed partial record RoleArn(string Partition, string Account, string Path, string Name)
{
    /// <summary>Reads a role's ARN; false for anything else, other resources' ARNs included.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out RoleArn? arn)
    {
        var match = text is null ? Match.Empty : Form().Match(text);
        arn = match.Success
            ? new RoleArn(
                match.Groups["partition"].Value,
                match.Groups["account"].Value,
                match.Groups["path"].Value,
                match.Groups["name"].Value
            )
            : null;
        return arn is not null;
    }

    /// <summary>
    /// The ARN that a session of this role has, <c>arn:PARTITION:sts::ACCOUNT:assumed-role/NAME/SESSION</c>; the path is not
    /// part of it.
    /// </summary>
    public string AssumedRole(string sessionName) => $"arn:{Partition}:sts::{Account}:assumed-role/{Name}/{sessionName}";

    public override string ToString() => $"arn:{Partition}:iam::{Account}:role{Path}{Name}";

    [GeneratedRegex(
        @"\A(?:arn):(?<partition>aws(?:-[a-z]+)*):iam::(?<account>[0-9]{12}):role(?<path>/(?:[!-.0-~]+/)*)"
            + @"(?<name>[A-Za-z0-9_+=,.@-]{1,64})\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking
    )]
    private static partial Regex Form();
}
