using System.Diagnostics;

namespace Federation.Sandbox.Tests.Hosting;

/// <summary>The clouds' own command-line tools, in a shell that has read the environment file; each where it is installed.</summary>
public sealed class CommandLineToolTests
{
    [Fact]
    public async Task Aws_creates_a_provider_and_a_role_and_lists_the_buckets()
    {
        SkipWithout("aws");
        await using var sandbox = await TestSandbox.StartAsync();

        var output = await RunAsync(sandbox, $$"""
            aws iam create-open-id-connect-provider --url {{TestSandbox.Main.Issuer}} --client-id-list sts.amazonaws.com --output text
            printf '%s' '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::{{TestSandbox.Account}}:oidc-provider/{{TestSandbox.Main.IssuerPath}}"},"Action":"sts:AssumeRoleWithWebIdentity"}]}' > "$PWD/trust.json"
            aws iam create-role --role-name app --assume-role-policy-document "file://$PWD/trust.json" --query Role.Arn --output text
            aws sts get-caller-identity --query Account --output text
            echo hello > hello.txt
            aws s3 cp hello.txt s3://exports/greetings/hello.txt --only-show-errors
            aws s3 cp s3://exports/greetings/hello.txt - --only-show-errors
            aws s3 ls
            """);

        Assert.Equal(
            [
                $"arn:aws:iam::{TestSandbox.Account}:oidc-provider/{TestSandbox.Main.IssuerPath}",
                $"arn:aws:iam::{TestSandbox.Account}:role/app",
                TestSandbox.Account,
                "hello",
            ],
            output[..4]);
        Assert.EndsWith(" backups", output[4], StringComparison.Ordinal);
        Assert.EndsWith(" exports", output[5], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gcloud_describes_the_cluster_makes_a_service_account_and_binds_it()
    {
        SkipWithout("gcloud");
        await using var sandbox = await TestSandbox.StartAsync();

        var output = await RunAsync(sandbox, """
            gcloud container clusters describe main --location asia-south1-a --format 'value(workloadIdentityConfig.workloadPool)'
            gcloud iam service-accounts create gke-to-aws --display-name Pods --format 'value(email)'
            bind() { gcloud iam service-accounts "$1" gke-to-aws@acme-prod.iam.gserviceaccount.com --role roles/iam.workloadIdentityUser --member 'serviceAccount:acme-prod.svc.id.goog[team/app]' --format 'value(bindings[0].members[0])'; }
            bind add-iam-policy-binding
            bind remove-iam-policy-binding
            """);

        Assert.Equal("acme-prod.svc.id.goog", output[0]);
        Assert.Contains("serviceAccount:acme-prod.svc.id.goog[team/app]", output);
    }

    [Fact]
    public async Task Kubectl_works_in_each_cluster_by_its_context()
    {
        SkipWithout("kubectl");
        await using var sandbox = await TestSandbox.StartAsync();

        var output = await RunAsync(sandbox, """
            kubectl config current-context
            kubectl create namespace team
            kubectl --context gke_acme-test_europe-west1_second get namespace team || echo not there
            """);

        Assert.Equal(["gke_acme-prod_asia-south1-a_main", "namespace/team created", "not there"], output);
    }

    private static void SkipWithout(string tool) => Assert.SkipUnless(
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(directory => File.Exists(Path.Combine(directory, tool))),
        $"{tool} is not installed");

    private static async Task<List<string>> RunAsync(TestSandbox sandbox, string script)
    {
        var environment = await sandbox.Clouds.WriteEnvironmentAsync(sandbox.FilesDirectory);
        var start = new ProcessStartInfo("/bin/sh")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = sandbox.FilesDirectory,
            ArgumentList = { "-eu", "-c", ". \"$0\"\n" + script, environment },
        };
        using var shell = Process.Start(start)!;
        var errors = shell.StandardError.ReadToEndAsync();
        var output = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        Assert.True(shell.ExitCode == 0, await errors);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }
}
