using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Federation.Configuration;
using Federation.Sandbox.Kubernetes;
using Microsoft.AspNetCore.Http;

namespace Federation.Sandbox.Hosting;

/// <summary>
/// The faults of a sandbox. What befalls a call depends on its cloud, its operation, and how many calls of that operation came
/// before it; so the same calls meet the same faults, in whatever order those of different operations arrive.
/// </summary>
internal sealed class Weather(SandboxWeather weather, CallLog calls, TimeProvider time)
{
    /// <summary>How late a slow answer is: more than <see cref="Federation.Issuers.IssuerTransport.Timeout"/>.</summary>
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(6);

    /// <summary>What a call may recover from.</summary>
    private static readonly SandboxFaultKind[] Storm =
    [
        SandboxFaultKind.Throttling,
        SandboxFaultKind.RetryAfter,
        SandboxFaultKind.Error,
        SandboxFaultKind.Unavailable,
        SandboxFaultKind.Reset,
        SandboxFaultKind.Lost,
        SandboxFaultKind.Cut,
        SandboxFaultKind.Hang,
        SandboxFaultKind.Slow,
        SandboxFaultKind.Empty,
        SandboxFaultKind.Html,
        SandboxFaultKind.WatchClosed,
        SandboxFaultKind.WatchGone,
    ];

    private readonly ConcurrentDictionary<(string Cloud, string Operation), int> _counts = new();

    /// <summary>The clouds that refuse the caller's credentials from now on.</summary>
    private readonly ConcurrentDictionary<string, bool> _expired = new(StringComparer.Ordinal);

    private SandboxWeather _weather = weather;

    /// <summary>How long STS does not see a change in IAM.</summary>
    public TimeSpan Propagation => Longest(SandboxFaultKind.IamPropagation, "aws");

    /// <summary>When the clusters replace their keys, after the start; null: never.</summary>
    public TimeSpan? KeyRotation => Longest(SandboxFaultKind.KeyRotation, "kubernetes") is { Ticks: > 0 } after ? after : null;

    /// <summary>How old is what an operation reads.</summary>
    public TimeSpan Lag(string cloud, string operation) => Longest(SandboxFaultKind.Stale, cloud, operation);

    /// <summary>How old is what any operation of a cloud reads, at most.</summary>
    public TimeSpan LongestLag(string cloud) => Longest(SandboxFaultKind.Stale, cloud);

    /// <summary>Some operation of a cloud reads what is old.</summary>
    public bool Lags(string cloud) => LongestLag(cloud) > TimeSpan.Zero;

    /// <summary>A cloud's own clock.</summary>
    public TimeProvider ClockOf(string cloud) =>
        Longest(SandboxFaultKind.Skew, cloud) is { Ticks: > 0 } ahead ? new ClockAhead(time, ahead) : time;

    /// <summary>Changes what befalls calls from now on; they are counted anew. What lasts for seconds stays as it was.</summary>
    public void Change(SandboxWeather weather)
    {
        Volatile.Write(ref _weather, weather);
        _counts.Clear();
        _expired.Clear();
    }

