using System.Buffers;
using System.Text.RegularExpressions;
using Federation.Configuration.Schema;
using Federation.Findings;

namespace Federation.Configuration;

/// <summary>The clouds' rules for names, and the usual mistakes with each.</summary>
internal static partial class Identifiers
{
    private const string Lower = "abcdefghijklmnopqrstuvwxyz";
    private const string Upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private const string Digits = "0123456789";
    private const string Label = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?";

    // The supported partitions.
    private const string Partition = "(?:aws|aws-us-gov|aws-cn)";

    private static readonly SearchValues<char> LabelAlphabet = SearchValues.Create(Lower + Digits + "-");
    private static readonly SearchValues<char> RoleAlphabet = SearchValues.Create(Lower + Upper + Digits + "_+=,.@-");

    /// <summary>The key of a cluster or account within this file.</summary>
    public static Text EntryName(string noun) =>
        new()
        {
            Noun = noun,
            Requirement = "1–63 letters, digits, \"-\", \"_\" and \".\", beginning with a letter or digit",
            Pattern = "[A-Za-z0-9][-A-Za-z0-9_.]*",
            Most = 63,
            Alphabet = SearchValues.Create(Lower + Upper + Digits + "-_."),
        };

    /// <summary>Any text that is not blank.</summary>
    public static Text Free(string noun, int most = 1024) =>
        new()
        {
            Noun = noun,
            Requirement = "some text",
            Pattern = @"[\s\S]*\S[\s\S]*",
            Most = most,
        };

    /// <summary>A fault of the embedded clouds, or the seed of what is drawn: <see cref="SandboxWeather"/>.</summary>
    public static Text Fault { get; } =
        new()
        {
            Noun = "fault",
            Requirement = $"{SandboxWeather.Usage}; NAME is one of {SandboxWeather.Names}",
            Pattern = SandboxWeather.Pattern,
        };

    /// <summary>A DNS label: Kubernetes, "Object Names and IDs" (RFC 1123 label names).</summary>
    public static Text DnsLabel(string noun) =>
        new()
        {
            Noun = noun,
            Code = FindingCodes.KubernetesNameInvalid,
            Requirement = "1–63 lower-case letters, digits and \"-\", beginning and ending with a letter or digit",
            Pattern = Label,
            Most = 63,
            Alphabet = LabelAlphabet,
        };

    /// <summary>A DNS subdomain: Kubernetes, "Object Names and IDs" (RFC 1123 subdomain names).</summary>
    public static Text ServiceAccount { get; } =
        new()
        {
            Noun = "Kubernetes service account name",
            Code = FindingCodes.KubernetesNameInvalid,
            Requirement =
                "up to 253 lower-case letters, digits, \"-\" and \".\", each part between dots beginning and ending with a letter or digit",
            Pattern = $@"{Label}(?:\.{Label})*",
            Most = 253,
            Alphabet = SearchValues.Create(Lower + Digits + "-."),
            Explain = text =>
                text.EndsWith(".iam.gserviceaccount.com", StringComparison.Ordinal)
                    ? new Mistake(
                        $"{PlainText.Quoted(text)} is the address of a Google service account, not the name of a Kubernetes one",
                        "Write the Kubernetes service account's name here, and the Google one's id under \"googleServiceAccount\"."
                    )
                : text.StartsWith("system:serviceaccount:", StringComparison.Ordinal)
                    ? new Mistake(
                        $"{PlainText.Quoted(text)} is a whole subject",
                        $"Write the name after the last colon alone: {PlainText.Quoted(text[(text.LastIndexOf(':') + 1)..])}.",
                        text[(text.LastIndexOf(':') + 1)..]
                    )
                : null,
        };

