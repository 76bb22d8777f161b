using System.Runtime.CompilerServices;
using Amazon.IdentityManagement.Model;
using Amazon.Runtime;

namespace Amazon.IdentityManagement.Internal;

internal sealed class IdentityManagementPaginatorFactory(IAmazonIdentityManagementService client) : IIdentityManagementPaginatorFactory
{
    public IGetAccountAuthorizationDetailsPaginator GetAccountAuthorizationDetails(GetAccountAuthorizationDetailsRequest request) =>
        new AccountAuthorizationDetailsPaginator(new(token => client.GetAccountAuthorizationDetailsAsync(request, token), r => r.IsTruncated == true, r => request.Marker = r.Marker));

    public IListAttachedRolePoliciesPaginator ListAttachedRolePolicies(ListAttachedRolePoliciesRequest request) =>
        new AttachedRolePoliciesPaginator(new(token => client.ListAttachedRolePoliciesAsync(request, token), r => r.IsTruncated == true, r => request.Marker = r.Marker));

    public IListRolePoliciesPaginator ListRolePolicies(ListRolePoliciesRequest request) =>
        new RolePoliciesPaginator(new(token => client.ListRolePoliciesAsync(request, token), r => r.IsTruncated == true, r => request.Marker = r.Marker));

    public IListRolesPaginator ListRoles(ListRolesRequest request) =>
        new RolesPaginator(new(token => client.ListRolesAsync(request, token), r => r.IsTruncated == true, r => request.Marker = r.Marker));

    private sealed class AccountAuthorizationDetailsPaginator(Pages<GetAccountAuthorizationDetailsResponse> pages) : IGetAccountAuthorizationDetailsPaginator
    {
        public IPaginatedEnumerable<GetAccountAuthorizationDetailsResponse> Responses => new PaginatedResponse<GetAccountAuthorizationDetailsResponse>(pages);

        public IPaginatedEnumerable<UserDetail> UserDetailList => pages.Items(page => page.UserDetailList);

        public IPaginatedEnumerable<GroupDetail> GroupDetailList => pages.Items(page => page.GroupDetailList);

        public IPaginatedEnumerable<RoleDetail> RoleDetailList => pages.Items(page => page.RoleDetailList);

        public IPaginatedEnumerable<ManagedPolicyDetail> Policies => pages.Items(page => page.Policies);
    }

    private sealed class AttachedRolePoliciesPaginator(Pages<ListAttachedRolePoliciesResponse> pages) : IListAttachedRolePoliciesPaginator
    {
        public IPaginatedEnumerable<ListAttachedRolePoliciesResponse> Responses => new PaginatedResponse<ListAttachedRolePoliciesResponse>(pages);

        public IPaginatedEnumerable<AttachedPolicyType> AttachedPolicies => pages.Items(page => page.AttachedPolicies);
    }

    private sealed class RolePoliciesPaginator(Pages<ListRolePoliciesResponse> pages) : IListRolePoliciesPaginator
    {
        public IPaginatedEnumerable<ListRolePoliciesResponse> Responses => new PaginatedResponse<ListRolePoliciesResponse>(pages);

        public IPaginatedEnumerable<string> PolicyNames => pages.Items(page => page.PolicyNames);
    }

    private sealed class RolesPaginator(Pages<ListRolesResponse> pages) : IListRolesPaginator
    {
        public IPaginatedEnumerable<ListRolesResponse> Responses => new PaginatedResponse<ListRolesResponse>(pages);

        public IPaginatedEnumerable<Role> Roles => pages.Items(page => page.Roles);
    }

    /// <summary>The pages of one listing, each asked for with the marker of the one before; to be read once.</summary>
    private sealed class Pages<TResponse>(
        Func<CancellationToken, Task<TResponse>> next,
        Func<TResponse, bool> isTruncated,
        Action<TResponse> moveOn) : IPaginator<TResponse>
        where TResponse : AmazonWebServiceResponse
    {
        private int _isRead;

        public PaginatedResultKeyResponse<TResponse, TItem> Items<TItem>(Func<TResponse, List<TItem>> items) => new(this, page => items(page) ?? []);

        public async IAsyncEnumerable<TResponse> PaginateAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            if (Interlocked.Exchange(ref _isRead, 1) != 0)
                throw new InvalidOperationException("Paginator has already been consumed and cannot be reused. Please create a new instance.");

            TResponse page;
            do
            {
                cancellationToken.ThrowIfCancellationRequested();
                page = await next(cancellationToken).ConfigureAwait(false);
                moveOn(page);
                yield return page;
            }
            while (isTruncated(page));
        }
    }
}
