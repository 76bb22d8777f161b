using System.Globalization;
using System.Text.Json;
using Federation.Findings;
using Federation.Policies;

namespace Federation.WebIdentity;

/// <summary>
/// What AWS STS answers to <c>AssumeRoleWithWebIdentity</c>, decided from evidence alone. Written from the STS API
/// reference, the IAM User Guide and recorded answers of the real service, never from an emulator.
/// </summary>
public static class SecurityTokenService
{
    /// <summary>The clock skew that STS allows.</summary>
    public static readonly TimeSpan ClockAllowance = TimeSpan.FromMinutes(5);

    private const string InvalidIdentityToken = nameof(InvalidIdentityToken);
    private const string AccessDenied = nameof(AccessDenied);
    private const string ValidationError = nameof(ValidationError);
    private const string NotValidated =
        "The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity documentation for requirements.";
    private const string TagsClaim = "https://aws.amazon.com/tags";
    private const string SourceIdentityClaim = "https://aws.amazon.com/source_identity";
    private const string RolesClaim = "https://aws.amazon.com/roles";
    private static readonly string[] RequiredClaims = ["iss", "sub", "aud", "iat", "exp"];
    private static readonly string[] TimeClaims = ["iat", "exp", "nbf"];

    /// <summary>The answer: the first of the refusals; without any, allowed or undecided.</summary>
    public static WebIdentityDecision Decide(WebIdentityEvidence evidence)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        var examination = new Examination(evidence);
        foreach (var refusal in examination.Run())
        {
            return refusal;
        }

