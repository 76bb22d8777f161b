using System.Net;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Federation.Issuers;
using Federation.Policies;
using Federation.Sandbox.Hosting;
using Federation.WebIdentity;

namespace Federation.Sandbox.Aws;

/// <summary>
/// STS's query API (STS API reference, 2011-06-15). Whether a web identity token is accepted is decided by the core's
/// <see cref="SecurityTokenService"/>, from the sandbox's accounts and the keys that the token's issuer publishes.
/// </summary>
internal sealed partial class StsApi(
    IReadOnlyDictionary<string, AwsAccount> accounts,
    AccessKeys keys,
    Authorizer authorizer,
    IssuerClient issuers,
    TimeProvider time,
    TimeSpan propagation
)
{
    private const int DefaultDuration = 3600;

    public static XElement[] GetCallerIdentity(AwsPrincipal caller) =>
        [new XElement("UserId", caller.UserId), new XElement("Account", caller.Account.Id), new XElement("Arn", caller.Arn)];

    public XElement[] AssumeRole(SignedRequest signed, QueryParameters parameters, string? sourceIp)
    {
        var caller = signed.Principal;
        var roleArn = RoleArn(parameters);
        var sessionName = SessionName(parameters);
        var duration = parameters.Number("DurationSeconds", 900, 43_200) ?? DefaultDuration;
        var conditions = new Dictionary<string, IReadOnlyList<string>>(StringComparer.OrdinalIgnoreCase)
        {
            ["sts:RoleSessionName"] = [sessionName],
        };
        if (parameters.Optional("ExternalId", 2, 1224) is { } externalId)
        {
            conditions["sts:ExternalId"] = [externalId];
        }

        // Both the caller's own policies and the role's trust policy must allow it.
        authorizer.Demand(caller, "sts:AssumeRole", roleArn, conditions, sourceIp);
        var (account, role, trust) = Find(roleArn);
        if (
            account is null
            || role is null
            || trust is null
            || !authorizer.Trusts(PolicyDocument.Parse(trust), caller, conditions, sourceIp)
        )
        {
            throw AwsException.AccessDenied($"User: {caller.Arn} is not authorized to perform: sts:AssumeRole on resource: {roleArn}");
        }

        if (duration > role.MaxSessionDuration)
        {
            throw AwsException.Validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
        }

        if (caller is AwsPrincipal.RoleSession && duration > DefaultDuration)
        {
            throw AwsException.Validation(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
            );
        }

        var session = Session(account, role, sessionName, parameters);
        return Begin(session, duration, signed.Region);
    }

    /// <summary>The only call without credentials: the token takes their place.</summary>
    public async Task<XElement[]> AssumeRoleWithWebIdentityAsync(
        QueryParameters parameters,
        string? sourceIp,
        CancellationToken cancellationToken
    )
    {
        // The core checks the limits of the parameters.
        var request = new AssumeRoleWithWebIdentityRequest(
            parameters.Required("RoleArn", min: 0),
            parameters.Required("RoleSessionName", min: 0),
            parameters.Required("WebIdentityToken", min: 0)
        )
        {
            DurationSeconds = parameters.Number("DurationSeconds", int.MinValue, int.MaxValue),
            ProviderId = parameters["ProviderId"],
            Policy = parameters["Policy"],
        };
        var issuer = WebIdentityToken.TryParse(request.WebIdentityToken, out var token, out _) ? token.Issuer : null;
        var provider = Provider(request.RoleArn, issuer);
        IssuerKeys issuerPublishes =
            provider is not null || (issuer is not null && ProviderUrl.IsGoogle(issuer))
                ? await KeysAsync("https://" + ProviderUrl.OfIssuer(issuer!), cancellationToken)
                : new IssuerKeys.Unreachable("no provider trusts the issuer, so it was not asked");
        var (account, role, trust) = Find(request.RoleArn);
        var assumable =
            role is null || trust is null
                ? null
                : new AssumableRole(role.Arn, role.Id, PolicyDocument.Parse(trust))
                {
                    MaxSessionDuration = TimeSpan.FromSeconds(role.MaxSessionDuration),
                };

        var decision = SecurityTokenService.Decide(
            new WebIdentityEvidence(request, provider, issuerPublishes, assumable, time.GetUtcNow())
            {
                CallKeys = new Dictionary<string, IReadOnlyList<string>>(StringComparer.OrdinalIgnoreCase)
                {
                    ["aws:SourceIp"] = sourceIp is null ? [] : [sourceIp],
                },
            }
        );
        if (decision is not WebIdentityDecision.Allowed allowed)
        {
            var refused = (WebIdentityDecision.Refused)decision;
            throw new AwsException(refused.Code, refused.Message, (HttpStatusCode)refused.Status);
        }

        var session = Session(account!, role!, request.RoleSessionName, parameters) with { FederatedProvider = allowed.Provider };
        return
        [
            new XElement("SubjectFromWebIdentityToken", allowed.Subject),
            new XElement("Audience", allowed.Audience),
            new XElement("Provider", allowed.Provider),
            .. Begin(session, (int)allowed.SessionDuration.TotalSeconds, account!.Region),
        ];
    }

    private async Task<IssuerKeys> KeysAsync(string issuer, CancellationToken cancellationToken)
    {
        try
        {
            return new IssuerKeys.Published((await issuers.FetchAsync(issuer, cancellationToken)).Keys);
        }
        catch (IssuerException unreachable)
        {
            return new IssuerKeys.Unreachable(unreachable.Message);
        }
    }

    private OpenIdConnectProvider? Provider(string roleArn, string? issuer)
    {
        if (AccountOf(roleArn) is not { } account || issuer is null || ProviderUrl.OfIssuer(issuer) is not { } url)
        {
            return null;
        }

        lock (account.Gate)
        {
            return account.Providers.GetValueOrDefault(account.ProviderArn(url)) is { } provider
                ? new OpenIdConnectProvider(provider.Arn, provider.Url, provider.ClientIds)
                : null;
        }
    }

    /// <summary>Creates the session's credentials and records the use of the role.</summary>
    private XElement[] Begin(AwsPrincipal.RoleSession session, int duration, string region)
    {
        var now = time.GetUtcNow();
        var expires = now.AddSeconds(duration);
        var key = keys.Issue(session, expires, now);
        lock (session.Account.Gate)
        {
            if (session.Account.Roles.TryGetValue(session.RoleName, out var role))
            {
                session.Account.Roles[role.Name] = role with { LastUsed = (now, region) };
            }
        }

        return
        [
            new XElement(
                "Credentials",
                new XElement("AccessKeyId", key.AccessKeyId),
                new XElement("SecretAccessKey", key.SecretAccessKey),
                new XElement("SessionToken", key.SessionToken),
                new XElement("Expiration", Moment.Seconds(expires))
            ),
            new XElement("AssumedRoleUser", new XElement("AssumedRoleId", session.UserId), new XElement("Arn", session.Arn)),
            .. session.SessionPolicies.Count == 0
                ? (XElement[])[]
                : [new XElement("PackedPolicySize", Math.Max(1, session.SessionPolicies.Sum(PolicyText.Size) * 100 / 2048))],
        ];
    }

    private static AwsPrincipal.RoleSession Session(AwsAccount account, IamRole role, string sessionName, QueryParameters parameters)
    {
        var policies = new List<string>();
        if (parameters.Optional("Policy", 1, 2048) is { } inline)
        {
            PolicyText.CheckPermissions(inline);
            policies.Add(inline);
        }

        var arns = parameters.Structures("PolicyArns").Select(member => member("arn") ?? "").ToList();
        if (arns.Count > 10)
        {
            throw AwsException.Constraint("policyArns", string.Join(", ", arns), "Member must have length less than or equal to 10");
        }

        lock (account.Gate)
        {
            policies.AddRange(
                arns.Select(arn =>
                    account.FindPolicy(arn)?.Document
                    ?? throw new AwsException("MalformedPolicyDocument", $"Policy {arn} does not exist or is not attachable.")
                )
            );
        }

        return new AwsPrincipal.RoleSession(account, role.Name, role.Id, role.Arn, sessionName) { SessionPolicies = policies };
    }

    /// <summary>The role as STS sees it. The trust policy is null until the role has propagated.</summary>
    private (AwsAccount? Account, IamRole? Role, string? Trust) Find(string roleArn)
    {
        if (AccountOf(roleArn) is not { } account)
        {
            return default;
        }

        lock (account.Gate)
        {
            var role = account.Roles.GetValueOrDefault(roleArn[(roleArn.LastIndexOf('/') + 1)..]);
            return role is null || !string.Equals(role.Arn, roleArn, StringComparison.Ordinal)
                ? (account, null, null)
                : (account, role, role.TrustSeenAt(time.GetUtcNow(), propagation));
        }
    }

    private AwsAccount? AccountOf(string arn) => arn.Split(':') is [_, _, _, _, var id, ..] ? accounts.GetValueOrDefault(id) : null;

    private static string RoleArn(QueryParameters parameters) => parameters.Required("RoleArn", 20, 2048);

    private static string SessionName(QueryParameters parameters) => parameters.Required("RoleSessionName", 2, 64, SessionNameText());

    [GeneratedRegex(@"^[\w+=,.@-]*\z", RegexOptions.ECMAScript, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SessionNameText();
}
