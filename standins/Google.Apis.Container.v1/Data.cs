using Google.Apis.Requests;
using Newtonsoft.Json;

namespace Google.Apis.Container.v1.Data;

public class Cluster : IDirectResponseSchema
{
    [JsonProperty("autopilot")]
    public virtual Autopilot Autopilot { get; set; }

    [JsonProperty("controlPlaneEndpointsConfig")]
    public virtual ControlPlaneEndpointsConfig ControlPlaneEndpointsConfig { get; set; }

    [JsonProperty("createTime")]
    public virtual string CreateTime { get; set; }

    [JsonProperty("currentMasterVersion")]
    public virtual string CurrentMasterVersion { get; set; }

    [JsonProperty("currentNodeVersion")]
    public virtual string CurrentNodeVersion { get; set; }

    [JsonProperty("description")]
    public virtual string Description { get; set; }

    [JsonProperty("endpoint")]
    public virtual string Endpoint { get; set; }

    [JsonProperty("id")]
    public virtual string Id { get; set; }

    [JsonProperty("location")]
    public virtual string Location { get; set; }

    [JsonProperty("locations")]
    public virtual IList<string> Locations { get; set; }

    [JsonProperty("masterAuth")]
    public virtual MasterAuth MasterAuth { get; set; }

    [JsonProperty("name")]
    public virtual string Name { get; set; }

    [JsonProperty("network")]
    public virtual string Network { get; set; }

    [JsonProperty("nodePools")]
    public virtual IList<NodePool> NodePools { get; set; }

    [JsonProperty("privateClusterConfig")]
    public virtual PrivateClusterConfig PrivateClusterConfig { get; set; }

    [JsonProperty("resourceLabels")]
    public virtual IDictionary<string, string> ResourceLabels { get; set; }

    [JsonProperty("selfLink")]
    public virtual string SelfLink { get; set; }

    [JsonProperty("status")]
    public virtual string Status { get; set; }

    [JsonProperty("statusMessage")]
    public virtual string StatusMessage { get; set; }

    [JsonProperty("subnetwork")]
    public virtual string Subnetwork { get; set; }

    [JsonProperty("workloadIdentityConfig")]
    public virtual WorkloadIdentityConfig WorkloadIdentityConfig { get; set; }

    [JsonProperty("zone")]
    public virtual string Zone { get; set; }

    [JsonProperty("etag")]
    public virtual string ETag { get; set; }
}

public class MasterAuth : IDirectResponseSchema
{
    [JsonProperty("clientCertificate")]
    public virtual string ClientCertificate { get; set; }

    [JsonProperty("clientCertificateConfig")]
    public virtual ClientCertificateConfig ClientCertificateConfig { get; set; }

    [JsonProperty("clientKey")]
    public virtual string ClientKey { get; set; }

    [JsonProperty("clusterCaCertificate")]
    public virtual string ClusterCaCertificate { get; set; }

    [JsonProperty("password")]
    public virtual string Password { get; set; }

    [JsonProperty("username")]
    public virtual string Username { get; set; }

    public virtual string ETag { get; set; }
}

public class ClientCertificateConfig : IDirectResponseSchema
{
    [JsonProperty("issueClientCertificate")]
    public virtual bool? IssueClientCertificate { get; set; }

    public virtual string ETag { get; set; }
}

public class WorkloadIdentityConfig : IDirectResponseSchema
{
    [JsonProperty("workloadPool")]
    public virtual string WorkloadPool { get; set; }

    public virtual string ETag { get; set; }
}

public class NodePool : IDirectResponseSchema
{
    [JsonProperty("config")]
    public virtual NodeConfig Config { get; set; }

    [JsonProperty("name")]
    public virtual string Name { get; set; }

    [JsonProperty("etag")]
    public virtual string ETag { get; set; }
}

public class NodeConfig : IDirectResponseSchema
{
    [JsonProperty("workloadMetadataConfig")]
    public virtual WorkloadMetadataConfig WorkloadMetadataConfig { get; set; }

    public virtual string ETag { get; set; }
}

public class WorkloadMetadataConfig : IDirectResponseSchema
{
    [JsonProperty("mode")]
    public virtual string Mode { get; set; }

    public virtual string ETag { get; set; }
}

public class Autopilot : IDirectResponseSchema
{
    [JsonProperty("enabled")]
    public virtual bool? Enabled { get; set; }

    [JsonProperty("workloadPolicyConfig")]
    public virtual WorkloadPolicyConfig WorkloadPolicyConfig { get; set; }

