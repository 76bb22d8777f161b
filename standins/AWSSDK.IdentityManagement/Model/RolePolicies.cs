using Amazon.Runtime;

namespace Amazon.IdentityManagement.Model;

public class AttachedPolicyType
{
    public string PolicyArn { get; set; }

    public string PolicyName { get; set; }
}

public class AttachRolePolicyRequest : AmazonIdentityManagementServiceRequest
{
    public string PolicyArn { get; set; }

    public string RoleName { get; set; }
}

public class AttachRolePolicyResponse : AmazonWebServiceResponse;

public class DetachRolePolicyRequest : AmazonIdentityManagementServiceRequest
{
    public string PolicyArn { get; set; }

    public string RoleName { get; set; }
}

public class DetachRolePolicyResponse : AmazonWebServiceResponse;

public class ListAttachedRolePoliciesRequest : AmazonIdentityManagementServiceRequest
{
    public string Marker { get; set; }

    public string RoleName { get; set; }
}

public class ListAttachedRolePoliciesResponse : AmazonWebServiceResponse
{
    public List<AttachedPolicyType> AttachedPolicies { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public string Marker { get; set; }
}

public class PutRolePolicyRequest : AmazonIdentityManagementServiceRequest
{
    public string PolicyDocument { get; set; }

    public string PolicyName { get; set; }

    public string RoleName { get; set; }
}

public class PutRolePolicyResponse : AmazonWebServiceResponse;

public class GetRolePolicyRequest : AmazonIdentityManagementServiceRequest
{
    public string PolicyName { get; set; }

    public string RoleName { get; set; }
}

public class GetRolePolicyResponse : AmazonWebServiceResponse
{
    public string PolicyDocument { get; set; }
}

public class DeleteRolePolicyRequest : AmazonIdentityManagementServiceRequest
{
    public string PolicyName { get; set; }

    public string RoleName { get; set; }
}

public class DeleteRolePolicyResponse : AmazonWebServiceResponse;

public class ListRolePoliciesRequest : AmazonIdentityManagementServiceRequest
{
    public string Marker { get; set; }

    public string RoleName { get; set; }
}

public class ListRolePoliciesResponse : AmazonWebServiceResponse
{
    public string Marker { get; set; }

    public List<string> PolicyNames { get; set; } = AWSConfigs.InitializeCollections ? [] : null;
}