    /// <summary>Google Cloud, "Creating and managing projects": 6–30 characters.</summary>
    public static Text Project { get; } =
        new()
        {
            Noun = "Google Cloud project id",
            Code = FindingCodes.GoogleIdentifierInvalid,
            Requirement = "6–30 lower-case letters, digits and \"-\", beginning with a letter and not ending with \"-\"",
            Pattern = "[a-z][-a-z0-9]*[a-z0-9]",
            Least = 6,
            Most = 30,
            Alphabet = LabelAlphabet,
            Explain = text =>
                text.Length > 0 && text.All(char.IsAsciiDigit)
                    ? new Mistake(
                        $"{text} is a project number; the issuer of a GKE cluster is made from the project id",
                        $"Write the id; gcloud projects describe {text} --format='value(projectId)' shows it."
                    )
                : text.StartsWith("projects/", StringComparison.Ordinal)
                    ? new Mistake(
                        $"{PlainText.Quoted(text)} is a resource name, not a project id",
                        $"Write {PlainText.Quoted(text["projects/".Length..])}.",
                        text["projects/".Length..]
                    )
                : text.Contains(':', StringComparison.Ordinal)
                    ? new Mistake(
                        $"{PlainText.Quoted(text)} is the id of a domain-scoped project, which Workload Identity Federation for GKE "
                            + "does not name by its id alone",
                        "Use a project without a domain prefix."
                    )
                : null,
        };

    /// <summary>A zone or region of Google Cloud: "Regions and zones".</summary>
    public static Text Location { get; } =
        new()
        {
            Noun = "Google Cloud zone or region",
            Code = FindingCodes.GoogleIdentifierInvalid,
            Requirement = "the cluster's own zone (asia-south1-a) or region (asia-south1)",
            Pattern = "[a-z]+-(?:central|north|south|east|west){1,2}[0-9]{1,2}(?:-(?:ai[0-9]+)?[a-z])?",
            Most = 40,
            Alphabet = LabelAlphabet,
            Explain = text =>
                Region!.Accepts(text)
                    ? new Mistake(
                        $"{PlainText.Quoted(text)} is an AWS region; the location of a cluster is a Google Cloud zone or region",
                        "Write the cluster's location; gcloud container clusters list shows it."
                    )
                    : null,
        };

    /// <summary>GKE API, <c>projects.locations.clusters</c>: up to 40 characters.</summary>
    public static Text ClusterName { get; } =
        new()
        {
            Noun = "GKE cluster name",
            Code = FindingCodes.GoogleIdentifierInvalid,
            Requirement = "up to 40 lower-case letters, digits and \"-\", beginning with a letter and not ending with \"-\"",
            Pattern = "[a-z](?:[-a-z0-9]*[a-z0-9])?",
            Most = 40,
            Alphabet = LabelAlphabet,
            Explain = text =>
                text.StartsWith("gke_", StringComparison.Ordinal) && text.Split('_') is [_, _, _, var name] && name.Length > 0
                    ? new Mistake(
                        $"{PlainText.Quoted(text)} is the name of a kubeconfig context, not of a cluster",
                        $"Write {PlainText.Quoted(name)}; the context is found by itself.",
                        name
                    )
                    : null,
        };

    /// <summary>Google IAM API, <c>projects.serviceAccounts.create</c>: the account id has 6–30 characters.</summary>
    public static Text GoogleServiceAccount { get; } =
        new()
        {
            Noun = "Google service account id",
            Code = FindingCodes.GoogleIdentifierInvalid,
            Requirement = "6–30 lower-case letters, digits and \"-\", beginning with a letter and not ending with \"-\"",
            Pattern = "[a-z][-a-z0-9]*[a-z0-9]",
            Least = 6,
            Most = 30,
            Alphabet = LabelAlphabet,
            Explain = text =>
                text.Contains('@', StringComparison.Ordinal)
                    ? new Mistake(
                        $"{PlainText.Quoted(text)} is the address of a Google service account; only its id is needed",
                        $"Write {PlainText.Quoted(text[..text.IndexOf('@', StringComparison.Ordinal)])}.",
                        text[..text.IndexOf('@', StringComparison.Ordinal)]
                    )
                    : null,
        };

    /// <summary>AWS Account Management, "AWS account identifiers": twelve digits.</summary>
    public static Text AccountId { get; } =
        new()
        {
            Noun = "AWS account id",
            Code = FindingCodes.AwsIdentifierInvalid,
            Requirement = "the twelve digits of the account, in quotes",
            Pattern = "[0-9]{12}",
            Least = 12,
            Most = 12,
            Alphabet = SearchValues.Create(Digits),
            AllowsInteger = true,
            Explain = ExplainAccountId,
        };

