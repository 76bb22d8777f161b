using System.Globalization;
using System.Net;

namespace Federation.Issuers;

/// <summary>
/// Where connections to a host really go, in the syntax of curl's <c>--connect-to</c>: <c>HOST1:PORT1:HOST2:PORT2[,…]</c>,
/// IPv6 addresses in brackets. An empty first host or port matches any, an empty second one keeps the original. TLS still
/// checks the original name.
/// </summary>
public sealed class ConnectTo
{
    private readonly List<Entry> _entries;

    private ConnectTo(List<Entry> entries) => _entries = entries;

    /// <exception cref="FormatException">An entry is not of the form above; the message quotes it.</exception>
    public static ConnectTo Parse(string? text) =>
        new([.. (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(ParseEntry)]);

    /// <summary>The hosts that connections go to; an empty one for an entry that keeps the original host.</summary>
    public IEnumerable<string> TargetHosts => _entries.Select(entry => entry.TargetHost.Length == 0 ? entry.Host : entry.TargetHost);

    /// <summary>These entries, then those of <paramref name="other"/>: the first that matches is used.</summary>
    public ConnectTo Then(ConnectTo other) => new([.. _entries, .. other._entries]);

    /// <summary>Where a connection to this host and port goes; null if no entry matches.</summary>
    public DnsEndPoint? Find(string host, int port)
    {
        foreach (var entry in _entries)
        {
            if (
                (entry.Host.Length == 0 || string.Equals(entry.Host, host, StringComparison.OrdinalIgnoreCase))
                && (entry.Port is null || entry.Port == port)
            )
            {
                return new DnsEndPoint(entry.TargetHost.Length == 0 ? host : entry.TargetHost, entry.TargetPort ?? port);
            }
        }

        return null;
    }

    public override string ToString() =>
        string.Join(
            ',',
            _entries.Select(entry => $"{Bracketed(entry.Host)}:{entry.Port}:{Bracketed(entry.TargetHost)}:{entry.TargetPort}")
        );

    private static string Bracketed(string host) => host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;

    private static Entry ParseEntry(string text)
    {
        var rest = text.AsSpan();
        if (
            TakeHost(ref rest, out var host)
            && TakePort(ref rest, out var port)
            && TakeHost(ref rest, out var targetHost)
            && TryPort(rest, out var targetPort)
        )
        {
            return new Entry(host, port, targetHost, targetPort);
        }

        throw new FormatException(
            $"'{text}' is not of the form HOST:PORT:HOST:PORT (IPv6 addresses in brackets, commas between several entries)"
        );
    }

    private static bool TakeHost(ref ReadOnlySpan<char> rest, out string host)
    {
        var bracketed = rest.StartsWith("[");
        var end = bracketed ? rest.IndexOf("]:") : rest.IndexOf(':');
        host = end < 0 ? "" : rest[(bracketed ? 1 : 0)..end].ToString();
        if (end < 0 || (bracketed && !IPAddress.TryParse(host, out _)))
        {
            return false;
        }

        rest = rest[(end + (bracketed ? 2 : 1))..];
        return true;
    }

    private static bool TakePort(ref ReadOnlySpan<char> rest, out int? port)
    {
        port = null;
        var end = rest.IndexOf(':');
        if (end < 0 || !TryPort(rest[..end], out port))
        {
            return false;
        }

        rest = rest[(end + 1)..];
        return true;
    }

    private static bool TryPort(ReadOnlySpan<char> text, out int? port)
    {
        port = null;
        if (text.IsEmpty)
        {
            return true;
        }

        if (!ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0)
        {
            return false;
        }

        port = number;
        return true;
    }

    private sealed record Entry(string Host, int? Port, string TargetHost, int? TargetPort);
}
