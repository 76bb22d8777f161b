using k8s;
using k8s.Models;

namespace EndToEnd.Tests.Faults;

/// <summary>What goes wrong in the cluster: service accounts, and pods that people wrote.</summary>
internal static class PodFaults
{
    private const string DeniedByBucket =
        "An error occurred (AccessDenied) when calling the ListObjectsV2 operation: User: "
        + $"arn:aws:sts::{LiveFederation.Account}:assumed-role/reader/app is not authorized to perform: s3:ListBucket on "
        + "resource: \"arn:aws:s3:::sandbox-exports\" with an explicit deny in a resource-based policy";

    private const string OtherRole = $"arn:aws:iam::{LiveFederation.Account}:role/writer";

    public static IReadOnlyList<Fault> ServiceAccounts { get; } =
    [
        new("the namespace is missing", scene => scene.WithoutNamespaceAsync(), "FED6001", "team", "(none)"),
        new("the service account is missing", scene => scene.WithoutServiceAccountAsync("reader"), "FED6002", "reader", "(none)"),
        new(
            "the service account names no Google service account",
            scene => scene.AnnotateAsync("robot", "iam.gke.io/gcp-service-account", null),
            "FED6003",
            LiveFederation.GoogleAccount,
            "(none)"
        )
        {
            Workload = "robot",
        },
        new(
            "the service account names another Google service account",
            scene => scene.AnnotateAsync("robot", "iam.gke.io/gcp-service-account", "other@acme-prod.iam.gserviceaccount.com"),
            "FED6003",
            LiveFederation.GoogleAccount,
            "other@acme-prod.iam.gserviceaccount.com"
        )
        {
            Workload = "robot",
        },
        new(
            "the Google service account is missing",
            scene => scene.WithoutGoogleAccountAsync(),
            "FED2004",
            LiveFederation.GoogleAccount,
            "(none)"
        )
        {
            Workload = "robot",
        },
        new(
            "nobody may act as the Google service account",
            scene => scene.BindAsync(),
            "FED2005",
            "serviceAccount:acme-prod.svc.id.goog[team/robot]",
            "(no member)"
        )
        {
            Workload = "robot",
        },
        new(
            "another namespace's may act as the Google service account",
            scene => scene.BindAsync("serviceAccount:acme-prod.svc.id.goog[prod/robot]"),
            "FED2005",
            "serviceAccount:acme-prod.svc.id.goog[team/robot]",
            "serviceAccount:acme-prod.svc.id.goog[prod/robot]"
        )
        {
            Workload = "robot",
        },
        new(
            "another service account may act as the Google service account",
            scene => scene.BindAsync("serviceAccount:acme-prod.svc.id.goog[team/reader]"),
            "FED2005",
            "serviceAccount:acme-prod.svc.id.goog[team/robot]",
            "serviceAccount:acme-prod.svc.id.goog[team/reader]"
        )
        {
            Workload = "robot",
        },
    ];

