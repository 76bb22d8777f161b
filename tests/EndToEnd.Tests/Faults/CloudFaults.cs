using System.Net;
using System.Text.Json.Nodes;

namespace EndToEnd.Tests.Faults;

/// <summary>What goes wrong with clusters, providers, roles and trust policies.</summary>
internal static class CloudFaults
{
    private const string UniqueId = "110000000000000000099";

    private static readonly string[] GoogleAndCluster =
    [
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER",
        "CLOUDSDK_AUTH_ACCESS_TOKEN",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "KUBECONFIG",
    ];
    private static readonly string[] Issuer = ["FEDERATION_CONNECT_TO", "FEDERATION_CA_FILE"];

    public static IReadOnlyList<Fault> Cluster { get; } =
    [
        new(
            "the configuration names the region of a zonal cluster",
            Configured("location: asia-south1-a", "location: asia-south1"),
            "FED2001",
            "projects/acme-prod/locations/asia-south1/clusters/main",
            "projects/acme-prod/locations/asia-south1-a/clusters/main"
        ),
        new(
            "the configuration misspells the cluster",
            Configured("location: asia-south1-a, name: main", "location: asia-south1-a, name: mian"),
            "FED2001",
            "projects/acme-prod/locations/asia-south1-a/clusters/mian",
            null
        ),
        new(
            "the configuration has the project's number",
            Configured("main: { project: acme-prod", "main: { project: \"123456789012\""),
            "FED1004",
            null,
            "123456789012"
        ),
        new(
            "the token's lifetime is too short",
            Configured("workloads:", "defaults: { tokenLifetime: 300s }\nworkloads:"),
            "FED1008",
            "10m to 48h",
            "300s"
        ),
        new(
            "the kubeconfig context is another cluster's",
            Configured("name: main }", $"name: main, context: {LiveFederation.OtherContext} }}"),
            "FED8008",
            "*",
            "*"
        ),
        new("the kubeconfig has no such context", Configured("name: main }", "name: main, context: prod }"), "FED8008", "prod", null),
        Gke("the cluster is being deleted", cluster => cluster["status"] = "STOPPING", "FED2007", "RUNNING", "STOPPING"),
        Gke(
            "the cluster has no workload pool",
            cluster => cluster.Remove("workloadIdentityConfig"),
            "FED2002",
            "acme-prod.svc.id.goog",
            "(none)"
        ) with
        {
            Workload = "robot",
        },
        Refused(
            "the clusters may not be read",
            "Required \"container.clusters.get\" permission(s) for \"projects/acme-prod/locations/asia-south1-a/clusters/main\".",
            "FED2006",
            "container.clusters.get"
        ) with
        {
            Says = ["Therefore not checked: that the cluster is there and serves"],
        },
        Refused(
            "GKE's API is switched off",
            "Kubernetes Engine API has not been used in project acme-prod before or it is disabled.",
            "FED2009",
            "?",
            "SERVICE_DISABLED"
        ),
        new("the cluster was recreated under its name", scene => scene.TwinAsync([.. GoogleAndCluster, .. Issuer]), "FED2008", "*", "*"),
        new(
            "the exchange is tried with the key of a cluster that was recreated",
            async scene =>
            {
                await scene.TwinAsync(GoogleAndCluster);
                scene.Arguments.Add("--preflight");
            },
            "FED3005",
            "*",
            "*"
        )
        {
            Beside = ["FED2008"],
        },
        new("the issuer publishes the keys of an earlier cluster", scene => scene.TwinAsync(Issuer), "FED3005", "*", "*"),
    ];

