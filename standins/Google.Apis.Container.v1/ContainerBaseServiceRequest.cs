using Google.Apis.Requests;
using Google.Apis.Services;
using Google.Apis.Standins;

namespace Google.Apis.Container.v1;

/// <summary>The base of every request: tells Google.Apis of its parameters.</summary>
public abstract class ContainerBaseServiceRequest<TResponse> : ClientServiceRequest<TResponse>
{
    protected ContainerBaseServiceRequest(IClientService service)
        : base(service) { }

    private protected abstract string PathPattern { get; }

    protected override void InitParameters()
    {
        base.InitParameters();
        GoogleRequestParameters.Describe(RequestParameters, GetType(), PathPattern);
    }
}
