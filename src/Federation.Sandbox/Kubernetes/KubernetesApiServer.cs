using System.Text.Json.Nodes;
using Federation.Sandbox.Hosting;
using Federation.Sandbox.Kubelet;
using Federation.Sandbox.Kubernetes.Admission;
using Federation.Sandbox.Kubernetes.Authentication;
using Federation.Sandbox.Kubernetes.Authorization;
using Federation.Sandbox.Kubernetes.Controllers;
using Federation.Sandbox.Kubernetes.Endpoints;
using Federation.Sandbox.Kubernetes.Resources;
using Federation.Sandbox.Kubernetes.Storage;
using Microsoft.AspNetCore.Http;

namespace Federation.Sandbox.Kubernetes;

/// <summary>A request that the server has answered.</summary>
internal sealed record ApiRequest(string Verb, string Resource, string Subresource, string Namespace, string Name, bool IsWrite, int Code);

/// <summary>
/// A Kubernetes API server with the behaviour of 1.34. A request passes through authentication, authorization, routing,
/// decoding, admission, validation and storage, in this order.
/// </summary>
internal sealed class KubernetesApiServer : IDisposable
{
    private static readonly string[] SystemNamespaces = ["default", "kube-node-lease", "kube-public", "kube-system"];

    private readonly KubernetesApiOptions _options;
    private readonly Authenticator _authenticator;
    private readonly Authorizer _authorizer;
    private readonly TokenSigner _signer;
    private readonly ObjectStore _store;
    private readonly Registry _registry;
    private readonly NamespaceController _namespaces;
    private readonly ControllerLoop _controllers;
    private readonly ListEndpoint _lists;
    private readonly WatchEndpoint _watches;
    private readonly ObjectEndpoint _objects;
    private readonly TokenEndpoint _tokens;
    private readonly PodLogEndpoint _logs;
    private readonly PodExecEndpoint _commands;
    private readonly ScaleEndpoint _scales;
    private readonly Reviews _reviews;
    private readonly Discovery _discovery;

    public KubernetesApiServer(KubernetesApiOptions options, TimeProvider time)
    {
        _options = options;
        _signer = new TokenSigner(time, options.KeyRotation);
        var store = _store = new ObjectStore(options.WatchWindow);
        var tokens = new ServiceAccountTokens(store, _signer, time, options);
        _registry = new Registry(
            store,
            [new NamespaceLifecycle(store), new ServiceAccountAdmission(store), new PodScheduling(), new PodSecurity(store)],
            time
        );
        _authenticator = new Authenticator(tokens, options);
        _authorizer = new Authorizer(store);
        _namespaces = new NamespaceController(store, _registry, time, options);
        var events = new EventRecorder(store, _registry, time);
        PodControl Control(string component) => new(store, _registry, events, component);
        _controllers = new ControllerLoop(
            store,
            [
                new DeploymentController(store, _registry, Control("deployment-controller"), time),
                new ReplicaSetController(store, Control("replicaset-controller"), time),
                new JobController(store, _registry, Control("job-controller"), time),
                new GarbageCollector(store, _registry),
            ],
            time
        );
        store.Changed = change =>
        {
            _namespaces.OnChange(change);
            _controllers.OnChange(change);
        };
        _lists = new ListEndpoint(store, time);
        _watches = new WatchEndpoint(store, time, options);
        _objects = new ObjectEndpoint(_registry, _lists, new Escalation(_authorizer), _authorizer, time);
        _tokens = new TokenEndpoint(store, tokens, time);
        _logs = new PodLogEndpoint(_registry, () => Runtime, time);
        _commands = new PodExecEndpoint(_registry, () => Runtime);
        _scales = new ScaleEndpoint(_registry);
        _reviews = new Reviews(tokens, _authorizer, time);
        _discovery = new Discovery(options);
        Kubelet = new KubeletCluster(store, _registry, tokens, events, time, options);
        Bootstrap(time);
    }

    /// <summary>The number of present watches of a resource, the kubelet's included.</summary>
    public int WatchersOf(ResourceType type) => _store.Subscribers(type);

    /// <summary>The cluster as the kubelet sees it.</summary>
    public IKubeletCluster Kubelet { get; }

