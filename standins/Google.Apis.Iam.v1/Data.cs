using Google.Apis.Requests;
using Newtonsoft.Json;

namespace Google.Apis.Iam.v1.Data;

public class ServiceAccount : IDirectResponseSchema
{
    [JsonProperty("description")]
    public virtual string Description { get; set; }

    [JsonProperty("disabled")]
    public virtual bool? Disabled { get; set; }

    [JsonProperty("displayName")]
    public virtual string DisplayName { get; set; }

    [JsonProperty("email")]
    public virtual string Email { get; set; }

    [JsonProperty("projectId")]
    public virtual string ProjectId { get; set; }

    [JsonProperty("uniqueId")]
    public virtual string UniqueId { get; set; }

    [JsonProperty("etag")]
    public virtual string ETag { get; set; }
}

public class CreateServiceAccountRequest : IDirectResponseSchema
{
    [JsonProperty("accountId")]
    public virtual string AccountId { get; set; }

    [JsonProperty("serviceAccount")]
    public virtual ServiceAccount ServiceAccount { get; set; }

    public virtual string ETag { get; set; }
}

public class PatchServiceAccountRequest : IDirectResponseSchema
{
    [JsonProperty("serviceAccount")]
    public virtual ServiceAccount ServiceAccount { get; set; }

    [JsonProperty("updateMask")]
    public virtual object UpdateMask { get; set; }

    public virtual string ETag { get; set; }
}

public class ListServiceAccountsResponse : IDirectResponseSchema
{
    [JsonProperty("accounts")]
    public virtual IList<ServiceAccount> Accounts { get; set; }

    [JsonProperty("nextPageToken")]
    public virtual string NextPageToken { get; set; }

    public virtual string ETag { get; set; }
}

public class Policy : IDirectResponseSchema
{
    [JsonProperty("auditConfigs")]
    public virtual IList<AuditConfig> AuditConfigs { get; set; }

    [JsonProperty("bindings")]
    public virtual IList<Binding> Bindings { get; set; }

    [JsonProperty("etag")]
    public virtual string ETag { get; set; }

    [JsonProperty("version")]
    public virtual int? Version { get; set; }
}

public class Binding : IDirectResponseSchema
{
    [JsonProperty("condition")]
    public virtual Expr Condition { get; set; }

    [JsonProperty("members")]
    public virtual IList<string> Members { get; set; }

    [JsonProperty("role")]
    public virtual string Role { get; set; }

    public virtual string ETag { get; set; }
}

public class Expr : IDirectResponseSchema
{
    [JsonProperty("description")]
    public virtual string Description { get; set; }

    [JsonProperty("expression")]
    public virtual string Expression { get; set; }

    [JsonProperty("location")]
    public virtual string Location { get; set; }

    [JsonProperty("title")]
    public virtual string Title { get; set; }

    public virtual string ETag { get; set; }
}

public class SetIamPolicyRequest : IDirectResponseSchema
{
    [JsonProperty("policy")]
    public virtual Policy Policy { get; set; }

    public virtual string ETag { get; set; }
}

public class AuditConfig : IDirectResponseSchema
{
    [JsonProperty("auditLogConfigs")]
    public virtual IList<AuditLogConfig> AuditLogConfigs { get; set; }

    [JsonProperty("service")]
    public virtual string Service { get; set; }

    public virtual string ETag { get; set; }
}

public class AuditLogConfig : IDirectResponseSchema
{
    [JsonProperty("exemptedMembers")]
    public virtual IList<string> ExemptedMembers { get; set; }

    [JsonProperty("logType")]
    public virtual string LogType { get; set; }

    public virtual string ETag { get; set; }
}

public class Empty : IDirectResponseSchema
{
    public virtual string ETag { get; set; }
}
