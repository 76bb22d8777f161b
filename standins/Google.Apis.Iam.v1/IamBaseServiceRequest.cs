using Google.Apis.Requests;
using Google.Apis.Services;
using Google.Apis.Standins;
using Google.Apis.Util;

namespace Google.Apis.Iam.v1;

/// <summary>The base of every request: the query parameters that all of Google's APIs take.</summary>
public abstract class IamBaseServiceRequest<TResponse> : ClientServiceRequest<TResponse>
{
    protected IamBaseServiceRequest(IClientService service)
        : base(service) { }

    public enum XgafvEnum
    {
        [StringValue("1")]
        Value1 = 0,

        [StringValue("2")]
        Value2 = 1,
    }

    public enum AltEnum
    {
        [StringValue("json")]
        Json = 0,

        [StringValue("media")]
        Media = 1,

        [StringValue("proto")]
        Proto = 2,
    }

    [RequestParameter("$.xgafv", RequestParameterType.Query)]
    public virtual XgafvEnum? Xgafv { get; set; }

    [RequestParameter("access_token", RequestParameterType.Query)]
    public virtual string AccessToken { get; set; }

    [RequestParameter("alt", RequestParameterType.Query)]
    public virtual AltEnum? Alt { get; set; }

    [RequestParameter("callback", RequestParameterType.Query)]
    public virtual string Callback { get; set; }

    [RequestParameter("fields", RequestParameterType.Query)]
    public virtual string Fields { get; set; }

    [RequestParameter("key", RequestParameterType.Query)]
    public virtual string Key { get; set; }

    [RequestParameter("oauth_token", RequestParameterType.Query)]
    public virtual string OauthToken { get; set; }

    [RequestParameter("prettyPrint", RequestParameterType.Query)]
    public virtual bool? PrettyPrint { get; set; }

    [RequestParameter("quotaUser", RequestParameterType.Query)]
    public virtual string QuotaUser { get; set; }

    [RequestParameter("uploadType", RequestParameterType.Query)]
    public virtual string UploadType { get; set; }

    [RequestParameter("upload_protocol", RequestParameterType.Query)]
    public virtual string UploadProtocol { get; set; }

    private protected abstract string PathPattern { get; }

    protected override void InitParameters()
    {
        base.InitParameters();
        GoogleRequestParameters.Describe(RequestParameters, GetType(), PathPattern);
    }
}
