using Amazon.Runtime;

namespace Amazon.IdentityManagement;

/// <summary>The base of every request to IAM.</summary>
public class AmazonIdentityManagementServiceRequest : AmazonWebServiceRequest;
