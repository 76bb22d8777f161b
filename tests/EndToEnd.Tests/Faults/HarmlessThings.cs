using System.Text.Json.Nodes;
using k8s.Models;

namespace EndToEnd.Tests.Faults;

/// <summary>What is other than the product makes it, and right all the same.</summary>
internal static class HarmlessThings
{
    private const string SubjectKey = LiveFederation.IssuerPath + ":sub";
    private const string AudienceKey = LiveFederation.IssuerPath + ":aud";

    public static IReadOnlyDictionary<string, Func<Scene, Task>> All { get; } =
        new Dictionary<string, Func<Scene, Task>>(StringComparer.Ordinal)
        {
            ["nothing"] = _ => Task.CompletedTask,
            ["a thumbprint that nobody looks at"] = scene => scene.ThumbprintAsync("08745487e891c19e3078c1f2a07e452950ef36f6"),
            ["a tag of somebody else's"] = scene => scene.TagAsync("cost-centre", "42"),
            ["a further audience of the provider"] = scene => scene.AudiencesAsync(LiveFederation.Audience, "vault"),
            ["a second provider with a slash at the end"] = scene =>
                scene.ProviderAsync(LiveFederation.Issuer + "/", LiveFederation.Audience),
            ["a provider of GitHub's"] = scene =>
                scene.ProviderAsync("https://token.actions.githubusercontent.com", LiveFederation.Audience),
            ["a further statement in the trust policy"] = scene => scene.TrustAsync(statements => statements.Add(CloudFaults.GitHub())),
            ["a further service account in the trust policy"] = scene =>
                scene.TrustAsync(statements =>
                    Equals(statements)[SubjectKey] = new JsonArray("system:serviceaccount:team:writer", LiveFederation.Subject)
                ),
            ["a further audience in the trust policy"] = scene =>
                scene.TrustAsync(statements => Equals(statements)[AudienceKey] = new JsonArray("vault", LiveFederation.Audience)),
            ["condition keys in another case"] = scene =>
                scene.TrustAsync(statements =>
                {
                    var conditions = Equals(statements);
                    conditions.Remove(SubjectKey);
                    conditions[LiveFederation.IssuerPath + ":SUB"] = LiveFederation.Subject;
                }),
            ["a statement that denies everybody else"] = scene =>
                scene.TrustAsync(statements =>
                {
                    var guard = statements[0]!.DeepClone();
                    guard["Sid"] = "Guard";
                    guard["Effect"] = "Deny";
                    guard["Condition"] = new JsonObject { ["StringNotEquals"] = new JsonObject { [SubjectKey] = LiveFederation.Subject } };
                    statements.Add(guard);
                }),
            ["a further policy of the role"] = scene =>
                scene.PolicyAsync(
                    "more",
                    """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"""
                        + """ "arn:aws:s3:::sandbox-exports/*"},{"Effect":"Deny","Action":"s3:DeleteBucket","Resource":"*"}]}"""
                ),
            ["a permissions boundary that allows what is needed"] = scene =>
                scene.BoundaryAsync("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"),
            ["an annotation of somebody else's"] = scene => scene.AnnotateAsync("reader", "acme.example/owner", "data"),
            ["a further member of the Google service account"] = scene =>
                scene.BindAsync("serviceAccount:acme-prod.svc.id.goog[team/other]", "serviceAccount:acme-prod.svc.id.goog[team/robot]"),
            ["a pod that is set up as the guide says"] = scene => scene.PodAsync(_ => { }, until: pod => pod.Status?.Phase == "Running"),
            ["a pod that writes its path in another way"] = scene =>
                scene.PodAsync(pod => pod.Set("AWS_WEB_IDENTITY_TOKEN_FILE", "/run/secrets/tokens//token")),
            ["a pod with a second container that has nothing of AWS"] = scene =>
                scene.PodAsync(pod =>
                    pod.Containers.Add(
                        new()
                        {
                            Name = "proxy",
                            Image = "alpine:3",
                            Command = ["sleep", "600"],
                        }
                    )
                ),
            ["a pod with a second container that holds the token too"] = scene =>
                scene.PodAsync(pod =>
                    pod.Containers.Add(
                        new()
                        {
                            Name = "proxy",
                            Image = "alpine:3",
                            Command = ["sleep", "600"],
                            VolumeMounts = pod.Containers[0].VolumeMounts,
                        }
                    )
                ),
            ["a pod with a second token for another system"] = scene =>
                scene.PodAsync(pod =>
                {
                    var vault = Pods.Projected("vault");
                    vault.Name = "vault-token";
                    pod.Volumes = [vault, .. pod.Volumes];
                    pod.Containers[0].VolumeMounts =
                    [
                        new() { Name = "vault-token", MountPath = "/var/run/secrets/vault" },
                        .. pod.Containers[0].VolumeMounts,
                    ];
                }),
            ["a pod with empty access keys"] = scene => scene.PodAsync(pod => pod.Set("AWS_ACCESS_KEY_ID", "")),
            ["a pod whose settings come from a ConfigMap"] = async scene =>
            {
                await scene.ConfigMapAsync(
                    "settings",
                    ("AWS_ROLE_ARN", LiveFederation.RoleArn),
                    ("AWS_WEB_IDENTITY_TOKEN_FILE", Pods.TokenPath),
                    ("AWS_REGION", "ap-south-1"),
                    ("AWS_DEFAULT_REGION", "ap-south-1")
                );
                await scene.PodAsync(pod =>
                    (pod.Containers[0].Env, pod.Containers[0].EnvFrom) = (null, [new() { ConfigMapRef = new() { Name = "settings" } }])
                );
            },
            ["somebody else's pod in the namespace"] = scene => scene.PodAsync(WithoutAws, "other"),
            ["somebody else's pod that fails"] = scene =>
                scene.PodAsync(
                    pod =>
                    {
                        WithoutAws(pod);
                        pod.Runs(
                            "echo 'An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: Not "
                                + "authorized to perform sts:AssumeRoleWithWebIdentity'; exit 1"
                        );
                    },
                    "other",
                    Pods.HasFailed
                ),
            ["an exchange that is tried from here"] = scene =>
            {
                scene.Arguments.Add("--preflight");
                return Task.CompletedTask;
            },
        };

    public static TheoryData<string> Names => [.. All.Keys];

    private static JsonObject Equals(JsonArray statements) => statements[0]!["Condition"]!["StringEquals"]!.AsObject();

    private static void WithoutAws(V1PodSpec pod)
    {
        pod.ServiceAccountName = null;
        pod.Volumes = null;
        pod.Containers[0].VolumeMounts = null;
        pod.Containers[0].Env = null;
    }
}