    /// <summary>Counts a call, and says what befalls it; null: nothing.</summary>
    public SandboxFaultKind? Strike(string cloud, ArrivingCall call)
    {
        if (!call.NeedsCredentials)
        {
            _expired.TryRemove(cloud, out _);
        }
        else if (_expired.ContainsKey(cloud))
        {
            return SandboxFaultKind.Expired;
        }

        var number = _counts.AddOrUpdate((cloud, call.Operation), 1, (_, before) => before + 1);
        var current = Current;
        for (var index = 0; index < current.Faults.Count; index++)
        {
            var fault = current.Faults[index];
            if (!fault.LastsForSeconds && fault.Covers(cloud, call.Operation) && Draw(current.Seed, index, cloud, call, number) is { } kind)
            {
                calls.Record(new StruckCall(cloud, call.Operation, number, kind));
                if (kind == SandboxFaultKind.Expired)
                {
                    _expired[cloud] = true;
                }

                return kind;
            }
        }

        return null;

        SandboxFaultKind? Draw(int seed, int index, string cloud, ArrivingCall call, int number)
        {
            var fault = current.Faults[index];
            var drawn = SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}/{index}/{cloud}/{call.Operation}/{number}")).AsSpan();
            var kinds = Array.FindAll(fault.Kind == SandboxFaultKind.Storm ? Storm : [fault.Kind], kind => CanBefall(kind, call));
            var strikes =
                fault.Call is { } only ? number == only
                : fault.IsRate ? BinaryPrimitives.ReadUInt32LittleEndian(drawn) % 100 < fault.Number
                : number % fault.Number == 0;
            return strikes && kinds.Length > 0 ? kinds[BinaryPrimitives.ReadUInt32LittleEndian(drawn[4..]) % kinds.Length] : null;
        }
    }

    /// <summary>Stands before a cloud.</summary>
    public RequestDelegate Over(CloudFront front, RequestDelegate handle)
    {
        var clock = ClockOf(front.Cloud);
        return async context =>
        {
            if (!ReferenceEquals(clock, time))
            {
                context.Response.Headers.Date = clock.GetUtcNow().ToString("R");
            }

            var call = await front.ArrivingAsync(context);
            if (Strike(front.Cloud, call) is { } fault)
            {
                await BefallAsync(fault, context, front, call, handle);
            }
            else
            {
                await handle(context);
            }
        };
    }

    private async Task BefallAsync(SandboxFaultKind fault, HttpContext context, CloudFront front, ArrivingCall call, RequestDelegate handle)
    {
        switch (fault)
        {
            case SandboxFaultKind.Throttling:
                await front.RefuseAsync(context, Refusal.Throttled);
                break;
            case SandboxFaultKind.RetryAfter:
                context.Response.Headers.RetryAfter = "1";
                await front.RefuseAsync(context, Refusal.Throttled);
                break;
            case SandboxFaultKind.Error:
                await front.RefuseAsync(context, Refusal.Failed);
                break;
            case SandboxFaultKind.Unavailable:
                await front.RefuseAsync(context, Refusal.Unavailable);
                break;
            case SandboxFaultKind.Expired:
                await front.RefuseAsync(context, Refusal.Expired);
                break;
            case SandboxFaultKind.Reset:
                context.Abort();
                break;
            case SandboxFaultKind.Lost:
                await CarryOutAsync();
                context.Abort();
                break;
            case SandboxFaultKind.Cut:
                var answer = await CarryOutAsync();
                context.Response.ContentLength = Math.Max(answer.Length, 2);
                await context.Response.Body.WriteAsync(answer.AsMemory(0, answer.Length / 2), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                context.Abort();
                break;
            case SandboxFaultKind.Hang:
                await CarryOutAsync();
                await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                break;
            case SandboxFaultKind.Slow:
                await Task.Delay(Slow, time, context.RequestAborted);
                await handle(context);
                break;
            case SandboxFaultKind.Html:
                context.Response.ContentType = "text/html; charset=utf-8";
                await context.Response.WriteAsync("<!DOCTYPE html>\n<title>Sign in</title>\n", context.RequestAborted);
                break;
            case SandboxFaultKind.WatchGone:
                var gone = new JsonObject
                {
                    ["type"] = "ERROR",
                    ["object"] = ApiException.Failure(410, "Expired", "The resourceVersion for the provided watch is too old.").Status,
                };
                await Json.WriteAsync(context, StatusCodes.Status200OK, gone);
                break;
            case SandboxFaultKind.Empty:
            case SandboxFaultKind.WatchClosed:
                break;
            default:
                throw new InvalidOperationException($"{fault} does not befall a call.");
        }

        Task<byte[]> CarryOutAsync() => call.IsStream ? Task.FromResult<byte[]>([]) : HeldAnswer.OfAsync(context, handle);
    }

    private static bool CanBefall(SandboxFaultKind kind, ArrivingCall call) =>
        kind switch
        {
            SandboxFaultKind.WatchClosed or SandboxFaultKind.WatchGone => call.Operation.StartsWith("watch ", StringComparison.Ordinal),
            SandboxFaultKind.Eviction => ReferenceEquals(call, PodStart),
            SandboxFaultKind.Expired => call.NeedsCredentials && !ReferenceEquals(call, PodStart),
            _ => !ReferenceEquals(call, PodStart),
        };

    /// <summary>The start of a pod on its node, which counts as an operation of Kubernetes.</summary>
    public static ArrivingCall PodStart { get; } = new("run pods");

    private SandboxWeather Current => Volatile.Read(ref _weather);

    /// <param name="operation">Null: any of the cloud.</param>
    private TimeSpan Longest(SandboxFaultKind kind, string cloud, string? operation = null) =>
        Current
            .Faults.Where(fault => fault.Kind == kind && fault.Covers(cloud, operation ?? fault.Operation ?? ""))
            .Select(fault => TimeSpan.FromSeconds(fault.Number))
            .DefaultIfEmpty(TimeSpan.Zero)
            .Max();

    private sealed class ClockAhead(TimeProvider time, TimeSpan ahead) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + ahead;

        public override long TimestampFrequency => time.TimestampFrequency;

        public override long GetTimestamp() => time.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            time.CreateTimer(callback, state, dueTime, period);
    }
}
