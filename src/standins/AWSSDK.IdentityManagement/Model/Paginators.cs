using Amazon.Runtime;

namespace Amazon.IdentityManagement.Model;

public interface IIdentityManagementPaginatorFactory
{
    IGetAccountAuthorizationDetailsPaginator GetAccountAuthorizationDetails(GetAccountAuthorizationDetailsRequest request);

    IListAttachedRolePoliciesPaginator ListAttachedRolePolicies(ListAttachedRolePoliciesRequest request);

    IListRolePoliciesPaginator ListRolePolicies(ListRolePoliciesRequest request);

    IListRolesPaginator ListRoles(ListRolesRequest request);
}

public interface IGetAccountAuthorizationDetailsPaginator
{
    IPaginatedEnumerable<GetAccountAuthorizationDetailsResponse> Responses { get; }

    IPaginatedEnumerable<UserDetail> UserDetailList { get; }

    IPaginatedEnumerable<GroupDetail> GroupDetailList { get; }

    IPaginatedEnumerable<RoleDetail> RoleDetailList { get; }

    IPaginatedEnumerable<ManagedPolicyDetail> Policies { get; }
}

public interface IListAttachedRolePoliciesPaginator
{
    IPaginatedEnumerable<ListAttachedRolePoliciesResponse> Responses { get; }

    IPaginatedEnumerable<AttachedPolicyType> AttachedPolicies { get; }
}

public interface IListRolePoliciesPaginator
{
    IPaginatedEnumerable<ListRolePoliciesResponse> Responses { get; }

    IPaginatedEnumerable<string> PolicyNames { get; }
}

public interface IListRolesPaginator
{
    IPaginatedEnumerable<ListRolesResponse> Responses { get; }

    IPaginatedEnumerable<Role> Roles { get; }
}