    /// <summary>A region of one of the partitions aws, aws-us-gov and aws-cn: AWS, "AWS Regions".</summary>
    public static Text Region { get; } =
        new()
        {
            Noun = "AWS region",
            Code = FindingCodes.AwsIdentifierInvalid,
            Requirement = "the code of a region, such as ap-south-1",
            // Regions of other partitions (us-iso-…, eu-isoe-…, eusc-…) are not supported.
            Pattern = "[a-z]{2}(?:-gov)?-(?:central|north|south|east|west){1,2}-[0-9]{1,2}",
            Most = 32,
            Alphabet = LabelAlphabet,
            Explain = ExplainRegion,
        };

    /// <summary>IAM API, CreateRole, RoleName.</summary>
    public static Text RoleName { get; } =
        new()
        {
            Noun = "role name",
            Code = FindingCodes.AwsIdentifierInvalid,
            Requirement = "1–64 letters, digits and the characters _+=,.@-",
            Pattern = "[A-Za-z0-9_+=,.@-]+",
            Most = 64,
            Alphabet = RoleAlphabet,
            Explain = text =>
            {
                var name = text[(text.LastIndexOf('/') + 1)..];
                return text.StartsWith("arn:", StringComparison.Ordinal)
                        ? new Mistake(
                            $"{PlainText.Quoted(text)} is an ARN, not a role name",
                            $"Write {PlainText.Quoted(name)}; account, partition and path are put together with it.",
                            name
                        )
                    : text.Contains('/', StringComparison.Ordinal)
                        ? new Mistake(
                            $"{PlainText.Quoted(text)} has a path in it",
                            $"Write {PlainText.Quoted(name)} as the name, and what comes before it under \"path\".",
                            name
                        )
                    : null;
            },
        };

    /// <summary>IAM API, CreateRole, Path.</summary>
    public static Text RolePath { get; } =
        new()
        {
            Noun = "role path",
            Code = FindingCodes.AwsIdentifierInvalid,
            Requirement = "/, or a path that begins and ends with a slash, such as /teams/data/",
            Pattern = "/(?:[!-~]+/)?",
            Most = 512,
            Explain = text =>
                text.Length > 0 && text.Trim('/') is { Length: > 0 } inner && RolePathWord().IsMatch(inner) && text != $"/{inner}/"
                    ? new Mistake(
                        $"{PlainText.Quoted(text)} is not a valid role path: it must begin and end with one slash",
                        $"Write {PlainText.Quoted($"/{inner}/")}.",
                        $"/{inner}/"
                    )
                    : null,
        };

    /// <summary>IAM API, CreateRole, Description.</summary>
    public static Text Description { get; } =
        new()
        {
            Noun = "role description",
            Code = FindingCodes.AwsIdentifierInvalid,
            Requirement = "up to 1000 characters of Latin text (IAM takes none beyond U+00FF)",
            Pattern = @"[\t\n\r -~\u00A1-\u00FF]+",
            Most = 1000,
            Alphabet = SearchValues.Create([
                .. new[] { '\t', '\n', '\r' },
                .. Enumerable.Range(' ', '~' - ' ' + 1).Concat(Enumerable.Range(0xA1, 0xFF - 0xA1 + 1)).Select(code => (char)code),
            ]),
        };

    /// <summary>The ARN of an IAM role.</summary>
    public static Text RoleArn { get; } =
        new()
        {
            Noun = "role ARN",
            Code = FindingCodes.AwsIdentifierInvalid,
            Requirement = "the ARN of a role, such as arn:aws:iam::111122223333:role/deployer",
            Pattern = $"arn:{Partition}:iam::[0-9]{{12}}:role/(?:[!-~]+/)?[A-Za-z0-9_+=,.@-]{{1,64}}",
            Most = 2048,
        };

    /// <summary>The ARN of a managed policy, AWS's or an account's own.</summary>
    public static Text PolicyArn { get; } =
        new()
        {
            Noun = "managed-policy ARN",
            Code = FindingCodes.AwsIdentifierInvalid,
            Requirement =
                "the ARN of a managed policy, such as arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess "
                + "or arn:aws:iam::111122223333:policy/data",
            Pattern = $"arn:{Partition}:iam::(?:aws|[0-9]{{12}}):policy/(?:[!-~]+/)?[A-Za-z0-9_+=,.@-]{{1,128}}",
            Most = 2048,
        };

