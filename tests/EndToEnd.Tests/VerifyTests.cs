namespace EndToEnd.Tests;

public sealed class VerifyTests
{
    [Fact]
    public void The_example_proves_itself_in_the_sandbox()
    {
        using var host = new HostRun();
        var run = host.Run("--target=Verify", "--cloud=sandbox", $"--config={HostRun.Example}");
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal("verified", run.Outcome);
        Assert.Equal("verified", (string?)run.Workload()["outcome"]);
        Assert.Equal("arn:aws:sts::111122223333:assumed-role/gke-to-aws-test/gke-to-aws-test", (string?)run.Workload()["assumedRoleArn"]);
        Assert.All(run.Actions, action => Assert.Equal("create", action));
        Assert.Contains("verified", run.Output, StringComparison.Ordinal);
        Assert.Equal("", run.Error);
    }

    [Fact]
    public void A_check_that_fails_by_itself_is_told_from_a_denial()
    {
        using var host = new HostRun();
        var config = host.Configure(Federation("exit 7"));
        var run = host.Run("--target=Verify", "--cloud=sandbox", $"--config={config}");
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Equal(["FED6014"], run.Codes);
        Assert.Equal("exit code 7", (string?)run.Findings.Single()["actual"]);
    }

    [Fact]
    public void An_image_that_does_not_exist_fails_the_gate_at_once()
    {
        using var host = new HostRun();
        var config = host.Configure(
            Federation("aws s3 ls")
                .Replace("run: aws s3 ls", "run: aws s3 ls\n      image: registry.test/absent:1", StringComparison.Ordinal)
        );
        var run = host.Run("--target=Verify", "--cloud=sandbox", $"--config={config}");
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.Equal(["FED6005"], run.Codes);
    }

    [Fact]
    public void An_image_that_the_configuration_gives_the_sandbox_is_known_to_its_kubelet()
    {
        using var host = new HostRun();
        var config = host.Configure(
            Federation("aws s3 ls")
                .Replace("run: aws s3 ls", "run: aws s3 ls\n      image: registry.test/checks:3", StringComparison.Ordinal)
                .Replace(
                    "buckets: [sandbox-exports]",
                    "buckets: [sandbox-exports]\n  images: { \"registry.test/checks:3\": aws }",
                    StringComparison.Ordinal
                )
        );
        var run = host.Run("--target=Verify", "--cloud=sandbox", $"--config={config}");
        Assert.True(run.ExitCode == 0, run.ToString());
    }

    [Fact]
    public void Several_workloads_are_verified_side_by_side_and_selection_leaves_the_others_alone()
    {
        using var host = new HostRun();
        var config = host.Configure(
            Federation("aws s3 ls")
                + """
                  - name: second
                    namespace: team
                    serviceAccount: second
                    role: { name: second, policies: [s3-list-buckets] }
                    verify: { run: aws s3 ls }
                """.ReplaceLineEndings("\n").Replace("\n      ", "\n", StringComparison.Ordinal)
        );
        var run = host.Run("--target=Verify", "--cloud=sandbox", $"--config={config}");
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal(2, run.Report!["workloads"]!.AsArray().Count);

        var one = host.Run("--target=Plan", "--cloud=sandbox", $"--config={config}", "--workload=sec*");
        Assert.Equal("second", (string?)Assert.Single(one.Report!["workloads"]!.AsArray())!["name"]);
        Assert.DoesNotContain("role/reader", one.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_Google_service_account_is_made_and_bound_where_a_workload_names_one()
    {
        using var host = new HostRun();
        var config = host.Configure(
            Federation("aws s3 ls")
                .Replace("serviceAccount: reader", "serviceAccount: reader\n    googleServiceAccount: reader", StringComparison.Ordinal)
        );
        var run = host.Run("--target=Verify", "--cloud=sandbox", $"--config={config}");
        Assert.True(run.ExitCode == 0, run.ToString());
        var resources = run.Workload()["changes"]!.AsArray().Select(change => (string)change!["resource"]!);
        Assert.Contains("google/acme-prod/service-account/reader", resources);
        Assert.Contains("google/acme-prod/workload-identity-binding/reader:team/reader", resources);
    }

    [Fact]
    public void An_account_that_asks_for_it_gives_its_new_provider_the_thumbprint_of_the_issuers_chain()
    {
        using var host = new HostRun();
        var config = host.Configure(
            Federation("aws s3 ls").Replace("region: ap-south-1", "region: ap-south-1, thumbprint: chain", StringComparison.Ordinal)
        );
        var run = host.Run("--target=Verify", "--cloud=sandbox", $"--config={config}");
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Matches(@"thumbprints\[[0-9a-f]{40}\]", run.Report!.ToJsonString());
    }

    [Fact]
    public void Profiles_roles_and_contexts_that_the_configuration_names_are_there_in_the_sandbox()
    {
        using var host = new HostRun();
        var config = host.Configure(
            """
            clusters:
              main: { project: acme-prod, location: asia-south1-a, name: main, context: prod }
            accounts:
              data: { id: "111122223333", region: ap-south-1, profile: hub }
              own: { id: "222233334444", region: eu-west-1, profile: own }
              far: { id: "444455556666", region: us-east-1, profile: hub, assumeRole: "arn:aws:iam::444455556666:role/ci/deployer" }
            workloads:
              - { name: near, account: data, namespace: team, serviceAccount: near, role: { name: near } }
              - { name: owned, account: own, namespace: team, serviceAccount: owned, role: { name: owned } }
              - { name: far, account: far, namespace: team, serviceAccount: far, role: { name: far } }
            """
        );
        var run = host.Run("--target=Verify", "--cloud=sandbox", $"--config={config}");
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal(
            [
                "arn:aws:sts::111122223333:assumed-role/near/near",
                "arn:aws:sts::222233334444:assumed-role/owned/owned",
                "arn:aws:sts::444455556666:assumed-role/far/far",
            ],
            run.Report!["workloads"]!.AsArray().Select(workload => (string?)workload!["assumedRoleArn"])
        );
    }

    [Theory]
    [InlineData("AWS_PROFILE", "somebody-elses")]
    [InlineData("AWS_SESSION_TOKEN", "ambient")]
    [InlineData("AWS_ENDPOINT_URL_STS", "https://sts.example.test")]
    [InlineData("AWS_ENDPOINT_URL", "https://aws.example.test")]
    [InlineData("KUBECONFIG", "/nonexistent/kubeconfig")]
    [InlineData("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent/key.json")]
    [InlineData("CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM", "https://iam.example.test/")]
    public void What_the_environment_says_of_real_clouds_does_not_reach_the_sandbox(string name, string value)
    {
        using var host = new HostRun();
        host.Variables[name] = value;
        var run = host.Run("--target=Verify", "--cloud=sandbox", $"--config={HostRun.Example}");
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.All(
            run.Report!["endpoints"]!.AsObject(),
            endpoint => Assert.DoesNotContain("example.test", (string?)endpoint.Value, StringComparison.Ordinal)
        );
    }

    internal static string Federation(string check) =>
        $"""
            clusters:
              main: {"{"} project: acme-prod, location: asia-south1-a, name: main {"}"}
            accounts:
              data: {"{"} id: "111122223333", region: ap-south-1 {"}"}
            sandbox:
              buckets: [sandbox-exports]
            workloads:
              - name: reader
                namespace: team
                serviceAccount: reader
                role: {"{"} name: reader, policies: [s3-list-buckets] {"}"}
                verify:
                  run: {check}

            """.ReplaceLineEndings("\n");
}
