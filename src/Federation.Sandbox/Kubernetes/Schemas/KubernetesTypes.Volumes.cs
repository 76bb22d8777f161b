namespace Federation.Sandbox.Kubernetes.Schemas;

// What a pod can mount.
internal static partial class KubernetesTypes
{
    private const string Volumes = """
        Volume
            name string =1; awsElasticBlockStore AWSElasticBlockStoreVolumeSource =2.4; azureDisk AzureDiskVolumeSource =2.22;
            azureFile AzureFileVolumeSource =2.18; cephfs CephFSVolumeSource =2.14; cinder CinderVolumeSource =2.13;
            configMap ConfigMapVolumeSource =2.19; csi CSIVolumeSource =2.28; downwardAPI DownwardAPIVolumeSource =2.16;
            emptyDir EmptyDirVolumeSource =2.2; ephemeral EphemeralVolumeSource =2.29; fc FCVolumeSource =2.17;
            flexVolume FlexVolumeSource =2.12; flocker FlockerVolumeSource =2.15;
            gcePersistentDisk GCEPersistentDiskVolumeSource =2.3; gitRepo GitRepoVolumeSource =2.5;
            glusterfs GlusterfsVolumeSource =2.9; hostPath HostPathVolumeSource =2.1; image ImageVolumeSource =2.30;
            iscsi ISCSIVolumeSource =2.8; nfs NFSVolumeSource =2.7; persistentVolumeClaim PersistentVolumeClaimVolumeSource =2.10;
            photonPersistentDisk PhotonPersistentDiskVolumeSource =2.23; portworxVolume PortworxVolumeSource =2.24;
            projected ProjectedVolumeSource =2.26; quobyte QuobyteVolumeSource =2.21; rbd RBDVolumeSource =2.11;
            scaleIO ScaleIOVolumeSource =2.25; secret SecretVolumeSource =2.6; storageos StorageOSVolumeSource =2.27;
            vsphereVolume VsphereVirtualDiskVolumeSource =2.20
        AWSElasticBlockStoreVolumeSource
            fsType string =2; partition int32? =3; readOnly bool? =4; volumeID string =1
        AzureDiskVolumeSource
            cachingMode string =3; diskName string =1; diskURI string =2; fsType string =4; kind string =6; readOnly bool =5
        AzureFileVolumeSource
            readOnly bool? =3; secretName string =1; shareName string =2
        CephFSVolumeSource
            monitors string[] =1; path string =2; readOnly bool? =6; secretFile string =4; secretRef LocalObjectReference =5;
            user string =3
        CinderVolumeSource
            fsType string =2; readOnly bool? =3; secretRef LocalObjectReference =4; volumeID string =1
        ConfigMapVolumeSource
            name string =1.1; defaultMode int32 =3; items KeyToPath[] =2; optional bool =4
        CSIVolumeSource
            driver string =1; fsType string =3; nodePublishSecretRef LocalObjectReference =5; readOnly bool =2;
            volumeAttributes string{} =4
        DownwardAPIVolumeSource
            defaultMode int32 =2; items DownwardAPIVolumeFile[] =1
        EmptyDirVolumeSource
            medium string =1; sizeLimit quantity =2
        EphemeralVolumeSource
            volumeClaimTemplate PersistentVolumeClaimTemplate =1
        FCVolumeSource
            fsType string =3; lun int32 =2; readOnly bool? =4; targetWWNs string[] =1; wwids string[] =5
        FlexVolumeSource
            driver string =1; fsType string =2; options string{} =5; readOnly bool? =4; secretRef LocalObjectReference =3
        FlockerVolumeSource
            datasetName string =1; datasetUUID string =2
        GCEPersistentDiskVolumeSource
            fsType string =2; partition int32? =3; pdName string =1; readOnly bool? =4
        GitRepoVolumeSource
            directory string =3; repository string =1; revision string =2
        GlusterfsVolumeSource
            endpoints string =1; path string =2; readOnly bool? =3
        HostPathVolumeSource
            path string =1; type string =2
        ImageVolumeSource
            pullPolicy string =2; reference string =1
        ISCSIVolumeSource
            chapAuthDiscovery bool? =8; chapAuthSession bool? =11; fsType string =5; initiatorName string =12; iqn string =2;
            iscsiInterface string =4; lun int32 =3; portals string[] =7; readOnly bool? =6; secretRef LocalObjectReference =10;
            targetPortal string =1
        NFSVolumeSource
            path string =2; readOnly bool? =3; server string =1
        PersistentVolumeClaimVolumeSource
            claimName string =1; readOnly bool? =2
        PhotonPersistentDiskVolumeSource
            fsType string =2; pdID string =1
        PortworxVolumeSource
            fsType string =2; readOnly bool? =3; volumeID string =1
        ProjectedVolumeSource
            defaultMode int32 =2; sources VolumeProjection[] =1
        QuobyteVolumeSource
            group string =5; readOnly bool? =3; registry string =1; tenant string =6; user string =4; volume string =2
        RBDVolumeSource
            fsType string =3; image string =2; keyring string =6; monitors string[] =1; pool string =4; readOnly bool? =8;
            secretRef LocalObjectReference =7; user string =5
        ScaleIOVolumeSource
            fsType string =9; gateway string =1; protectionDomain string =5; readOnly bool? =10; secretRef LocalObjectReference =3;
            sslEnabled bool? =4; storageMode string =7; storagePool string =6; system string =2; volumeName string =8
        SecretVolumeSource
            defaultMode int32 =3; items KeyToPath[] =2; optional bool =4; secretName string =1
        StorageOSVolumeSource
            fsType string =3; readOnly bool? =4; secretRef LocalObjectReference =5; volumeName string =1; volumeNamespace string =2
        VsphereVirtualDiskVolumeSource
            fsType string =2; storagePolicyID string =4; storagePolicyName string =3; volumePath string =1
        KeyToPath
            key string =1; mode int32 =3; path string =2
        DownwardAPIVolumeFile
            fieldRef ObjectFieldSelector =2; mode int32 =4; path string =1; resourceFieldRef ResourceFieldSelector =3
        PersistentVolumeClaimTemplate
            metadata ObjectMeta =1; spec PersistentVolumeClaimSpec =2
        VolumeProjection
            clusterTrustBundle ClusterTrustBundleProjection =5; configMap ConfigMapProjection =3;
            downwardAPI DownwardAPIProjection =2; podCertificate PodCertificateProjection =6; secret SecretProjection =1;
            serviceAccountToken ServiceAccountTokenProjection =4
        PersistentVolumeClaimSpec
            accessModes string[] =1; dataSource TypedLocalObjectReference =7; dataSourceRef TypedObjectReference =8;
            resources VolumeResourceRequirements =2; selector LabelSelector =4; storageClassName string =5;
            volumeAttributesClassName string =9; volumeMode string =6; volumeName string =3
        ClusterTrustBundleProjection
            name string =1; labelSelector LabelSelector =3; optional bool =5; path string =4; signerName string =2
        ConfigMapProjection
            name string =1.1; items KeyToPath[] =2; optional bool =4
        DownwardAPIProjection
            items DownwardAPIVolumeFile[] =1
        PodCertificateProjection
            certificateChainPath string =6; credentialBundlePath string =4; keyPath string =5; keyType string =2;
            maxExpirationSeconds int32 =3; signerName string =1
        SecretProjection
            name string =1.1; items KeyToPath[] =2; optional bool =4
        ServiceAccountTokenProjection
            audience string =1; expirationSeconds int64 =2; path string =3
        TypedLocalObjectReference atomic
            name string =3; apiGroup string =1; kind string =2
        TypedObjectReference
            name string =3; apiGroup string =1; kind string =2; namespace string =4
        VolumeResourceRequirements
            limits quantity{} =1; requests quantity{} =2
        """;
}
