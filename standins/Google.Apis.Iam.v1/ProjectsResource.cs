using Google.Apis.Iam.v1.Data;
using Google.Apis.Services;
using Google.Apis.Util;

namespace Google.Apis.Iam.v1;

public class ProjectsResource(IClientService service)
{
    public virtual ServiceAccountsResource ServiceAccounts { get; } = new(service);

    public class ServiceAccountsResource(IClientService service)
    {
        public virtual CreateRequest Create(CreateServiceAccountRequest body, string name) => new(service, body, name);

        public virtual DeleteRequest Delete(string name) => new(service, name);

        public virtual GetRequest Get(string name) => new(service, name);

        public virtual GetIamPolicyRequest GetIamPolicy(string resource) => new(service, resource);

        public virtual ListRequest List(string name) => new(service, name);

        public virtual PatchRequest Patch(PatchServiceAccountRequest body, string name) => new(service, body, name);

        public virtual SetIamPolicyRequest SetIamPolicy(Data.SetIamPolicyRequest body, string resource) => new(service, body, resource);

        public class CreateRequest : IamBaseServiceRequest<ServiceAccount>
        {
            public CreateRequest(IClientService service, CreateServiceAccountRequest body, string name)
                : base(service)
            {
                Name = name;
                Body = body;
                InitParameters();
            }

            [RequestParameter("name", RequestParameterType.Path)]
            public virtual string Name { get; private set; }

            private CreateServiceAccountRequest Body { get; }

            public override string MethodName => "create";

            public override string HttpMethod => "POST";

            public override string RestPath => "v1/{+name}/serviceAccounts";

            private protected override string PathPattern => "^projects/[^/]+$";

            protected override object GetBody() => Body;
        }

        public class DeleteRequest : IamBaseServiceRequest<Empty>
        {
            public DeleteRequest(IClientService service, string name)
                : base(service)
            {
                Name = name;
                InitParameters();
            }

            [RequestParameter("name", RequestParameterType.Path)]
            public virtual string Name { get; private set; }

            public override string MethodName => "delete";

            public override string HttpMethod => "DELETE";

            public override string RestPath => "v1/{+name}";

            private protected override string PathPattern => "^projects/[^/]+/serviceAccounts/[^/]+$";
        }

        public class GetRequest : IamBaseServiceRequest<ServiceAccount>
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

            private protected override string PathPattern => "^projects/[^/]+/serviceAccounts/[^/]+$";
        }

        public class GetIamPolicyRequest : IamBaseServiceRequest<Policy>
        {
            public GetIamPolicyRequest(IClientService service, string resource)
                : base(service)
            {
                Resource = resource;
                InitParameters();
            }

            [RequestParameter("resource", RequestParameterType.Path)]
            public virtual string Resource { get; private set; }

            [RequestParameter("options.requestedPolicyVersion", RequestParameterType.Query)]
            public virtual int? OptionsRequestedPolicyVersion { get; set; }

            public override string MethodName => "getIamPolicy";

            public override string HttpMethod => "POST";

            public override string RestPath => "v1/{+resource}:getIamPolicy";

            private protected override string PathPattern => "^projects/[^/]+/serviceAccounts/[^/]+$";
        }

        public class ListRequest : IamBaseServiceRequest<ListServiceAccountsResponse>
        {
            public ListRequest(IClientService service, string name)
                : base(service)
            {
                Name = name;
                InitParameters();
            }

            [RequestParameter("name", RequestParameterType.Path)]
            public virtual string Name { get; private set; }

            [RequestParameter("pageSize", RequestParameterType.Query)]
            public virtual int? PageSize { get; set; }

            [RequestParameter("pageToken", RequestParameterType.Query)]
            public virtual string PageToken { get; set; }

            public override string MethodName => "list";

            public override string HttpMethod => "GET";

            public override string RestPath => "v1/{+name}/serviceAccounts";

            private protected override string PathPattern => "^projects/[^/]+$";
        }

        public class PatchRequest : IamBaseServiceRequest<ServiceAccount>
        {
            public PatchRequest(IClientService service, PatchServiceAccountRequest body, string name)
                : base(service)
            {
                Name = name;
                Body = body;
                InitParameters();
            }

            [RequestParameter("name", RequestParameterType.Path)]
            public virtual string Name { get; private set; }

            private PatchServiceAccountRequest Body { get; }

            public override string MethodName => "patch";

            public override string HttpMethod => "PATCH";

            public override string RestPath => "v1/{+name}";

            private protected override string PathPattern => "^projects/[^/]+/serviceAccounts/[^/]+$";

            protected override object GetBody() => Body;
        }

        public class SetIamPolicyRequest : IamBaseServiceRequest<Policy>
        {
            public SetIamPolicyRequest(IClientService service, Data.SetIamPolicyRequest body, string resource)
                : base(service)
            {
                Resource = resource;
                Body = body;
                InitParameters();
            }

            [RequestParameter("resource", RequestParameterType.Path)]
            public virtual string Resource { get; private set; }

            private Data.SetIamPolicyRequest Body { get; }

            public override string MethodName => "setIamPolicy";

            public override string HttpMethod => "POST";

            public override string RestPath => "v1/{+resource}:setIamPolicy";

            private protected override string PathPattern => "^projects/[^/]+/serviceAccounts/[^/]+$";

            protected override object GetBody() => Body;
        }
    }
}
