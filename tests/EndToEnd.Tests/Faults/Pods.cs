using k8s.Models;

namespace EndToEnd.Tests.Faults;

/// <summary>Pods as people write them.</summary>
internal static class Pods
{
    public const string TokenPath = "/var/run/secrets/tokens/token";
    public const string DefaultTokenPath = "/var/run/secrets/kubernetes.io/serviceaccount/token";

    /// <summary>A pod with which all is right, changed.</summary>
    public static V1Pod Make(string name, Action<V1PodSpec> change)
    {
        var specification = new V1PodSpec
        {
            ServiceAccountName = "reader",
            RestartPolicy = "Never",
            TerminationGracePeriodSeconds = 0,
            Containers =
            [
                new()
                {
                    Name = "app",
                    Image = "amazon/aws-cli:2",
                    Command = ["sleep", "600"],
                    Env =
                    [
                        new() { Name = "AWS_ROLE_ARN", Value = LiveFederation.RoleArn },
                        new() { Name = "AWS_WEB_IDENTITY_TOKEN_FILE", Value = TokenPath },
                        new() { Name = "AWS_REGION", Value = "ap-south-1" },
                        new() { Name = "AWS_DEFAULT_REGION", Value = "ap-south-1" },
                    ],
                    VolumeMounts =
                    [
                        new()
                        {
                            Name = "aws-token",
                            MountPath = "/var/run/secrets/tokens",
                            ReadOnlyProperty = true,
                        },
                    ],
                },
            ],
            Volumes = [Projected(LiveFederation.Audience)],
        };
        change(specification);
        return new V1Pod
        {
            Metadata = new() { Name = name },
            Spec = specification,
        };
    }

    public static V1Volume Projected(string? audience) =>
        new()
        {
            Name = "aws-token",
            Projected = new()
            {
                Sources =
                [
                    new()
                    {
                        ServiceAccountToken = new()
                        {
                            Path = "token",
                            Audience = audience,
                            ExpirationSeconds = 3600,
                        },
                    },
                ],
            },
        };

    /// <summary>Sets a variable of the pod's first container, or with none takes it away.</summary>
    public static void Set(this V1PodSpec pod, string name, string? value)
    {
        var container = pod.Containers[0];
        container.Env =
        [
            .. container.Env.Where(variable => variable.Name != name),
            .. value is null
                ? []
                : new V1EnvVar[]
                {
                    new() { Name = name, Value = value },
                },
        ];
    }

    /// <summary>The pod runs this and ends.</summary>
    public static void Runs(this V1PodSpec pod, string script) => pod.Containers[0].Command = ["/bin/sh", "-c", script];

    public static bool HasFailed(V1Pod pod) => pod.Status?.Phase == "Failed";

    public static bool Waits(V1Pod pod, params IReadOnlyList<string> reasons) =>
        pod.Status?.ContainerStatuses?.Any(status => status.State?.Waiting is { Reason: { } reason } && reasons.Contains(reason)) == true;
}
