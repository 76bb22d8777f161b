using Amazon.Runtime;

namespace Amazon.IdentityManagement.Model;

public class ManagedPolicy
{
    public string Arn { get; set; }

    public string DefaultVersionId { get; set; }
}

public class PolicyVersion
{
    public string Document { get; set; }

    public bool? IsDefaultVersion { get; set; }
}

public class GetPolicyRequest : AmazonIdentityManagementServiceRequest
{
    public string PolicyArn { get; set; }
}

public class GetPolicyResponse : AmazonWebServiceResponse
{
    public ManagedPolicy Policy { get; set; }
}

public class GetPolicyVersionRequest : AmazonIdentityManagementServiceRequest
{
    public string PolicyArn { get; set; }

    public string VersionId { get; set; }
}

public class GetPolicyVersionResponse : AmazonWebServiceResponse
{
    public PolicyVersion PolicyVersion { get; set; }
}