        return examination.Undecided is { } trust ? new WebIdentityDecision.Undecided(trust) : examination.Allowed();
    }

    /// <summary>
    /// Everything STS would object to, in its order: once the first one is fixed, the next one would be its answer. What
    /// cannot be judged because of an earlier objection is left out. Empty exactly where <see cref="Decide"/> refuses
    /// nothing.
    /// </summary>
    public static IReadOnlyList<WebIdentityDecision.Refused> Refusals(WebIdentityEvidence evidence) => Refusals(evidence, out _);

    /// <param name="undecided">What the trust policy makes depend on condition keys that are not known from here; null: nothing.</param>
    internal static IReadOnlyList<WebIdentityDecision.Refused> Refusals(WebIdentityEvidence evidence, out TrustVerdict? undecided)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        var examination = new Examination(evidence);
        WebIdentityDecision.Refused[] refusals = [.. examination.Run()];
        undecided = examination.Undecided;
        return refusals;
    }

    // The steps share what they find out; each yields its objections, so that the first can be taken alone.
    private sealed class Examination(WebIdentityEvidence evidence)
    {
        private readonly AssumeRoleWithWebIdentityRequest _request = evidence.Request;
        private RoleArn? _role;
        private WebIdentityToken? _token;
        private bool _isGoogle;
        private bool _hasManyAudiences;
        private bool _isListed;
        private string _audience = "";
        private string _principal = "";
        private PolicyStatement? _statement;

        /// <summary>The trust policy's verdict where it depends on keys that are not known from here.</summary>
        public TrustVerdict? Undecided { get; private set; }

        public WebIdentityDecision.Allowed Allowed() =>
            new(
                _role!,
                _token!.Subject ?? "",
                _audience,
                _principal,
                TimeSpan.FromSeconds(_request.DurationSeconds ?? RequestLimits.DefaultDurationSeconds),
                _statement!
            );

        public IEnumerable<WebIdentityDecision.Refused> Run()
        {
            foreach (var refusal in Parameters())
            {
                yield return refusal;
            }

            foreach (var refusal in Form())
            {
                yield return refusal;
            }

            if (_role is null || _token?.Issuer is null)
            {
                yield break;
            }

            foreach (var refusal in ProviderAndKeys().Concat(Times()).Concat(Audience()).Concat(Roles()).Concat(Trust()))
            {
                yield return refusal;
            }
        }

        private IEnumerable<WebIdentityDecision.Refused> Parameters()
        {
            var isRoleArn = RoleArn.TryParse(_request.RoleArn, out _role);
            if (RequestLimits.Check(_request) is { } broken)
            {
                yield return new(RefusalReason.ParameterInvalid, ValidationError, 400, broken);
            }
            else if (!isRoleArn)
            {
                yield return new(RefusalReason.RoleArnInvalid, ValidationError, 400, "Request ARN is invalid")
                {
                    Actual = _request.RoleArn,
                };
            }

            if (_request.Policy is { Length: > 0 } policy && PolicyGrammar.Check(policy, PolicyKind.Permissions) is [var violation, ..])
            {
                yield return new(RefusalReason.SessionPolicyMalformed, "MalformedPolicyDocument", 400, violation.Message)
                {
                    Actual = violation.Detail,
                };
            }
        }

        // What is wrong with the token itself, before its issuer is looked up.
        private IEnumerable<WebIdentityDecision.Refused> Form()
        {
            if (!WebIdentityToken.TryParse(_request.WebIdentityToken, out _token, out var defect))
            {
                // The length limit has already refused it.
                if (_request.WebIdentityToken.Length >= 4)
                {
                    yield return Invalid(
                        RefusalReason.TokenMalformed,
                        "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
                    ) with
                    {
                        Defect = defect,
                    };
                }

                yield break;
            }

            if (_request.ProviderId is { } providerId)
            {
                yield return providerId switch
                {
                    "www.amazon.com" => Invalid(RefusalReason.ProviderIdGiven, "Provided Token is not a Login With Amazon token"),
                    // Facebook's own words follow the colon on the wire; they are not recorded.
                    "graph.facebook.com" => new(
                        RefusalReason.ProviderIdGiven,
                        "IDPRejectedClaim",
                        403,
                        "graph.facebook.com: the access token was rejected"
                    ),
                    _ => new(
                        RefusalReason.ProviderIdGiven,
                        AccessDenied,
                        403,
                        "Unrecognized OAuth provider. Do not include a provider parameter when submitting OpenIDConnect ID tokens"
                    ),
                };
                yield break;
            }

            foreach (var claim in RequiredClaims)
            {
                if (!_token.Has(claim) || (claim is "iss" && _token.Issuer is null))
                {
                    yield return Invalid(RefusalReason.ClaimMissing, $"Missing a required claim: {claim}") with
                    {
                        Expected = claim,
                    };
                }
            }

            if (_token.Has("sub") && _token.Subject is null)
            {
                yield return new(RefusalReason.SubjectNull, "InternalFailure", 500, "Unknown error validating third-party token");
            }

            if (HasEmptyAudienceList())
            {
                yield return Invalid(RefusalReason.AudienceEmpty, "Claim is not allowed to be empty: aud");
            }

            if (Array.Find(TimeClaims, IsBadTime) is { } badTime)
            {
                yield return Invalid(RefusalReason.TimestampInvalid, "Invalid timestamp in token claims.") with
                {
                    Actual = badTime,
                };
            }

            if (!AreTagsWellFormed())
            {
                yield return Invalid(RefusalReason.SessionTagsMalformed, "principal_tags passed in claim is not in correct format.");
            }
        }

        private bool IsBadTime(string claim)
        {
            _token!.Time(claim, out var state);
            return state is TimeClaim.Invalid;
        }

        private bool AreTagsWellFormed()
        {
            if (!_token!.Claims.TryGetProperty(TagsClaim, out var tags))
            {
                return true;
            }

            if (tags.ValueKind is not JsonValueKind.Object)
            {
                return false;
            }

            return !tags.TryGetProperty("principal_tags", out var principalTags)
                || (
                    principalTags.ValueKind is JsonValueKind.Object
                    && principalTags
                        .EnumerateObject()
                        .All(tag =>
                            tag.Value.ValueKind is JsonValueKind.Array
                            && tag.Value.GetArrayLength() == 1
                            && tag.Value[0].ValueKind is JsonValueKind.String
                        )
                );
        }

        private IEnumerable<WebIdentityDecision.Refused> ProviderAndKeys()
        {
            var issuer = _token!.Issuer!;
            _isGoogle = ProviderUrl.IsGoogle(issuer);
            if (_isGoogle)
            {
                _principal = ProviderUrl.Google;
            }
            else
            {
                var url = ProviderUrl.OfIssuer(issuer);
                _principal = ProviderUrl.Arn(_role!.Partition, _role.Account, url ?? issuer);
                if (
                    evidence.Provider is not { } provider
                    || !ProviderUrl.Matches(provider.Url, issuer)
                    || !string.Equals(provider.Arn, _principal, StringComparison.Ordinal)
                )
                {
                    yield return Invalid(
                        RefusalReason.ProviderMissing,
                        $"No OpenIDConnect provider found in your account for {issuer}"
                    ) with
                    {
                        Expected = issuer,
                        Actual = evidence.Provider?.Arn,
                    };
                    yield break;
                }
            }

            var verdict = evidence.Keys switch
            {
                IssuerKeys.Published(var keys) => IssuerKeySelection.Verify(_token, keys, evidence.Signature),
                IssuerKeys.Unknown when !IssuerKeySelection.Supports(_token.Algorithm) => SignatureVerdict.AlgorithmUnsupported,
                IssuerKeys.Unknown when evidence.Signature is SeenSignature.Invalid => SignatureVerdict.Invalid,
                IssuerKeys.Unknown => SignatureVerdict.Valid,
                _ => SignatureVerdict.KeyUnavailable,
            };
            switch (verdict)
            {
                case SignatureVerdict.KeyUnavailable:
                    // Two spaces: that is how STS writes it.
                    yield return Invalid(
                        RefusalReason.KeyUnavailable,
                        "Couldn't retrieve verification key from your identity provider,  please reference "
                            + "AssumeRoleWithWebIdentity documentation for requirements"
                    ) with
                    {
                        Expected = _token.KeyId,
                        Actual = evidence.Keys switch
                        {
                            IssuerKeys.Unreachable(var reason) => reason,
                            IssuerKeys.Published(var keys) => string.Join(", ", keys.Select(key => key.KeyId ?? "(no kid)")),
                            _ => null,
                        },
                    };
                    break;
                case SignatureVerdict.AlgorithmUnsupported:
                    yield return Invalid(RefusalReason.AlgorithmUnsupported, NotValidated) with
                    {
                        Expected = "RS256, RS384, RS512, ES256, ES384 or ES512",
                        Actual = _token.Algorithm,
                    };
                    break;
                case SignatureVerdict.Invalid:
                    yield return Invalid(RefusalReason.SignatureInvalid, NotValidated);
                    break;
            }
        }

        private IEnumerable<WebIdentityDecision.Refused> Times()
        {
            // Each text shows the clock already moved by the allowance, which is how STS compares.
            var now = evidence.Now.ToUnixTimeSeconds();
            var allowance = (long)ClockAllowance.TotalSeconds;
            if (_token!.ExpiresAt?.ToUnixTimeSeconds() is { } expires && now - allowance >= expires)
            {
                yield return new(
                    RefusalReason.Expired,
                    "ExpiredTokenException",
                    400,
                    $"Token expired: current date/time {Number(now - allowance)} must be before the expiration date/time {Number(expires)}"
                )
                {
                    Expected = Wording.Moment(evidence.Now),
                    Actual = Wording.Moment(_token.ExpiresAt.Value),
                };
            }

            if (_token.IssuedAt?.ToUnixTimeSeconds() is { } issued && issued > now + allowance)
            {
                yield return Invalid(RefusalReason.FromTheFuture, $"Token issued in the future: {Number(issued)}") with
                {
                    Expected = Wording.Moment(evidence.Now),
                    Actual = Wording.Moment(_token.IssuedAt.Value),
                };
            }

            if (_token.NotBefore?.ToUnixTimeSeconds() is { } notBefore && notBefore > now + allowance)
            {
                yield return Invalid(
                    RefusalReason.NotYetValid,
                    $"Token not yet valid: current date/time {Number(now + allowance)} must be after or equal to the not-before "
                        + $"date/time {Number(notBefore)}"
                ) with
                {
                    Expected = Wording.Moment(evidence.Now),
                    Actual = Wording.Moment(_token.NotBefore.Value),
                };
            }
        }

        private IEnumerable<WebIdentityDecision.Refused> Audience()
        {
            var audiences = _token!.Audiences;
            var party = _token.AuthorizedParty;
            _audience = party ?? (audiences.Count > 0 ? audiences[^1] : "");
            _hasManyAudiences = party is null && audiences.Count > 1;
            if (_hasManyAudiences)
            {
                yield return Invalid(
                    RefusalReason.ManyAudiences,
                    "Token audience contains more than one audience while authorized party is not present"
                ) with
                {
                    Actual = string.Join(", ", audiences),
                };
                yield break;
            }

            // STS has already refused a missing claim and an empty list.
            if (!_token.Has("aud") || HasEmptyAudienceList())
            {
                yield break;
            }

            if (_audience.Length > 0)
            {
                // Google's clients cannot be registered; without a provider there is nothing to compare.
                if (
                    _isGoogle
                    || evidence.Provider is not { } provider
                    || !ProviderUrl.Matches(provider.Url, _token.Issuer!)
                    || provider.ClientIds.Contains(_audience, StringComparer.Ordinal)
                )
                {
                    yield break;
                }
            }

            // STS uses a general text if the audience is an authorized party, empty or given twice.
            yield return Invalid(
                RefusalReason.AudienceNotRegistered,
                party is not null || _audience.Length == 0 || IsAudienceRepeated() ? NotValidated : "Incorrect token audience"
            ) with
            {
                Expected = evidence.Provider is null ? null : string.Join(", ", evidence.Provider.ClientIds),
                Actual = _audience,
            };
        }

        private bool HasEmptyAudienceList() =>
            _token!.Claims.TryGetProperty("aud", out var audience)
            && audience.ValueKind is JsonValueKind.Array
            && audience.GetArrayLength() == 0;

        private bool IsAudienceRepeated() => _token!.Claims.EnumerateObject().Count(claim => claim.NameEquals("aud")) > 1;

        // A token may carry the ARNs of the roles it is for, as a list or separated by semicolons. The three texts are recorded.
        private IEnumerable<WebIdentityDecision.Refused> Roles()
        {
            if (!_token!.Claims.TryGetProperty(RolesClaim, out var roles) || roles.ValueKind is JsonValueKind.Null)
            {
                yield break;
            }

            if (roles.ValueKind is not (JsonValueKind.String or JsonValueKind.Array))
            {
                yield return RolesRefused(RefusalReason.RolesMalformed, "The roles claim is not in a supported format", roles);
                yield break;
            }

            IEnumerable<string> texts =
                roles.ValueKind is JsonValueKind.String
                    ? roles.GetString()!.Split(';')
                    : roles.EnumerateArray().Where(item => item.ValueKind is JsonValueKind.String).Select(item => item.GetString()!);
            var listed = texts.Select(text => text.Trim()).Where(IsRoleArn).ToArray();
            _isListed = listed.Contains(_request.RoleArn, StringComparer.Ordinal);
            if (listed.Length == 0)
            {
                yield return RolesRefused(RefusalReason.RolesMalformed, "The roles claim contains no valid role ARNs", roles);
            }
            else if (!_isListed)
            {
                yield return RolesRefused(
                    RefusalReason.RoleNotListed,
                    "The target role ARN is not present in the roles claim of the identity token",
                    roles
                );
            }
        }

        // A list with commas would parse as one ARN with a strange path, but STS does not accept it.
        private static bool IsRoleArn(string text) => text.Count(character => character == ':') == 5 && RoleArn.TryParse(text, out _);

        private WebIdentityDecision.Refused RolesRefused(RefusalReason reason, string message, JsonElement claim) =>
            Invalid(reason, message) with
            {
                Expected = _request.RoleArn,
                Actual = claim.GetRawText(),
            };

        private IEnumerable<WebIdentityDecision.Refused> Trust()
        {
            if (evidence.Role is not { } role || !string.Equals(role.Arn, _request.RoleArn, StringComparison.Ordinal))
            {
                yield return Denied(RefusalReason.RoleMissing) with
                {
                    Expected = _request.RoleArn,
                    Actual = evidence.Role?.Arn,
                };
                yield break;
            }

            var context = TrustContext();
            foreach (var action in Actions())
            {
                var verdict = TrustEvaluator.Evaluate(new TrustRequest(_principal, action, context), role.TrustPolicy);
                if (verdict.Decision is PolicyDecision.ExplicitDeny)
                {
                    yield return Denied(RefusalReason.TrustDenied) with
                    {
                        Trust = verdict,
                        Actual = verdict.Statement?.Sid,
                    };
                    break;
                }

                if (verdict.Decision is PolicyDecision.ImplicitDeny)
                {
                    foreach (var refusal in Obstacles(verdict, action))
                    {
                        yield return refusal;
                    }

                    break;
                }

                if (verdict.Decision is PolicyDecision.Undecided)
                {
                    Undecided ??= verdict;
                }

                _statement ??= verdict.Statement;
            }

            if (_request.DurationSeconds is { } seconds && seconds > role.MaxSessionDuration.TotalSeconds)
            {
                yield return new(
                    RefusalReason.SessionTooLong,
                    ValidationError,
                    400,
                    "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
                )
                {
                    Expected = $"at most {Number((long)role.MaxSessionDuration.TotalSeconds)} s",
                    Actual = $"{Number(seconds)} s",
                };
            }
        }

        // Everything the trust policy has to allow for this token.
        private IEnumerable<string> Actions()
        {
            yield return StsActions.AssumeRoleWithWebIdentity;
            if (_token!.Has(TagsClaim) && AreTagsWellFormed())
            {
                yield return StsActions.TagSession;
            }

            if (_token.Has(SourceIdentityClaim))
            {
                yield return StsActions.SetSourceIdentity;
            }
        }

        // What is in the way at the statement that comes nearest; one refusal for each reason.
        private IEnumerable<WebIdentityDecision.Refused> Obstacles(TrustVerdict verdict, string action)
        {
            if (verdict.NearMisses is not [var nearest, ..])
            {
                return [Denied(RefusalReason.TrustPrincipal) with { Trust = verdict }];
            }

            return nearest
                .Obstacles.Select(obstacle =>
                    obstacle switch
                    {
                        TrustObstacle.Principal(var named, _, var caller) => Denied(RefusalReason.TrustPrincipal) with
                        {
                            Trust = verdict,
                            Expected = string.Join(", ", named),
                            Actual = caller,
                        },
                        TrustObstacle.Action(var named, _) => Denied(RefusalReason.TrustAction) with
                        {
                            Trust = verdict,
                            Expected = action,
                            Actual = string.Join(", ", named),
                        },
                        TrustObstacle.Condition(var unmet, var actual) => Denied(ReasonOf(unmet, actual)) with
                        {
                            Trust = verdict,
                            Expected = string.Join(", ", unmet.Values),
                            Actual = string.Join(", ", actual),
                        },
                        _ => throw new InvalidOperationException($"Unknown obstacle {obstacle.GetType().Name}."),
                    }
                )
                .Where(refusal => !IsConsequence(refusal.Reason))
                .DistinctBy(refusal => refusal.Reason);
        }

        // The token's own claim was objected to already: whether the trust policy wants it cannot be said.
        private bool IsConsequence(RefusalReason reason) =>
            reason switch
            {
                RefusalReason.TrustAudience => _hasManyAudiences || !_token!.Has("aud") || HasEmptyAudienceList(),
                RefusalReason.TrustSubject => _token!.Subject is null,
                _ => false,
            };

        private static RefusalReason ReasonOf(PolicyCondition condition, IReadOnlyList<string> actual)
        {
            var isAboutToken =
                !condition.Key.StartsWith("aws:", StringComparison.OrdinalIgnoreCase)
                && !condition.Key.StartsWith("sts:", StringComparison.OrdinalIgnoreCase);
            if (isAboutToken && actual.Count == 0 && !condition.Key.EndsWith(":amr", StringComparison.OrdinalIgnoreCase))
            {
                return RefusalReason.TrustConditionKey;
            }

            if (
                condition.Operator is "StringEquals"
                && condition.Values.Any(pattern => actual.Any(value => Wildcard.IsMatch(pattern, value)))
            )
            {
                return RefusalReason.TrustWildcardLiteral;
            }

            return condition.Key switch
            {
                var key when key.EndsWith(":sub", StringComparison.OrdinalIgnoreCase) => RefusalReason.TrustSubject,
                var key
                    when key.EndsWith(":aud", StringComparison.OrdinalIgnoreCase)
                        || key.EndsWith(":oaud", StringComparison.OrdinalIgnoreCase) => RefusalReason.TrustAudience,
                _ => RefusalReason.TrustCondition,
            };
        }

        // The condition keys of a web identity (IAM User Guide, "Available keys for AWS OIDC federation"): of the
        // token's claims aud, sub and amr alone, under the issuer's name; tags and source identity under names of their own.
        private RequestContext TrustContext()
        {
            var issuer = _isGoogle ? ProviderUrl.Google : ProviderUrl.OfIssuer(_token!.Issuer!) ?? _token.Issuer!;
            var context = new Dictionary<string, IReadOnlyList<string>>(12, StringComparer.OrdinalIgnoreCase)
            {
                [issuer + ":aud"] = [_audience],
                [issuer + ":sub"] = [_token!.Subject ?? ""],
                ["sts:RoleSessionName"] = [_request.RoleSessionName],
                ["sts:RoleAuthorizedByIdp"] = [_isListed ? "true" : "false"],
                ["aws:PrincipalType"] = ["User"],
                ["aws:userid"] = [_principal],
                ["aws:FederatedProvider"] = [_principal],
                ["aws:SecureTransport"] = ["true"],
                ["aws:ViaAWSService"] = ["false"],
            };
            if (_token.AuthenticationMethods.Count > 0)
            {
                context[issuer + ":amr"] = _token.AuthenticationMethods;
            }

            if (!_isGoogle)
            {
                context["aws:PrincipalAccount"] = [_role!.Account];
            }
            else if (_token.AuthorizedParty is not null)
            {
                context[issuer + ":oaud"] = _token.Audiences;
            }

            AddTags(context);
            if (evidence.CallKeys is not { } call)
            {
                return new RequestContext(context, ConditionKeys.InExchange);
            }

            context["aws:CurrentTime"] = [Wording.Moment(evidence.Now)];
            context["aws:EpochTime"] = [Number(evidence.Now.ToUnixTimeSeconds())];
            foreach (var (key, values) in call)
            {
                context[key] = values;
            }

            return context;
        }

        private void AddTags(Dictionary<string, IReadOnlyList<string>> context)
        {
            if (_token!.Claims.TryGetProperty(TagsClaim, out var tags) && AreTagsWellFormed())
            {
                if (tags.TryGetProperty("principal_tags", out var principalTags))
                {
                    foreach (var tag in principalTags.EnumerateObject())
                    {
                        context["aws:RequestTag/" + tag.Name] = [tag.Value[0].GetString()!];
                    }

                    context["aws:TagKeys"] = [.. principalTags.EnumerateObject().Select(tag => tag.Name)];
                }

                if (tags.TryGetProperty("transitive_tag_keys", out var transitive) && transitive.ValueKind is JsonValueKind.Array)
                {
                    context["sts:TransitiveTagKeys"] = [.. transitive.EnumerateArray().Select(key => key.ToString())];
                }
            }

            if (_token.Claims.TryGetProperty(SourceIdentityClaim, out var identity) && identity.ValueKind is JsonValueKind.String)
            {
                context["sts:SourceIdentity"] = [identity.GetString()!];
            }
        }

        private static WebIdentityDecision.Refused Invalid(RefusalReason reason, string message) =>
            new(reason, InvalidIdentityToken, 400, message);

        private static WebIdentityDecision.Refused Denied(RefusalReason reason) =>
            new(reason, AccessDenied, 403, $"Not authorized to perform {StsActions.AssumeRoleWithWebIdentity}");

        private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
    }
}
