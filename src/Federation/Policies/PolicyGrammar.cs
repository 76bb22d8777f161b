using System.Text.RegularExpressions;
using Federation.Findings;

namespace Federation.Policies;

/// <summary>What a policy is for; IAM's rules differ.</summary>
public enum PolicyKind
{
    /// <summary>A role's trust policy: who may assume it.</summary>
    Trust,

    /// <summary>An identity-based policy: what may be done.</summary>
    Permissions,
}

/// <summary>One rule of IAM that a document breaks.</summary>
/// <param name="Message">As IAM words it in a <c>MalformedPolicyDocument</c> error.</param>
/// <param name="Detail">The part of the document, in words.</param>
public sealed record PolicyViolation(string Message, string Detail);

/// <summary>
/// IAM's rules for what a document may contain (IAM User Guide, "Grammar of the IAM JSON policy language" and
/// "JSON policy element reference"). The first violation is what IAM would answer with.
/// </summary>
public static partial class PolicyGrammar
{
    private const string SyntaxErrors = "Syntax errors in policy.";

    private static readonly string[] TrustActions =
    [
        "sts:AssumeRole",
        "sts:AssumeRoleWithSAML",
        StsActions.AssumeRoleWithWebIdentity,
        StsActions.TagSession,
        StsActions.SetSourceIdentity,
        "sts:SetContext",
    ];

    private static readonly string[] PrincipalTypes = ["AWS", "Federated", "Service", "CanonicalUser"];

    /// <summary>The rules that a text breaks; a text that is not a policy document breaks the first of them.</summary>
    public static IReadOnlyList<PolicyViolation> Check(string json, PolicyKind kind)
    {
        try
        {
            return Check(PolicyDocument.Parse(json), kind);
        }
        catch (PolicyFormatException e)
        {
            return [new PolicyViolation(SyntaxErrors, e.Message)];
        }
    }

    /// <inheritdoc cref="Check(string, PolicyKind)"/>
    public static IReadOnlyList<PolicyViolation> Check(PolicyDocument document, PolicyKind kind)
    {
        ArgumentNullException.ThrowIfNull(document);
        var violations = new List<PolicyViolation>();
        if (document.Version is not ("2012-10-17" or "2008-10-17"))
        {
            violations.Add(new PolicyViolation(SyntaxErrors, $"Version is \"{document.Version}\"; it is 2012-10-17 or 2008-10-17."));
        }

        if (document.Statements.Count == 0)
        {
            violations.Add(new PolicyViolation(SyntaxErrors, "Statement is empty."));
        }

        foreach (var statement in document.Statements)
        {
            var name = document.NameOf(statement);
            violations.AddRange(CheckShape(statement, name));
            violations.AddRange(kind is PolicyKind.Trust ? CheckTrust(statement, name) : CheckPermissions(statement, name));
        }

        foreach (
            var repeated in document
                .Statements.Where(statement => !string.IsNullOrEmpty(statement.Sid))
                .GroupBy(statement => statement.Sid, StringComparer.Ordinal)
                .Where(group => group.Skip(1).Any())
        )
        {
            violations.Add(
                new PolicyViolation(
                    "Statement IDs (SID) in a single policy must be unique.",
                    $"{repeated.Key} names {repeated.Count()} statements."
                )
            );
        }

        return violations;
    }

    private static IEnumerable<PolicyViolation> CheckShape(PolicyStatement statement, string name)
    {
        if (statement.Sid is not null && !AlphaNumeric().IsMatch(statement.Sid))
        {
            yield return new PolicyViolation(
                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
                $"{name}: Sid is \"{statement.Sid}\"."
            );
        }

        if (statement is { Actions: not null, NotActions: not null })
        {
            yield return new PolicyViolation(SyntaxErrors, $"{name} has both Action and NotAction.");
        }

        if (statement is { Resources: not null, NotResources: not null })
        {
            yield return new PolicyViolation(SyntaxErrors, $"{name} has both Resource and NotResource.");
        }

        if (statement is { Principals: not null, NotPrincipals: not null })
        {
            yield return new PolicyViolation(SyntaxErrors, $"{name} has both Principal and NotPrincipal.");
        }

        if ((statement.Actions ?? statement.NotActions) is not { Count: > 0 } actions)
        {
            yield return new PolicyViolation("Policy statement must contain actions.", $"{name} has no Action.");
        }
        else
        {
            foreach (var action in actions.Where(action => action is not "*"))
            {
                var colon = action.IndexOf(':', StringComparison.Ordinal);
                if (colon < 0)
                {
                    yield return new PolicyViolation(
                        "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
                        $"{name}: the action {action} names no service."
                    );
                }
                else if (!Vendor().IsMatch(action.AsSpan(0, colon)))
                {
                    yield return new PolicyViolation($"Vendor {action[..colon]} is not valid", $"{name}: the action {action}.");
                }
            }
        }

        foreach (var condition in statement.Conditions)
        {
            if (!ConditionOperator.TryParse(condition.Operator, out _))
            {
                yield return new PolicyViolation(SyntaxErrors, $"{name}: {condition.Operator} is not a condition operator.");
            }

            if (condition.Values.Count == 0)
            {
                yield return new PolicyViolation(SyntaxErrors, $"{name}: {condition.Operator} of {condition.Key} lists no value.");
            }

            if (!condition.Key.Contains(':', StringComparison.Ordinal))
            {
                yield return new PolicyViolation(
                    "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
                    $"{name}: the condition key {condition.Key} names no service or issuer."
                );
            }
        }
    }

