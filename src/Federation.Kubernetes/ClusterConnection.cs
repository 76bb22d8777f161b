using k8s.Autorest;
using Cluster = Federation.Configuration.Cluster;

namespace Federation.Kubernetes;

/// <summary>A client of one cluster's API.</summary>
/// <param name="Server">The address of the API.</param>
/// <param name="CaCertificate">The authorities that the server's certificate must come from, PEM; null: the system's.</param>
/// <param name="Origin">Where the address comes from, for messages: <c>the kubeconfig context NAME</c>.</param>
internal sealed record ClusterConnection(Cluster Cluster, k8s.Kubernetes Client, Uri Server, string? CaCertificate, string Origin)
{
    /// <summary>Gets a path that is no resource of the API, such as a discovery document, as text.</summary>
    /// <exception cref="HttpOperationException">The server answered with anything but success.</exception>
    public async Task<string> GetAsync(string path, CancellationToken cancellationToken)
    {
        // A gateway's base address has a path of its own, so the path is appended, not resolved.
        using var request = new HttpRequestMessage(HttpMethod.Get, Client.BaseUri.AbsoluteUri.TrimEnd('/') + path);
        if (Client.Credentials is { } credentials)
        {
            await credentials.ProcessHttpRequestAsync(request, cancellationToken);
        }

        using var response = await Client.HttpClient.SendAsync(request, cancellationToken);
        var content = await response.Content.ReadAsStringAsync(cancellationToken);
        return response.IsSuccessStatusCode
            ? content
            : throw new HttpOperationException($"GET {path}: {(int)response.StatusCode}")
            {
                Response = new HttpResponseMessageWrapper(response, content),
            };
    }
}