    public static IReadOnlyList<Fault> Specifications { get; } =
    [
        Spoilt(
            "runs as the service account that it gets unasked",
            pod => pod.ServiceAccountName = null,
            "FED6004",
            "reader",
            "default"
        ) with
        {
            Asks = async scene =>
                await scene.Federation.ExchangeAsync(await LiveFederation.TokenAsync(scene.Federation.Cluster, "default")),
            Text = "FED4004",
        },
        Spoilt(
            "has no token volume",
            pod =>
            {
                pod.Volumes = null;
                pod.Containers[0].VolumeMounts = null;
            },
            "FED6007",
            LiveFederation.Audience,
            "(no token)"
        ),
        Spoilt(
            "projects its token for sts.amazon.com",
            pod => pod.Volumes = [Pods.Projected("sts.amazon.com")],
            "FED6007",
            LiveFederation.Audience,
            "sts.amazon.com"
        ) with
        {
            Asks = scene => WithAudience(scene, "sts.amazon.com"),
            Text = "FED3003",
        },
        Spoilt(
            "projects its token for a URL",
            pod => pod.Volumes = [Pods.Projected("https://sts.amazonaws.com")],
            "FED6007",
            LiveFederation.Audience,
            "https://sts.amazonaws.com"
        ) with
        {
            Asks = scene => WithAudience(scene, "https://sts.amazonaws.com"),
            Text = "FED3003",
        },
        Spoilt(
            "projects its token for no audience",
            pod => pod.Volumes = [Pods.Projected(null)],
            "FED6007",
            LiveFederation.Audience,
            LiveFederation.Issuer
        ) with
        {
            Asks = scene => WithAudience(scene, LiveFederation.Issuer),
            Text = "FED3003",
        },
        Spoilt(
            "mounts the token in a container beside",
            pod =>
            {
                pod.Containers.Add(
                    new()
                    {
                        Name = "proxy",
                        Image = "alpine:3",
                        Command = ["sleep", "600"],
                        VolumeMounts = pod.Containers[0].VolumeMounts,
                    }
                );
                pod.Containers[0].VolumeMounts = null;
            },
            "FED6007",
            "aws-token mounted in app",
            "mounted in proxy"
        ),
        Spoilt(
            "mounts the token nowhere",
            pod => pod.Containers[0].VolumeMounts = null,
            "FED6007",
            "aws-token mounted in app",
            "mounted nowhere"
        ),
        Spoilt(
            "mounts the token elsewhere than its environment says",
            pod => pod.Containers[0].VolumeMounts[0].MountPath = "/var/run/secrets/eks.amazonaws.com/serviceaccount",
            "FED6008",
            "/var/run/secrets/eks.amazonaws.com/serviceaccount/token",
            Pods.TokenPath
        ),
        Spoilt(
            "looks for the token under another name",
            pod => pod.Set("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/tokens/aws-token"),
            "FED6008",
            Pods.TokenPath,
            "/var/run/secrets/tokens/aws-token"
        ),
        Spoilt(
            "takes the folder for the token",
            pod => pod.Set("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/tokens"),
            "FED6008",
            Pods.TokenPath,
            "/var/run/secrets/tokens"
        ),
        Spoilt(
            "mounts the token by subPath",
            pod =>
                pod.Containers[0].VolumeMounts = [
                    new()
                    {
                        Name = "aws-token",
                        MountPath = Pods.TokenPath,
                        SubPath = "token",
                    },
                ],
            "FED6008",
            "no subPath",
            "subPath: token"
        ),
        Spoilt(
            "hands over the default token",
            pod => pod.Set("AWS_WEB_IDENTITY_TOKEN_FILE", Pods.DefaultTokenPath),
            "FED7001",
            LiveFederation.Audience,
            LiveFederation.Issuer
        ) with
        {
            Asks = scene => WithAudience(scene, LiveFederation.Issuer),
            Text = "FED3003",
        },
        Spoilt(
            "names no token file",
            pod => pod.Set("AWS_WEB_IDENTITY_TOKEN_FILE", null),
            "FED6012",
            $"AWS_WEB_IDENTITY_TOKEN_FILE={Pods.TokenPath}",
            "(not set)"
        ),
        Spoilt("names no role", pod => pod.Set("AWS_ROLE_ARN", null), "FED6012", $"AWS_ROLE_ARN={LiveFederation.RoleArn}", "(not set)"),
        Spoilt("names another role", pod => pod.Set("AWS_ROLE_ARN", OtherRole), "FED6012", LiveFederation.RoleArn, OtherRole) with
        {
            Asks = scene => OfRole(scene, OtherRole),
            Text = "FED4004",
        },
        Spoilt(
            "names the provider for the role",
            pod => pod.Set("AWS_ROLE_ARN", LiveFederation.ProviderArn),
            "FED4010",
            LiveFederation.RoleArn,
            LiveFederation.ProviderArn
        ) with
        {
            Asks = scene => OfRole(scene, LiveFederation.ProviderArn),
            Text = "FED4010",
        },
        Spoilt(
            "names a placeholder for the role",
            pod => pod.Set("AWS_ROLE_ARN", "arn:aws:iam::ACCOUNT_ID:role/team/reader"),
            "FED4010",
            LiveFederation.RoleArn,
            "arn:aws:iam::ACCOUNT_ID:role/team/reader"
        ) with
        {
            Asks = scene => OfRole(scene, "arn:aws:iam::ACCOUNT_ID:role/team/reader"),
            Text = "FED4010",
        },
        Spoilt(
            "names the role without its path",
            pod => pod.Set("AWS_ROLE_ARN", $"arn:aws:iam::{LiveFederation.Account}:role/reader"),
            "FED4010",
            LiveFederation.RoleArn,
            $"arn:aws:iam::{LiveFederation.Account}:role/reader"
        ) with
        {
            Asks = scene => OfRole(scene, $"arn:aws:iam::{LiveFederation.Account}:role/reader"),
            Text = "FED4004",
        },
        Spoilt(
            "names the role in another account",
            pod => pod.Set("AWS_ROLE_ARN", $"arn:aws:iam::{LiveFederation.OtherAccount}:role/team/reader"),
            "FED4010",
            LiveFederation.RoleArn,
            $"arn:aws:iam::{LiveFederation.OtherAccount}:role/team/reader"
        ) with
        {
            Asks = scene => OfRole(scene, $"arn:aws:iam::{LiveFederation.OtherAccount}:role/team/reader"),
            Text = "FED3001",
        },
        Spoilt(
            "names the role in another case",
            pod => pod.Set("AWS_ROLE_ARN", $"arn:aws:iam::{LiveFederation.Account}:role/team/Reader"),
            "FED4010",
            LiveFederation.RoleArn,
            $"arn:aws:iam::{LiveFederation.Account}:role/team/Reader"
        ) with
        {
            Asks = scene => OfRole(scene, $"arn:aws:iam::{LiveFederation.Account}:role/team/Reader"),
            Text = "FED4004",
        },
        Spoilt(
            "has static keys in its environment",
            pod =>
            {
                pod.Set("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE");
                pod.Set("AWS_SECRET_ACCESS_KEY", "left-over");
            },
            "FED6013",
            "no AWS_ACCESS_KEY_ID",
            "AWS_ACCESS_KEY_ID set"
        ),
        new(
            "a pod has static keys from a secret",
            async scene =>
            {
                await scene.SecretAsync("aws-keys", ("id", "AKIAIOSFODNN7EXAMPLE"), ("key", "left-over"));
                await scene.PodAsync(pod =>
                    pod.Containers[0].Env = [
                        .. pod.Containers[0].Env,
                        new()
                        {
                            Name = "AWS_ACCESS_KEY_ID",
                            ValueFrom = new()
                            {
                                SecretKeyRef = new() { Name = "aws-keys", Key = "id" },
                            },
                        },
                        new()
                        {
                            Name = "AWS_SECRET_ACCESS_KEY",
                            ValueFrom = new()
                            {
                                SecretKeyRef = new() { Name = "aws-keys", Key = "key" },
                            },
                        },
                    ]
                );
            },
            "FED6013",
            "no AWS_ACCESS_KEY_ID",
            "AWS_ACCESS_KEY_ID from secret aws-keys key id"
        ),
        new(
            "a pod has static keys from a whole ConfigMap",
            async scene =>
            {
                await scene.ConfigMapAsync(
                    "settings",
                    ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
                    ("AWS_SECRET_ACCESS_KEY", "left-over")
                );
                await scene.PodAsync(pod => pod.Containers[0].EnvFrom = [new() { ConfigMapRef = new() { Name = "settings" } }]);
            },
            "FED6013",
            "no AWS_ACCESS_KEY_ID",
            "*"
        ),
        new(
            "a pod relies on the annotation that EKS reads",
            async scene =>
            {
                await scene.AnnotateAsync("reader", "eks.amazonaws.com/role-arn", LiveFederation.RoleArn);
                await scene.PodAsync(WithoutAws);
            },
            "FED6007",
            LiveFederation.Audience,
            "(no token)"
        ),
        new(
            "a pod that was asked for by name has nothing of AWS",
            async scene =>
            {
                await scene.PodAsync(WithoutAws);
                scene.Arguments.Add("--pod=team/app");
            },
            "FED6007",
            LiveFederation.Audience,
            "(no token)"
        ),
        new(
            "a pod that was asked for by name is misspelt",
            async scene =>
            {
                await scene.PodAsync(_ => { });
                scene.Arguments.Add("--pod=team/ap");
            },
            "FED8013",
            "team/app",
            "team/ap"
        ),
        new(
            "an init container lacks the token that it needs",
            scene =>
                scene.PodAsync(pod =>
                    pod.InitContainers = [
                        new()
                        {
                            Name = "fetch",
                            Image = "alpine:3",
                            Command = ["true"],
                            Env = pod.Containers[0].Env,
                        },
                    ]
                ),
            "FED6007",
            "aws-token mounted in fetch",
            "mounted in app"
        ),
    ];

