using System.Runtime.InteropServices;
using Federation.Configuration;

namespace Federation.Sandbox.Hosting;

/// <summary>One call that reached the sandbox, without credentials, tokens and bodies.</summary>
/// <param name="Cloud"><c>aws</c>, <c>google</c> or <c>kubernetes</c>.</param>
/// <param name="Operation">In the cloud's own words: <c>iam:CreateRole</c>, <c>serviceAccounts.setIamPolicy</c>, <c>PATCH pods</c>.</param>
/// <param name="Resource">What it is about: a name, an ARN or a path.</param>
/// <param name="IsWrite">Whether the operation stores anything; token requests and reviews do not.</param>
public sealed record CloudCall(string Cloud, string Operation, string Resource, bool IsWrite);

/// <summary>A call that met a fault.</summary>
/// <param name="Operation">As in <see cref="CloudCall"/>.</param>
/// <param name="Number">How many calls of this operation there were, with this one.</param>
public sealed record StruckCall(string Cloud, string Operation, int Number, SandboxFaultKind Fault);

/// <summary>The calls that reached the sandbox since it started: their number, and the latest of them in order.</summary>
public sealed class CallLog
{
    /// <summary>How many calls are kept: a sandbox that runs for days must not grow with them.</summary>
    public const int Capacity = 10_000;

    private readonly Lock _gate = new();
    private readonly Queue<CloudCall> _calls = [];
    private readonly Queue<StruckCall> _struck = [];
    private readonly Dictionary<(string Cloud, bool IsWrite), int> _counts = [];

    /// <summary>The latest calls, at most <see cref="Capacity"/>.</summary>
    public IReadOnlyList<CloudCall> Calls
    {
        get
        {
            lock (_gate)
            {
                return [.. _calls];
            }
        }
    }

    /// <summary>The latest calls that met a fault, at most <see cref="Capacity"/>.</summary>
    public IReadOnlyList<StruckCall> Struck
    {
        get
        {
            lock (_gate)
            {
                return [.. _struck];
            }
        }
    }

    public int Reads(string cloud) => Count(cloud, isWrite: false);

    public int Writes(string cloud) => Count(cloud, isWrite: true);

    internal void Record(CloudCall call)
    {
        lock (_gate)
        {
            Enqueue(_calls, call);
            CollectionsMarshal.GetValueRefOrAddDefault(_counts, (call.Cloud, call.IsWrite), out _)++;
        }
    }

    internal void Record(StruckCall call)
    {
        lock (_gate)
        {
            Enqueue(_struck, call);
        }
    }

    private static void Enqueue<T>(Queue<T> latest, T call)
    {
        if (latest.Count == Capacity)
        {
            latest.Dequeue();
        }

        latest.Enqueue(call);
    }

    private int Count(string cloud, bool isWrite)
    {
        lock (_gate)
        {
            return _counts.GetValueOrDefault((cloud, isWrite));
        }
    }
}