    private static IEnumerable<PolicyViolation> CheckTrust(PolicyStatement statement, string name)
    {
        if (statement.Resources is not null)
        {
            yield return new PolicyViolation("Has prohibited field Resource", $"{name}: a trust policy speaks of its own role alone.");
        }

        if (statement.NotResources is not null)
        {
            yield return new PolicyViolation("Has prohibited field NotResource", $"{name}: a trust policy speaks of its own role alone.");
        }

        if (statement is { NotPrincipals: not null, Effect: PolicyEffect.Allow })
        {
            yield return new PolicyViolation(
                "AssumeRole policy must not contain NotPrincipal field.",
                $"{name} would admit everyone but the listed."
            );
        }
        else if (statement.Principals is null && statement.NotPrincipals is null)
        {
            yield return new PolicyViolation("Missing required field Principal", $"{name} does not say who may assume the role.");
        }

        // Everyone can get tokens of Google's issuer, so IAM requires a condition on one of its claims, with the key in
        // lower case. The behaviour was recorded, IAM's text was not.
        if (
            statement is { Effect: PolicyEffect.Allow, Principals: { } admitted }
            && admitted.TryGetValue("Federated", out var federated)
            && federated.Contains("accounts.google.com", StringComparer.Ordinal)
            && !statement.Conditions.Any(condition =>
                condition.Operator == "StringEquals"
                && condition.Key is "accounts.google.com:aud" or "accounts.google.com:oaud" or "accounts.google.com:sub"
            )
        )
        {
            yield return new PolicyViolation(
                "The trust policy must test accounts.google.com:aud, accounts.google.com:oaud or accounts.google.com:sub for "
                    + "the principal accounts.google.com.",
                $"{name}: with StringEquals, the key in lower case."
            );
        }

        foreach (var action in (statement.Actions ?? statement.NotActions ?? []).Where(action => !IsTrustAction(action)))
        {
            yield return new PolicyViolation("AssumeRole policy may only specify STS AssumeRole actions.", $"{name}: the action {action}.");
        }

        foreach (
            var (type, values) in statement.Principals
                ?? statement.NotPrincipals
                ?? new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal)
        )
        {
            if (!PrincipalTypes.Contains(type, StringComparer.Ordinal))
            {
                yield return new PolicyViolation(SyntaxErrors, $"{name}: \"{type}\" is not a type of principal.");
            }

            if (values.Count == 0)
            {
                yield return new PolicyViolation(SyntaxErrors, $"{name}: the principal {type} is an empty list.");
            }

            foreach (var value in values)
            {
                if (type is "Federated" && !FederatedPrincipal().IsMatch(value))
                {
                    yield return new PolicyViolation(
                        "Federated principals must be valid domain names or SAML metadata ARNs",
                        $"{name}: \"{value}\"."
                    );
                }
                else if (type is "AWS" && !AwsPrincipal().IsMatch(value))
                {
                    yield return new PolicyViolation(
                        $"Invalid principal in policy: \"AWS\":\"{value}\"",
                        $"{name}: an account id, an ARN or * is wanted."
                    );
                }
            }
        }
    }

    private static IEnumerable<PolicyViolation> CheckPermissions(PolicyStatement statement, string name)
    {
        if (statement.Principals is not null || statement.NotPrincipals is not null)
        {
            yield return new PolicyViolation(
                "Policy document should not specify a principal.",
                $"{name}: who has the policy is the principal."
            );
        }

        if ((statement.Resources ?? statement.NotResources) is not { Count: > 0 } resources)
        {
            yield return new PolicyViolation("Policy statement must contain resources.", $"{name} has no Resource.");
            yield break;
        }

        foreach (var resource in resources.Where(resource => resource is not "*"))
        {
            if (!resource.StartsWith("arn:", StringComparison.Ordinal))
            {
                yield return new PolicyViolation($"Resource {resource} must be in ARN format or \"*\".", $"{name}.");
            }
            else if (resource.Split(':', 6) is not [_, var partition, _, _, _, _])
            {
                yield return new PolicyViolation(
                    "The policy failed legacy parsing",
                    $"{name}: {resource} has fewer than the six parts of an ARN."
                );
            }
            else if (!Partition().IsMatch(partition))
            {
                yield return new PolicyViolation($"Partition \"{partition}\" is not valid for resource \"{resource}\".", $"{name}.");
            }
        }
    }

    private static bool IsTrustAction(string action) =>
        action.StartsWith("sts:", StringComparison.OrdinalIgnoreCase)
        && TrustActions.Any(known => Wildcard.IsMatch(action, known, ignoreCase: true));

    [GeneratedRegex("^[0-9A-Za-z]*$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex AlphaNumeric();

    [GeneratedRegex("^[a-zA-Z0-9.-]+$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Vendor();

    [GeneratedRegex(@"^(\*|aws(-[a-z]+)*)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Partition();

    [GeneratedRegex(
        @"^(arn:aws[a-z-]*:iam::[0-9]{12}:(oidc-provider|saml-provider)/[^\s]+|([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,})$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking
    )]
    private static partial Regex FederatedPrincipal();

    [GeneratedRegex(
        @"^(\*|[0-9]{12}|A[A-Z0-9]{15,}|arn:aws[a-z-]*:(iam|sts)::[0-9]{12}:[^\s*]+)$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking
    )]
    private static partial Regex AwsPrincipal();
}
