using Federation.Configuration;
using Federation.Sandbox.Hosting;
using Microsoft.AspNetCore.Http;

namespace Federation.Sandbox;

/// <summary>The contents of a new sandbox, and how it is reached.</summary>
public sealed record SandboxOptions
{
    /// <summary>The GKE clusters. Each has a Kubernetes API and a kubelet of its own.</summary>
    public required IReadOnlyList<Cluster> Clusters { get; init; }

    /// <summary>
    /// The AWS accounts. The exported access key belongs to the first. Every further account has an administrator role
    /// that the first account may assume: the one of <see cref="Account.AssumeRole"/>, otherwise
    /// <c>OrganizationAccountAccessRole</c>, which AWS Organizations gives to new accounts. Each
    /// <see cref="Account.Profile"/> is an administrator of its account, or of the first where a role is assumed from it.
    /// </summary>
    public required IReadOnlyList<Account> Accounts { get; init; }

    /// <summary>The names of the buckets of the first account.</summary>
    public IReadOnlyList<string> Buckets { get; init; } = [];

    /// <summary>The replacements for images, in addition to the built-in ones.</summary>
    public IReadOnlyDictionary<string, SandboxImage> Images { get; init; } = new Dictionary<string, SandboxImage>(StringComparer.Ordinal);

    /// <summary>Added to every call of AWS, Google and Kubernetes.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>
    /// The injected faults. Without any, STS sees a new role at once, where AWS needs some ten seconds
    /// (<see cref="SandboxFaultKind.IamPropagation"/>).
    /// </summary>
    public SandboxWeather Weather { get; init; } = SandboxWeather.Fair;

    /// <summary>Pods run the machine's own AWS CLI instead of the bundled one.</summary>
    public bool HostAws { get; init; }

    /// <summary>The first port, for AWS; Google, the issuers and each cluster have the next ones. 0: any free ports.</summary>
    public int Port { get; init; }

    /// <summary>Where keys, kubeconfig and environment file are written, readable by their owner alone.</summary>
    public required SandboxFolder Folder { get; init; }

    /// <summary>
    /// Where connections to issuers go, tried before the sandbox's own issuers: <c>HOST:PORT:HOST:PORT[,…]</c>. The only way in
    /// which a sandbox reaches another machine, so give it what the person asked for (<c>--issuer</c>), never a variable.
    /// </summary>
    public string? ConnectTo { get; init; }

    /// <summary>A PEM file of further trust anchors for issuers (<c>--issuer-ca</c>).</summary>
    public string? CertificateAuthorityFile { get; init; }

    /// <summary>Stands before a cloud, its weather included: a test's own view of the calls, or its hand on them.</summary>
    internal Func<CloudFront, RequestDelegate, RequestDelegate> Before { get; init; } = (_, handle) => handle;

    /// <summary>The names of the variables around this process: those that would lead a client elsewhere are to be unset.</summary>
    public IEnumerable<string> AmbientVariables { get; init; } = [];

    /// <summary>The hosts for which a proxy is bypassed already, as <c>NO_PROXY</c> lists them.</summary>
    public string? NoProxy { get; init; }
}
