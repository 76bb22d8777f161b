namespace Federation.Sandbox.Hosting;

/// <summary>One call that reached the sandbox. It names what was asked, never a credential, token or body.</summary>
/// <param name="Cloud"><c>aws</c>, <c>google</c> or <c>kubernetes</c>.</param>
/// <param name="Operation">As the cloud names it: <c>iam:CreateRole</c>, <c>serviceAccounts.setIamPolicy</c>, <c>PATCH pods</c>.</param>
/// <param name="Resource">What it is about: a name, an ARN or a path.</param>
/// <param name="IsWrite">Whether the operation stores anything; token requests and reviews do not.</param>
public sealed record CloudCall(string Cloud, string Operation, string Resource, bool IsWrite);

/// <summary>Every call since the sandbox started, in the order in which they came.</summary>
public sealed class CallLog
{
    private readonly Lock _gate = new();
    private readonly List<CloudCall> _calls = [];

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

    public int Reads(string cloud) => Count(cloud, isWrite: false);

    public int Writes(string cloud) => Count(cloud, isWrite: true);

    internal void Record(CloudCall call)
    {
        lock (_gate)
        {
            _calls.Add(call);
        }
    }

    private int Count(string cloud, bool isWrite)
    {
        lock (_gate)
        {
            return _calls.Count(call => call.IsWrite == isWrite && string.Equals(call.Cloud, cloud, StringComparison.Ordinal));
        }
    }
}
