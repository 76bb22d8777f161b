namespace Federation.Sandbox.Kubernetes.Schemas;

// apps/v1, and the scale of what has replicas.
internal static partial class KubernetesTypes
{
    private const string Apps = """
        Deployment
            metadata ObjectMeta =1; spec DeploymentSpec =2; status DeploymentStatus =3
        DeploymentSpec
            replicas int32 =1; selector LabelSelector =2; template PodTemplateSpec =3; strategy DeploymentStrategy =4;
            minReadySeconds int32? =5; revisionHistoryLimit int32 =6; paused bool? =7; progressDeadlineSeconds int32 =9
        DeploymentStrategy
            type string =1; rollingUpdate RollingUpdateDeployment =2
        RollingUpdateDeployment
            maxUnavailable intOrString =1; maxSurge intOrString =2
        DeploymentStatus
            observedGeneration int64? =1; replicas int32? =2; updatedReplicas int32? =3; readyReplicas int32? =7;
            availableReplicas int32? =4; unavailableReplicas int32? =5; terminatingReplicas int32 =9;
            conditions DeploymentCondition[type] =6; collisionCount int32 =8
        DeploymentCondition
            type string =1; status string =2; lastUpdateTime time =6; lastTransitionTime time =7; reason string =4;
            message string =5
        ReplicaSet
            metadata ObjectMeta =1; spec ReplicaSetSpec =2; status ReplicaSetStatus =3
        ReplicaSetSpec
            replicas int32 =1; minReadySeconds int32? =4; selector LabelSelector =2; template PodTemplateSpec =3
        ReplicaSetStatus
            replicas int32 =1; fullyLabeledReplicas int32? =2; readyReplicas int32? =4; availableReplicas int32? =5;
            terminatingReplicas int32 =7; observedGeneration int64? =3; conditions ReplicaSetCondition[type] =6
        ReplicaSetCondition
            type string =1; status string =2; lastTransitionTime time =3; reason string =4; message string =5
        Scale
            metadata ObjectMeta =1; spec ScaleSpec =2; status ScaleStatus =3
        ScaleSpec
            replicas int32? =1
        ScaleStatus
            replicas int32 =1; selector string =2
        """;
}