    public static IReadOnlyList<Fault> Provider { get; } =
    [
        new("there is no provider", scene => scene.WithoutProviderAsync(), "FED3001", LiveFederation.IssuerPath, "(none)")
        {
            Asks = Usual,
            Text = "FED3001",
        },
        new("the provider is in another account", ElsewhereAsync, "FED3001", LiveFederation.IssuerPath, "(none)")
        {
            Asks = Usual,
            Text = "FED3001",
        },
        Near("has a slash at the end", LiveFederation.IssuerPath + "/"),
        Near(
            "names the region of the zonal cluster",
            LiveFederation.IssuerPath.Replace("asia-south1-a", "asia-south1", StringComparison.Ordinal)
        ),
        Near("has the project's number", LiveFederation.IssuerPath.Replace("acme-prod", "123456789012", StringComparison.Ordinal)),
        Near("differs in case", LiveFederation.IssuerPath.Replace("acme-prod", "Acme-Prod", StringComparison.Ordinal)),
        Near("lacks /v1", LiveFederation.IssuerPath.Replace("/v1/", "/", StringComparison.Ordinal)),
        Near(
            "says zones where the issuer says locations",
            LiveFederation.IssuerPath.Replace("/locations/", "/zones/", StringComparison.Ordinal)
        ),
        Near("is Google's token service", "sts.googleapis.com"),
        Near("is Google's own issuer", "accounts.google.com"),
        Near("is another cluster's", LiveFederation.OtherIssuer["https://".Length..]),
        Near(
            "is of the cluster before it was renamed",
            LiveFederation.IssuerPath.Replace("clusters/main", "clusters/prod", StringComparison.Ordinal)
        ),
        Near("is cut off after the project", "container.googleapis.com/v1/projects/acme-prod"),
        Audiences("has no audience", "(none)"),
        Audiences("has the audience sts.amazon.com", "sts.amazon.com", "sts.amazon.com"),
        Audiences("has the audience with a scheme", "https://sts.amazonaws.com", "https://sts.amazonaws.com"),
        Audiences("has a regional audience", "sts.ap-south-1.amazonaws.com", "sts.ap-south-1.amazonaws.com"),
        Audiences("has the audience in capitals", "STS.amazonaws.com", "STS.amazonaws.com"),
        Audiences("has the audience of another system", "vault", "vault"),
    ];

    public static IReadOnlyList<Fault> Role { get; } =
    [
        new("the role is missing", scene => scene.WithoutRoleAsync(), "FED4001", LiveFederation.RoleArn, "(none)")
        {
            Asks = Usual,
            Text = "FED4004",
        },
        new(
            "the role has no path",
            scene => scene.RoleAtAsync("/"),
            "FED4010",
            LiveFederation.RoleArn,
            $"arn:aws:iam::{LiveFederation.Account}:role/reader"
        )
        {
            Asks = Usual,
            Text = "FED4004",
        },
        new(
            "sessions are to be longer than the role allows",
            Configured("path: /team/", "path: /team/, maxSessionDuration: 2h"),
            "FED4011",
            "7200 s",
            "3600 s"
        )
        {
            Asks = async scene =>
                await scene.Federation.ExchangeAsync(await LiveFederation.TokenAsync(scene.Federation.Cluster), seconds: 7200),
            Text = "FED4011",
        },
        new(
            "the policy was taken away",
            scene => scene.PolicyAsync(LiveFederation.Policy, null),
            "FED5001",
            "s3:ListAllMyBuckets on *",
            "no statement allows it"
        )
        {
            Asks = Usual,
        },
        new(
            "the policy allows another action",
            scene => scene.PolicyAsync(LiveFederation.Policy, Allow("s3:GetObject")),
            "FED5001",
            "s3:ListAllMyBuckets on *",
            "no statement allows it"
        )
        {
            Asks = Usual,
        },
        new(
            "a permissions boundary allows something else",
            scene => scene.BoundaryAsync("arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"),
            "FED5002",
            "s3:ListAllMyBuckets on *",
            "not allowed by arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"
        )
        {
            Asks = Usual,
        },
        new(
            "another policy of the role denies the action",
            scene => scene.PolicyAsync("guard", Allow("s3:*").Replace("Allow", "Deny", StringComparison.Ordinal)),
            "FED5003",
            "s3:ListAllMyBuckets on *",
            "Deny in guard"
        )
        {
            Asks = Usual,
        },
    ];

