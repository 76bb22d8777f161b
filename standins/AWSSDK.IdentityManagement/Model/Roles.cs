using Amazon.Runtime;

namespace Amazon.IdentityManagement.Model;

public class Role
{
    public string Arn { get; set; }

    public string AssumeRolePolicyDocument { get; set; }

    public DateTime? CreateDate { get; set; }

    public string Description { get; set; }

    public int? MaxSessionDuration { get; set; }

    public string Path { get; set; }

    public AttachedPermissionsBoundary PermissionsBoundary { get; set; }

    public string RoleId { get; set; }

    public string RoleName { get; set; }

    public List<Tag> Tags { get; set; } = AWSConfigs.InitializeCollections ? [] : null;
}

public class AttachedPermissionsBoundary
{
    public string PermissionsBoundaryArn { get; set; }
}

public class Tag
{
    public string Key { get; set; }

    public string Value { get; set; }
}

public class CreateRoleRequest : AmazonIdentityManagementServiceRequest
{
    public string AssumeRolePolicyDocument { get; set; }

    public string Description { get; set; }

    public int? MaxSessionDuration { get; set; }

    public string Path { get; set; }

    public string PermissionsBoundary { get; set; }

    public string RoleName { get; set; }

    public List<Tag> Tags { get; set; } = AWSConfigs.InitializeCollections ? [] : null;
}

public class CreateRoleResponse : AmazonWebServiceResponse
{
    public Role Role { get; set; }
}

public class DeleteRoleRequest : AmazonIdentityManagementServiceRequest
{
    public string RoleName { get; set; }
}

public class DeleteRoleResponse : AmazonWebServiceResponse;

public class GetRoleRequest : AmazonIdentityManagementServiceRequest
{
    public string RoleName { get; set; }
}

public class GetRoleResponse : AmazonWebServiceResponse
{
    public Role Role { get; set; }
}

public class ListRolesRequest : AmazonIdentityManagementServiceRequest
{
    public string Marker { get; set; }

    public int? MaxItems { get; set; }
}

public class ListRolesResponse : AmazonWebServiceResponse
{
    public string Marker { get; set; }

    public List<Role> Roles { get; set; } = AWSConfigs.InitializeCollections ? [] : null;
}

public class InstanceProfile
{
    public string InstanceProfileName { get; set; }
}

public class ListInstanceProfilesForRoleRequest : AmazonIdentityManagementServiceRequest
{
    public string Marker { get; set; }

    public string RoleName { get; set; }
}

public class ListInstanceProfilesForRoleResponse : AmazonWebServiceResponse
{
    public List<InstanceProfile> InstanceProfiles { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public string Marker { get; set; }
}

public class ListRoleTagsRequest : AmazonIdentityManagementServiceRequest
{
    public string RoleName { get; set; }
}

public class ListRoleTagsResponse : AmazonWebServiceResponse
{
    public List<Tag> Tags { get; set; } = AWSConfigs.InitializeCollections ? [] : null;
}

public class TagRoleRequest : AmazonIdentityManagementServiceRequest
{
    public string RoleName { get; set; }

    public List<Tag> Tags { get; set; } = AWSConfigs.InitializeCollections ? [] : null;
}

public class TagRoleResponse : AmazonWebServiceResponse;

public class UntagRoleRequest : AmazonIdentityManagementServiceRequest
{
    public string RoleName { get; set; }

    public List<string> TagKeys { get; set; } = AWSConfigs.InitializeCollections ? [] : null;
}

public class UntagRoleResponse : AmazonWebServiceResponse;

public class UpdateAssumeRolePolicyRequest : AmazonIdentityManagementServiceRequest
{
    public string PolicyDocument { get; set; }

    public string RoleName { get; set; }
}

public class UpdateAssumeRolePolicyResponse : AmazonWebServiceResponse;

public class UpdateRoleRequest : AmazonIdentityManagementServiceRequest
{
    public string Description { get; set; }

    public int? MaxSessionDuration { get; set; }

    public string RoleName { get; set; }
}

public class UpdateRoleResponse : AmazonWebServiceResponse;

public class PutRolePermissionsBoundaryRequest : AmazonIdentityManagementServiceRequest
{
    public string PermissionsBoundary { get; set; }

    public string RoleName { get; set; }
}

public class PutRolePermissionsBoundaryResponse : AmazonWebServiceResponse;

public class DeleteRolePermissionsBoundaryRequest : AmazonIdentityManagementServiceRequest
{
    public string RoleName { get; set; }
}

public class DeleteRolePermissionsBoundaryResponse : AmazonWebServiceResponse;
