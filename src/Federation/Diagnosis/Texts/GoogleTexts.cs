using System.Text.RegularExpressions;
using Federation.Findings;

namespace Federation.Diagnosis.Texts;

/// <summary>What Google's APIs, gcloud and the GKE metadata server write.</summary>
internal static partial class GoogleTexts
{
    public static IReadOnlyList<ErrorText> All { get; } =
    [
        new(
            "gke-gcloud-auth-plugin",
            "could not find default credentials",
            "default credentials were not found",
            "Could not automatically determine credentials",
            "Could not load the default credentials",
            "DefaultCredentialsError"
        )
        {
            Code = FindingCodes.GoogleCredentialsMissing,
            Cause = "There are no usable Google credentials on the machine that wrote this, or kubectl's plugin for them is not installed.",
            Fix =
                "`gcloud auth application-default login`; for kubectl `gcloud components install gke-gcloud-auth-plugin`. In a "
                + "pod that uses a Google service account see FED6003 and FED2005.",
        },
        new("SERVICE_DISABLED", "has not been used in project")
        {
            Code = FindingCodes.GoogleApiDisabled,
            Cause = "The API is disabled in the project.",
            Fix = "`gcloud services enable container.googleapis.com iam.googleapis.com iamcredentials.googleapis.com --project PROJECT`",
        },
        new("Identity Pool does not exist")
        {
            Code = FindingCodes.WorkloadIdentityDisabled,
            Cause = "The project has no pool PROJECT.svc.id.goog: no cluster of it has ever had Workload Identity.",
            Fix =
                "`gcloud container clusters update NAME --location LOCATION --workload-pool PROJECT.svc.id.goog`. The "
                + "cluster's own token (`identity: cluster`) does not need it.",
        },
        new("Not found: projects/", "NOT_FOUND: projects/")
        {
            Code = FindingCodes.ClusterNotFound,
            Form = NoCluster(),
            Cause = "There is no such cluster. Most likely the location is the region of a zonal cluster, or a zone of a regional one.",
            Fix = "`gcloud container clusters list --project PROJECT --format='table(name,location)'` shows each with its location.",
            Read = (said, finding) => finding with { Actual = said.Groups["cluster"].Value },
        },
        new(
            "Unable to generate access token",
            "Unable to generate identity token",
            "Unable to generate ID token",
            "iam.serviceAccounts.getAccessToken",
            "iam.serviceAccounts.getOpenIdToken"
        )
        {
            Code = FindingCodes.WorkloadIdentityBindingMissing,
            Cause =
                "The Kubernetes service account may not act as the Google service account. Most likely "
                + "roles/iam.workloadIdentityUser is not granted to it, or is granted to another namespace or name; otherwise "
                + "the grant is only minutes old (it takes two to seven, sometimes more), or the Google service account does not "
                + "exist (FED2004).",
            Fix =
                "`gcloud iam service-accounts add-iam-policy-binding GSA --role roles/iam.workloadIdentityUser --member "
                + "'serviceAccount:PROJECT.svc.id.goog[NAMESPACE/KSA]'`, or `--target=Apply`.",
        },
        new(
            "computeMetadata/v1/instance/service-accounts",
            "GCE metadata \"instance/service-accounts",
            "Could not fetch ID token",
            "GKE Metadata Server"
        )
        {
            Code = FindingCodes.ServiceAccountAnnotationWrong,
            Form = MetadataRefusal(),
            Cause =
                "The metadata server gives the pod no Google identity. Most likely its Kubernetes service account has no "
                + "annotation iam.gke.io/gcp-service-account, or one that names no existing account; otherwise the binding is "
                + "missing (FED2005), or the node pool is not in GKE_METADATA mode (FED2002).",
            Fix =
                "`kubectl get serviceaccount -n NAMESPACE KSA -o jsonpath='{.metadata.annotations}'`; `--target=Diagnose` reads all three.",
        },
        new("Unknown service account", "NOT_FOUND: Service account", "Service account projects/")
        {
            Code = FindingCodes.GoogleServiceAccountMissing,
            Form = NoServiceAccount(),
            Cause = "The Google service account does not exist, or was deleted and recreated, which gives it another unique id.",
            Fix = "`gcloud iam service-accounts list --project PROJECT`; `--target=Apply` creates the configured one.",
        },
        new("denied on resource (or it may not exist)", "permission(s) for", "PERMISSION_DENIED")
        {
            Code = FindingCodes.GooglePermissionDenied,
            Form = MissingPermission(),
            Cause = "The Google identity that sets up the federation lacks a permission.",
            Read = (said, finding) =>
                finding with
                {
                    Expected = said.Groups["permission"].Value,
                    Fix = $"Grant {said.Groups["permission"].Value} to that identity (README, \"What the runner needs\").",
                },
        },
        new("PERMISSION_DENIED")
        {
            Code = FindingCodes.GooglePermissionDenied,
            Cause = "The Google identity that sets up the federation lacks a permission, which the text does not name.",
            Fix = "Grant the permissions that the README lists under \"What the runner needs\".",
        },
    ];

    [GeneratedRegex("Not.found: (?<cluster>projects/[^/ ]+/(locations|zones)/[^/ ]+/clusters/[a-z0-9-]+)", ErrorText.Options)]
    private static partial Regex NoCluster();

    [GeneratedRegex(@"\b(400|404|500)\b|not defined|not found|internal server error", ErrorText.Options)]
    private static partial Regex MetadataRefusal();

    [GeneratedRegex("Unknown service account|Service account [^ ]+ does not exist", ErrorText.Options)]
    private static partial Regex NoServiceAccount();

    [GeneratedRegex(@"['""](?<permission>(container|iam|resourcemanager|compute)\.[a-z]+\.[a-z]+)['""]", ErrorText.Options)]
    private static partial Regex MissingPermission();
}
