using Amazon.Runtime;

namespace Amazon.IdentityManagement.Model;

public class ContextEntry
{
    public string ContextKeyName { get; set; }

    public ContextKeyTypeEnum ContextKeyType { get; set; }

    public List<string> ContextKeyValues { get; set; } = AWSConfigs.InitializeCollections ? [] : null;
}

public class EvaluationResult
{
    public string EvalActionName { get; set; }

    public PolicyEvaluationDecisionType EvalDecision { get; set; }

    public Dictionary<string, string> EvalDecisionDetails { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public string EvalResourceName { get; set; }

    public List<Statement> MatchedStatements { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public List<string> MissingContextValues { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public OrganizationsDecisionDetail OrganizationsDecisionDetail { get; set; }

    public PermissionsBoundaryDecisionDetail PermissionsBoundaryDecisionDetail { get; set; }

    public List<ResourceSpecificResult> ResourceSpecificResults { get; set; } = AWSConfigs.InitializeCollections ? [] : null;
}

public class ResourceSpecificResult
{
    public Dictionary<string, string> EvalDecisionDetails { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public PolicyEvaluationDecisionType EvalResourceDecision { get; set; }

    public string EvalResourceName { get; set; }

    public List<Statement> MatchedStatements { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public List<string> MissingContextValues { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public PermissionsBoundaryDecisionDetail PermissionsBoundaryDecisionDetail { get; set; }
}

public class Statement
{
    public Position EndPosition { get; set; }

    public string SourcePolicyId { get; set; }

    public PolicySourceType SourcePolicyType { get; set; }

    public Position StartPosition { get; set; }
}

public class Position
{
    public int? Column { get; set; }

    public int? Line { get; set; }
}

public class OrganizationsDecisionDetail
{
    public bool? AllowedByOrganizations { get; set; }
}

public class PermissionsBoundaryDecisionDetail
{
    public bool? AllowedByPermissionsBoundary { get; set; }
}

public class SimulatePrincipalPolicyRequest : AmazonIdentityManagementServiceRequest
{
    public List<string> ActionNames { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public string CallerArn { get; set; }

    public List<ContextEntry> ContextEntries { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public string Marker { get; set; }

    public int? MaxItems { get; set; }

    public List<string> PermissionsBoundaryPolicyInputList { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public List<string> PolicyInputList { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public string PolicySourceArn { get; set; }

    public List<string> ResourceArns { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public string ResourceHandlingOption { get; set; }

    public string ResourceOwner { get; set; }

    public string ResourcePolicy { get; set; }
}

public class SimulatePrincipalPolicyResponse : AmazonWebServiceResponse
{
    public List<EvaluationResult> EvaluationResults { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public bool? IsTruncated { get; set; }

    public string Marker { get; set; }
}
