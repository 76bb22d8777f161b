namespace Federation.Sandbox.Kubernetes.Schemas;

/// <summary>
/// The fields of the types served, as the Kubernetes 1.34 API defines them: a type's name (<c>atomic</c>: its
/// fields have one owner), then its fields as <c>name type =N</c>.
/// </summary>
/// <remarks>
/// <c>T[]</c> is a list that is replaced as a whole, <c>T[set]</c> one of unique values, <c>T[a,b]</c> one merged by
/// the keys a and b (a alone in a strategic merge patch); <c>T{}</c> is a map merged by key, <c>T{atomic}</c> one
/// that is not. <c>?</c>: the zero value is not stored. <c>!</c>: written as null when unset. <c>=N</c>: the
/// field's number in protobuf, given for what kubectl sends in that form.
/// </remarks>
internal static class KubernetesTypes
{
    public static Schema Schema { get; } = Schema.Parse(Meta, Core, Rbac, Reviews);

    private const string Meta = """
        ObjectMeta
            name string =1
            generateName string =2
            namespace string =3
            selfLink string =4
            uid string =5
            resourceVersion string =6
            generation int64 =7
            creationTimestamp time =8
            deletionTimestamp time =9
            deletionGracePeriodSeconds int64 =10
            labels string{} =11
            annotations string{} =12
            ownerReferences OwnerReference[uid] =13
            finalizers string[set] =14
            managedFields ManagedFieldsEntry[] =17
        OwnerReference
            name string =3
            apiVersion string =5
            blockOwnerDeletion bool =7
            controller bool =6
            kind string =1
            uid string =4
        ManagedFieldsEntry
            apiVersion string =3
            fieldsType string =6
            fieldsV1 any =7
            manager string =1
            operation string =2
            subresource string =8
            time time =4
        DeleteOptions
            apiVersion string
            dryRun string[] =5
            gracePeriodSeconds int64 =1
            ignoreStoreReadErrorWithClusterBreakingPotential bool
            kind string
            orphanDependents bool =3
            preconditions Preconditions =2
            propagationPolicy string =4
        Preconditions
            resourceVersion string =2
            uid string =1
        LabelSelector atomic
            matchExpressions LabelSelectorRequirement[]
            matchLabels string{}
        LabelSelectorRequirement
            key string
            operator string
            values string[]
        """;