    /// <summary>Gives logs and runs commands; null while no kubelet runs.</summary>
    public IPodRuntime? Runtime { get; set; }

    /// <summary>Called after each answer; for a watch, after its end.</summary>
    public Action<ApiRequest>? Answered { get; set; }

    /// <summary>The document at <c>/.well-known/openid-configuration</c>.</summary>
    public JsonObject DiscoveryDocument() =>
        new()
        {
            ["issuer"] = _options.Issuer,
            ["jwks_uri"] = _options.Issuer + "/jwks",
            ["response_types_supported"] = new JsonArray("id_token"),
            ["subject_types_supported"] = new JsonArray("public"),
            ["id_token_signing_alg_values_supported"] = new JsonArray("RS256"),
        };

    /// <summary>The public keys of the cluster's tokens.</summary>
    public JsonObject Jwks() => _signer.Jwks();

    public async Task HandleAsync(HttpContext context)
    {
        var info = RequestInfo.Parse(context.Request);
        context.Response.Headers["Audit-Id"] = Guid.NewGuid().ToString();
        context.Response.Headers.CacheControl = "no-cache, private";
        try
        {
            var user = Impersonate(_authenticator.Authenticate(context.Request.Headers.Authorization), context.Request.Headers);
            Authorize(user, info);
            await RouteAsync(new Exchange(context, info, user));
        }
        catch (ApiException error) when (!context.Response.HasStarted)
        {
            await Exchange.AnswerErrorAsync(context, error);
        }
        catch (BadHttpRequestException error) when (!context.Response.HasStarted)
        {
            // The request is not valid HTTP.
            await Exchange.AnswerErrorAsync(
                context,
                ApiException.Failure(
                    error.StatusCode,
                    error.StatusCode == StatusCodes.Status413PayloadTooLarge ? "RequestEntityTooLarge" : "BadRequest",
                    error.Message
                )
            );
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has disconnected.
        }
        catch (Exception error) when (error is not OperationCanceledException && !context.Response.HasStarted)
        {
            // A fault of the server fails only this request.
            await Exchange.AnswerErrorAsync(context, ApiException.Internal($"{error.GetType().Name}: {error.Message}"));
        }
        finally
        {
            Answered?.Invoke(
                new ApiRequest(
                    info.Verb,
                    info.Resource,
                    info.Subresource,
                    info.Namespace,
                    info.Name,
                    info.IsWrite && !context.Request.Query.ContainsKey("dryRun"),
                    context.Response.StatusCode
                )
            );
        }
    }

    /// <summary>See <see cref="SandboxClouds.Contents"/>.</summary>
    public IEnumerable<KeyValuePair<string, string>> Contents()
    {
        foreach (var type in ResourceTable.All.Where(type => type != ResourceTable.Events))
        {
            foreach (var item in _store.List(type, "").Objects.Where(item => !IsGoing(item)))
            {
                var lasting = item.Copy();
                lasting.Remove("status");
                foreach (var field in (string[])["uid", "resourceVersion", "creationTimestamp", "managedFields", "generation"])
                {
                    lasting.Metadata.Remove(field);
                }

                var place = item.Namespace.Length > 0 ? item.Namespace + "/" : "";
                yield return KeyValuePair.Create($"{place}{type.Plural}/{item.Name}", lasting.ToJsonString(Json.Indented));
            }
        }

        // What a namespace that is being deleted holds goes with it, at the controllers' own pace.
        bool IsGoing(JsonObject item) =>
            item.IsTerminating || _store.Find(ResourceTable.Namespaces, "", item.Namespace) is { IsTerminating: true };
    }

    public void Dispose()
    {
        _namespaces.Dispose();
        _controllers.Dispose();
        _signer.Dispose();
    }

