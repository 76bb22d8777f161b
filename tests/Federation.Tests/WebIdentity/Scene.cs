using System.Text.Json.Nodes;
using Federation.Policies;
using Federation.WebIdentity;

namespace Federation.Tests.WebIdentity;

/// <summary>A federation without faults, in which a test breaks one thing.</summary>
internal static class Scene
{
    public const string IssuerPath = "container.googleapis.com/v1/projects/acme-prod/locations/asia-south1-a/clusters/main";
    public const string Issuer = "https://" + IssuerPath;
    public const string Subject = "system:serviceaccount:gke-to-aws-test:gke-service-account";
    public const string Audience = "sts.amazonaws.com";
    public const string ProviderArn = "arn:aws:iam::111122223333:oidc-provider/" + IssuerPath;
    public const string RoleArn = "arn:aws:iam::111122223333:role/gke-to-aws-test";

    public static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    public static JsonObject Claims =>
        new()
        {
            ["iss"] = Issuer,
            ["sub"] = Subject,
            ["aud"] = new JsonArray(Audience),
            ["iat"] = At(-60),
            ["nbf"] = At(-60),
            ["exp"] = At(3540),
            ["kubernetes.io"] = new JsonObject
            {
                ["namespace"] = "gke-to-aws-test",
                ["serviceaccount"] = new JsonObject { ["name"] = "gke-service-account", ["uid"] = "5f2d" },
                ["pod"] = new JsonObject { ["name"] = "check", ["uid"] = "77aa" },
                ["node"] = new JsonObject { ["name"] = "node-1" },
            },
        };

    public static PolicyDocument TrustPolicy => Trust(Statement());

    public static WebIdentityEvidence Evidence => EvidenceOf(TestIssuer.Cluster.Sign(Claims));

    public static WebIdentityEvidence EvidenceOf(string token) =>
        new(
            new AssumeRoleWithWebIdentityRequest(RoleArn, "check", token),
            new OpenIdConnectProvider(ProviderArn, IssuerPath, [Audience]),
            TestIssuer.Cluster.Keys,
            new AssumableRole(RoleArn, "AROAEXAMPLEEXAMPLE", TrustPolicy),
            Now
        )
        {
            CallKeys = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { ["aws:SourceIp"] = ["203.0.113.7"] },
        };

    public static WebIdentityEvidence EvidenceOf(Action<JsonObject> spoil)
    {
        var claims = Claims;
        spoil(claims);
        return EvidenceOf(TestIssuer.Cluster.Sign(claims));
    }

    public static WebIdentityEvidence EvidenceOf(params PolicyStatement[] trust) =>
        Evidence with
        {
            Role = Evidence.Role! with { TrustPolicy = Trust(trust) },
        };

    public static WebIdentityEvidence EvidenceOf(Func<AssumeRoleWithWebIdentityRequest, AssumeRoleWithWebIdentityRequest> spoil)
    {
        var evidence = Evidence;
        return evidence with { Request = spoil(evidence.Request) };
    }

    public static PolicyDocument Trust(params PolicyStatement[] statements) => new() { Statements = statements };

    public static PolicyStatement Statement(string audience = Audience, string subject = Subject, string issuerPath = IssuerPath) =>
        new()
        {
            Sid = "FederationMain",
            Effect = PolicyEffect.Allow,
            Principals = new Dictionary<string, IReadOnlyList<string>> { ["Federated"] = [ProviderArn] },
            Actions = ["sts:AssumeRoleWithWebIdentity"],
            Conditions =
            [
                new PolicyCondition("StringEquals", issuerPath + ":aud", [audience]),
                new PolicyCondition("StringEquals", issuerPath + ":sub", [subject]),
            ],
        };

    public static PolicyStatement With(this PolicyStatement statement, string @operator, string key, params string[] values) =>
        statement with
        {
            Conditions = [.. statement.Conditions, new PolicyCondition(@operator, key, values)],
        };

    public static PolicyStatement For(this PolicyStatement statement, string type, params string[] principals) =>
        statement with
        {
            Principals = new Dictionary<string, IReadOnlyList<string>> { [type] = principals },
        };

    public static long At(int seconds) => Now.AddSeconds(seconds).ToUnixTimeSeconds();
}
