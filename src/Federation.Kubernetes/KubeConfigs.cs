using System.Text;
using k8s;
using k8s.Exceptions;
using k8s.KubeConfigModels;

namespace Federation.Kubernetes;

/// <summary>Kubeconfig files, read as kubectl reads them.</summary>
internal static class KubeConfigs
{
    /// <summary>Reads several files as one: the first to name a context, cluster or user wins. Null if none of the files exists.</summary>
    /// <param name="paths">Null: the default location of the user.</param>
    /// <exception cref="KubeConfigException">A file cannot be read.</exception>
    public static K8SConfiguration? Load(IReadOnlyList<string>? paths)
    {
        var files = (paths ?? [KubernetesClientConfiguration.KubeConfigDefaultLocation]).Where(File.Exists).Select(LoadFile).ToArray();
        return files.Length == 0 ? null : Merge(files);
    }

    /// <summary>The address that a context leads to. Null if the context or its cluster is not there.</summary>
    public static string? ServerOf(K8SConfiguration kubeconfig, string context)
    {
        var cluster = kubeconfig.Contexts?.FirstOrDefault(entry => IsNamed(entry.Name, context))?.ContextDetails?.Cluster;
        return cluster is null ? null : kubeconfig.Clusters?.FirstOrDefault(entry => IsNamed(entry.Name, cluster))?.ClusterEndpoint?.Server;
    }

    /// <summary>The program that gives the credentials of a context's user. Null if there is none.</summary>
    public static ExternalExecution? PluginOf(K8SConfiguration kubeconfig, string context) =>
        UserOf(kubeconfig, context)?.UserCredentials?.ExternalExecution is { Command.Length: > 0, ApiVersion.Length: > 0 } plugin
            ? plugin
            : null;

    /// <summary>The kubeconfig with credentials in place of the program that gave them.</summary>
    public static K8SConfiguration WithCredentials(
        K8SConfiguration kubeconfig,
        string context,
        ExecCredentialResponse.ExecStatus credentials
    )
    {
        var user = UserOf(kubeconfig, context)!;
        var known = new User
        {
            Name = user.Name,
            UserCredentials = new UserCredentials
            {
                Token = credentials.Token,
                ClientCertificateData = Encode(credentials.ClientCertificateData),
                ClientKeyData = Encode(credentials.ClientKeyData),
            },
        };
        return new K8SConfiguration
        {
            CurrentContext = kubeconfig.CurrentContext,
            Contexts = kubeconfig.Contexts,
            Clusters = kubeconfig.Clusters,
            Users = [.. kubeconfig.Users.Select(other => ReferenceEquals(other, user) ? known : other)],
        };

        // Programs write PEM, a kubeconfig holds PEM in base64.
        static string? Encode(string? pem) => pem is null ? null : Convert.ToBase64String(Encoding.ASCII.GetBytes(pem));
    }

    private static User? UserOf(K8SConfiguration kubeconfig, string context) =>
        ContextOf(kubeconfig, context)?.User is { } user ? kubeconfig.Users?.FirstOrDefault(entry => IsNamed(entry.Name, user)) : null;

    private static ContextDetails? ContextOf(K8SConfiguration kubeconfig, string context) =>
        kubeconfig.Contexts?.FirstOrDefault(entry => IsNamed(entry.Name, context))?.ContextDetails;

    // KubernetesClient compares names without regard to case.
    private static bool IsNamed(string? name, string wanted) => string.Equals(name, wanted, StringComparison.OrdinalIgnoreCase);

    private static K8SConfiguration LoadFile(string path)
    {
        try
        {
            var kubeconfig = KubernetesClientConfiguration.LoadKubeConfig(path);
            Resolve(kubeconfig, Path.GetDirectoryName(Path.GetFullPath(path))!);
            return kubeconfig;
        }
        catch (Exception broken)
        {
            // Any: the library passes on whatever its YAML reader and the file system throw.
            throw new KubeConfigException($"The kubeconfig {path} cannot be read: {broken.Message}", broken);
        }
    }

    /// <summary>Paths in a kubeconfig are relative to the file that they stand in, which a merged kubeconfig no longer knows.</summary>
    private static void Resolve(K8SConfiguration kubeconfig, string folder)
    {
        foreach (var endpoint in (kubeconfig.Clusters ?? []).Select(cluster => cluster.ClusterEndpoint).OfType<ClusterEndpoint>())
        {
            endpoint.CertificateAuthority = Absolute(endpoint.CertificateAuthority);
        }

        foreach (var user in (kubeconfig.Users ?? []).Select(user => user.UserCredentials).OfType<UserCredentials>())
        {
            user.ClientCertificate = Absolute(user.ClientCertificate);
            user.ClientKey = Absolute(user.ClientKey);
            if (user.ExternalExecution is { } plugin && plugin.Command?.Contains('/', StringComparison.Ordinal) == true)
            {
                plugin.Command = Absolute(plugin.Command);
            }
        }

        string? Absolute(string? path) => string.IsNullOrEmpty(path) ? path : Path.Combine(folder, path);
    }

    private static K8SConfiguration Merge(K8SConfiguration[] files) =>
        new()
        {
            CurrentContext = files.Select(file => file.CurrentContext).FirstOrDefault(name => !string.IsNullOrEmpty(name)),
            Contexts = files.SelectMany(file => file.Contexts ?? []).DistinctBy(context => context.Name, StringComparer.Ordinal).ToArray(),
            Clusters = files.SelectMany(file => file.Clusters ?? []).DistinctBy(cluster => cluster.Name, StringComparer.Ordinal).ToArray(),
            Users = files.SelectMany(file => file.Users ?? []).DistinctBy(user => user.Name, StringComparer.Ordinal).ToArray(),
        };
}