    private void Authorize(User user, RequestInfo info)
    {
        var question = info.IsResource
            ? new AccessQuestion(info.Verb, info.Group, info.Resource, info.Subresource, info.Namespace, info.Name)
            : new AccessQuestion(info.Verb, Path: info.Path);
        if (_authorizer.Decide(user, question).Allowed)
        {
            return;
        }

        var who = $"User {FieldError.Quote(user.Name)}";
        if (!info.IsResource)
        {
            throw ApiException.Failure(403, "Forbidden", $"forbidden: {who} cannot {info.Verb} path {FieldError.Quote(info.Path)}", []);
        }

        var resource = info.Subresource.Length > 0 ? $"{info.Resource}/{info.Subresource}" : info.Resource;
        var place = info.Namespace.Length > 0 ? $"in the namespace {FieldError.Quote(info.Namespace)}" : "at the cluster scope";

        // The answer does not tell whether the resource exists.
        throw ApiException.Forbidden(
            info.Group,
            info.Resource,
            info.Verb == "create" && info.Subresource.Length == 0 ? "" : info.Name,
            $"{who} cannot {info.Verb} resource {FieldError.Quote(resource)} in API group {FieldError.Quote(info.Group)} {place}"
        );
    }

    /// <summary>The user to act as: the one in the headers of kubectl's <c>--as</c> and <c>--as-group</c>, if there are any.</summary>
    /// <exception cref="ApiException">403: the user may not impersonate that one.</exception>
    private User Impersonate(User user, IHeaderDictionary headers)
    {
        var name = headers["Impersonate-User"].ToString();
        string[] groups = [.. headers["Impersonate-Group"].OfType<string>()];
        if (name.Length == 0)
        {
            return groups.Length == 0 ? user : throw ApiException.Internal("requested [{Group }] without impersonating a user");
        }

        var acting = User.Named(name, groups);
        var account = name.StartsWith("system:serviceaccount:", StringComparison.Ordinal) ? name.Split(':') : [];
        var question = account is [_, _, var @namespace, var accountName]
            ? new AccessQuestion("impersonate", "", "serviceaccounts", "", @namespace, accountName)
            : new AccessQuestion("impersonate", "", "users", "", "", name);
        foreach (
            var asked in groups.Select(static group => new AccessQuestion("impersonate", "", "groups", "", "", group)).Prepend(question)
        )
        {
            if (!_authorizer.Decide(user, asked).Allowed)
            {
                throw ApiException.Forbidden(
                    "",
                    asked.Resource,
                    asked.Name,
                    $"User {FieldError.Quote(user.Name)} cannot impersonate resource {FieldError.Quote(asked.Resource)} in API group \"\" "
                        + (asked.Namespace.Length > 0 ? $"in the namespace {FieldError.Quote(asked.Namespace)}" : "at the cluster scope")
                );
            }
        }

        return acting;
    }

    private Task RouteAsync(Exchange exchange) => exchange.Info.IsResource ? RouteResourceAsync(exchange) : RoutePathAsync(exchange);

    private async Task RoutePathAsync(Exchange exchange)
    {
        var path = exchange.Info.Path;
        if (exchange.Info.Verb is not ("get" or "head") && path is "/version" or "/version/")
        {
            throw ApiException.MethodNotAllowed();
        }

        switch (path)
        {
            case "/healthz" or "/livez" or "/readyz":
                await exchange.AnswerTextAsync("ok");
                return;
            case "/version" or "/version/":
                await exchange.AnswerAsync(Discovery.Version.DeepClone());
                return;
            case "/":
                await exchange.AnswerAsync(
                    new JsonObject
                    {
                        ["paths"] = new JsonArray(
                            "/.well-known/openid-configuration",
                            "/api",
                            "/api/v1",
                            "/apis",
                            "/healthz",
                            "/livez",
                            "/openapi/v3",
                            "/openid/v1/jwks",
                            "/readyz",
                            "/version"
                        ),
                    }
                );
                return;
            case "/.well-known/openid-configuration" or "/.well-known/openid-configuration/":
                exchange.Context.Response.Headers.CacheControl = "public, max-age=3600";
                await exchange.AnswerAsync(DiscoveryDocument());
                return;
            case "/openid/v1/jwks" or "/openid/v1/jwks/":
                await AnswerKeysAsync(exchange);
                return;
        }

        if (path.StartsWith("/api", StringComparison.Ordinal) && await _discovery.TryHandleAsync(exchange))
        {
            return;
        }

        if (path.StartsWith("/openapi/", StringComparison.Ordinal) && await OpenApi.TryHandleAsync(exchange))
        {
            return;
        }

        await exchange.AnswerTextAsync("404 page not found\n", 404);
    }

