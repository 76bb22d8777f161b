using Microsoft.AspNetCore.Http;

namespace Federation.Kubernetes.Tests;

/// <summary>The requests of a server in the order in which they came, as <c>watch pods</c>, <c>list pods</c>, <c>GET log</c>.</summary>
internal sealed class RequestLog
{
    private readonly Lock _gate = new();
    private readonly List<string> _requests = [];
    private readonly List<(string What, int Times, TaskCompletionSource Arrived)> _waiting = [];

    /// <summary>Whether it is a watch. Lists may carry the parameter too, with another value.</summary>
    public static bool IsWatch(HttpRequest request) => request.Query["watch"] == "true";

    public void Add(HttpRequest request)
    {
        var resource = request.Path.Value!.Split('/')[^1];
        var verb =
            IsWatch(request) ? "watch"
            : request.Method == "GET" && resource is "pods" or "events" ? "list"
            : request.Method;
        lock (_gate)
        {
            _requests.Add($"{verb} {resource}");
            foreach (var (_, _, arrived) in _waiting.Where(one => CountOf(one.What) >= one.Times))
            {
                arrived.TrySetResult();
            }
        }
    }

    public int Count(string what)
    {
        lock (_gate)
        {
            return CountOf(what);
        }
    }

    /// <summary>Ends when so many requests have come.</summary>
    public Task ArrivedAsync(string what, int times = 1)
    {
        lock (_gate)
        {
            var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((what, times, arrived));
            if (CountOf(what) >= times)
            {
                arrived.TrySetResult();
            }

            return arrived.Task.WaitAsync(TestContext.Current.CancellationToken);
        }
    }

    private int CountOf(string what) => _requests.Count(request => request == what);
}
