namespace Federation.Sandbox.Kubernetes.Schemas;

// authentication.k8s.io/v1 and authorization.k8s.io/v1.
internal static partial class KubernetesTypes
{
    private const string Reviews = """
        TokenRequest
            metadata ObjectMeta =1; spec TokenRequestSpec =2; status TokenRequestStatus =3
        TokenRequestSpec
            audiences string[]! =1; boundObjectRef BoundObjectReference! =3; expirationSeconds int64 =4
        TokenRequestStatus
            expirationTimestamp time =2; token string =1
        BoundObjectReference
            name string =3; apiVersion string =2; kind string =1; uid string =4
        TokenReview
            metadata ObjectMeta =1; spec TokenReviewSpec =2; status TokenReviewStatus =3
        TokenReviewSpec
            audiences string[] =2; token string =1
        TokenReviewStatus
            audiences string[] =4; authenticated bool =1; error string =3; user UserInfo =2
        UserInfo
            extra string[]{}; groups string[] =3; uid string =2; username string =1
        SelfSubjectAccessReview
            metadata ObjectMeta =1; spec SelfSubjectAccessReviewSpec =2; status SubjectAccessReviewStatus =3
        SelfSubjectAccessReviewSpec
            nonResourceAttributes NonResourceAttributes =2; resourceAttributes ResourceAttributes =1
        SubjectAccessReviewStatus
            allowed bool =1; denied bool =4; evaluationError string =3; reason string =2
        ResourceAttributes
            name string =7; fieldSelector FieldSelectorAttributes =8; group string =3; labelSelector LabelSelectorAttributes =9;
            namespace string =1; resource string =5; subresource string =6; verb string =2; version string =4
        NonResourceAttributes
            path string =1; verb string =2
        FieldSelectorAttributes
            rawSelector string =1; requirements FieldSelectorRequirement[] =2
        LabelSelectorAttributes
            rawSelector string =1; requirements LabelSelectorRequirement[] =2
        FieldSelectorRequirement
            key string =1; operator string =2; values string[] =3
        SelfSubjectReview
            metadata ObjectMeta =1; status SelfSubjectReviewStatus =2
        SelfSubjectReviewStatus
            userInfo UserInfo =1
        SelfSubjectRulesReview
            metadata ObjectMeta =1; spec SelfSubjectRulesReviewSpec =2; status SubjectRulesReviewStatus =3
        SelfSubjectRulesReviewSpec
            namespace string =1
        SubjectRulesReviewStatus
            evaluationError string =4; incomplete bool =3; nonResourceRules NonResourceRule[] =2; resourceRules ResourceRule[] =1
        NonResourceRule
            nonResourceURLs string[] =2; verbs string[] =1
        ResourceRule
            apiGroups string[] =2; resourceNames string[] =4; resources string[] =3; verbs string[] =1
        """;
}
