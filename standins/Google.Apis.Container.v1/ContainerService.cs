using Google.Apis.Services;

namespace Google.Apis.Container.v1;

/// <summary>Kubernetes Engine API, v1: clusters, read.</summary>
public class ContainerService : BaseClientService
{
    public ContainerService()
        : this(new Initializer()) { }

    public ContainerService(Initializer initializer)
        : base(initializer)
    {
        Projects = new ProjectsResource(this);
        BaseUri = GetEffectiveUri(BaseUriOverride, "https://container.googleapis.com/");
        BatchUri = GetEffectiveUri(null, "https://container.googleapis.com/batch");
    }

    public override IList<string> Features => [];

    public override string Name => "container";

    public override string BaseUri { get; }

    public override string BasePath => "";

    public override string BatchUri { get; }

    public override string BatchPath => "batch";

    public virtual ProjectsResource Projects { get; }
}
