using System.Text;
using System.Text.Json.Nodes;
using Federation.Sandbox.Hosting;
using Federation.Sandbox.Kubelet;
using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Storage;

namespace Federation.Sandbox.Kubernetes.Endpoints;

/// <summary>A container's output: <c>GET pods/NAME/log</c>.</summary>
internal sealed class PodLogEndpoint(Registry registry, Func<IPodRuntime?> runtime, TimeProvider time)
{
    private static readonly string[] PullFailures = ["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "RegistryUnavailable"];

    public async Task HandleAsync(Exchange exchange)
    {
        if (
            !exchange.Accepted.Any(static type =>
                type.Split(';')[0] is "*/*" or "application/json" or "application/yaml" or "application/*"
            )
        )
        {
            throw ApiException.NotAcceptable(
                "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf"
            );
        }

        var options = LogOptions.Read(exchange);
        var pod = registry.Get(ResourceTable.Pods, exchange.Info.Namespace, exchange.Info.Name);
        options.Validate(pod.Name);
        var container = ContainerChoice.Choose(pod, options.Container);
        if (pod["spec"].Text("nodeName").Length == 0)
        {
            exchange.Context.Response.StatusCode = 204;
            return;
        }

        var log = Find(pod, container, options.Previous);
        exchange.Start(200, "text/plain");
        await exchange.Context.Response.StartAsync(exchange.Aborted);
        if (log is not null)
        {
            await WriteAsync(exchange, log, options);
        }
    }

    private ContainerLog? Find(JsonObject pod, string container, bool previous)
    {
        var status = pod["status"]
            .Items("containerStatuses")
            .Concat(pod["status"].Items("initContainerStatuses"))
            .FirstOrDefault(status => status.Text("name") == container);
        if (previous)
        {
            return (status?["lastState"]?["terminated"] is null ? null : runtime()?.FindLog(pod.Uid, container, previous: true))
                ?? throw ApiException.BadRequest($"previous terminated container \"{container}\" in pod \"{pod.Name}\" not found");
        }

        if (runtime()?.FindLog(pod.Uid, container, previous: false) is { } log)
        {
            return log;
        }

        // The container is waiting, or has ended without running.
        return status?["state"]?["terminated"] is not null
            ? null
            : throw ApiException.BadRequest(
                status?["state"]?["waiting"].Text("reason") switch
                {
                    { Length: > 0 } reason when PullFailures.Contains(reason, StringComparer.Ordinal) =>
                        $"container \"{container}\" in pod \"{pod.Name}\" is waiting to start: trying and failing to pull image",
                    { Length: > 0 } reason => $"container \"{container}\" in pod \"{pod.Name}\" is waiting to start: {reason}",
                    _ => $"container \"{container}\" in pod \"{pod.Name}\" is waiting to start: ContainerCreating",
                }
            );
    }

    private async Task WriteAsync(Exchange exchange, ContainerLog log, LogOptions options)
    {
        var since = options.Since(time.GetUtcNow());
        var skip = options.Tail is { } tail ? Math.Max(0, await CountAsync(log, since, exchange.Aborted) - tail) : 0;
        var left = options.Limit ?? long.MaxValue;
        await foreach (var line in log.ReadAsync(options.Follow, exchange.Aborted))
        {
            if (line.Time < since)
            {
                continue;
            }

            if (skip > 0)
            {
                skip--;
                continue;
            }

            var text = (options.Timestamps ? Moment.Nanoseconds(line.Time) + " " : "") + line.Text + "\n";
            var bytes = Encoding.UTF8.GetBytes(text);
            await exchange.WriteAsync(bytes.AsMemory(0, (int)Math.Min(bytes.Length, left)));
            left -= bytes.Length;
            if (left <= 0)
            {
                return;
            }
        }
    }

    private static async Task<long> CountAsync(ContainerLog log, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var count = 0L;
        await foreach (var line in log.ReadAsync(follow: false, cancellationToken))
        {
            count += line.Time >= since ? 1 : 0;
        }

        return count;
    }

    private sealed record LogOptions(
        string Container,
        bool Follow,
        bool Previous,
        bool Timestamps,
        long? Tail,
        long? Limit,
        long? SinceSeconds,
        string SinceTime,
        string Stream
    )
    {
        public static LogOptions Read(Exchange exchange) =>
            new(
                exchange.Query("container"),
                exchange.Flag("follow"),
                exchange.Flag("previous"),
                exchange.Flag("timestamps"),
                exchange.Number("tailLines"),
                exchange.Number("limitBytes"),
                exchange.Number("sinceSeconds"),
                exchange.Query("sinceTime"),
                exchange.Query("stream")
            );

        public DateTimeOffset Since(DateTimeOffset now) =>
            SinceSeconds is { } seconds ? now.AddSeconds(-seconds) : KubernetesObject.ParseTime(SinceTime) ?? DateTimeOffset.MinValue;

        public void Validate(string pod)
        {
            List<FieldError> errors = [];
            if (Tail is < 0)
            {
                errors.Add(FieldError.Invalid("tailLines", $"{Tail}", "must be greater than or equal to 0"));
            }

            if (Limit is < 1)
            {
                errors.Add(FieldError.Invalid("limitBytes", $"{Limit}", "must be greater than 0"));
            }

            if (SinceSeconds is not null && SinceTime.Length > 0)
            {
                errors.Add(FieldError.Forbidden("[]", "at most one of `sinceTime` or `sinceSeconds` may be specified"));
            }
            else if (SinceSeconds is < 1)
            {
                errors.Add(FieldError.Invalid("sinceSeconds", $"{SinceSeconds}", "must be greater than 0"));
            }

            if (Stream.Length > 0)
            {
                errors.Add(FieldError.Forbidden("stream", "may not be specified"));
            }

            if (errors.Count > 0)
            {
                throw ApiException.Invalid("", "PodLogOptions", pod, errors);
            }
        }
    }
}
