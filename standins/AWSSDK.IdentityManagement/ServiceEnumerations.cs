using Amazon.Runtime;

namespace Amazon.IdentityManagement;

public class EntityType(string value) : ConstantClass(value)
{
    public static readonly EntityType Role = new("Role");
    public static readonly EntityType LocalManagedPolicy = new("LocalManagedPolicy");
}
