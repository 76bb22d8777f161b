using Amazon.IdentityManagement.Internal;
using Amazon.IdentityManagement.Model;
using Amazon.Runtime;
using Amazon.Runtime.Internal;

namespace Amazon.IdentityManagement;

/// <summary>
/// The client of AWS Identity and Access Management (API version 2010-05-08). Every operation goes through one
/// marshaller and one unmarshaller that read the shapes of <c>Model</c>; the pipeline, signing and retries are
/// AWSSDK.Core's.
/// </summary>
public class AmazonIdentityManagementServiceClient : AmazonServiceClient, IAmazonIdentityManagementService
{
    private static readonly IServiceMetadata Metadata = new ServiceMetadataOfIam();

    public AmazonIdentityManagementServiceClient(AWSCredentials credentials, AmazonIdentityManagementServiceConfig clientConfig)
        : base(credentials, clientConfig) { }

    protected override IServiceMetadata ServiceMetadata => Metadata;

    public virtual Task<AddClientIDToOpenIDConnectProviderResponse> AddClientIDToOpenIDConnectProviderAsync(
        AddClientIDToOpenIDConnectProviderRequest request,
        CancellationToken cancellationToken = default
    ) => CallAsync<AddClientIDToOpenIDConnectProviderResponse>(request, cancellationToken);

    public virtual Task<AttachRolePolicyResponse> AttachRolePolicyAsync(
        AttachRolePolicyRequest request,
        CancellationToken cancellationToken = default
    ) => CallAsync<AttachRolePolicyResponse>(request, cancellationToken);

    public virtual Task<CreateOpenIDConnectProviderResponse> CreateOpenIDConnectProviderAsync(
        CreateOpenIDConnectProviderRequest request,
        CancellationToken cancellationToken = default
    ) => CallAsync<CreateOpenIDConnectProviderResponse>(request, cancellationToken);

