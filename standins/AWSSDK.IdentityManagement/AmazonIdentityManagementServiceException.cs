using System.Net;
using Amazon.Runtime;

namespace Amazon.IdentityManagement;

/// <summary>What IAM answered instead of a result; the base of the exceptions that its operations declare.</summary>
public class AmazonIdentityManagementServiceException : AmazonServiceException
{
    public AmazonIdentityManagementServiceException(
        string message,
        Exception innerException,
        ErrorType errorType,
        string errorCode,
        string requestId,
        HttpStatusCode statusCode
    )
        : base(message, innerException, errorType, errorCode, requestId, statusCode) { }
}