    /// <summary>A client id of an IAM OIDC provider: IAM API, CreateOpenIDConnectProvider, ClientIDList.</summary>
    public static Text Audience { get; } =
        new()
        {
            Noun = "audience",
            Requirement = "up to 255 characters without blanks, such as sts.amazonaws.com",
            Pattern = "[!-~]+",
            Most = 255,
        };

    public static Text Image { get; } =
        new()
        {
            Noun = "container image",
            Requirement = "an image reference, such as public.ecr.aws/aws-cli/aws-cli:2.34.31",
            Pattern = "[A-Za-z0-9][A-Za-z0-9._:/@-]*",
            Alphabet = SearchValues.Create(Lower + Upper + Digits + "._:/@-"),
        };

    /// <summary>The name of an inline policy (IAM API, PutRolePolicy), which is also used as a file name.</summary>
    public static Text PolicyName { get; } =
        new()
        {
            Noun = "policy name",
            Requirement =
                "a name under templates/policies (letters, digits, \"-\", \"_\" and \".\"), the path of a JSON file, "
                + "or a managed-policy ARN",
            Pattern = "[A-Za-z0-9][-A-Za-z0-9_.]*",
            Most = 128,
            Alphabet = SearchValues.Create(Lower + Upper + Digits + "-_."),
        };

    /// <summary>The name of a parameter of a policy template.</summary>
    public static Text ParameterName { get; } =
        new()
        {
            Noun = "parameter name",
            Requirement = "letters, digits, \"-\" and \"_\", beginning with a letter",
            Pattern = "[A-Za-z][-A-Za-z0-9_]*",
            Most = 64,
        };

    /// <summary>Amazon S3, "General purpose bucket naming rules".</summary>
    public static Text Bucket { get; } =
        new()
        {
            Noun = "bucket name",
            Code = FindingCodes.AwsIdentifierInvalid,
            Requirement =
                "3–63 lower-case letters, digits, \"-\" and \".\", each part between dots beginning and ending with a letter or digit",
            Pattern = $@"{Label}(?:\.{Label})*",
            Least = 3,
            Most = 63,
            Alphabet = SearchValues.Create(Lower + Digits + "-."),
        };

    private static Mistake? ExplainAccountId(string text)
    {
        var digits = new string([.. text.Where(char.IsAsciiDigit)]);
        if (digits.Length == 12 && text.All(c => char.IsAsciiDigit(c) || c is '-' or ' ' or '_'))
        {
            return new Mistake(
                $"{PlainText.Quoted(text)} is not a valid AWS account id: it is written without separators",
                $"Write \"{digits}\".",
                digits
            );
        }

        if (digits.Length is 0 || digits.Length != text.Length)
        {
            return null;
        }

        return new Mistake(
            $"{PlainText.Quoted(text)} has {digits.Length} {(digits.Length == 1 ? "digit" : "digits")}; an AWS account id has twelve",
            digits.Length is 10 or 11
                ? "Leading zeros get lost where a tool takes the id for a number: "
                    + $"if it is \"{digits.PadLeft(12, '0')}\", write that, in quotes."
                : "Write all twelve digits, in quotes; aws sts get-caller-identity shows them."
        );
    }

    private static Mistake? ExplainRegion(string text)
    {
        if (OtherPartition().IsMatch(text))
        {
            return new Mistake(
                $"{PlainText.Quoted(text)} lies in a partition other than aws, aws-us-gov and aws-cn, which are those supported",
                "Use an account and region of one of these."
            );
        }

        if (text.Length > 1 && char.IsAsciiLetterLower(text[^1]) && Region.Accepts(text[..^1]))
        {
            return new Mistake(
                $"{PlainText.Quoted(text)} is an availability zone, not a region",
                $"Write {PlainText.Quoted(text[..^1])}.",
                text[..^1]
            );
        }

        if (Location.Accepts(text))
        {
            return new Mistake(
                $"{PlainText.Quoted(text)} is a Google Cloud location, not an AWS region",
                "Write the region of the AWS account, such as ap-south-1."
            );
        }

        return null;
    }

    [GeneratedRegex(@"\A(?:eusc-|[a-z]{2}-iso)", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OtherPartition();

    [GeneratedRegex(@"\A[!-~]+\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex RolePathWord();
}
