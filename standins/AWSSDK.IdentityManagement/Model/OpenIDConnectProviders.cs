using Amazon.Runtime;

namespace Amazon.IdentityManagement.Model;

public class OpenIDConnectProviderListEntry
{
    public string Arn { get; set; }
}

public class CreateOpenIDConnectProviderRequest : AmazonIdentityManagementServiceRequest
{
    public List<string> ClientIDList { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public List<Tag> Tags { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public List<string> ThumbprintList { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public string Url { get; set; }
}

public class CreateOpenIDConnectProviderResponse : AmazonWebServiceResponse
{
    public string OpenIDConnectProviderArn { get; set; }
}

public class DeleteOpenIDConnectProviderRequest : AmazonIdentityManagementServiceRequest
{
    public string OpenIDConnectProviderArn { get; set; }
}

public class DeleteOpenIDConnectProviderResponse : AmazonWebServiceResponse;

public class GetOpenIDConnectProviderRequest : AmazonIdentityManagementServiceRequest
{
    public string OpenIDConnectProviderArn { get; set; }
}

public class GetOpenIDConnectProviderResponse : AmazonWebServiceResponse
{
    public List<string> ClientIDList { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public List<Tag> Tags { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public List<string> ThumbprintList { get; set; } = AWSConfigs.InitializeCollections ? [] : null;

    public string Url { get; set; }
}

public class ListOpenIDConnectProvidersRequest : AmazonIdentityManagementServiceRequest;

public class ListOpenIDConnectProvidersResponse : AmazonWebServiceResponse
{
    public List<OpenIDConnectProviderListEntry> OpenIDConnectProviderList { get; set; } = AWSConfigs.InitializeCollections ? [] : null;
}

public class AddClientIDToOpenIDConnectProviderRequest : AmazonIdentityManagementServiceRequest
{
    public string ClientID { get; set; }

    public string OpenIDConnectProviderArn { get; set; }
}

public class AddClientIDToOpenIDConnectProviderResponse : AmazonWebServiceResponse;

public class RemoveClientIDFromOpenIDConnectProviderRequest : AmazonIdentityManagementServiceRequest
{
    public string ClientID { get; set; }

    public string OpenIDConnectProviderArn { get; set; }
}

public class RemoveClientIDFromOpenIDConnectProviderResponse : AmazonWebServiceResponse;

public class UpdateOpenIDConnectProviderThumbprintRequest : AmazonIdentityManagementServiceRequest
{
    public string OpenIDConnectProviderArn { get; set; }

    public List<string> ThumbprintList { get; set; } = AWSConfigs.InitializeCollections ? [] : null;
}

public class UpdateOpenIDConnectProviderThumbprintResponse : AmazonWebServiceResponse;
