using Amazon.Runtime;

namespace Amazon.IdentityManagement.Model;

public class RoleDetail
{
    public string Arn { get; set; }

    public string AssumeRolePolicyDocument { get; set; }

    public List<AttachedPolicyType> AttachedManagedPolicies { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public DateTime? CreateDate { get; set; }

    public List<InstanceProfile> InstanceProfileList { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public string Path { get; set; }

    public AttachedPermissionsBoundary PermissionsBoundary { get; set; }

    public string RoleId { get; set; }

    public RoleLastUsed RoleLastUsed { get; set; }

    public string RoleName { get; set; }

    public List<PolicyDetail> RolePolicyList { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public List<Tag> Tags { get; set; } = AWSConfigs.InitializeCollections ? [] : null;
}

public class UserDetail
{
    public string Arn { get; set; }

    public List<AttachedPolicyType> AttachedManagedPolicies { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public DateTime? CreateDate { get; set; }

    public List<string> GroupList { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public string Path { get; set; }

    public AttachedPermissionsBoundary PermissionsBoundary { get; set; }

    public List<Tag> Tags { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public string UserId { get; set; }

    public string UserName { get; set; }

    public List<PolicyDetail> UserPolicyList { get; set; } = AWSConfigs.InitializeCollections ? [] : null;
}

public class GroupDetail
{
    public string Arn { get; set; }

    public List<AttachedPolicyType> AttachedManagedPolicies { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public DateTime? CreateDate { get; set; }

    public string GroupId { get; set; }

    public string GroupName { get; set; }

    public List<PolicyDetail> GroupPolicyList { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public string Path { get; set; }
}

public class ManagedPolicyDetail
{
    public string Arn { get; set; }

    public int? AttachmentCount { get; set; }

    public DateTime? CreateDate { get; set; }

    public string DefaultVersionId { get; set; }

    public string Description { get; set; }

    public bool? IsAttachable { get; set; }

    public string Path { get; set; }

    public int? PermissionsBoundaryUsageCount { get; set; }

    public string PolicyId { get; set; }

    public string PolicyName { get; set; }

    public List<PolicyVersion> PolicyVersionList { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public DateTime? UpdateDate { get; set; }
}

public class PolicyDetail
{
    public string PolicyDocument { get; set; }

    public string PolicyName { get; set; }
}

public class InstanceProfile
{
    public string Arn { get; set; }

    public DateTime? CreateDate { get; set; }

    public string InstanceProfileId { get; set; }

    public string InstanceProfileName { get; set; }

    public string Path { get; set; }

    public List<Role> Roles { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public List<Tag> Tags { get; set; } = AWSConfigs.InitializeCollections ? [] : null;
}

public class GetAccountAuthorizationDetailsRequest : AmazonIdentityManagementServiceRequest
{
    public List<string> Filter { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public string Marker { get; set; }

    public int? MaxItems { get; set; }
}

public class GetAccountAuthorizationDetailsResponse : AmazonWebServiceResponse
{
    public List<GroupDetail> GroupDetailList { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public bool? IsTruncated { get; set; }

    public string Marker { get; set; }

    public List<ManagedPolicyDetail> Policies { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public List<RoleDetail> RoleDetailList { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public List<UserDetail> UserDetailList { get; set; } = AWSConfigs.InitializeCollections ? [] : null;
}

public class ListAccountAliasesRequest : AmazonIdentityManagementServiceRequest
{
    public string Marker { get; set; }

    public int? MaxItems { get; set; }
}

public class ListAccountAliasesResponse : AmazonWebServiceResponse
{
    public List<string> AccountAliases { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public bool? IsTruncated { get; set; }

    public string Marker { get; set; }
}