    public static IReadOnlyList<Fault> Lives { get; } =
    [
        new(
            "a pod's image is not in its registry",
            scene =>
                scene.PodAsync(
                    pod => pod.Containers[0].Image = "registry.test/absent:1",
                    until: pod => Pods.Waits(pod, "ErrImagePull", "ImagePullBackOff")
                ),
            "FED6005",
            "an image that can be pulled",
            "registry.test/absent:1"
        ),
        new("no node takes a pod, and the autoscaler adds none", UnschedulableAsync, "FED6006", "a node that accepts the pod", "?"),
        new(
            "a pod calls an emulator that is not there",
            scene =>
                scene.PodAsync(
                    pod =>
                    {
                        pod.Set("AWS_ENDPOINT_URL", "http://localhost:4566");
                        pod.Runs("echo 'Could not connect to the endpoint URL: \"http://localhost:4566/\"'; exit 255");
                    },
                    until: Pods.HasFailed
                ),
            "FED6012",
            "no AWS_ENDPOINT_URL",
            "http://localhost:4566"
        ),
        Said(
            "is refused the role, though all agrees that can be read",
            "An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: Not authorized to perform "
                + "sts:AssumeRoleWithWebIdentity",
            "FED4012"
        ),
        Said(
            "was denied an action before the policies were changed",
            "An error occurred (AccessDenied) when calling the ListBuckets operation: User: "
                + $"arn:aws:sts::{LiveFederation.Account}:assumed-role/reader/app is not authorized to perform: "
                + "s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action",
            "FED5001"
        ) with
        {
            Says = ["changed since then, or are not in force yet"],
        },
        Said("may not read its token", "PermissionError: [Errno 13] Permission denied: '/var/run/secrets/tokens/token'", "FED6007"),
        Said(
            "kept its token past its life",
            "An error occurred (ExpiredTokenException) when calling the AssumeRoleWithWebIdentity operation: Token expired: "
                + "current date/time 1789120500 must be before the expiration date/time 1789117200",
            "FED7003"
        ),
        Said(
            "has an SDK without its security token package",
            "System.InvalidOperationException: Assembly AWSSDK.SecurityToken could not be found or loaded. This assembly must "
                + "be available at runtime to use Amazon.Runtime.AssumeRoleAWSCredentials",
            "FED6014"
        ),
        Said(
            "gives a provider id with its token",
            "An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: Provided Token is "
                + "not a Login With Amazon token",
            "FED6014"
        ),
        Said(
            "passes the path of its token for the token",
            "An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: The ID Token "
                + "provided is not a valid JWT. (You may see this error if you sent an Access Token)",
            "FED7005"
        ),
        Said(
            "cannot reach STS",
            "botocore.exceptions.ConnectTimeoutError: Connect timeout on endpoint URL: \"https://sts.ap-south-1.amazonaws.com/\"",
            "FED8005"
        ),
        Said(
            "asks STS where it is switched off",
            "An error occurred (RegionDisabledException) when calling the AssumeRoleWithWebIdentity operation: STS is not "
                + "activated in this region for account:111122223333.",
            "FED8004"
        ),
        Said(
            "asks for a longer session than the role allows",
            "An error occurred (ValidationError) when calling the AssumeRoleWithWebIdentity operation: The requested "
                + "DurationSeconds exceeds the MaxSessionDuration set for this role.",
            "FED4011"
        ),
        Said("is denied by a bucket's own policy", DeniedByBucket, "FED5003") with
        {
            Break = async scene =>
            {
                await scene.PolicyAsync(
                    "list",
                    """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}]}"""
                );
                await SayAsync(scene, DeniedByBucket);
            },
        },
        new(
            "a pod does what the role may not",
            scene => scene.PodAsync(pod => pod.Runs("aws s3 ls s3://sandbox-exports"), until: Pods.HasFailed),
            "FED5001",
            "*",
            "*"
        ),
    ];

