using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using k8s;
using k8s.Models;

namespace Federation.Kubernetes.Tests;

/// <summary>What is read of a cluster for a diagnosis, and what is not.</summary>
public sealed class EvidenceTests : IAsyncLifetime
{
    private const string SecretValue = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    private static readonly EvidenceScope WithoutPods = new(Pods: false);

    private LiveCluster _cluster = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _cluster = await LiveCluster.StartAsync();
        using var cloud = Given.Cloud(_cluster);
        await Given.ConvergeAsync(cloud, Given.Input(Given.Workload() with { GoogleServiceAccount = "exports-reader" }));
        _cluster.Requests.Clear();
    }

    public async ValueTask DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task What_exists_is_read_with_four_calls_at_once()
    {
        using var cloud = Given.Cloud(_cluster);

        var evidence = await ReadAsync(cloud, WithoutPods);

        Assert.Equal(Given.Cluster.Issuer, evidence.Issuer?.Found?.Issuer);
        Assert.NotEmpty(Assert.Single(evidence.Issuer!.Found!.KeyIds!));
        Assert.Equal(new NamespaceEvidence("reports"), evidence.Namespace?.Found);
        Assert.Equal(
            KeyValuePair.Create("iam.gke.io/gcp-service-account", "exports-reader@acme-prod.iam.gserviceaccount.com"),
            Assert.Single(evidence.ServiceAccount!.Found!.Annotations)
        );
        Assert.Null(evidence.Pods);
        Assert.Equal(4, cloud.Calls);
        Assert.All(_cluster.Requests, request => Assert.False(request.IsWrite));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public async Task What_was_read_for_the_plan_is_not_read_again_as_evidence(int count)
    {
        Workload[] workloads = [.. Enumerable.Range(1, count).Select(i => Given.Workload($"w{i}") with { Namespace = $"team{i}" })];
        var input = Given.Input(workloads);
        using (var before = Given.Cloud(_cluster, workloads: workloads))
        {
            await Given.ConvergeAsync(before, input);
        }

        using var cloud = Given.Cloud(_cluster, workloads: workloads);
        Assert.Empty(await cloud.ConfirmAsync(input, Cancelled));
        Assert.False((await Given.PlanAsync(cloud, input)).HasChanges);
        var planned = cloud.Calls;

        var read = await new KubernetesEvidenceReader(cloud).ReadAsync([.. workloads.Select(Evidence)], WithoutPods, Cancelled);

        Assert.All(read.Values, evidence => Assert.NotNull(evidence.ServiceAccount!.Found));
        // The key set, which no plan needs.
        Assert.Equal(planned + 1, cloud.Calls);
        await new KubernetesEvidenceReader(cloud).ReadAsync([.. workloads.Select(Evidence)], WithoutPods, Cancelled);
        Assert.Equal(planned + 1, cloud.Calls);
    }

    [Fact]
    public async Task What_was_written_since_the_plan_is_read_as_it_is_now()
    {
        var workload = Given.Workload("w1") with { Namespace = "team1", GoogleServiceAccount = "exports-reader" };
        using var cloud = Given.Cloud(_cluster, workloads: workload);
        await Given.ConvergeAsync(cloud, Given.Input(workload with { GoogleServiceAccount = null }));
        await Given.PlanAsync(cloud, Given.Input(workload));
        await Given.ConvergeAsync(cloud, Given.Input(workload));
        await _cluster.Administrator.PatchNamespacedServiceAccountAsync(
            new V1Patch("""{"metadata":{"annotations":{"iam.gke.io/gcp-service-account":"other"}}}""", V1Patch.PatchType.MergePatch),
            "reader",
            "team1",
            cancellationToken: Cancelled
        );

        var evidence = (await new KubernetesEvidenceReader(cloud).ReadAsync([Evidence(workload)], WithoutPods, Cancelled))["w1"];

        Assert.Equal("other", evidence.ServiceAccount!.Found!.Annotations["iam.gke.io/gcp-service-account"]);
    }

    [Fact]
    public async Task What_is_not_there_is_absent()
    {
        var evidence = await ReadAsync(new EvidenceScope(), Given.Workload() with { Namespace = "nowhere" });

        Assert.True(evidence.Namespace!.IsAbsent);
        Assert.True(evidence.ServiceAccount!.IsAbsent);
        Assert.Empty(evidence.Pods!.Found!);
    }

    [Fact]
    public async Task Workloads_share_what_they_have_in_common()
    {
        Workload[] workloads =
        [
            .. Enumerable.Range(0, 40).Select(i => Given.Workload($"w{i}") with { ServiceAccount = i == 0 ? "reader" : $"ksa-{i}" }),
        ];
        using var cloud = Given.Cloud(_cluster, workloads: workloads);

        var read = await new KubernetesEvidenceReader(cloud).ReadAsync([.. workloads.Select(Evidence)], new EvidenceScope(), Cancelled);

        Assert.Equal(40, read.Count);
        Assert.NotNull(read["w0"].ServiceAccount!.Found);
        Assert.True(read["w39"].ServiceAccount!.IsAbsent);
        Assert.Equal(5, cloud.Calls);
    }

    [Fact]
    public async Task What_may_not_be_read_says_the_verb_the_resource_and_what_could_not_be_checked()
    {
        await _cluster.AllowAsync("""[{"apiGroups":[""],"resources":["serviceaccounts"],"verbs":["get"]}]""");

        var evidence = await ReadAsync(new EvidenceScope());

        Assert.NotNull(evidence.ServiceAccount!.Found);
        Assert.Equal(FindingCodes.KubernetesPermissionDenied, evidence.Namespace!.Refused!.Code);
        Assert.Contains("get namespaces/reports", evidence.Namespace.Refused.Cause, StringComparison.Ordinal);
        Assert.EndsWith(
            "Therefore not checked: whether the namespace reports is there.",
            evidence.Namespace.Refused.Cause,
            StringComparison.Ordinal
        );
        Assert.Equal(FindingCodes.KubernetesPermissionDenied, evidence.Pods!.Refused!.Code);
        Assert.Contains("list pods in reports", evidence.Pods.Refused.Cause, StringComparison.Ordinal);
        Assert.Null(evidence.Pods.Found);
    }

    [Fact]
    public async Task Another_cluster_than_the_configured_one_is_reported_and_nothing_else_of_it()
    {
        await using var other = await LiveCluster.StartAsync(
            "https://container.googleapis.com/v1/projects/acme-test/locations/europe-west1/clusters/other"
        );
        using var cloud = Given.Cloud(other);

        var evidence = await ReadAsync(cloud, new EvidenceScope());

        Assert.Equal(FindingCodes.KubeconfigWrongCluster, evidence.Issuer!.Refused!.Code);
        Assert.Equal((null, null, null), (evidence.Namespace, evidence.ServiceAccount, evidence.Pods));
    }

    [Fact]
    public async Task A_cluster_that_cannot_be_reached_is_reported_in_the_evidence()
    {
        _cluster.UseFiles(Path.Combine(Path.GetTempPath(), "no-such-kubeconfig"));
        Assert.Equal(FindingCodes.KubeconfigWrongCluster, (await ReadAsync(new EvidenceScope())).Issuer!.Refused!.Code);
    }

    [Fact]
    public async Task A_pod_is_described_by_its_specification()
    {
        await PodAsync(
            "app",
            """
            {
              "serviceAccountName": "reader",
              "initContainers": [{"name":"prepare","image":"registry.example/prepare:1"}],
              "containers": [{
                "name": "main", "image": "registry.example/app:1",
                "envFrom": [{"prefix":"X_","secretRef":{"name":"more"}}, {"configMapRef":{"name":"absent","optional":true}}],
                "env": [
                  {"name":"ACCOUNT","value":"123456789012"},
                  {"name":"AWS_ROLE_ARN","value":"arn:aws:iam::$(ACCOUNT):role/gke-exports"},
                  {"name":"AWS_ACCESS_KEY_ID","valueFrom":{"secretKeyRef":{"name":"aws-keys","key":"id"}}},
                  {"name":"AWS_SECRET_ACCESS_KEY","value":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"},
                  {"name":"AWS_PROFILE","value":""},
                  {"name":"AWS_ROLE_SESSION_NAME","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}],
                "volumeMounts": [{"name":"token","mountPath":"/var/run/token","subPath":"token"}]
              }],
              "volumes": [{"name":"token","projected":{"sources":[
                {"serviceAccountToken":{"path":"token","audience":"sts.amazonaws.com","expirationSeconds":7200}},
                {"serviceAccountToken":{"path":"own"}}]}}]
            }
            """,
            owner: ("Rollout", "app-5d4")
        );

        var evidence = await ReadAsync(new EvidenceScope());

        var pod = Assert.Single(evidence.Pods!.Found!);
        Assert.Equal(("reader", "Rollout/app-5d4", false, false), (pod.ServiceAccount, pod.Owner, pod.IsValidation, pod.IsNamed));
        Assert.Equal([("prepare", true), ("main", false)], pod.Containers.Select(container => (container.Name, container.IsInit)));
        Assert.Equal(
            [
                new("X_*", null, "secret more"),
                new("*", null, "configmap absent"),
                new("ACCOUNT"),
                new("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/gke-exports"),
                new("AWS_ACCESS_KEY_ID", null, "secret aws-keys key id"),
                new("AWS_SECRET_ACCESS_KEY"),
                new("AWS_PROFILE", ""),
                new("AWS_ROLE_SESSION_NAME", null, "field metadata.name"),
            ],
            pod.Containers[1].Environment
        );
        Assert.Contains(new MountEvidence("token", "/var/run/token", "token"), pod.Containers[1].Mounts);
        Assert.Equal(
            [new("token", "sts.amazonaws.com", "token", TimeSpan.FromHours(2)), new("token", null, "own", TimeSpan.FromHours(1))],
            pod.TokenVolumes.Where(token => token.Volume == "token")
        );
    }

    [Fact]
    public async Task A_config_map_that_sets_variables_is_read_and_a_secret_never_is()
    {
        await _cluster.Administrator.CreateNamespacedConfigMapAsync(
            new V1ConfigMap
            {
                Metadata = new() { Name = "aws" },
                Data = new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    ["AWS_ROLE_ARN"] = Given.Workload().RoleArn,
                    ["AWS_ACCESS_KEY_ID"] = "AKIAEXAMPLE",
                    ["DATABASE"] = "db",
                },
            },
            "reports",
            cancellationToken: Cancelled
        );
        await PodAsync(
            "app",
            """
            {"serviceAccountName":"reader","containers":[{"name":"main","image":"a:1",
              "envFrom":[{"configMapRef":{"name":"aws"}},{"secretRef":{"name":"more","optional":true}}],
              "env":[{"name":"DATABASE","valueFrom":{"configMapKeyRef":{"name":"other","key":"db"}}}]}]}
            """
        );

        var pod = Assert.Single((await ReadAsync(new EvidenceScope())).Pods!.Found!);

        Assert.Equal(
            [
                new("*", null, "secret more"),
                new("AWS_ROLE_ARN", Given.Workload().RoleArn, "configmap aws"),
                new("AWS_ACCESS_KEY_ID", null, "configmap aws"),
                new("DATABASE", null, "configmap other key db"),
            ],
            Assert.Single(pod.Containers).Environment.OrderBy(variable => variable.Name == "DATABASE")
        );
        Assert.DoesNotContain(
            _cluster.Requests,
            request => request.Resource == "secrets" || request is { Resource: "configmaps", Name: "other" }
        );
    }

    [Fact]
    public async Task No_secret_of_a_pod_is_in_the_evidence()
    {
        var token = await _cluster.TokenOfAsync("reader");
        await PodAsync(
            "app",
            $$"""
            {"serviceAccountName":"reader","nodeName":"gke-sandbox-node-0","containers":[{"name":"main","image":"a:1","env":[
              {"name":"AWS_SECRET_ACCESS_KEY","value":"{{SecretValue}}"},
              {"name":"AWS_ENDPOINT_URL","value":"https://user:correct-horse@proxy.example"}]}]}
            """
        );
        _cluster.Write(previous: false, $"aws_secret_access_key = {SecretValue}", $"sending {token} to STS", "The end.");
        Report(
            "app",
            Status(
                "Failed",
                "main",
                $$$"""{"terminated":{"exitCode":1,"reason":"Error","message":"{\"SecretAccessKey\": \"{{{SecretValue}}}\"}"}}"""
            )
        );
        _cluster.Kubelet.RecordEvent(Stored("app"), "Warning", "Failed", $"Failed to pull a:1: aws_secret_access_key={SecretValue}");
        await _cluster.Administrator.PatchNamespacedServiceAccountAsync(
            new V1Patch($$"""{"metadata":{"annotations":{"example.test/note":"{{SecretValue}}" } } }""", V1Patch.PatchType.MergePatch),
            "reader",
            "reports",
            cancellationToken: Cancelled
        );
        var workload = Evidence(Given.Workload());

        var file = new EvidenceFile
        {
            Taken = _cluster.Time.GetUtcNow(),
            Workloads = [workload with { Kubernetes = await ReadAsync(new EvidenceScope()) }],
        };

        var json = file.ToJson();
        Assert.Contains("The end.", json, StringComparison.Ordinal);
        Assert.Contains("AWS_SECRET_ACCESS_KEY", json, StringComparison.Ordinal);
        Assert.Contains("https://user:(not shown)@proxy.example", json, StringComparison.Ordinal);
        Assert.DoesNotContain(SecretValue, json, StringComparison.Ordinal);
        Assert.DoesNotContain(token, json, StringComparison.Ordinal);
        Assert.DoesNotContain(token.Split('.')[2], json, StringComparison.Ordinal);
        Assert.Equal(json, EvidenceFile.Parse(json, "evidence.json").ToJson());
    }

    [Fact]
    public async Task Of_each_owner_the_newest_pod_is_kept_and_ten_at_most()
    {
        for (var i = 0; i < 12; i++)
        {
            await PodAsync($"old-{i}", Simple, owner: ("Rollout", $"rs-{i}"));
        }

        _cluster.Time.Advance(TimeSpan.FromMinutes(1));
        for (var i = 0; i < 12; i++)
        {
            await PodAsync($"new-{i}", Simple, owner: ("Rollout", $"rs-{i}"));
        }

        var pods = (await ReadAsync(new EvidenceScope())).Pods!.Found!;

        Assert.Equal(10, pods.Count);
        Assert.All(pods, pod => Assert.StartsWith("new-", pod.Snapshot.Name, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_healthy_pod_needs_no_further_call()
    {
        await PodAsync("app", Simple);
        Report("app", Status("Running", "main", """{"running":{}}"""));
        using var cloud = Given.Cloud(_cluster);

        Assert.Single((await ReadAsync(cloud, new EvidenceScope())).Pods!.Found!);

        Assert.Equal(5, cloud.Calls);
    }

    [Fact]
    public async Task A_restarted_pod_shows_why_its_previous_run_ended()
    {
        await PodAsync(
            "app",
            """{"serviceAccountName":"reader","nodeName":"gke-sandbox-node-0","containers":[{"name":"main","image":"a:1"}]}"""
        );
        _cluster.Write(previous: true, "AccessDenied at first");
        _cluster.Write(previous: false, "AccessDenied again");
        Report(
            "app",
            Status(
                "Running",
                "main",
                """{"running":{}}""",
                """{"terminated":{"exitCode":7,"reason":"Error","message":"gone"}}""",
                restarts: 3
            )
        );
        _cluster.Kubelet.RecordEvent(Stored("app"), "Warning", "BackOff", "Back-off restarting failed container main");
        using var cloud = Given.Cloud(_cluster);

        var pod = Assert.Single((await ReadAsync(cloud, new EvidenceScope())).Pods!.Found!);

        Assert.Equal(["AccessDenied at first", "AccessDenied again"], pod.Log);
        Assert.Equal("BackOff", Assert.Single(pod.Snapshot.Events).Reason);
        var container = Assert.Single(pod.Snapshot.Containers);
        Assert.Equal(
            (3, 7, "Error", "gone"),
            (container.Restarts, container.LastExitCode, container.LastTerminatedReason, container.LastTerminatedMessage)
        );
        Assert.Equal(8, cloud.Calls);
    }

    [Fact]
    public async Task A_container_that_never_ran_has_no_log_which_is_not_a_refusal()
    {
        await PodAsync(
            "app",
            """{"serviceAccountName":"reader","nodeName":"gke-sandbox-node-0","containers":[{"name":"main","image":"a:1"}]}"""
        );
        Report("app", Status("Pending", "main", """{"waiting":{"reason":"ImagePullBackOff","message":"no"}}"""));

        var pod = Assert.Single((await ReadAsync(new EvidenceScope(Pod: "reports/app"))).Pods!.Found!);

        Assert.Equal(("ImagePullBackOff", 0, 0), (pod.Snapshot.Containers[0].WaitingReason, pod.Log.Count, pod.Refused.Count));
    }

    [Fact]
    public async Task A_log_and_events_that_may_not_be_read_leave_the_rest_of_the_pod()
    {
        await PodAsync(
            "app",
            """{"serviceAccountName":"reader","nodeName":"gke-sandbox-node-0","containers":[{"name":"main","image":"a:1"}]}"""
        );
        Report("app", Status("Failed", "main", """{"terminated":{"exitCode":1,"reason":"Error"}}"""));
        await _cluster.AllowAsync("""[{"apiGroups":[""],"resources":["pods","serviceaccounts","namespaces"],"verbs":["get","list"]}]""");

        var pod = Assert.Single((await ReadAsync(new EvidenceScope())).Pods!.Found!);

        Assert.Equal(1, pod.Snapshot.Containers[0].ExitCode);
        Assert.Equal(
            [FindingCodes.KubernetesPermissionDenied, FindingCodes.KubernetesPermissionDenied],
            pod.Refused.Select(refused => refused.Code)
        );
        Assert.Contains(
            pod.Refused,
            refused =>
                refused.Cause.Contains("get pods/log of app in reports", StringComparison.Ordinal)
                && refused.Cause.EndsWith("Therefore not checked: what the container main of the pod app wrote.", StringComparison.Ordinal)
        );
        Assert.Contains(pod.Refused, refused => refused.Cause.Contains("list events in reports", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pod_belongs_to_the_workload_it_fits_best()
    {
        await _cluster.ServiceAccountAsync("writer");
        await _cluster.ServiceAccountAsync("other");
        Workload reader = Given.Workload();
        Workload writer = Given.Workload("imports") with
        {
            ServiceAccount = "writer",
            Role = new() { Name = "gke-imports", Description = "For imports." },
        };
        await PodAsync("reads", Pod("reader", reader.RoleArn));
        await PodAsync("writes", Pod("writer", writer.RoleArn));
        await PodAsync("wrong-account", Pod("other", reader.RoleArn));
        await PodAsync("wrong-path", Pod("writer", "arn:aws:iam::123456789012:role/old/gke-imports"));
        await PodAsync("wrong-role", Pod("reader", "arn:aws:iam::123456789012:role/somebodys"));
        await PodAsync("neither", Pod("other", "ROLE_ARN_HERE"));
        await PodAsync("somebodys", Pod("other", "arn:aws:iam::123456789012:role/somebodys"));
        await PodAsync("unrelated", """{"serviceAccountName":"other","containers":[{"name":"main","image":"a:1"}]}""");
        using var cloud = Given.Cloud(_cluster, workloads: [reader, writer]);

        var read = await new KubernetesEvidenceReader(cloud).ReadAsync(
            [Evidence(reader), Evidence(writer)],
            new EvidenceScope(),
            Cancelled
        );

        Assert.Equal(["neither", "reads", "wrong-account", "wrong-role"], Names(read["exports"]));
        Assert.Equal(["neither", "writes", "wrong-path"], Names(read["imports"]));

        static IEnumerable<string> Names(KubernetesEvidence evidence) =>
            evidence.Pods!.Found!.Select(pod => pod.Snapshot.Name).Order(StringComparer.Ordinal);

        static string Pod(string account, string role) =>
            $$$"""
                {"serviceAccountName":"{{{account}}}",
                 "containers":[{"name":"main","image":"a:1","env":[{"name":"AWS_ROLE_ARN","value":"{{{role}}}"}]}],
                 "volumes":[{"name":"t","projected":{"sources":[{"serviceAccountToken":{"path":"token","audience":"sts.amazonaws.com"}}]}}]}
                """;
    }

    [Fact]
    public async Task A_kept_validation_pod_is_recognized_and_read_with_its_log()
    {
        var request = new GateRequest(Given.Input(Given.Workload()).Workloads[0], "r1", TimeSpan.Zero, TimeSpan.Zero);
        using var cloud = Given.Cloud(_cluster);
        var proving = new ValidationGate(cloud, _cluster.Time).ProveAsync(request, _ => { }, Cancelled);
        _cluster.End(await _cluster.PodAsync(), CheckVerdict.IdentityRefused, message: null, "An error occurred (AccessDenied)");
        var seen = Assert.Single((await proving).Evidence.Kubernetes.Pods!.Found!);

        var pod = Assert.Single((await ReadAsync(new EvidenceScope())).Pods!.Found!);

        Assert.Equal(("exports-verify-r1", true, "reader"), (pod.Snapshot.Name, pod.IsValidation, pod.ServiceAccount));
        Assert.Equal(["An error occurred (AccessDenied)"], pod.Log);
        Assert.Equivalent(pod, seen, strict: true);
    }

    [Fact]
    public async Task A_named_pod_is_read_in_detail_whatever_its_service_account()
    {
        await _cluster.Administrator.CreateNamespaceAsync(
            new V1Namespace { Metadata = new() { Name = "elsewhere" } },
            cancellationToken: Cancelled
        );
        await PodAsync(
            "app",
            """{"nodeName":"gke-sandbox-node-0","containers":[{"name":"main","image":"a:1"}]}""",
            @namespace: "elsewhere"
        );
        _cluster.Write(previous: false, "running");
        Report("app", Status("Running", "main", """{"running":{}}"""), "elsewhere");

        var pod = Assert.Single((await ReadAsync(new EvidenceScope(Pods: false, "elsewhere/app"))).Pods!.Found!);

        Assert.Equal(("default", true, "running"), (pod.ServiceAccount, pod.IsNamed, Assert.Single(pod.Log)));
    }

    [Fact]
    public async Task A_named_pod_that_does_not_exist_is_reported_with_the_closest_name()
    {
        await PodAsync("exporter-7f9-x2", Simple);

        var pods = (await ReadAsync(new EvidenceScope(Pod: "reports/exporter-7f9-x3"))).Pods!;

        Assert.Equal("exporter-7f9-x2", Assert.Single(pods.Found!).Snapshot.Name);
        Assert.Equal(
            (FindingCodes.ArgumentInvalid, "reports/exporter-7f9-x2", "reports/exporter-7f9-x3"),
            (pods.Refused!.Code, pods.Refused.Expected, pods.Refused.Actual)
        );
    }

    [Fact]
    public async Task A_token_is_requested_as_the_pods_have_it()
    {
        using var cloud = Given.Cloud(_cluster);
        var workload = Given.Workload() with { TokenLifetime = TimeSpan.FromMinutes(20) };

        var token = TokenEvidence.FromText("preflight", await new KubernetesEvidenceReader(cloud).RequestTokenAsync(workload, Cancelled));

        Assert.Equal((workload.Subject, workload.Cluster.Issuer), ((string?)token.Claims!["sub"], (string?)token.Claims["iss"]));
        Assert.Equal(["sts.amazonaws.com"], token.Claims["aud"]!.AsArray().Select(audience => (string?)audience));
        Assert.Equal(1200, (long)token.Claims["exp"]! - (long)token.Claims["iat"]!);
    }

    [Fact]
    public async Task The_rendered_role_allows_exactly_what_requesting_a_token_needs()
    {
        await _cluster.AllowAsync("[]");
        using var cloud = Given.Cloud(_cluster);
        var reader = new KubernetesEvidenceReader(cloud);
        var refused = await Assert.ThrowsAsync<FindingException>(() => reader.RequestTokenAsync(Given.Workload(), Cancelled));
        Assert.Equal(FindingCodes.KubernetesPermissionDenied, refused.Findings[0].Code);
        Assert.Contains("preflight-role.yaml", refused.Findings[0].Fix, StringComparison.Ordinal);

        await _cluster.AllowAsync(KubernetesJson.Serialize(Given.PreflightRole(Given.Workload()).Rules));
        Assert.NotEmpty(await reader.RequestTokenAsync(Given.Workload(), Cancelled));
        await _cluster.ServiceAccountAsync("other");
        await Assert.ThrowsAsync<FindingException>(() =>
            reader.RequestTokenAsync(Given.Workload() with { ServiceAccount = "other" }, Cancelled)
        );
    }

    [Fact]
    public async Task No_token_can_be_asked_for_where_there_is_no_service_account()
    {
        using var cloud = Given.Cloud(_cluster);
        var refused = await Assert.ThrowsAsync<FindingException>(() =>
            new KubernetesEvidenceReader(cloud).RequestTokenAsync(Given.Workload() with { ServiceAccount = "nobody" }, Cancelled)
        );
        Assert.Equal(
            (FindingCodes.ServiceAccountMissing, "kubernetes/main/reports/service-account/nobody"),
            (refused.Findings[0].Code, refused.Findings[0].Resource)
        );
    }

    [Fact]
    public async Task A_token_is_read_where_the_pod_has_it()
    {
        Assert.SkipUnless(File.Exists("/bin/cat"), "There is no /bin/cat.");
        var file = Path.Combine(Directory.CreateTempSubdirectory("token-").FullName, "to ken");
        var token = await _cluster.TokenOfAsync("reader");
        await File.WriteAllTextAsync(file, token, Cancelled);
        await PodAsync(
            "app",
            """
            {"serviceAccountName":"reader","nodeName":"gke-sandbox-node-0",
             "containers":[{"name":"main","image":"a:1"},{"name":"side","image":"a:1"}]}
            """
        );
        using var cloud = Given.Cloud(_cluster);
        var reader = new KubernetesEvidenceReader(cloud);

        Assert.Equal(token, await reader.ReadTokenAsync(Given.Cluster, "reports", "app", "main", file, Cancelled));

        var mistaken = await RefusedAsync("app", "main", file + "s");
        Assert.Equal((FindingCodes.TokenPathMismatch, file + "s"), (mistaken.Code, mistaken.Actual));
        Assert.Contains("No such file or directory", mistaken.Cause, StringComparison.Ordinal);
        Assert.Equal(FindingCodes.ArgumentInvalid, (await RefusedAsync("nobody", "main", file)).Code);
        Assert.Contains("choose one of: [main side]", (await RefusedAsync("app", container: null, file)).Cause, StringComparison.Ordinal);

        async Task<Finding> RefusedAsync(string pod, string? container, string path) =>
            Assert.Single(
                (
                    await Assert.ThrowsAsync<FindingException>(() =>
                        reader.ReadTokenAsync(Given.Cluster, "reports", pod, container, path, Cancelled)
                    )
                ).Findings
            );
    }

    [Fact]
    public async Task A_pod_that_may_not_be_execed_into_names_the_permission()
    {
        await PodAsync(
            "app",
            """{"serviceAccountName":"reader","nodeName":"gke-sandbox-node-0","containers":[{"name":"main","image":"a:1"}]}"""
        );
        await _cluster.AllowAsync("[]");
        using var cloud = Given.Cloud(_cluster);

        var refused = await Assert.ThrowsAsync<FindingException>(() =>
            new KubernetesEvidenceReader(cloud).ReadTokenAsync(Given.Cluster, "reports", "app", "main", "/token", Cancelled)
        );

        Assert.Equal(FindingCodes.KubernetesPermissionDenied, refused.Findings[0].Code);
        Assert.Contains("pods/exec", refused.Findings[0].Cause, StringComparison.Ordinal);
    }

    private const string Simple = """{"serviceAccountName":"reader","containers":[{"name":"main","image":"a:1"}]}""";

    private static WorkloadEvidence Evidence(Workload workload)
    {
        var rendered = Given.Input(workload).Workloads[0];
        return WorkloadEvidence.FromDocuments(rendered, [rendered]);
    }

    private async Task<KubernetesEvidence> ReadAsync(EvidenceScope scope, Workload? workload = null)
    {
        using var cloud = Given.Cloud(_cluster);
        return await ReadAsync(cloud, scope, workload);
    }

    private static async Task<KubernetesEvidence> ReadAsync(KubernetesCloud cloud, EvidenceScope scope, Workload? workload = null) =>
        Assert
            .Single(await new KubernetesEvidenceReader(cloud).ReadAsync([Evidence(workload ?? Given.Workload())], scope, Cancelled))
            .Value;

    private async Task PodAsync(string name, string spec, (string Kind, string Name)? owner = null, string @namespace = "reports")
    {
        var pod = new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["ownerReferences"] = owner is { } by
                    ? new JsonArray(
                        new JsonObject
                        {
                            ["apiVersion"] = "batch.example/v1",
                            ["kind"] = by.Kind,
                            ["name"] = by.Name,
                            ["uid"] = $"uid-of-{by.Name}",
                            ["controller"] = true,
                        }
                    )
                    : null,
            },
            ["spec"] = JsonNode.Parse(spec),
        };
        await _cluster.Administrator.CreateNamespacedPodAsync(
            KubernetesJson.Deserialize<V1Pod>(pod.ToJsonString()),
            @namespace,
            cancellationToken: Cancelled
        );
    }

    private JsonObject Stored(string name, string @namespace = "reports") => _cluster.Kubelet.Find("v1", "Pod", @namespace, name)!;

    private void Report(string name, string status, string @namespace = "reports") => _cluster.Report(Stored(name, @namespace), status);

    private static string Status(string phase, string container, string state, string lastState = "{}", int restarts = 0) =>
        $$"""
            {"phase":"{{phase}}","containerStatuses":[{"name":"{{container}}","image":"a:1","imageID":"","ready":false,
             "restartCount":{{restarts}},"state":{{state}},"lastState":{{lastState}}}]}
            """;
}
