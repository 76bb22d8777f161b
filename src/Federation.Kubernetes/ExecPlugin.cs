using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using Federation.Diagnosis.Evidence;
using Federation.Findings;
using k8s;
using k8s.Authentication;
using k8s.KubeConfigModels;
using Cluster = Federation.Configuration.Cluster;

namespace Federation.Kubernetes;

/// <summary>
/// The credentials that a program named by the kubeconfig writes, such as <c>gke-gcloud-auth-plugin</c> (Kubernetes
/// documentation, "client-go credential plugins"). A program that takes too long is ended.
/// </summary>
internal sealed class ExecPlugin(ExternalExecution plugin, Cluster cluster, TimeProvider time) : ITokenProvider, IDisposable
{
    /// <summary>How long the program may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Credentials that expire sooner than this are replaced.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);

    private const int LongestErrorOutput = 500;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private ExecCredentialResponse.ExecStatus? _credentials;

    public async Task<AuthenticationHeaderValue> GetAuthenticationHeaderAsync(CancellationToken cancellationToken) =>
        new("Bearer", (await GetAsync(cancellationToken)).Token);

    /// <summary>The credentials; the program runs if there are none yet, or if they are about to expire.</summary>
    /// <exception cref="FindingException">The program gave none (FED8007).</exception>
    public async Task<ExecCredentialResponse.ExecStatus> GetAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return _credentials is { } known && !IsExpiring(known) ? known : _credentials = await RunAsync(cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private bool IsExpiring(ExecCredentialResponse.ExecStatus credentials) =>
        credentials.ExpirationTimestamp is { } end && time.GetUtcNow() + Margin >= new DateTimeOffset(end.ToUniversalTime());

    private async Task<ExecCredentialResponse.ExecStatus> RunAsync(CancellationToken cancellationToken)
    {
        using var process = Start();
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(either.Token);
            var errorOutput = process.StandardError.ReadToEndAsync(either.Token);
            await Task.WhenAll(output, errorOutput, process.WaitForExitAsync(either.Token));
            return process.ExitCode == 0 && Read(output.Result) is { } credentials
                ? credentials
                : throw NoCredentials(
                    process.ExitCode == 0 ? "wrote no credentials" : $"ended with exit code {process.ExitCode}{Shown(errorOutput.Result)}"
                );
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw NoCredentials($"did not end within {Patience.TotalSeconds:0} s, and was ended");
        }
        finally
        {
            await EndAsync(process);
        }
    }

    private Process Start()
    {
        var process = KubernetesClientConfiguration.CreateRunnableExternalProcess(plugin, captureStdError: static (_, _) => { });

        // The library joins the arguments with spaces, which splits those that have spaces themselves.
        process.StartInfo.Arguments = "";
        foreach (var argument in plugin.Arguments ?? [])
        {
            process.StartInfo.ArgumentList.Add(argument);
        }

        try
        {
            process.Start();
            return process;
        }
        catch (Exception missing)
        {
            // Any: absent, not executable, not a program of this platform.
            process.Dispose();
            throw NoCredentials($"could not be started: {missing.Message}", missing);
        }
    }

    private static async Task EndAsync(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    private ExecCredentialResponse.ExecStatus? Read(string output)
    {
        try
        {
            var response = KubernetesJson.Deserialize<ExecCredentialResponse>(output);
            return response?.ApiVersion == plugin.ApiVersion && response.Status?.IsValid() == true ? response.Status : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private FindingException NoCredentials(string what, Exception? cause = null)
    {
        var finding = new Finding
        {
            Code = FindingCodes.GoogleCredentialsMissing,
            Cause = $"{plugin.Command}, by which the kubeconfig gets the credentials for the cluster {cluster.Key}, {what}.",
            Fix =
                $"Run `{plugin.Command}` in a terminal to see why (`gcloud components install gke-gcloud-auth-plugin` installs GKE's), "
                + $"or set `access: google` on the cluster {cluster.Key} to need no plugin.",
        };
        return cause is null ? new FindingException(finding) : new FindingException(finding, cause);
    }

    private static string Shown(string errorOutput)
    {
        var text = Secrets.Strip(errorOutput.Trim());
        return text.Length == 0 ? "" : $": {(text.Length > LongestErrorOutput ? text[^LongestErrorOutput..] : text)}";
    }
}
