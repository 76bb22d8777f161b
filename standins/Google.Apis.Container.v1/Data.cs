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

    [JsonProperty("endpoint")]
    public virtual string Endpoint { get; set; }

    [JsonProperty("id")]
    public virtual string Id { get; set; }

    [JsonProperty("location")]
    public virtual string Location { get; set; }

    [JsonProperty("masterAuth")]
    public virtual MasterAuth MasterAuth { get; set; }

    [JsonProperty("name")]
    public virtual string Name { get; set; }

    [JsonProperty("nodePools")]
    public virtual IList<NodePool> NodePools { get; set; }

    [JsonProperty("privateClusterConfig")]
    public virtual PrivateClusterConfig PrivateClusterConfig { get; set; }

    [JsonProperty("status")]
    public virtual string Status { get; set; }

    [JsonProperty("workloadIdentityConfig")]
    public virtual WorkloadIdentityConfig WorkloadIdentityConfig { get; set; }

    [JsonProperty("etag")]
    public virtual string ETag { get; set; }
}

public class MasterAuth : IDirectResponseSchema
{
    [JsonProperty("clusterCaCertificate")]
    public virtual string ClusterCaCertificate { get; set; }

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
    [JsonProperty("endpoint")]
    public virtual string Endpoint { get; set; }

    public virtual string ETag { get; set; }
}

public class IPEndpointsConfig : IDirectResponseSchema
{
    [JsonProperty("privateEndpoint")]
    public virtual string PrivateEndpoint { get; set; }

    [JsonProperty("publicEndpoint")]
    public virtual string PublicEndpoint { get; set; }

    public virtual string ETag { get; set; }
}

public class PrivateClusterConfig : IDirectResponseSchema
{
    [JsonProperty("privateEndpoint")]
    public virtual string PrivateEndpoint { get; set; }

    [JsonProperty("publicEndpoint")]
    public virtual string PublicEndpoint { get; set; }

    public virtual string ETag { get; set; }
}

public class ListClustersResponse : IDirectResponseSchema
{
    [JsonProperty("clusters")]
    public virtual IList<Cluster> Clusters { get; set; }

    public virtual string ETag { get; set; }
}
