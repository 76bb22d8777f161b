using k8s.Models;

namespace EndToEnd.Tests.Faults;

/// <summary>Who runs the diagnosis has the wrong credentials, or may not look.</summary>
internal static class AccessFaults
{
    private const string Elsewhere = "/nonexistent/credentials";

    private static readonly V1PolicyRule Identities = Rule("get", "namespaces", "serviceaccounts");

    public static IReadOnlyList<Fault> Credentials { get; } =
    [
        new(
            "the AWS credentials are another account's",
            scene =>
            {
                scene.Configure($"\"{LiveFederation.Account}\"", "\"222233334444\"");
                return Task.CompletedTask;
            },
            "FED8003",
            "222233334444",
            LiveFederation.Account
        ),
        new(
            "there are no AWS credentials",
            scene =>
            {
                scene.Set("AWS_ACCESS_KEY_ID", null);
                scene.Set("AWS_SECRET_ACCESS_KEY", null);
                scene.Set("AWS_SHARED_CREDENTIALS_FILE", Elsewhere);
                return Task.CompletedTask;
            },
            "FED8001",
            "?",
            "?"
        ),
        new(
            "the AWS access key is unknown",
            scene =>
            {
                scene.Set("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE");
                return Task.CompletedTask;
            },
            "FED8001",
            "?",
            "?"
        ),
        new(
            "there are no Google credentials",
            scene =>
            {
                scene.Set("GOOGLE_APPLICATION_CREDENTIALS", Elsewhere);
                scene.Set("CLOUDSDK_AUTH_ACCESS_TOKEN", null);
                return Task.CompletedTask;
            },
            "FED8007",
            "?",
            "?"
        ),
        new(
            "the kubeconfig is nowhere",
            scene =>
            {
                scene.Set("KUBECONFIG", Elsewhere);
                return Task.CompletedTask;
            },
            "FED8008",
            LiveFederation.Context,
            null
        ),
        new(
            "AWS is nowhere to be reached",
            scene =>
            {
                scene.Set("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
                return Task.CompletedTask;
            },
            "FED8005",
            "?",
            "?"
        ),
    ];

    public static IReadOnlyList<Fault> Permissions { get; } =
    [
        new("nothing of IAM may be read", scene => scene.RunnerAsync(), "FED8002", "iam:GetOpenIDConnectProvider", null)
        {
            Beside = ["FED8002"],
        },
        new(
            "the providers may not be listed",
            scene =>
                scene.RunnerAsync(
                    "iam:GetOpenIDConnectProvider",
                    "iam:GetRole",
                    "iam:GetRolePolicy",
                    "iam:ListRolePolicies",
                    "iam:ListAttachedRolePolicies"
                ),
            "FED8002",
            "iam:ListOpenIDConnectProviders",
            null
        )
        {
            Says = ["Therefore not checked: whether there is a provider that nearly fits"],
        },
        new(
            "the role may not be read",
            scene => scene.RunnerAsync("iam:GetOpenIDConnectProvider", "iam:ListOpenIDConnectProviders"),
            "FED8002",
            "iam:GetRole",
            null
        )
        {
            Says = ["Therefore not checked", "who may assume the role"],
        },
        new(
            "the role's policies may not be read",
            scene => scene.RunnerAsync("iam:GetOpenIDConnectProvider", "iam:ListOpenIDConnectProviders", "iam:GetRole"),
            "FED8002",
            "iam:ListRolePolicies",
            null
        )
        {
            Says = ["Therefore not checked"],
        },
        new("the pods may not be listed", scene => scene.KubernetesUserAsync(Identities), "FED6011", null, null)
        {
            Says = ["list pods in team", "Therefore not checked: how the pods that use the role are set up"],
        },
        new(
            "the service account may not be read",
            scene => scene.KubernetesUserAsync(Rule("get", "namespaces"), Rule("list", "pods")),
            "FED6011",
            null,
            null
        )
        {
            Says = ["get serviceaccounts/reader in team", "Therefore not checked: whether the service account reader is there"],
        },
        new(
            "no token may be requested",
            async scene =>
            {
                scene.Arguments.Add("--preflight");
                await scene.KubernetesUserAsync(Identities, Rule("list", "pods", "events"));
            },
            "FED6011",
            null,
            null
        )
        {
            Says = ["create serviceaccounts/token for reader in team"],
        },
    ];

    private static V1PolicyRule Rule(string verb, params string[] resources) =>
        new()
        {
            ApiGroups = [""],
            Verbs = [verb],
            Resources = resources,
        };
}