    private Task AnswerKeysAsync(Exchange exchange)
    {
        if (!exchange.Accepted.Any(static type => type.Split(';')[0] is "application/jwk-set+json" or "application/*" or "*/*"))
        {
            throw ApiException.NotAcceptable("406: Not Acceptable\n\nAvailable representations: application/jwk-set+json");
        }

        exchange.Context.Response.Headers.CacheControl = "public, max-age=3600";
        return exchange.AnswerBytesAsync(Exchange.Serialize(Jwks()), 200, "application/jwk-set+json");
    }

    private async Task RouteResourceAsync(Exchange exchange)
    {
        var info = exchange.Info;
        if (
            ResourceTable.Reviews.FirstOrDefault(review =>
                review.Group == info.Group && review.Plural == info.Resource && info.Version == review.Version
            ) is
            { } review
        )
        {
            await (info.Verb == "create" ? _reviews.HandleAsync(exchange, review) : throw ApiException.MethodNotAllowed());
            return;
        }

        if (ResourceTable.Find(info.Group, info.Version, info.Resource) is not { } type)
        {
            if (
                info.Group.Length > 0
                && ResourceTable.All.All(known => known.Group != info.Group || known.Version != info.Version)
                && ResourceTable.Reviews.All(known => known.Group != info.Group || known.Version != info.Version)
            )
            {
                await exchange.AnswerTextAsync("404 page not found\n", 404);
                return;
            }

            throw ApiException.UnknownResource();
        }

        if (info.Subresource.Length > 0)
        {
            await RouteSubresourceAsync(exchange, type);
            return;
        }

        if (
            !type.Verbs.Contains(info.Verb, StringComparer.Ordinal)
            || (info.Verb == "create" && info.Name.Length > 0)
            || (info.Verb is "update" or "patch" && info.Name.Length == 0)
        )
        {
            throw ApiException.MethodNotAllowed();
        }

        await (
            info.Verb switch
            {
                "create" => _objects.CreateAsync(exchange, type),
                "get" => _objects.GetAsync(exchange, type),
                "list" => _lists.HandleAsync(exchange, type),
                "watch" => _watches.HandleAsync(exchange, type),
                "update" => _objects.UpdateAsync(exchange, type),
                "patch" => _objects.PatchAsync(exchange, type),
                "delete" => _objects.DeleteAsync(exchange, type),
                _ => _objects.DeleteCollectionAsync(exchange, type),
            }
        );
    }

    private Task RouteSubresourceAsync(Exchange exchange, ResourceType type)
    {
        var info = exchange.Info;
        var subresource = type.Subresources.FirstOrDefault(sub => sub.Name == info.Subresource) ?? throw ApiException.UnknownResource();
        return !subresource.Verbs.Split(' ').Contains(info.Verb, StringComparer.Ordinal)
            ? throw ApiException.MethodNotAllowed()
            : (info.Subresource, info.Verb) switch
            {
                ("token", _) => _tokens.HandleAsync(exchange),
                ("log", _) => _logs.HandleAsync(exchange),
                ("exec", _) => _commands.HandleAsync(exchange),
                ("scale", _) => _scales.HandleAsync(exchange, type),
                (_, "get") => _objects.GetAsync(exchange, type),
                (_, "update") => _objects.UpdateAsync(exchange, type),
                _ => _objects.PatchAsync(exchange, type),
            };
    }

    private void Bootstrap(TimeProvider time)
    {
        foreach (var role in BootstrapPolicy.UserFacingRoles())
        {
            _registry.Put(ResourceTable.ClusterRoles, role);
        }

        foreach (var (role, binding) in BootstrapPolicy.Grants())
        {
            _registry.Put(ResourceTable.ClusterRoles, role);
            _registry.Put(ResourceTable.ClusterRoleBindings, binding);
        }

        var now = Moment.Seconds(time.GetUtcNow());
        _registry.Put(ResourceTable.Nodes, OneNode.Describe(_options.NodeName, now));
        foreach (var name in SystemNamespaces)
        {
            var options = new WriteOptions(new Apply.FieldManager("kube-apiserver"), DryRun: false, []);
            _registry.Create(ResourceTable.Namespaces, "", new JsonObject { ["metadata"] = new JsonObject { ["name"] = name } }, options);
        }
    }
}
