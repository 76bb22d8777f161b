using System.Net;
using Amazon.Runtime;

namespace Amazon.IdentityManagement;

/// <summary>
/// What IAM answered instead of a result, told by its code. The package has a type for each code that an operation declares;
/// nothing here may rely on which those are.
/// </summary>
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
