using Google.Apis.Requests;
using Google.Apis.Services;
using Google.Apis.Standins;

namespace Google.Apis.Iam.v1;

/// <summary>The base of every request: tells Google.Apis of its parameters.</summary>
public abstract class IamBaseServiceRequest<TResponse> : ClientServiceRequest<TResponse>
{
    protected IamBaseServiceRequest(IClientService service)
        : base(service) { }

    private protected abstract string PathPattern { get; }

    protected override void InitParameters()
    {
        base.InitParameters();
        GoogleRequestParameters.Describe(RequestParameters, GetType(), PathPattern);
    }
}