    private static Fault Spoilt(string name, Action<V1PodSpec> spoil, string code, string? expected, string? actual) =>
        new($"a pod {name}", scene => scene.PodAsync(spoil), code, expected, actual);

    /// <summary>All is right that can be read, and the program itself says what is wrong.</summary>
    private static Fault Said(string name, string line, string code) =>
        new($"a pod {name}", scene => SayAsync(scene, line), code, "?", "?");

    private static Task<V1Pod> SayAsync(Scene scene, string line) =>
        scene.PodAsync(pod => pod.Runs($"cat <<'END' >&2\n{line}\nEND\nexit 1"), until: Pods.HasFailed);

    private static void WithoutAws(V1PodSpec pod)
    {
        pod.Volumes = null;
        pod.Containers[0].VolumeMounts = null;
        pod.Containers[0].Env = null;
    }

    private static async Task UnschedulableAsync(Scene scene)
    {
        var pod = await scene.PodAsync(
            spec => spec.NodeSelector = new Dictionary<string, string>(StringComparer.Ordinal) { ["pool"] = "gone" },
            until: pod => pod.Status?.Conditions?.Any(condition => condition is { Type: "PodScheduled", Reason: "Unschedulable" }) == true
        );
        await scene.Federation.Cluster.CoreV1.CreateNamespacedEventAsync(
            new Corev1Event
            {
                Metadata = new() { GenerateName = "app." },
                InvolvedObject = new()
                {
                    Kind = "Pod",
                    Name = pod.Metadata.Name,
                    NamespaceProperty = "team",
                    Uid = pod.Metadata.Uid,
                },
                Reason = "NotTriggerScaleUp",
                Message = "pod didn't trigger scale-up: 1 node(s) didn't match Pod's node affinity/selector",
                Type = "Normal",
                Source = new() { Component = "cluster-autoscaler" },
                Count = 1,
            },
            "team"
        );
    }

    private static async Task<string?> WithAudience(Scene scene, string audience) =>
        await scene.Federation.ExchangeAsync(await LiveFederation.TokenAsync(scene.Federation.Cluster, "reader", audience));

    private static async Task<string?> OfRole(Scene scene, string role) =>
        await scene.Federation.ExchangeAsync(await LiveFederation.TokenAsync(scene.Federation.Cluster), role);
}
