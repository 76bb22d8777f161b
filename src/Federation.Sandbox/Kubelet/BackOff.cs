namespace Federation.Sandbox.Kubelet;

/// <summary>The kubelet's waits between restarts of a container, and between pulls of its image: each is twice the one before.</summary>
internal static class BackOff
{
    public static readonly TimeSpan First = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(5);

    public static TimeSpan After(TimeSpan wait) => After(wait, s_longest);

    public static TimeSpan After(TimeSpan wait, TimeSpan longest) => wait * 2 < longest ? wait * 2 : longest;

    /// <summary>A wait as Go writes it: <c>10s</c>, <c>2m40s</c>.</summary>
    public static string Text(TimeSpan wait) => wait.TotalMinutes < 1 ? $"{wait.Seconds}s" : $"{(int)wait.TotalMinutes}m{wait.Seconds}s";
}