    public virtual Task<CreateRoleResponse> CreateRoleAsync(CreateRoleRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<CreateRoleResponse>(request, cancellationToken);

    public virtual Task<DeleteOpenIDConnectProviderResponse> DeleteOpenIDConnectProviderAsync(
        DeleteOpenIDConnectProviderRequest request,
        CancellationToken cancellationToken = default
    ) => CallAsync<DeleteOpenIDConnectProviderResponse>(request, cancellationToken);

    public virtual Task<DeleteRoleResponse> DeleteRoleAsync(DeleteRoleRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<DeleteRoleResponse>(request, cancellationToken);

    public virtual Task<DeleteRolePermissionsBoundaryResponse> DeleteRolePermissionsBoundaryAsync(
        DeleteRolePermissionsBoundaryRequest request,
        CancellationToken cancellationToken = default
    ) => CallAsync<DeleteRolePermissionsBoundaryResponse>(request, cancellationToken);

    public virtual Task<DeleteRolePolicyResponse> DeleteRolePolicyAsync(
        DeleteRolePolicyRequest request,
        CancellationToken cancellationToken = default
    ) => CallAsync<DeleteRolePolicyResponse>(request, cancellationToken);

    public virtual Task<DetachRolePolicyResponse> DetachRolePolicyAsync(
        DetachRolePolicyRequest request,
        CancellationToken cancellationToken = default
    ) => CallAsync<DetachRolePolicyResponse>(request, cancellationToken);

    public virtual Task<GetAccountAuthorizationDetailsResponse> GetAccountAuthorizationDetailsAsync(
        GetAccountAuthorizationDetailsRequest request,
        CancellationToken cancellationToken = default
    ) => CallAsync<GetAccountAuthorizationDetailsResponse>(request, cancellationToken);

    public virtual Task<GetOpenIDConnectProviderResponse> GetOpenIDConnectProviderAsync(
        GetOpenIDConnectProviderRequest request,
        CancellationToken cancellationToken = default
    ) => CallAsync<GetOpenIDConnectProviderResponse>(request, cancellationToken);

    public virtual Task<GetPolicyResponse> GetPolicyAsync(GetPolicyRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<GetPolicyResponse>(request, cancellationToken);

    public virtual Task<GetPolicyVersionResponse> GetPolicyVersionAsync(
        GetPolicyVersionRequest request,
        CancellationToken cancellationToken = default
    ) => CallAsync<GetPolicyVersionResponse>(request, cancellationToken);

    public virtual Task<GetRoleResponse> GetRoleAsync(GetRoleRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<GetRoleResponse>(request, cancellationToken);

    public virtual Task<GetRolePolicyResponse> GetRolePolicyAsync(
        GetRolePolicyRequest request,
        CancellationToken cancellationToken = default
    ) => CallAsync<GetRolePolicyResponse>(request, cancellationToken);

    public virtual Task<ListAttachedRolePoliciesResponse> ListAttachedRolePoliciesAsync(
        ListAttachedRolePoliciesRequest request,
        CancellationToken cancellationToken = default
    ) => CallAsync<ListAttachedRolePoliciesResponse>(request, cancellationToken);

    public virtual Task<ListInstanceProfilesForRoleResponse> ListInstanceProfilesForRoleAsync(
        ListInstanceProfilesForRoleRequest request,
        CancellationToken cancellationToken = default
    ) => CallAsync<ListInstanceProfilesForRoleResponse>(request, cancellationToken);

    public virtual Task<ListOpenIDConnectProvidersResponse> ListOpenIDConnectProvidersAsync(
        ListOpenIDConnectProvidersRequest request,
        CancellationToken cancellationToken = default
    ) => CallAsync<ListOpenIDConnectProvidersResponse>(request, cancellationToken);

    public virtual Task<ListRolePoliciesResponse> ListRolePoliciesAsync(
        ListRolePoliciesRequest request,
        CancellationToken cancellationToken = default
    ) => CallAsync<ListRolePoliciesResponse>(request, cancellationToken);

    public virtual Task<ListRoleTagsResponse> ListRoleTagsAsync(
        ListRoleTagsRequest request,
        CancellationToken cancellationToken = default
    ) => CallAsync<ListRoleTagsResponse>(request, cancellationToken);

    public virtual Task<ListRolesResponse> ListRolesAsync(ListRolesRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<ListRolesResponse>(request, cancellationToken);

    public virtual Task<PutRolePermissionsBoundaryResponse> PutRolePermissionsBoundaryAsync(
        PutRolePermissionsBoundaryRequest request,
        CancellationToken cancellationToken = default
    ) => CallAsync<PutRolePermissionsBoundaryResponse>(request, cancellationToken);

    public virtual Task<PutRolePolicyResponse> PutRolePolicyAsync(
        PutRolePolicyRequest request,
        CancellationToken cancellationToken = default
    ) => CallAsync<PutRolePolicyResponse>(request, cancellationToken);

    public virtual Task<RemoveClientIDFromOpenIDConnectProviderResponse> RemoveClientIDFromOpenIDConnectProviderAsync(
        RemoveClientIDFromOpenIDConnectProviderRequest request,
        CancellationToken cancellationToken = default
    ) => CallAsync<RemoveClientIDFromOpenIDConnectProviderResponse>(request, cancellationToken);

    public virtual Task<TagRoleResponse> TagRoleAsync(TagRoleRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<TagRoleResponse>(request, cancellationToken);

    public virtual Task<UntagRoleResponse> UntagRoleAsync(UntagRoleRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<UntagRoleResponse>(request, cancellationToken);

    public virtual Task<UpdateAssumeRolePolicyResponse> UpdateAssumeRolePolicyAsync(
        UpdateAssumeRolePolicyRequest request,
        CancellationToken cancellationToken = default
    ) => CallAsync<UpdateAssumeRolePolicyResponse>(request, cancellationToken);

    public virtual Task<UpdateOpenIDConnectProviderThumbprintResponse> UpdateOpenIDConnectProviderThumbprintAsync(
        UpdateOpenIDConnectProviderThumbprintRequest request,
        CancellationToken cancellationToken = default
    ) => CallAsync<UpdateOpenIDConnectProviderThumbprintResponse>(request, cancellationToken);

    public virtual Task<UpdateRoleResponse> UpdateRoleAsync(UpdateRoleRequest request, CancellationToken cancellationToken = default) =>
        CallAsync<UpdateRoleResponse>(request, cancellationToken);

    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline)
    {
        pipeline.RemoveHandler<Amazon.Runtime.Internal.EndpointResolver>();
        pipeline.AddHandlerAfter<Marshaller>(new IamEndpointResolver());
        pipeline.AddHandlerAfter<Marshaller>(new IamAuthSchemeHandler());
    }

    private Task<TResponse> CallAsync<TResponse>(AmazonIdentityManagementServiceRequest request, CancellationToken cancellationToken)
        where TResponse : AmazonWebServiceResponse, new() =>
        InvokeAsync<TResponse>(
            request,
            new InvokeOptions
            {
                RequestMarshaller = QueryMarshaller.Instance,
                ResponseUnmarshaller = QueryUnmarshaller<TResponse>.Instance,
            },
            cancellationToken
        );
}