    private const string Core = """
        Namespace
            metadata ObjectMeta =1
            spec NamespaceSpec =2
            status NamespaceStatus =3
        ServiceAccount
            metadata ObjectMeta =1
            automountServiceAccountToken bool =4
            imagePullSecrets LocalObjectReference[] =3
            secrets ObjectReference[name] =2
        Pod
            metadata ObjectMeta
            spec PodSpec
            status PodStatus
        Event
            metadata ObjectMeta
            action string
            count int32?
            eventTime microTime!
            firstTimestamp time!
            involvedObject ObjectReference
            lastTimestamp time!
            message string
            reason string
            related ObjectReference
            reportingComponent string
            reportingInstance string
            series EventSeries
            source EventSource
            type string
        ConfigMap
            metadata ObjectMeta =1
            binaryData bytes{} =3
            data string{} =2
            immutable bool =4
        Secret
            metadata ObjectMeta =1
            data bytes{} =2
            immutable bool =5
            stringData string{} =4
            type string =3
        Node
            metadata ObjectMeta
            spec NodeSpec
            status NodeStatus
        NamespaceSpec
            finalizers string[] =1
        NamespaceStatus
            conditions NamespaceCondition[type] =2
            phase string =1
        LocalObjectReference atomic
            name string =1
        ObjectReference atomic
            name string =3
            apiVersion string =5
            fieldPath string =7
            kind string =1
            namespace string =2
            resourceVersion string =6
            uid string =4
        PodSpec
            activeDeadlineSeconds int64
            affinity Affinity
            automountServiceAccountToken bool
            containers Container[name]
            dnsConfig PodDNSConfig
            dnsPolicy string
            enableServiceLinks bool
            ephemeralContainers EphemeralContainer[name]
            hostAliases HostAlias[ip]
            hostIPC bool?
            hostNetwork bool?
            hostPID bool?
            hostUsers bool
            hostname string
            hostnameOverride string
            imagePullSecrets LocalObjectReference[name]
            initContainers Container[name]
            nodeName string
            nodeSelector string{atomic}
            os PodOS
            overhead quantity{}
            preemptionPolicy string
            priority int32
            priorityClassName string
            readinessGates PodReadinessGate[]
            resourceClaims PodResourceClaim[name]
            resources ResourceRequirements
            restartPolicy string
            runtimeClassName string
            schedulerName string
            schedulingGates PodSchedulingGate[name]
            securityContext PodSecurityContext
            serviceAccount string
            serviceAccountName string
            setHostnameAsFQDN bool
            shareProcessNamespace bool
            subdomain string
            terminationGracePeriodSeconds int64
            tolerations Toleration[]
            topologySpreadConstraints TopologySpreadConstraint[topologyKey,whenUnsatisfiable]
            volumes Volume[name]
        PodStatus
            conditions PodCondition[type]
            containerStatuses ContainerStatus[]
            ephemeralContainerStatuses ContainerStatus[]
            extendedResourceClaimStatus PodExtendedResourceClaimStatus
            hostIP string
            hostIPs HostIP[]
            initContainerStatuses ContainerStatus[]
            message string
            nominatedNodeName string
            observedGeneration int64
            phase string
            podIP string
            podIPs PodIP[ip]
            qosClass string
            reason string
            resize string
            resourceClaimStatuses PodResourceClaimStatus[name]
            startTime time
        EventSeries
            count int32
            lastObservedTime microTime
        EventSource
            component string
            host string
        NodeSpec
            configSource NodeConfigSource
            externalID string
            podCIDR string
            podCIDRs string[set]
            providerID string
            taints Taint[]
            unschedulable bool?
        NodeStatus
            addresses NodeAddress[type]
            allocatable quantity{}
            capacity quantity{}
            conditions NodeCondition[type]
            config NodeConfigStatus
            daemonEndpoints NodeDaemonEndpoints
            features NodeFeatures
            images ContainerImage[]
            nodeInfo NodeSystemInfo
            phase string
            runtimeHandlers NodeRuntimeHandler[]
            volumesAttached AttachedVolume[]
            volumesInUse string[]
        NamespaceCondition
            lastTransitionTime time!
            message string
            reason string
            status string
            type string
        Affinity
            nodeAffinity NodeAffinity
            podAffinity PodAffinity
            podAntiAffinity PodAntiAffinity
        Container
            name string
            args string[]
            command string[]
            env EnvVar[name]
            envFrom EnvFromSource[]
            image string
            imagePullPolicy string
            lifecycle Lifecycle
            livenessProbe Probe
            ports ContainerPort[containerPort,protocol]
            readinessProbe Probe
            resizePolicy ContainerResizePolicy[]
            resources ResourceRequirements
            restartPolicy string
            restartPolicyRules ContainerRestartRule[]
            securityContext SecurityContext
            startupProbe Probe
            stdin bool?
            stdinOnce bool?
            terminationMessagePath string
            terminationMessagePolicy string
            tty bool?
            volumeDevices VolumeDevice[devicePath]
            volumeMounts VolumeMount[mountPath]
            workingDir string
        PodDNSConfig
            nameservers string[]
            options PodDNSConfigOption[]
            searches string[]
        EphemeralContainer
            name string
            args string[]
            command string[]
            env EnvVar[name]
            envFrom EnvFromSource[]
            image string
            imagePullPolicy string
            lifecycle Lifecycle
            livenessProbe Probe
            ports ContainerPort[containerPort,protocol]
            readinessProbe Probe
            resizePolicy ContainerResizePolicy[]
            resources ResourceRequirements
            restartPolicy string
            restartPolicyRules ContainerRestartRule[]
            securityContext SecurityContext
            startupProbe Probe
            stdin bool?
            stdinOnce bool?
            targetContainerName string
            terminationMessagePath string
            terminationMessagePolicy string
            tty bool?
            volumeDevices VolumeDevice[devicePath]
            volumeMounts VolumeMount[mountPath]
            workingDir string
        HostAlias
            hostnames string[]
            ip string
        PodOS
            name string
        PodReadinessGate
            conditionType string
        PodResourceClaim
            name string
            resourceClaimName string
            resourceClaimTemplateName string
        ResourceRequirements
            claims ResourceClaim[name]
            limits quantity{}
            requests quantity{}
        PodSchedulingGate
            name string
        PodSecurityContext
            appArmorProfile AppArmorProfile
            fsGroup int64
            fsGroupChangePolicy string
            runAsGroup int64
            runAsNonRoot bool
            runAsUser int64
            seLinuxChangePolicy string
            seLinuxOptions SELinuxOptions
            seccompProfile SeccompProfile
            supplementalGroups int64[]
            supplementalGroupsPolicy string
            sysctls Sysctl[]
            windowsOptions WindowsSecurityContextOptions
        Toleration
            effect string
            key string
            operator string
            tolerationSeconds int64
            value string
        TopologySpreadConstraint
            labelSelector LabelSelector
            matchLabelKeys string[]
            maxSkew int32
            minDomains int32
            nodeAffinityPolicy string
            nodeTaintsPolicy string
            topologyKey string
            whenUnsatisfiable string
        Volume
            name string
            awsElasticBlockStore AWSElasticBlockStoreVolumeSource
            azureDisk AzureDiskVolumeSource
            azureFile AzureFileVolumeSource
            cephfs CephFSVolumeSource
            cinder CinderVolumeSource
            configMap ConfigMapVolumeSource
            csi CSIVolumeSource
            downwardAPI DownwardAPIVolumeSource
            emptyDir EmptyDirVolumeSource
            ephemeral EphemeralVolumeSource
            fc FCVolumeSource
            flexVolume FlexVolumeSource
            flocker FlockerVolumeSource
            gcePersistentDisk GCEPersistentDiskVolumeSource
            gitRepo GitRepoVolumeSource
            glusterfs GlusterfsVolumeSource
            hostPath HostPathVolumeSource
            image ImageVolumeSource
            iscsi ISCSIVolumeSource
            nfs NFSVolumeSource
            persistentVolumeClaim PersistentVolumeClaimVolumeSource
            photonPersistentDisk PhotonPersistentDiskVolumeSource
            portworxVolume PortworxVolumeSource
            projected ProjectedVolumeSource
            quobyte QuobyteVolumeSource
            rbd RBDVolumeSource
            scaleIO ScaleIOVolumeSource
            secret SecretVolumeSource
            storageos StorageOSVolumeSource
            vsphereVolume VsphereVirtualDiskVolumeSource
        PodCondition
            lastProbeTime time!
            lastTransitionTime time!
            message string
            observedGeneration int64
            reason string
            status string
            type string
        ContainerStatus
            name string
            allocatedResources quantity{}
            allocatedResourcesStatus ResourceStatus[name]
            containerID string
            image string
            imageID string
            lastState ContainerState
            ready bool
            resources ResourceRequirements
            restartCount int32
            started bool
            state ContainerState
            stopSignal string
            user ContainerUser
            volumeMounts VolumeMountStatus[mountPath]
        PodExtendedResourceClaimStatus
            requestMappings ContainerExtendedResourceRequest[]
            resourceClaimName string
        HostIP
            ip string
        PodIP
            ip string
        PodResourceClaimStatus
            name string
            resourceClaimName string
        NodeConfigSource
            configMap ConfigMapNodeConfigSource
        Taint
            effect string
            key string
            timeAdded time
            value string
        NodeAddress
            address string
            type string
        NodeCondition
            lastHeartbeatTime time!
            lastTransitionTime time!
            message string
            reason string
            status string
            type string
        NodeConfigStatus
            active NodeConfigSource
            assigned NodeConfigSource
            error string
            lastKnownGood NodeConfigSource
        NodeDaemonEndpoints
            kubeletEndpoint DaemonEndpoint
        NodeFeatures
            supplementalGroupsPolicy bool
        ContainerImage
            names string[]
            sizeBytes int64
        NodeSystemInfo
            architecture string
            bootID string
            containerRuntimeVersion string
            kernelVersion string
            kubeProxyVersion string
            kubeletVersion string
            machineID string
            operatingSystem string
            osImage string
            runningInUserNamespace bool
            swap NodeSwapStatus
            systemUUID string
        NodeRuntimeHandler
            name string
            features NodeRuntimeHandlerFeatures
        AttachedVolume
            name string
            devicePath string
        NodeAffinity
            preferredDuringSchedulingIgnoredDuringExecution PreferredSchedulingTerm[]
            requiredDuringSchedulingIgnoredDuringExecution NodeSelector
        PodAffinity
            preferredDuringSchedulingIgnoredDuringExecution WeightedPodAffinityTerm[]
            requiredDuringSchedulingIgnoredDuringExecution PodAffinityTerm[]
        PodAntiAffinity
            preferredDuringSchedulingIgnoredDuringExecution WeightedPodAffinityTerm[]
            requiredDuringSchedulingIgnoredDuringExecution PodAffinityTerm[]
        EnvVar
            name string
            value string
            valueFrom EnvVarSource
        EnvFromSource
            configMapRef ConfigMapEnvSource
            prefix string
            secretRef SecretEnvSource
        Lifecycle
            postStart LifecycleHandler
            preStop LifecycleHandler
            stopSignal string
        Probe
            exec ExecAction
            failureThreshold int32?
            grpc GRPCAction
            httpGet HTTPGetAction
            initialDelaySeconds int32?
            periodSeconds int32?
            successThreshold int32?
            tcpSocket TCPSocketAction
            terminationGracePeriodSeconds int64
            timeoutSeconds int32?
        ContainerPort
            name string
            containerPort int32
            hostIP string
            hostPort int32?
            protocol string
        ContainerResizePolicy
            resourceName string
            restartPolicy string
        ContainerRestartRule
            action string
            exitCodes ContainerRestartRuleOnExitCodes
        SecurityContext
            allowPrivilegeEscalation bool
            appArmorProfile AppArmorProfile
            capabilities Capabilities
            privileged bool
            procMount string
            readOnlyRootFilesystem bool
            runAsGroup int64
            runAsNonRoot bool
            runAsUser int64
            seLinuxOptions SELinuxOptions
            seccompProfile SeccompProfile
            windowsOptions WindowsSecurityContextOptions
        VolumeDevice
            name string
            devicePath string
        VolumeMount
            name string
            mountPath string
            mountPropagation string
            readOnly bool?
            recursiveReadOnly string
            subPath string
            subPathExpr string
        PodDNSConfigOption
            name string
            value string
        ResourceClaim
            name string
            request string
        AppArmorProfile
            localhostProfile string
            type string
        SELinuxOptions
            level string
            role string
            type string
            user string
        SeccompProfile
            localhostProfile string
            type string
        Sysctl
            name string
            value string
        WindowsSecurityContextOptions
            gmsaCredentialSpec string
            gmsaCredentialSpecName string
            hostProcess bool
            runAsUserName string
        AWSElasticBlockStoreVolumeSource
            fsType string
            partition int32
            readOnly bool
            volumeID string
        AzureDiskVolumeSource
            cachingMode string
            diskName string
            diskURI string
            fsType string
            kind string
            readOnly bool
        AzureFileVolumeSource
            readOnly bool
            secretName string
            shareName string
        CephFSVolumeSource
            monitors string[]
            path string
            readOnly bool
            secretFile string
            secretRef LocalObjectReference
            user string
        CinderVolumeSource
            fsType string
            readOnly bool
            secretRef LocalObjectReference
            volumeID string
        ConfigMapVolumeSource
            name string
            defaultMode int32
            items KeyToPath[]
            optional bool
        CSIVolumeSource
            driver string
            fsType string
            nodePublishSecretRef LocalObjectReference
            readOnly bool
            volumeAttributes string{}
        DownwardAPIVolumeSource
            defaultMode int32
            items DownwardAPIVolumeFile[]
        EmptyDirVolumeSource
            medium string
            sizeLimit quantity
        EphemeralVolumeSource
            volumeClaimTemplate PersistentVolumeClaimTemplate
        FCVolumeSource
            fsType string
            lun int32
            readOnly bool
            targetWWNs string[]
            wwids string[]
        FlexVolumeSource
            driver string
            fsType string
            options string{}
            readOnly bool
            secretRef LocalObjectReference
        FlockerVolumeSource
            datasetName string
            datasetUUID string
        GCEPersistentDiskVolumeSource
            fsType string
            partition int32
            pdName string
            readOnly bool
        GitRepoVolumeSource
            directory string
            repository string
            revision string
        GlusterfsVolumeSource
            endpoints string
            path string
            readOnly bool
        HostPathVolumeSource
            path string
            type string
        ImageVolumeSource
            pullPolicy string
            reference string
        ISCSIVolumeSource
            chapAuthDiscovery bool
            chapAuthSession bool
            fsType string
            initiatorName string
            iqn string
            iscsiInterface string
            lun int32
            portals string[]
            readOnly bool
            secretRef LocalObjectReference
            targetPortal string
        NFSVolumeSource
            path string
            readOnly bool
            server string
        PersistentVolumeClaimVolumeSource
            claimName string
            readOnly bool
        PhotonPersistentDiskVolumeSource
            fsType string
            pdID string
        PortworxVolumeSource
            fsType string
            readOnly bool
            volumeID string
        ProjectedVolumeSource
            defaultMode int32
            sources VolumeProjection[]
        QuobyteVolumeSource
            group string
            readOnly bool
            registry string
            tenant string
            user string
            volume string
        RBDVolumeSource
            fsType string
            image string
            keyring string
            monitors string[]
            pool string
            readOnly bool
            secretRef LocalObjectReference
            user string
        ScaleIOVolumeSource
            fsType string
            gateway string
            protectionDomain string
            readOnly bool
            secretRef LocalObjectReference
            sslEnabled bool
            storageMode string
            storagePool string
            system string
            volumeName string
        SecretVolumeSource
            defaultMode int32
            items KeyToPath[]
            optional bool
            secretName string
        StorageOSVolumeSource
            fsType string
            readOnly bool
            secretRef LocalObjectReference
            volumeName string
            volumeNamespace string
        VsphereVirtualDiskVolumeSource
            fsType string
            storagePolicyID string
            storagePolicyName string
            volumePath string
        ResourceStatus
            name string
            resources ResourceHealth[resourceID]
        ContainerState
            running ContainerStateRunning
            terminated ContainerStateTerminated
            waiting ContainerStateWaiting
        ContainerUser
            linux LinuxContainerUser
        VolumeMountStatus
            name string
            mountPath string
            readOnly bool
            recursiveReadOnly string
        ContainerExtendedResourceRequest
            containerName string
            requestName string
            resourceName string
        ConfigMapNodeConfigSource
            name string
            kubeletConfigKey string
            namespace string
            resourceVersion string
            uid string
        DaemonEndpoint
            Port int32
        NodeSwapStatus
            capacity int64
        NodeRuntimeHandlerFeatures
            recursiveReadOnlyMounts bool
            userNamespaces bool
        PreferredSchedulingTerm
            preference NodeSelectorTerm
            weight int32
        NodeSelector atomic
            nodeSelectorTerms NodeSelectorTerm[]
        WeightedPodAffinityTerm
            podAffinityTerm PodAffinityTerm
            weight int32
        PodAffinityTerm
            labelSelector LabelSelector
            matchLabelKeys string[]
            mismatchLabelKeys string[]
            namespaceSelector LabelSelector
            namespaces string[]
            topologyKey string
        EnvVarSource
            configMapKeyRef ConfigMapKeySelector
            fieldRef ObjectFieldSelector
            fileKeyRef FileKeySelector
            resourceFieldRef ResourceFieldSelector
            secretKeyRef SecretKeySelector
        ConfigMapEnvSource
            name string
            optional bool
        SecretEnvSource
            name string
            optional bool
        LifecycleHandler
            exec ExecAction
            httpGet HTTPGetAction
            sleep SleepAction
            tcpSocket TCPSocketAction
        ExecAction
            command string[]
        GRPCAction
            port int32
            service string
        HTTPGetAction
            host string
            httpHeaders HTTPHeader[]
            path string
            port intOrString
            scheme string
        TCPSocketAction
            host string
            port intOrString
        ContainerRestartRuleOnExitCodes
            operator string
            values int32[set]
        Capabilities
            add string[]
            drop string[]
        KeyToPath
            key string
            mode int32
            path string
        DownwardAPIVolumeFile
            fieldRef ObjectFieldSelector
            mode int32
            path string
            resourceFieldRef ResourceFieldSelector
        PersistentVolumeClaimTemplate
            metadata ObjectMeta
            spec PersistentVolumeClaimSpec
        VolumeProjection
            clusterTrustBundle ClusterTrustBundleProjection
            configMap ConfigMapProjection
            downwardAPI DownwardAPIProjection
            podCertificate PodCertificateProjection
            secret SecretProjection
            serviceAccountToken ServiceAccountTokenProjection
        ResourceHealth
            health string
            message string
            resourceID string
        ContainerStateRunning
            startedAt time!
        ContainerStateTerminated
            containerID string
            exitCode int32
            finishedAt time!
            message string
            reason string
            signal int32
            startedAt time!
        ContainerStateWaiting
            message string
            reason string
        LinuxContainerUser
            gid int64
            supplementalGroups int64[]
            uid int64
        NodeSelectorTerm atomic
            matchExpressions NodeSelectorRequirement[]
            matchFields NodeSelectorRequirement[]
        ConfigMapKeySelector atomic
            name string
            key string
            optional bool
        ObjectFieldSelector atomic
            apiVersion string
            fieldPath string
        FileKeySelector atomic
            key string
            optional bool
            path string
            volumeName string
        ResourceFieldSelector atomic
            containerName string
            divisor quantity
            resource string
        SecretKeySelector atomic
            name string
            key string
            optional bool
        SleepAction
            seconds int64
        HTTPHeader
            name string
            value string
        PersistentVolumeClaimSpec
            accessModes string[]
            dataSource TypedLocalObjectReference
            dataSourceRef TypedObjectReference
            resources VolumeResourceRequirements
            selector LabelSelector
            storageClassName string
            volumeAttributesClassName string
            volumeMode string
            volumeName string
        ClusterTrustBundleProjection
            name string
            labelSelector LabelSelector
            optional bool
            path string
            signerName string
        ConfigMapProjection
            name string
            items KeyToPath[]
            optional bool
        DownwardAPIProjection
            items DownwardAPIVolumeFile[]
        PodCertificateProjection
            certificateChainPath string
            credentialBundlePath string
            keyPath string
            keyType string
            maxExpirationSeconds int32
            signerName string
        SecretProjection
            name string
            items KeyToPath[]
            optional bool
        ServiceAccountTokenProjection
            audience string
            expirationSeconds int64
            path string
        NodeSelectorRequirement
            key string
            operator string
            values string[]
        TypedLocalObjectReference atomic
            name string
            apiGroup string
            kind string
        TypedObjectReference
            name string
            apiGroup string
            kind string
            namespace string
        VolumeResourceRequirements
            limits quantity{}
            requests quantity{}
        """;

