using Google.Apis.Services;

namespace Google.Apis.Iam.v1;

/// <summary>Identity and Access Management (IAM) API, v1: service accounts and their policies.</summary>
public class IamService : BaseClientService
{
    public IamService()
        : this(new Initializer()) { }

    public IamService(Initializer initializer)
        : base(initializer)
    {
        Projects = new ProjectsResource(this);
        BaseUri = GetEffectiveUri(BaseUriOverride, "https://iam.googleapis.com/");
        BatchUri = GetEffectiveUri(null, "https://iam.googleapis.com/batch");
    }

    public override IList<string> Features => [];

    public override string Name => "iam";

    public override string BaseUri { get; }

    public override string BasePath => "";

    public override string BatchUri { get; }

    public override string BatchPath => "batch";

    public virtual ProjectsResource Projects { get; }

    public class Scope
    {
        public static string CloudPlatform = "https://www.googleapis.com/auth/cloud-platform";
    }
}
