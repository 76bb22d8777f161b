using Google.Apis.Container.v1.Data;
using Google.Apis.Services;
using Google.Apis.Util;

namespace Google.Apis.Container.v1;

public class ProjectsResource(IClientService service)
{
    public virtual LocationsResource Locations { get; } = new(service);

    public class LocationsResource(IClientService service)
    {
        public virtual ClustersResource Clusters { get; } = new(service);

        public class ClustersResource(IClientService service)
        {
            public virtual GetRequest Get(string name) => new(service, name);

            public virtual ListRequest List(string parent) => new(service, parent);

            public class GetRequest : ContainerBaseServiceRequest<Cluster>
            {
                public GetRequest(IClientService service, string name)
                    : base(service)
                {
                    Name = name;
                    InitParameters();
                }

                [RequestParameter("name", RequestParameterType.Path)]
                public virtual string Name { get; private set; }

                public override string MethodName => "get";

                public override string HttpMethod => "GET";

                public override string RestPath => "v1/{+name}";

                private protected override string PathPattern => "^projects/[^/]+/locations/[^/]+/clusters/[^/]+$";
            }

            public class ListRequest : ContainerBaseServiceRequest<ListClustersResponse>
            {
                public ListRequest(IClientService service, string parent)
                    : base(service)
                {
                    Parent = parent;
                    InitParameters();
                }

                [RequestParameter("parent", RequestParameterType.Path)]
                public virtual string Parent { get; private set; }

                public override string MethodName => "list";

                public override string HttpMethod => "GET";

                public override string RestPath => "v1/{+parent}/clusters";

                private protected override string PathPattern => "^projects/[^/]+/locations/[^/]+$";
            }
        }
    }
}