    private const string Rbac = """
        Role
            metadata ObjectMeta =1
            rules PolicyRule[] =2
        RoleBinding
            metadata ObjectMeta =1
            roleRef RoleRef =3
            subjects Subject[] =2
        ClusterRole
            metadata ObjectMeta =1
            aggregationRule AggregationRule =3
            rules PolicyRule[] =2
        ClusterRoleBinding
            metadata ObjectMeta =1
            roleRef RoleRef =3
            subjects Subject[] =2
        PolicyRule
            apiGroups string[] =2
            nonResourceURLs string[] =5
            resourceNames string[] =4
            resources string[] =3
            verbs string[] =1
        RoleRef atomic
            name string =3
            apiGroup string =1
            kind string =2
        Subject
            name string =3
            apiGroup string =2
            kind string =1
            namespace string =4
        AggregationRule
            clusterRoleSelectors LabelSelector[]
        """;

    private const string Reviews = """
        TokenRequest
            metadata ObjectMeta =1
            spec TokenRequestSpec =2
            status TokenRequestStatus =3
        TokenRequestSpec
            audiences string[]! =1
            boundObjectRef BoundObjectReference! =3
            expirationSeconds int64 =4
        TokenRequestStatus
            expirationTimestamp time =2
            token string =1
        BoundObjectReference
            name string =3
            apiVersion string =2
            kind string =1
            uid string =4
        TokenReview
            metadata ObjectMeta =1
            spec TokenReviewSpec =2
            status TokenReviewStatus =3
        TokenReviewSpec
            audiences string[] =2
            token string =1
        TokenReviewStatus
            audiences string[]
            authenticated bool
            error string
            user UserInfo
        UserInfo
            extra string[]{}
            groups string[]
            uid string
            username string
        SelfSubjectAccessReview
            metadata ObjectMeta =1
            spec SelfSubjectAccessReviewSpec =2
            status SubjectAccessReviewStatus =3
        SelfSubjectAccessReviewSpec
            nonResourceAttributes NonResourceAttributes =2
            resourceAttributes ResourceAttributes =1
        SubjectAccessReviewStatus
            allowed bool =1
            denied bool =4
            evaluationError string =3
            reason string =2
        ResourceAttributes
            name string =7
            fieldSelector FieldSelectorAttributes =8
            group string =3
            labelSelector LabelSelectorAttributes =9
            namespace string =1
            resource string =5
            subresource string =6
            verb string =2
            version string =4
        NonResourceAttributes
            path string =1
            verb string =2
        FieldSelectorAttributes
            rawSelector string
            requirements FieldSelectorRequirement[]
        LabelSelectorAttributes
            rawSelector string
            requirements LabelSelectorRequirement[]
        FieldSelectorRequirement
            key string
            operator string
            values string[]
        SelfSubjectReview
            metadata ObjectMeta =1
            status SelfSubjectReviewStatus =2
        SelfSubjectReviewStatus
            userInfo UserInfo
        SelfSubjectRulesReview
            metadata ObjectMeta =1
            spec SelfSubjectRulesReviewSpec =2
            status SubjectRulesReviewStatus =3
        SelfSubjectRulesReviewSpec
            namespace string =1
        SubjectRulesReviewStatus
            evaluationError string
            incomplete bool
            nonResourceRules NonResourceRule[]
            resourceRules ResourceRule[]
        NonResourceRule
            nonResourceURLs string[]
            verbs string[]
        ResourceRule
            apiGroups string[]
            resourceNames string[]
            resources string[]
            verbs string[]
        """;
}
