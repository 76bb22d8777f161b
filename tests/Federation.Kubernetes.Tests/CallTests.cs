using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Federation.Diagnosis;
using Federation.Findings;
using Federation.Planning;
using Microsoft.AspNetCore.Http;

namespace Federation.Kubernetes.Tests;

/// <summary>How calls to an API that does not answer, or answers with something else, come to an end.</summary>
public sealed class CallTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 18, 0, 0, TimeSpan.Zero);

    private LiveCluster _cluster = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _cluster = await LiveCluster.StartAsync();

    public async ValueTask DisposeAsync() => await _cluster.DisposeAsync();

    [Theory]
    [InlineData("confirm")]
    [InlineData("read")]
    [InlineData("apply")]
    [InlineData("prove")]
    public async Task A_port_that_accepts_and_never_answers_ends_within_a_minute_in_a_finding_that_names_it(string what)
    {
        using var silence = new TcpListener(IPAddress.Loopback, 0);
        silence.Start();
        var server = $"http://{silence.LocalEndpoint}";
        var kubeconfig = _cluster.Kubeconfig();
        kubeconfig["clusters"]![0]!["cluster"] = new JsonObject { ["server"] = server };
        _cluster.Use(kubeconfig);
        var time = new HurriedTime(Start, TimeSpan.FromSeconds(20));
        using var cloud = Given.Cloud(_cluster, time: time);
        var input = Given.Input(Given.Workload());
        var desired = cloud.Desire(input);

        var refused = await Assert.ThrowsAsync<FindingException>(() =>
            what switch
            {
                "confirm" => cloud.ConfirmAsync(input, Cancelled),
                "read" => cloud.ReadAsync([desired[0]], Cancelled),
                "apply" => cloud.ApplyAsync(
                    new Step
                    {
                        Resource = desired[0].Id,
                        Action = StepAction.Create,
                        Reason = StepReason.Absent,
                        Before = new Observation(desired[0].Id, Fields: null),
                        After = desired[0],
                    },
                    Cancelled
                ),
                _ => new ValidationGate(cloud, _cluster.Time).ProveAsync(
                    new GateRequest(input.Workloads[0], "r1", TimeSpan.Zero, TimeSpan.Zero),
                    _ => { },
                    Cancelled
                ),
            }
        );

        var finding = Assert.Single(refused.Findings);
        Assert.Equal(FindingCodes.EndpointUnreachable, finding.Code);
        Assert.Contains(server, finding.Cause, StringComparison.Ordinal);
        Assert.Contains("did not answer within 15 s", finding.Cause, StringComparison.Ordinal);
        if (what != "prove")
        {
            Assert.InRange(time.GetUtcNow() - Start, TimeSpan.FromSeconds(45), TimeSpan.FromMinutes(1));
        }
    }

    [Theory]
    [InlineData("", "text/html", "HTTP 200, text/html, without content")]
    [InlineData(
        "<html><title>Sign in</title>\n<body>…",
        "text/html",
        "HTTP 200, text/html, beginning with \"<html><title>Sign in</title>\""
    )]
    [InlineData("[]", "application/json", "HTTP 200, application/json, beginning with \"[]\"")]
    [InlineData("""{"kind":"Names""", "application/json", "HTTP 200, application/json, beginning with \"{\"kind\":\"Names\"")]
    [InlineData("{}", "application/json", "a JSON object without a kind")]
    [InlineData("""{"kind":"Pod","metadata":{}}""", "application/json", "an object of the kind \"Pod\"")]
    [InlineData("""{"kind":"Namespace"}""", "application/json", "a Namespace without metadata")]
    public async Task Another_answer_than_the_object_is_retried_and_then_reported(string body, string type, string sent)
    {
        var answered = 0;
        _cluster.Interference = (context, _) =>
        {
            answered++;
            context.Response.ContentType = type;
            return context.Response.WriteAsync(body, Cancelled);
        };
        using var cloud = Given.Cloud(_cluster, time: new HurriedTime(Start, Given.LongestPause));

        var refused = await Assert.ThrowsAsync<FindingException>(() =>
            cloud.ReadAsync([cloud.Desire(Given.Input(Given.Workload()))[0]], Cancelled)
        );

        var finding = Assert.Single(refused.Findings);
        Assert.Equal(FindingCodes.AnswerUnreadable, finding.Code);
        Assert.Contains("get namespaces/reports", finding.Cause, StringComparison.Ordinal);
        Assert.Contains($"it sent {sent}.", finding.Cause, StringComparison.Ordinal);
        Assert.Equal(4, answered);
    }

    [Fact]
    public async Task An_answer_that_is_cut_off_is_requested_again()
    {
        var cut = 0;
        _cluster.Interference = async (context, handle) =>
        {
            if (Interlocked.Increment(ref cut) == 1)
            {
                context.Response.ContentLength = 100;
                await context.Response.WriteAsync("{", Cancelled);
                context.Abort();
                return;
            }

            await handle(context);
        };
        using var cloud = Given.Cloud(_cluster, time: new HurriedTime(Start, Given.LongestPause));

        Assert.Null(Assert.Single(await cloud.ReadAsync([cloud.Desire(Given.Input(Given.Workload()))[0]], Cancelled)).Fields);
        Assert.Equal(2, cloud.Calls);
    }

    [Fact]
    public async Task A_credential_plugin_that_hangs_is_killed_and_named()
    {
        var folder = Path.GetDirectoryName(_cluster.Endpoints.KubeConfigs!.Value[0])!;
        UsePlugin("echo $$ > \"$1/pid\"; exec sleep 600", folder);
        using var cloud = Given.Cloud(_cluster);

        var connecting = Assert.ThrowsAsync<FindingException>(() => cloud.ConfirmAsync(Given.Input(Given.Workload()), Cancelled));
        await _cluster.Time.StartedAsync(ExecPlugin.Patience);
        _cluster.Time.Advance(ExecPlugin.Patience);

        var finding = Assert.Single((await connecting).Findings);
        Assert.Equal(FindingCodes.GoogleCredentialsMissing, finding.Code);
        Assert.Contains("/bin/sh", finding.Cause, StringComparison.Ordinal);
        Assert.Contains("did not end within 30 s", finding.Cause, StringComparison.Ordinal);
        if (
            File.Exists(Path.Combine(folder, "pid"))
            && int.TryParse(await File.ReadAllTextAsync(Path.Combine(folder, "pid"), Cancelled), out var id)
        )
        {
            Assert.Throws<ArgumentException>(() => Process.GetProcessById(id));
        }
    }

    [Fact]
    public async Task A_credential_plugin_that_fails_says_why()
    {
        UsePlugin("echo 'Reauthentication is needed.' >&2; exit 4");
        using var cloud = Given.Cloud(_cluster);

        var refused = await Assert.ThrowsAsync<FindingException>(() => cloud.ConfirmAsync(Given.Input(Given.Workload()), Cancelled));

        Assert.Equal(FindingCodes.GoogleCredentialsMissing, Assert.Single(refused.Findings).Code);
        Assert.Contains("exit code 4: Reauthentication is needed.", refused.Findings[0].Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_credential_plugin_runs_again_only_when_its_token_is_about_to_expire()
    {
        var folder = Path.GetDirectoryName(_cluster.Endpoints.KubeConfigs!.Value[0])!;
        UsePlugin(
            $$$"""
            echo run >> "$1/runs"
            echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{
                "token":"{{{LiveCluster.AdministratorToken}}}","expirationTimestamp":"2026-11-23T19:00:00Z"}}'
            """,
            folder
        );
        using var cloud = Given.Cloud(_cluster);

        Assert.Empty(await cloud.ConfirmAsync(Given.Input(Given.Workload()), Cancelled));
        Assert.Empty(await cloud.ConfirmAsync(Given.Input(Given.Workload()), Cancelled));
        Assert.Single(await File.ReadAllLinesAsync(Path.Combine(folder, "runs"), Cancelled));
        _cluster.Time.Advance(TimeSpan.FromMinutes(59.6));
        await cloud.ReadAsync([cloud.Desire(Given.Input(Given.Workload()))[0]], Cancelled);
        Assert.Equal(2, (await File.ReadAllLinesAsync(Path.Combine(folder, "runs"), Cancelled)).Length);
    }

    /// <summary>Lets the kubeconfig get its credentials from a shell script.</summary>
    private void UsePlugin(string script, params string[] arguments)
    {
        Assert.SkipUnless(File.Exists("/bin/sh"), "There is no /bin/sh.");
        var kubeconfig = _cluster.Kubeconfig();
        kubeconfig["users"]![0]!["user"] = new JsonObject
        {
            ["exec"] = new JsonObject
            {
                ["apiVersion"] = "client.authentication.k8s.io/v1",
                ["command"] = "/bin/sh",
                ["args"] = new JsonArray([.. new[] { "-c", script, "sh" }.Concat(arguments).Select(word => (JsonNode)word)]),
            },
        };
        _cluster.Use(kubeconfig);
    }
}
