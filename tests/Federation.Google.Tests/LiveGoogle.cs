using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Federation.Calls;
using Federation.Sandbox;
using Federation.Sandbox.Hosting;
using Google;
using Google.Apis.Auth.OAuth2;
using Google.Apis.Iam.v1;
using Google.Apis.Iam.v1.Data;
using Google.Apis.Services;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Federation.Google.Tests;

/// <summary>
/// A sandbox, with Google's APIs behind a front in which a test can let something happen before a request, or change an
/// answer.
/// </summary>
internal sealed class LiveGoogle : IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("google-");
    private readonly CertificateAuthority _authority = CertificateAuthority.Create(["127.0.0.1"]);
    private readonly HttpClient _onward = new();
    private WebListeners? _front;
    private SandboxClouds? _sandbox;

    /// <summary>Called with the path of each request before it goes on.</summary>
    public Func<string, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>May change the answer to a request that succeeded.</summary>
    public Action<string, JsonObject> Answering { get; set; } = (_, _) => { };

    /// <summary>Refuses a path as Google does, with a status and a message.</summary>
    public Func<string, (int Status, string Message)?> Refusing { get; set; } = _ => null;

    /// <summary>Answers a path in Google's place, with any status and body, such as a proxy's page.</summary>
    public Func<string, (int Status, string Body)?> Replying { get; set; } = _ => null;

    /// <summary>Another administrator's client, past the front.</summary>
    public IamService Other { get; private set; } = null!;

    /// <summary>Where the sandbox's Google is, by way of the front; a test may change it.</summary>
    public CloudEndpoints Endpoints { get; set; } = null!;

    /// <summary>The secret that no output may hold.</summary>
    public string AccessToken => _sandbox!.Environment["CLOUDSDK_AUTH_ACCESS_TOKEN"];

    public int Writes => _sandbox!.Calls.Writes("google");

    /// <summary>Allows the tested code these permissions alone.</summary>
    public void Limit(IEnumerable<string> permissions) => _sandbox!.LimitGoogle(permissions.ToHashSet(StringComparer.Ordinal));

    public string FilesDirectory => _directory.FullName;

    public static async Task<LiveGoogle> StartAsync()
    {
        var google = new LiveGoogle();
        var sandbox = await SandboxClouds.StartAsync(
            new SandboxOptions
            {
                Clusters = [Given.Cluster],
                Accounts = [Given.Account],
                Folder = SandboxFolder.Own(google._directory.FullName),
            },
            TimeProvider.System,
            TestContext.Current.CancellationToken
        );
        google._sandbox = sandbox;
        var upstream = sandbox.Environment["CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM"];
        var listener = new WebListener(isTls: false, port: 0, context => google.ForwardAsync(context, upstream));
        google._front = await WebListeners.StartAsync([listener], google._authority, TestContext.Current.CancellationToken);
        var front = new Uri($"http://{listener.HostAndPort}/");
        google.Endpoints = sandbox.Endpoints with { GoogleIam = front, GoogleContainer = front };
        google.Other = new IamService(
            new BaseClientService.Initializer
            {
                HttpClientInitializer = GoogleCredential.FromAccessToken(google.AccessToken),
                BaseUri = upstream,
                ApplicationName = "another administrator",
            }
        );
        return google;
    }

    /// <summary>Lets access tokens be fetched at another address, with the sandbox's own key.</summary>
    public async Task FetchTokensAtAsync(Uri address)
    {
        var key = JsonNode.Parse(await File.ReadAllTextAsync(Endpoints.GoogleCredentialsFile!, TestContext.Current.CancellationToken))!;
        key["token_uri"] = address.AbsoluteUri;
        var file = Path.Combine(FilesDirectory, "key.json");
        await File.WriteAllTextAsync(file, key.ToJsonString(), TestContext.Current.CancellationToken);
        Endpoints = Endpoints with { GoogleCredentialsFile = file };
    }

    public async ValueTask DisposeAsync()
    {
        Other.Dispose();
        await _front!.DisposeAsync();
        await _sandbox!.DisposeAsync();
        _onward.Dispose();
        _authority.Dispose();
        _directory.Delete(recursive: true);
    }

    public Task<ServiceAccount> CreateAccountAsync(string description, string id = Given.AccountId) =>
        Other
            .Projects.ServiceAccounts.Create(
                new CreateServiceAccountRequest
                {
                    AccountId = id,
                    ServiceAccount = new ServiceAccount { Description = description },
                },
                "projects/" + Given.Cluster.Project
            )
            .ExecuteAsync(TestContext.Current.CancellationToken);

    public Task<ServiceAccount> AccountAsync() =>
        Other.Projects.ServiceAccounts.Get(Given.AccountResource).ExecuteAsync(TestContext.Current.CancellationToken);

    /// <summary>The account; null if there is none.</summary>
    public async Task<ServiceAccount?> FindAccountAsync()
    {
        try
        {
            return await AccountAsync();
        }
        catch (GoogleApiException absent) when (absent.HttpStatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    public Task DeleteAccountAsync() =>
        Other.Projects.ServiceAccounts.Delete(Given.AccountResource).ExecuteAsync(TestContext.Current.CancellationToken);

    public Task<Policy> PolicyAsync()
    {
        var request = Other.Projects.ServiceAccounts.GetIamPolicy(Given.AccountResource);
        request.OptionsRequestedPolicyVersion = 3;
        return request.ExecuteAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Adds bindings as another administrator would, by read-modify-write.</summary>
    public async Task BindAsync(params Binding[] bindings)
    {
        var policy = await PolicyAsync();
        policy.Version = 3;
        policy.Bindings = [.. policy.Bindings ?? [], .. bindings];
        await Other
            .Projects.ServiceAccounts.SetIamPolicy(new SetIamPolicyRequest { Policy = policy }, Given.AccountResource)
            .ExecuteAsync(TestContext.Current.CancellationToken);
    }

    private async Task ForwardAsync(HttpContext context, string upstream)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var path = Uri.UnescapeDataString(target.Split('?')[0]);
        await Before(path);
        if (Refusing(path) is var (status, message))
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/json; charset=UTF-8";
            await context.Response.WriteAsync(
                new JsonObject
                {
                    ["error"] = new JsonObject { ["code"] = status, ["message"] = message },
                }.ToJsonString(),
                context.RequestAborted
            );
            return;
        }

        if (Replying(path) is var (replied, body))
        {
            context.Response.StatusCode = replied;
            await context.Response.WriteAsync(body, context.RequestAborted);
            return;
        }

        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), upstream.TrimEnd('/') + target);
        request.Headers.Authorization = AuthenticationHeaderValue.Parse(context.Request.Headers.Authorization.ToString());
        if (context.Request.ContentType is { } type)
        {
            request.Content = new StreamContent(context.Request.Body);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
            if (context.Request.Headers.ContentEncoding.ToString() is { Length: > 0 } encoding)
            {
                request.Content.Headers.ContentEncoding.Add(encoding);
            }
        }

        using var response = await _onward.SendAsync(request, context.RequestAborted);
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(context.RequestAborted))!.AsObject();
        if (response.IsSuccessStatusCode)
        {
            Answering(path, answer);
        }

        context.Response.StatusCode = (int)response.StatusCode;
        context.Response.ContentType = "application/json; charset=UTF-8";
        await context.Response.WriteAsync(answer.ToJsonString(), context.RequestAborted);
    }
}
