namespace Federation.Sandbox.Kubernetes.Schemas;

/// <summary>
/// The fields of the served types, as the Kubernetes 1.34 API defines them: a line with a type's name (<c>atomic</c>: its
/// fields have one owner), then its fields as <c>name type =N</c>, with semicolons between them.
/// </summary>
/// <remarks>
/// <c>T[]</c> is a list that is replaced as a whole, <c>T[set]</c> one of unique values, <c>T[a,b]</c> one that is merged by
/// the keys a and b (only a in a strategic merge patch); <c>T{}</c> is a map that is merged by key, <c>T{atomic}</c> one that
/// is replaced. <c>?</c>: the zero value is not stored. <c>!</c>: written as null when unset. <c>=N</c>: the field's number in
/// protobuf; <c>=M.N</c>: number N of the message in field M, which JSON has inline.
/// </remarks>
internal static partial class KubernetesTypes
{
    public static Schema Schema { get; } = Schema.Parse(Meta, Core, Pods, Volumes, Nodes, Apps, Batch, Rbac, Reviews);

    private const string Meta = """
        ObjectMeta
            name string =1; generateName string =2; namespace string =3; selfLink string =4; uid string =5;
            resourceVersion string =6; generation int64? =7; creationTimestamp time =8; deletionTimestamp time =9;
            deletionGracePeriodSeconds int64 =10; labels string{} =11; annotations string{} =12;
            ownerReferences OwnerReference[uid] =13; finalizers string[set] =14; managedFields ManagedFieldsEntry[] =17
        OwnerReference
            name string =3; apiVersion string =5; blockOwnerDeletion bool =7; controller bool =6; kind string =1; uid string =4
        ManagedFieldsEntry
            apiVersion string =3; fieldsType string =6; fieldsV1 any =7; manager string =1; operation string =2;
            subresource string =8; time time =4
        DeleteOptions
            apiVersion string; dryRun string[] =5; gracePeriodSeconds int64 =1;
            ignoreStoreReadErrorWithClusterBreakingPotential bool; kind string; orphanDependents bool =3;
            preconditions Preconditions =2; propagationPolicy string =4
        Preconditions
            resourceVersion string =2; uid string =1
        LabelSelector atomic
            matchExpressions LabelSelectorRequirement[] =2; matchLabels string{} =1
        LabelSelectorRequirement
            key string =1; operator string =2; values string[] =3
        """;

    private const string Core = """
        Namespace
            metadata ObjectMeta =1; spec NamespaceSpec =2; status NamespaceStatus =3
        ServiceAccount
            metadata ObjectMeta =1; automountServiceAccountToken bool =4; imagePullSecrets LocalObjectReference[] =3;
            secrets ObjectReference[name] =2
        Event
            metadata ObjectMeta =1; action string =12; count int32? =8; eventTime microTime! =10; firstTimestamp time! =6;
            involvedObject ObjectReference =2; lastTimestamp time! =7; message string =4; reason string =3;
            related ObjectReference =13; reportingComponent string =14; reportingInstance string =15; series EventSeries =11;
            source EventSource =5; type string =9
        ConfigMap
            metadata ObjectMeta =1; binaryData bytes{} =3; data string{} =2; immutable bool =4
        Secret
            metadata ObjectMeta =1; data bytes{} =2; immutable bool =5; stringData string{} =4; type string =3
        NamespaceSpec
            finalizers string[] =1
        NamespaceStatus
            conditions NamespaceCondition[type] =2; phase string =1
        LocalObjectReference atomic
            name string =1
        ObjectReference atomic
            name string =3; apiVersion string =5; fieldPath string =7; kind string =1; namespace string =2;
            resourceVersion string =6; uid string =4
        EventSeries
            count int32 =1; lastObservedTime microTime =2
        EventSource
            component string =1; host string =2
        NamespaceCondition
            lastTransitionTime time! =4; message string =6; reason string =5; status string =2; type string =1
        """;

    private const string Rbac = """
        Role
            metadata ObjectMeta =1; rules PolicyRule[] =2
        RoleBinding
            metadata ObjectMeta =1; roleRef RoleRef =3; subjects Subject[] =2
        ClusterRole
            metadata ObjectMeta =1; aggregationRule AggregationRule =3; rules PolicyRule[] =2
        ClusterRoleBinding
            metadata ObjectMeta =1; roleRef RoleRef =3; subjects Subject[] =2
        PolicyRule
            apiGroups string[] =2; nonResourceURLs string[] =5; resourceNames string[] =4; resources string[] =3; verbs string[] =1
        RoleRef atomic
            name string =3; apiGroup string =1; kind string =2
        Subject
            name string =3; apiGroup string =2; kind string =1; namespace string =4
        AggregationRule
            clusterRoleSelectors LabelSelector[] =1
        """;
}
