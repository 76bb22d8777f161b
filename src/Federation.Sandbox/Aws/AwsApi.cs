using System.Net;
using System.Xml.Linq;
using Federation.Sandbox.Aws.S3;
using Federation.Sandbox.Hosting;
using Microsoft.AspNetCore.Http;

namespace Federation.Sandbox.Aws;

/// <summary>
/// What <c>AWS_ENDPOINT_URL</c> leads to: IAM and STS in the query protocol, S3 in REST. The form of a request tells which.
/// Every call except <c>AssumeRoleWithWebIdentity</c> must be signed.
/// </summary>
internal sealed class AwsApi(
    SignatureVersion4 signatures,
    Authorizer authorizer,
    IamApi iam,
    StsApi sts,
    S3Api s3,
    IReadOnlyDictionary<AwsAccount, Past<AwsAccount>> past,
    CallLog calls
)
{
    /// <summary>In bytes, of a call in the query protocol: far more than the limits of IAM and STS allow.</summary>
    internal const int LargestForm = 1 << 20;

    public async Task HandleAsync(HttpContext context)
    {
        var requestId = Guid.NewGuid().ToString();
        AwsRequest? request = null;
        IReadOnlyDictionary<string, string>? form = null;
        try
        {
            request = await ReadAsync(context);
            form = request.Form();
            await (form is null ? HandleS3Async(context, request, requestId) : HandleQueryAsync(context, request, form, requestId));
        }
        catch (Exception exception) when (!context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted)
        {
            var isS3 = form is null && !AwsRequest.IsForm(context.Request);
            await RefuseAsync(context, isS3, form, AwsException.Of(exception, isS3), requestId);
        }
    }

    /// <summary>The request, which <see cref="AwsFront"/> may have read already.</summary>
    private static async Task<AwsRequest> ReadAsync(HttpContext context) =>
        context.Features.Get<BadHttpRequestException>() is { } unreadable
            ? throw unreadable
            : context.Features.Get<AwsRequest>()
                ?? await AwsRequest.ReadAsync(context, AwsRequest.IsForm(context.Request) ? LargestForm : S3Api.LargestObject);

    /// <summary>An action with its service, such as <c>iam:CreateRole</c>.</summary>
    public static string OperationOf(IReadOnlyDictionary<string, string> form) => $"{(IsIam(form) ? "iam" : "sts")}:{form["Action"]}";

    /// <summary>Answers a call that is not handled.</summary>
    public static Task RefuseAsync(HttpContext context, bool isS3, AwsException error) =>
        RefuseAsync(context, isS3, form: null, error, Guid.NewGuid().ToString());

    private async Task HandleQueryAsync(HttpContext context, AwsRequest request, IReadOnlyDictionary<string, string> form, string requestId)
    {
        context.Response.Headers["x-amzn-RequestId"] = requestId;
        var result = IsIam(form) ? await IamAsync(context, request, form) : await StsAsync(context, request, form);
        await AwsXml.WriteAsync(context, StatusCodes.Status200OK, AwsXml.Response(form["Action"], result, requestId), Namespace(form));
    }

    private static Task RefuseAsync(
        HttpContext context,
        bool isS3,
        IReadOnlyDictionary<string, string>? form,
        AwsException error,
        string requestId
    ) =>
        isS3
            ? AwsXml.WriteAsync(context, (int)error.Status, AwsXml.S3Error(error, requestId), xmlNamespace: null, "application/xml")
            : AwsXml.WriteAsync(context, (int)error.Status, AwsXml.Error(error, requestId), Namespace(form));

    private static bool IsIam(IReadOnlyDictionary<string, string> form) => form.GetValueOrDefault("Version") is "2010-05-08";

    private static string Namespace(IReadOnlyDictionary<string, string>? form) => form is not null && IsIam(form) ? AwsXml.Iam : AwsXml.Sts;

    private async Task<XElement[]?> IamAsync(HttpContext context, AwsRequest request, IReadOnlyDictionary<string, string> form)
    {
        var signed = Signed(request, "iam");
        var action = form["Action"];
        var parameters = new QueryParameters(form);
        var account = signed.Principal.Account;
        var resource = IamApi.Resource(action, account, parameters);
        calls.Record(new CloudCall("aws", "iam:" + action, resource, IsWrite(action)));
        var conditions = IamApi.Conditions(account, parameters);
        foreach (var needed in IamApi.Actions(action, parameters))
        {
            authorizer.Demand(signed.Principal, needed, resource, conditions, request.SourceIp);
        }

        AwsAccount? former;
        lock (account.Gate)
        {
            former = past[account].ReadBy("iam:" + action);
        }

        if (!IsWrite(action))
        {
            return await iam.InvokeAsync(action, former ?? account, parameters, context.RequestAborted);
        }

        var written = await iam.InvokeAsync(action, account, parameters, context.RequestAborted);
        lock (account.Gate)
        {
            past[account].Changed();
        }

        return written;
    }

    private async Task<XElement[]?> StsAsync(HttpContext context, AwsRequest request, IReadOnlyDictionary<string, string> form)
    {
        var action = form["Action"];
        var parameters = new QueryParameters(form);
        calls.Record(new CloudCall("aws", "sts:" + action, parameters["RoleArn"] ?? "*", IsWrite: false));
        return action switch
        {
            "AssumeRoleWithWebIdentity" => await sts.AssumeRoleWithWebIdentityAsync(parameters, request.SourceIp, context.RequestAborted),
            "AssumeRole" => sts.AssumeRole(Signed(request, "sts"), parameters, request.SourceIp),
            "GetCallerIdentity" => StsApi.GetCallerIdentity(Signed(request, "sts").Principal),
            _ => throw new AwsException(
                "InvalidAction",
                $"Could not find operation {action} for version {form.GetValueOrDefault("Version")}"
            ),
        };
    }

    private async Task HandleS3Async(HttpContext context, AwsRequest request, string requestId)
    {
        context.Response.Headers["x-amz-request-id"] = requestId;
        context.Response.Headers["x-amz-id-2"] = "sandbox";
        var signed = signatures.Verify(request);
        if (signed is not null && signed.Service is not "s3")
        {
            throw WrongService("s3", signed.Service);
        }

        await s3.HandleAsync(context, request, signed);
    }

    private SignedRequest Signed(AwsRequest request, string service)
    {
        var signed =
            signatures.Verify(request)
            ?? throw new AwsException("MissingAuthenticationToken", "Request is missing Authentication Token", HttpStatusCode.Forbidden);
        return string.Equals(signed.Service, service, StringComparison.Ordinal) ? signed : throw WrongService(service, signed.Service);
    }

    private static AwsException WrongService(string expected, string actual) =>
        new(
            "SignatureDoesNotMatch",
            $"Credential should be scoped to correct service: '{expected}', not '{actual}'.",
            HttpStatusCode.Forbidden
        );

    private static bool IsWrite(string action) =>
        !action.StartsWith("Get", StringComparison.Ordinal)
        && !action.StartsWith("List", StringComparison.Ordinal)
        && !action.StartsWith("Simulate", StringComparison.Ordinal);
}
