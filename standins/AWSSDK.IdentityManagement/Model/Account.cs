using Amazon.Runtime;

namespace Amazon.IdentityManagement.Model;

public class RoleDetail
{
    public string AssumeRolePolicyDocument { get; set; }

    public List<AttachedPolicyType> AttachedManagedPolicies { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public AttachedPermissionsBoundary PermissionsBoundary { get; set; }

    public string RoleName { get; set; }

    public List<PolicyDetail> RolePolicyList { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public List<Tag> Tags { get; set; } = AWSConfigs.InitializeCollections ? [] : null;
}

public class ManagedPolicyDetail
{
    public string Arn { get; set; }

    public List<PolicyVersion> PolicyVersionList { get; set; } = AWSConfigs.InitializeCollections ? [] : null;
}

public class PolicyDetail
{
    public string PolicyDocument { get; set; }

    public string PolicyName { get; set; }
}

public class GetAccountAuthorizationDetailsRequest : AmazonIdentityManagementServiceRequest
{
    public List<string> Filter { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public string Marker { get; set; }

    public int? MaxItems { get; set; }
}

public class GetAccountAuthorizationDetailsResponse : AmazonWebServiceResponse
{
    public string Marker { get; set; }

    public List<ManagedPolicyDetail> Policies { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public List<RoleDetail> RoleDetailList { get; set; } = AWSConfigs.InitializeCollections ? [] : null;
}
