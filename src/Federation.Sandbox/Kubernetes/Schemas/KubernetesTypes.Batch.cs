namespace Federation.Sandbox.Kubernetes.Schemas;

// batch/v1.
internal static partial class KubernetesTypes
{
    private const string Batch = """
        Job
            metadata ObjectMeta =1; spec JobSpec =2; status JobStatus =3
        JobSpec
            parallelism int32 =1; completions int32 =2; activeDeadlineSeconds int64 =3; podFailurePolicy PodFailurePolicy =11;
            successPolicy SuccessPolicy =16; backoffLimit int32 =7; backoffLimitPerIndex int32 =12; maxFailedIndexes int32 =13;
            selector LabelSelector =4; manualSelector bool =5; template PodTemplateSpec =6; ttlSecondsAfterFinished int32 =8;
            completionMode string =9; suspend bool =10; podReplacementPolicy string =14; managedBy string =15
        JobStatus
            conditions JobCondition[] =1; startTime time =2; completionTime time =3; active int32? =4; succeeded int32? =5;
            failed int32? =6; terminating int32 =11; completedIndexes string =7; failedIndexes string =10;
            uncountedTerminatedPods UncountedTerminatedPods =8; ready int32 =9
        JobCondition
            type string =1; status string =2; lastProbeTime time =3; lastTransitionTime time =4; reason string =5;
            message string =6
        UncountedTerminatedPods
            succeeded string[set] =1; failed string[set] =2
        PodFailurePolicy
            rules PodFailurePolicyRule[] =1
        PodFailurePolicyRule
            action string =1; onExitCodes PodFailurePolicyOnExitCodesRequirement =2;
            onPodConditions PodFailurePolicyOnPodConditionsPattern[] =3
        PodFailurePolicyOnExitCodesRequirement
            containerName string =1; operator string =2; values int32[set] =3
        PodFailurePolicyOnPodConditionsPattern
            type string =1; status string =2
        SuccessPolicy
            rules SuccessPolicyRule[] =1
        SuccessPolicyRule
            succeededIndexes string =1; succeededCount int32 =2
        """;
}