    public virtual string ETag { get; set; }
}

public class WorkloadPolicyConfig : IDirectResponseSchema
{
    [JsonProperty("allowNetAdmin")]
    public virtual bool? AllowNetAdmin { get; set; }

    public virtual string ETag { get; set; }
}

public class ControlPlaneEndpointsConfig : IDirectResponseSchema
{
    [JsonProperty("dnsEndpointConfig")]
    public virtual DNSEndpointConfig DnsEndpointConfig { get; set; }

    [JsonProperty("ipEndpointsConfig")]
    public virtual IPEndpointsConfig IpEndpointsConfig { get; set; }

    public virtual string ETag { get; set; }
}

public class DNSEndpointConfig : IDirectResponseSchema
{
    [JsonProperty("allowExternalTraffic")]
    public virtual bool? AllowExternalTraffic { get; set; }

    [JsonProperty("endpoint")]
    public virtual string Endpoint { get; set; }

    public virtual string ETag { get; set; }
}

public class IPEndpointsConfig : IDirectResponseSchema
{
    [JsonProperty("authorizedNetworksConfig")]
    public virtual MasterAuthorizedNetworksConfig AuthorizedNetworksConfig { get; set; }

    [JsonProperty("enabled")]
    public virtual bool? Enabled { get; set; }

    [JsonProperty("enablePublicEndpoint")]
    public virtual bool? EnablePublicEndpoint { get; set; }

    [JsonProperty("globalAccess")]
    public virtual bool? GlobalAccess { get; set; }

    [JsonProperty("privateEndpoint")]
    public virtual string PrivateEndpoint { get; set; }

    [JsonProperty("privateEndpointSubnetwork")]
    public virtual string PrivateEndpointSubnetwork { get; set; }

    [JsonProperty("publicEndpoint")]
    public virtual string PublicEndpoint { get; set; }

    public virtual string ETag { get; set; }
}

public class MasterAuthorizedNetworksConfig : IDirectResponseSchema
{
    [JsonProperty("cidrBlocks")]
    public virtual IList<CidrBlock> CidrBlocks { get; set; }

    [JsonProperty("enabled")]
    public virtual bool? Enabled { get; set; }

    [JsonProperty("gcpPublicCidrsAccessEnabled")]
    public virtual bool? GcpPublicCidrsAccessEnabled { get; set; }

    [JsonProperty("privateEndpointEnforcementEnabled")]
    public virtual bool? PrivateEndpointEnforcementEnabled { get; set; }

    public virtual string ETag { get; set; }
}

public class CidrBlock : IDirectResponseSchema
{
    [JsonProperty("cidrBlock")]
    public virtual string CidrBlockValue { get; set; }

    [JsonProperty("displayName")]
    public virtual string DisplayName { get; set; }

    public virtual string ETag { get; set; }
}

public class PrivateClusterConfig : IDirectResponseSchema
{
    [JsonProperty("enablePrivateEndpoint")]
    public virtual bool? EnablePrivateEndpoint { get; set; }

    [JsonProperty("enablePrivateNodes")]
    public virtual bool? EnablePrivateNodes { get; set; }

    [JsonProperty("masterGlobalAccessConfig")]
    public virtual PrivateClusterMasterGlobalAccessConfig MasterGlobalAccessConfig { get; set; }

    [JsonProperty("masterIpv4CidrBlock")]
    public virtual string MasterIpv4CidrBlock { get; set; }

    [JsonProperty("peeringName")]
    public virtual string PeeringName { get; set; }

    [JsonProperty("privateEndpoint")]
    public virtual string PrivateEndpoint { get; set; }

    [JsonProperty("privateEndpointSubnetwork")]
    public virtual string PrivateEndpointSubnetwork { get; set; }

    [JsonProperty("publicEndpoint")]
    public virtual string PublicEndpoint { get; set; }

    public virtual string ETag { get; set; }
}

public class PrivateClusterMasterGlobalAccessConfig : IDirectResponseSchema
{
    [JsonProperty("enabled")]
    public virtual bool? Enabled { get; set; }

    public virtual string ETag { get; set; }
}

public class ListClustersResponse : IDirectResponseSchema
{
    [JsonProperty("clusters")]
    public virtual IList<Cluster> Clusters { get; set; }

    [JsonProperty("missingZones")]
    public virtual IList<string> MissingZones { get; set; }

    public virtual string ETag { get; set; }
}