    public static IReadOnlyList<Fault> Trust { get; } =
    [
        Principal(
            "the provider of another account",
            $"arn:aws:iam::{LiveFederation.OtherAccount}:oidc-provider/{LiveFederation.IssuerPath}"
        ),
        Principal(
            "another cluster's provider",
            $"arn:aws:iam::{LiveFederation.Account}:oidc-provider/{LiveFederation.OtherIssuer["https://".Length..]}"
        ),
        Principal("the provider with a slash at the end", LiveFederation.ProviderArn + "/"),
        Principal(
            "the provider with the region of the zonal cluster",
            LiveFederation.ProviderArn.Replace("asia-south1-a", "asia-south1", StringComparison.Ordinal)
        ),
        new(
            "the trust policy is about Google's own issuer",
            EveryAsync(LiveFederation.ProviderArn, LiveFederation.IssuerPath, "accounts.google.com"),
            "FED4002",
            LiveFederation.ProviderArn,
            "accounts.google.com"
        )
        {
            Asks = Usual,
            Text = "FED4004",
        },
        new(
            "the trust policy names an AWS principal",
            Trusting(statement => statement["Principal"] = new JsonObject { ["AWS"] = "*" }),
            "FED4002",
            LiveFederation.ProviderArn,
            "*"
        )
        {
            Asks = Usual,
            Text = "FED4004",
        },
        new(
            "the trust policy is wholly another cluster's",
            EveryAsync(LiveFederation.IssuerPath, LiveFederation.IssuerPath, LiveFederation.OtherIssuer["https://".Length..]),
            "FED4002",
            LiveFederation.ProviderArn,
            LiveFederation.ProviderArn.Replace(
                LiveFederation.IssuerPath,
                LiveFederation.OtherIssuer["https://".Length..],
                StringComparison.Ordinal
            )
        )
        {
            Asks = Usual,
            Text = "FED4004",
        },
        new(
            "the trust policy is GitHub's alone",
            scene =>
                scene.TrustAsync(statements =>
                {
                    statements.Clear();
                    statements.Add(GitHub());
                }),
            "FED4002",
            LiveFederation.ProviderArn,
            $"arn:aws:iam::{LiveFederation.Account}:oidc-provider/token.actions.githubusercontent.com"
        )
        {
            Asks = Usual,
            Text = "FED4004",
        },
        new(
            "the trust policy allows sts:AssumeRole",
            Trusting(statement => statement["Action"] = "sts:AssumeRole"),
            "FED4003",
            "sts:AssumeRoleWithWebIdentity",
            "sts:AssumeRole"
        )
        {
            Asks = Usual,
            Text = "FED4004",
        },
        Subject("is of another namespace", "system:serviceaccount:prod:reader"),
        Subject("is of another service account", "system:serviceaccount:team:default"),
        Subject("differs in case", "system:serviceaccount:team:Reader"),
        Subject("lacks its beginning", "team:reader"),
        Subject("has a slash for the colon", "system:serviceaccount:team/reader"),
        Subject("is the unique id of a Google service account", UniqueId),
        Subject("is the member of the Google binding", "serviceAccount:acme-prod.svc.id.goog[team/reader]"),
        Audience("is sts.amazon.com", "sts.amazon.com"),
        Audience("has a scheme", "https://sts.amazonaws.com"),
        Audience("is the issuer", LiveFederation.Issuer),
        Key("has https://", "sub", $"https://{LiveFederation.IssuerPath}:sub", $"{LiveFederation.IssuerPath}:sub"),
        Key(
            "lacks /v1",
            "sub",
            $"{LiveFederation.IssuerPath.Replace("/v1/", "/", StringComparison.Ordinal)}:sub",
            $"{LiveFederation.IssuerPath}:sub"
        ),
        Key("is cut off after the host", "sub", "container.googleapis.com:sub", $"{LiveFederation.IssuerPath}:sub"),
        Key("is another cluster's", "sub", $"{LiveFederation.OtherIssuer["https://".Length..]}:sub", $"{LiveFederation.IssuerPath}:sub"),
        Key(
            "is of a claim that AWS cannot test",
            "sub",
            $"{LiveFederation.IssuerPath}:kubernetes.io/serviceaccount",
            $"{LiveFederation.IssuerPath}:sub"
        ),
        Key("is Google's own issuer's", "sub", "accounts.google.com:sub", $"{LiveFederation.IssuerPath}:sub"),
        Key("of the audience has https://", "aud", $"https://{LiveFederation.IssuerPath}:aud", $"{LiveFederation.IssuerPath}:aud"),
        new(
            "both condition keys have https://",
            Trusting(statement => Rename(statement, key => "https://" + key)),
            "FED4006",
            $"{LiveFederation.IssuerPath}:aud",
            $"https://{LiveFederation.IssuerPath}:aud"
        )
        {
            Asks = Usual,
            Text = "FED4004",
        },
        new(
            "the subject stands under the audience's key",
            Trusting(statement =>
            {
                Equals(statement).Remove(AudienceKey);
                Equals(statement)[AudienceKey] = LiveFederation.Subject;
                Equals(statement).Remove(SubjectKey);
            }),
            "FED4006",
            SubjectKey,
            AudienceKey
        )
        {
            Asks = Usual,
            Text = "FED4004",
        },
        new(
            "subject and audience have changed places",
            Trusting(statement =>
                (Equals(statement)[AudienceKey], Equals(statement)[SubjectKey]) = (LiveFederation.Subject, LiveFederation.Audience)
            ),
            "FED4006",
            SubjectKey,
            AudienceKey
        )
        {
            Asks = Usual,
            Text = "FED4004",
        },
        new(
            "a wildcard stands under StringEquals",
            Trusting(statement => Equals(statement)[SubjectKey] = "system:serviceaccount:team:*"),
            "FED4007",
            LiveFederation.Subject,
            "system:serviceaccount:team:*"
        )
        {
            Asks = Usual,
            Text = "FED4004",
        },
        new(
            "the trust policy does not test the subject",
            Trusting(statement => Equals(statement).Remove(SubjectKey)),
            "FED4008",
            "StringEquals on ISSUER:sub",
            "(no condition on the subject)"
        )
        {
            Asks = Usual,
        },
        new(
            "the trust policy admits every namespace",
            Trusting(statement =>
            {
                Equals(statement).Remove(SubjectKey);
                statement["Condition"]!["StringLike"] = new JsonObject { [SubjectKey] = "system:serviceaccount:*" };
            }),
            "FED4008",
            "StringEquals on ISSUER:sub",
            $"StringLike {SubjectKey} system:serviceaccount:*"
        )
        {
            Asks = Usual,
        },
        new(
            "the subject is tested with ForAllValues",
            Trusting(statement =>
            {
                Equals(statement).Remove(SubjectKey);
                statement["Condition"]!["ForAllValues:StringEquals"] = new JsonObject { [SubjectKey] = LiveFederation.Subject };
            }),
            "FED4008",
            "StringEquals on ISSUER:sub",
            $"ForAllValues:StringEquals {SubjectKey} {LiveFederation.Subject}"
        )
        {
            Asks = Usual,
        },
        new(
            "the subject is tested with StringNotEquals",
            Trusting(statement =>
            {
                Equals(statement).Remove(SubjectKey);
                statement["Condition"]!["StringNotEquals"] = new JsonObject { [SubjectKey] = LiveFederation.Subject };
            }),
            "FED4004",
            $"StringEquals {LiveFederation.Subject}",
            $"StringNotEquals {LiveFederation.Subject}"
        )
        {
            Asks = Usual,
            Text = "FED4004",
            Beside = ["FED4008"],
        },
        new(
            "another statement denies the exchange",
            scene =>
                scene.TrustAsync(statements =>
                {
                    var deny = statements[0]!.DeepClone();
                    deny["Sid"] = "Guard";
                    deny["Effect"] = "Deny";
                    statements.Add(deny);
                }),
            "FED4009",
            "no Deny that matches",
            "*"
        )
        {
            Asks = Usual,
            Text = "FED4004",
        },
        new(
            "the trust policy wants another session name",
            Trusting(statement => Equals(statement)["sts:RoleSessionName"] = "nightly"),
            "FED4006",
            "no further condition",
            "StringEquals sts:RoleSessionName = nightly"
        )
        {
            Asks = Usual,
            Text = "FED4004",
        },
    ];

    /// <summary>What STS says to a token as the workload's pods have it.</summary>
    public static async Task<string?> Usual(Scene scene) =>
        await scene.Federation.ExchangeAsync(await LiveFederation.TokenAsync(scene.Federation.Cluster));

    private static string AudienceKey => LiveFederation.IssuerPath + ":aud";

    private static string SubjectKey => LiveFederation.IssuerPath + ":sub";

    private static Func<Scene, Task> Configured(string written, string instead) =>
        scene =>
        {
            scene.Configure(written, instead);
            return Task.CompletedTask;
        };

    private static Fault Gke(string name, Action<JsonObject> change, string code, string? expected, string? actual) =>
        new(
            name,
            scene =>
            {
                scene.Gke(cluster =>
                {
                    change(cluster);
                    return HttpStatusCode.OK;
                });
                return Task.CompletedTask;
            },
            code,
            expected,
            actual
        );

    /// <summary>GKE says no, as Google's APIs do (google.rpc.Status with an ErrorInfo).</summary>
    private static Fault Refused(string name, string message, string code, string? expected, string reason = "IAM_PERMISSION_DENIED") =>
        new(
            name,
            scene =>
            {
                scene.Gke(answer =>
                {
                    answer.Clear();
                    answer["error"] = new JsonObject
                    {
                        ["code"] = 403,
                        ["message"] = message,
                        ["status"] = "PERMISSION_DENIED",
                        ["details"] = new JsonArray(
                            new JsonObject
                            {
                                ["@type"] = "type.googleapis.com/google.rpc.ErrorInfo",
                                ["reason"] = reason,
                                ["domain"] = "googleapis.com",
                            }
                        ),
                    };
                    return HttpStatusCode.Forbidden;
                });
                return Task.CompletedTask;
            },
            code,
            expected,
            "?"
        );

    private static async Task ElsewhereAsync(Scene scene)
    {
        await scene.WithoutProviderAsync();
        await scene.ProviderElsewhereAsync();
    }

    private static Fault Near(string name, string path) =>
        new(
            $"the provider {name}",
            async scene =>
            {
                await scene.WithoutProviderAsync();
                await scene.ProviderAsync("https://" + path, LiveFederation.Audience);
            },
            "FED3002",
            LiveFederation.IssuerPath,
            path
        )
        {
            Asks = Usual,
            Text = "FED3001",
        };

    private static Fault Audiences(string name, string actual, params string[] audiences) =>
        new($"the provider {name}", scene => scene.AudiencesAsync(audiences), "FED3003", LiveFederation.Audience, actual)
        {
            Asks = Usual,
            Text = "FED3003",
        };

    private static Func<Scene, Task> Trusting(Action<JsonObject> edit) =>
        scene => scene.TrustAsync(statements => edit(statements[0]!.AsObject()));

    private static JsonObject Equals(JsonObject statement) => statement["Condition"]!["StringEquals"]!.AsObject();

    private static void Rename(JsonObject statement, Func<string, string> name)
    {
        var conditions = Equals(statement);
        foreach (var (key, value) in conditions.ToArray())
        {
            conditions.Remove(key);
            conditions[name(key)] = value?.DeepClone();
        }
    }

    private static Func<Scene, Task> EveryAsync(string principal, string issuer, string instead) =>
        scene =>
            scene.TrustAsync(statements =>
            {
                var edited = JsonNode
                    .Parse(
                        statements
                            .ToJsonString()
                            .Replace(principal, instead, StringComparison.Ordinal)
                            .Replace(issuer, instead, StringComparison.Ordinal)
                    )!
                    .AsArray();
                statements.Clear();
                foreach (var statement in edited)
                {
                    statements.Add(statement!.DeepClone());
                }
            });

    private static Fault Principal(string name, string principal) =>
        new(
            $"the trust policy names {name}",
            Trusting(statement => statement["Principal"] = new JsonObject { ["Federated"] = principal }),
            "FED4002",
            LiveFederation.ProviderArn,
            principal
        )
        {
            Asks = Usual,
            Text = "FED4004",
        };

    private static Fault Subject(string name, string value) =>
        new(
            $"the trusted subject {name}",
            Trusting(statement => Equals(statement)[SubjectKey] = value),
            "FED4004",
            LiveFederation.Subject,
            value
        )
        {
            Asks = Usual,
            Text = "FED4004",
        };

    private static Fault Audience(string name, string value) =>
        new(
            $"the trusted audience {name}",
            Trusting(statement => Equals(statement)[AudienceKey] = value),
            "FED4005",
            LiveFederation.Audience,
            value
        )
        {
            Asks = Usual,
            Text = "FED4004",
        };

    private static Fault Key(string name, string claim, string key, string expected) =>
        new(
            $"the condition key {name}",
            Trusting(statement => Rename(statement, old => old.EndsWith(":" + claim, StringComparison.Ordinal) ? key : old)),
            "FED4006",
            expected,
            key
        )
        {
            Asks = Usual,
            Text = "FED4004",
        };

    private static string Allow(string action) =>
        $$"""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"{{action}}","Resource":"*"}]}""";

    public static JsonObject GitHub() =>
        JsonNode
            .Parse(
                $$"""
                {
                  "Effect": "Allow",
                  "Principal": { "Federated": "arn:aws:iam::{{LiveFederation.Account}}:oidc-provider/token.actions.githubusercontent.com" },
                  "Action": "sts:AssumeRoleWithWebIdentity",
                  "Condition": { "StringEquals": {
                    "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                    "token.actions.githubusercontent.com:sub": "repo:acme/app:ref:refs/heads/main" } }
                }
                """
            )!
            .AsObject();
}
