using Federation.Calls;
using Federation.Configuration;
using Federation.Findings;
using Federation.Sandbox;

namespace Federation.Runs;

/// <summary>Opens the session of a run: the one place that knows which clouds <c>--cloud</c> asks for.</summary>
public abstract class Sessions(TimeProvider time)
{
    public const string Live = "live";
    public const string Sandbox = "sandbox";

    /// <summary><c>live</c> or <c>sandbox</c>.</summary>
    public abstract string Cloud { get; }

    protected TimeProvider Time => time;

    /// <exception cref="FindingException">The clouds cannot be used as they are given.</exception>
    public abstract Task<Session> OpenAsync(FederationConfiguration configuration, RunOptions options, CancellationToken cancellationToken);
}

/// <summary>The live clouds.</summary>
/// <param name="endpoints">Where they are; asked when a session is opened.</param>
public sealed class LiveSessions(Func<CloudEndpoints> endpoints, TimeProvider time) : Sessions(time)
{
    public override string Cloud => Live;

    public override Task<Session> OpenAsync(
        FederationConfiguration configuration,
        RunOptions options,
        CancellationToken cancellationToken
    ) => Task.FromResult(Session.Open(endpoints(), configuration, options, Time));
}

/// <summary>A sandbox of the run's own: it starts with the session and ends with it.</summary>
public sealed class SandboxSessions(SandboxOverrides overrides, TimeProvider time) : Sessions(time)
{
    public override string Cloud => Sandbox;

    public override async Task<Session> OpenAsync(
        FederationConfiguration configuration,
        RunOptions options,
        CancellationToken cancellationToken
    )
    {
        var folder = SandboxFolder.OfRun(options.Output, options.Id);
        var sandbox = await SandboxClouds.StartAsync(overrides.Of(configuration, folder), Time, cancellationToken);
        try
        {
            return Session.Open(sandbox.Endpoints, configuration, options, Time, sandbox);
        }
        catch
        {
            await sandbox.DisposeAsync();
            throw;
        }
    }
}

/// <summary>What a sandbox is told beside the configuration; null: what the configuration says.</summary>
public sealed record SandboxOverrides
{
    /// <summary>The first of the ports; 0: any free ones.</summary>
    public int Port { get; init; }

    /// <summary>Added to every call.</summary>
    public TimeSpan? Latency { get; init; }

    public SandboxWeather? Weather { get; init; }

    /// <summary>Where other issuers than its own are, as <c>HOST:PORT:HOST:PORT[,…]</c>.</summary>
    public string? Issuers { get; init; }

    /// <summary>A PEM file of trust anchors for other issuers than its own.</summary>
    public string? IssuerAuthorityFile { get; init; }

    /// <summary>The variables that are set around this process: <c>env.sh</c> unsets what would win over it.</summary>
    public IReadOnlyList<string> Variables { get; init; } = [];

    /// <summary>The value of <c>NO_PROXY</c> around this process, which <c>env.sh</c> extends.</summary>
    public string? NoProxy { get; init; }

    internal SandboxOptions Of(FederationConfiguration configuration, SandboxFolder folder) =>
        new()
        {
            Clusters = configuration.Clusters,
            Accounts = configuration.Accounts,
            Buckets = configuration.Sandbox.Buckets,
            Images = configuration.Sandbox.Images,
            Latency = Latency ?? configuration.Sandbox.Latency,
            Weather = Weather ?? configuration.Sandbox.Weather,
            HostAws = configuration.Sandbox.HostAws,
            Port = Port,
            Folder = folder,
            ConnectTo = Issuers,
            CertificateAuthorityFile = IssuerAuthorityFile,
            AmbientVariables = Variables,
            NoProxy = NoProxy,
        };
}
