using Amazon.IdentityManagement.Model;
using Amazon.Runtime;

namespace Amazon.IdentityManagement;

public interface IAmazonIdentityManagementService : IAmazonService, IDisposable
{
    Task<AddClientIDToOpenIDConnectProviderResponse> AddClientIDToOpenIDConnectProviderAsync(
        AddClientIDToOpenIDConnectProviderRequest request,
        CancellationToken cancellationToken = default
    );

    Task<AttachRolePolicyResponse> AttachRolePolicyAsync(AttachRolePolicyRequest request, CancellationToken cancellationToken = default);

    Task<CreateOpenIDConnectProviderResponse> CreateOpenIDConnectProviderAsync(
        CreateOpenIDConnectProviderRequest request,
        CancellationToken cancellationToken = default
    );

    Task<CreateRoleResponse> CreateRoleAsync(CreateRoleRequest request, CancellationToken cancellationToken = default);

    Task<DeleteOpenIDConnectProviderResponse> DeleteOpenIDConnectProviderAsync(
        DeleteOpenIDConnectProviderRequest request,
        CancellationToken cancellationToken = default
    );

    Task<DeleteRoleResponse> DeleteRoleAsync(DeleteRoleRequest request, CancellationToken cancellationToken = default);

    Task<DeleteRolePermissionsBoundaryResponse> DeleteRolePermissionsBoundaryAsync(
        DeleteRolePermissionsBoundaryRequest request,
        CancellationToken cancellationToken = default
    );

    Task<DeleteRolePolicyResponse> DeleteRolePolicyAsync(DeleteRolePolicyRequest request, CancellationToken cancellationToken = default);

    Task<DetachRolePolicyResponse> DetachRolePolicyAsync(DetachRolePolicyRequest request, CancellationToken cancellationToken = default);

    Task<GetAccountAuthorizationDetailsResponse> GetAccountAuthorizationDetailsAsync(
        GetAccountAuthorizationDetailsRequest request,
        CancellationToken cancellationToken = default
    );

    Task<GetOpenIDConnectProviderResponse> GetOpenIDConnectProviderAsync(
        GetOpenIDConnectProviderRequest request,
        CancellationToken cancellationToken = default
    );

    Task<GetPolicyResponse> GetPolicyAsync(GetPolicyRequest request, CancellationToken cancellationToken = default);

    Task<GetPolicyVersionResponse> GetPolicyVersionAsync(GetPolicyVersionRequest request, CancellationToken cancellationToken = default);

    Task<GetRoleResponse> GetRoleAsync(GetRoleRequest request, CancellationToken cancellationToken = default);

    Task<GetRolePolicyResponse> GetRolePolicyAsync(GetRolePolicyRequest request, CancellationToken cancellationToken = default);

    Task<ListAttachedRolePoliciesResponse> ListAttachedRolePoliciesAsync(
        ListAttachedRolePoliciesRequest request,
        CancellationToken cancellationToken = default
    );

    Task<ListInstanceProfilesForRoleResponse> ListInstanceProfilesForRoleAsync(
        ListInstanceProfilesForRoleRequest request,
        CancellationToken cancellationToken = default
    );

    Task<ListOpenIDConnectProvidersResponse> ListOpenIDConnectProvidersAsync(
        ListOpenIDConnectProvidersRequest request,
        CancellationToken cancellationToken = default
    );

    Task<ListRolePoliciesResponse> ListRolePoliciesAsync(ListRolePoliciesRequest request, CancellationToken cancellationToken = default);

    Task<ListRoleTagsResponse> ListRoleTagsAsync(ListRoleTagsRequest request, CancellationToken cancellationToken = default);

    Task<ListRolesResponse> ListRolesAsync(ListRolesRequest request, CancellationToken cancellationToken = default);

    Task<PutRolePermissionsBoundaryResponse> PutRolePermissionsBoundaryAsync(
        PutRolePermissionsBoundaryRequest request,
        CancellationToken cancellationToken = default
    );

    Task<PutRolePolicyResponse> PutRolePolicyAsync(PutRolePolicyRequest request, CancellationToken cancellationToken = default);

    Task<RemoveClientIDFromOpenIDConnectProviderResponse> RemoveClientIDFromOpenIDConnectProviderAsync(
        RemoveClientIDFromOpenIDConnectProviderRequest request,
        CancellationToken cancellationToken = default
    );

    Task<TagRoleResponse> TagRoleAsync(TagRoleRequest request, CancellationToken cancellationToken = default);

    Task<UntagRoleResponse> UntagRoleAsync(UntagRoleRequest request, CancellationToken cancellationToken = default);

    Task<UpdateAssumeRolePolicyResponse> UpdateAssumeRolePolicyAsync(
        UpdateAssumeRolePolicyRequest request,
        CancellationToken cancellationToken = default
    );

    Task<UpdateOpenIDConnectProviderThumbprintResponse> UpdateOpenIDConnectProviderThumbprintAsync(
        UpdateOpenIDConnectProviderThumbprintRequest request,
        CancellationToken cancellationToken = default
    );

    Task<UpdateRoleResponse> UpdateRoleAsync(UpdateRoleRequest request, CancellationToken cancellationToken = default);

    static ClientConfig IAmazonService.CreateDefaultClientConfig() => new AmazonIdentityManagementServiceConfig();

    static IAmazonService IAmazonService.CreateDefaultServiceClient(AWSCredentials awsCredentials, ClientConfig clientConfig) =>
        new AmazonIdentityManagementServiceClient(awsCredentials, (AmazonIdentityManagementServiceConfig)clientConfig);
}
