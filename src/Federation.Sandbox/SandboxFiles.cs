using Federation.Sandbox.Hosting;

namespace Federation.Sandbox;

/// <summary>The files of a sandbox, all in one directory.</summary>
internal sealed class SandboxFiles(string directory)
{
    /// <summary>The variables that lead real clients to the sandbox, for a shell to read.</summary>
    public string Environment => Path.Combine(directory, "env.sh");

    public string Authority => Path.Combine(directory, "ca.pem");

    public string GoogleKey => Path.Combine(directory, "google-key.json");

    public string KubeConfig => Path.Combine(directory, "kubeconfig");

    public string KubeCache => Path.Combine(directory, "kube-cache");

    public string AwsConfig => Path.Combine(directory, "aws-config");

    public string AwsCredentials => Path.Combine(directory, "aws-credentials");

    public string CloudSdkConfig => Path.Combine(directory, "gcloud");

    /// <summary>Writes the sandbox's root certificate and the further trust anchors.</summary>
    /// <param name="further">A PEM file, or null.</param>
    public async Task WriteAuthorityAsync(string root, string? further, CancellationToken cancellationToken)
    {
        var anchors =
            string.IsNullOrEmpty(further) || SamePath(further, Authority) ? "" : await File.ReadAllTextAsync(further, cancellationToken);
        await PrivateFile.WriteAsync(Authority, root + anchors, cancellationToken);
    }

    public async Task WriteClientFilesAsync(
        string googleKey,
        string kubeConfig,
        string awsConfig,
        string awsCredentials,
        CancellationToken cancellationToken
    )
    {
        await PrivateFile.WriteAsync(GoogleKey, googleKey, cancellationToken);
        await PrivateFile.WriteAsync(KubeConfig, kubeConfig, cancellationToken);
        await PrivateFile.WriteAsync(AwsConfig, awsConfig, cancellationToken);
        await PrivateFile.WriteAsync(AwsCredentials, awsCredentials, cancellationToken);
        PrivateFile.CreateDirectory(KubeCache);
        PrivateFile.CreateDirectory(CloudSdkConfig);
    }

    /// <summary>The directory for the files of a cluster's pods. It is short, because the length of a socket's path is limited.</summary>
    public string Pods(string cluster) => Path.Combine(directory, "pods", cluster);

    /// <summary>Deletes the files, but not the caches of clients.</summary>
    public void Delete()
    {
        foreach (var file in new[] { Environment, Authority, GoogleKey, KubeConfig, AwsConfig, AwsCredentials })
        {
            File.Delete(file);
        }
    }

    private static bool SamePath(string one, string other) =>
        string.Equals(Path.GetFullPath(one), Path.GetFullPath(other), StringComparison.Ordinal);
}
