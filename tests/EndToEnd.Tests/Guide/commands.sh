# The commands of a public guide to this federation, as one types them, against the sandbox's environment:
# https://blog.jatinog.com/docs/devops/Cloud/Gcp/Accessing-AWS-Services-from-GKE-using-Workload-Identity-and-Aws-oidc
# Its placeholders stand filled in. Three things differ from what it prints: no comment follows a line continuation, openssl
# connects to the sandbox's port, and the pod is waited for before its log is followed (which is left at its last line).
# A line "## NAME" begins a command.

## pool
gcloud container clusters describe main \
  --region asia-south1-a \
  --format="value(workloadIdentityConfig.workloadPool)"

## namespace
kubectl create ns gke-to-aws-test

## google-service-account
gcloud iam service-accounts create gke-to-aws-test \
  --description="Used by GKE pods via Workload Identity" \
  --display-name="GKE Pod Accessor"

## binding
gcloud iam service-accounts add-iam-policy-binding gke-to-aws-test@acme-prod.iam.gserviceaccount.com \
  --role roles/iam.workloadIdentityUser \
  --member "serviceAccount:acme-prod.svc.id.goog[gke-to-aws-test/gke-service-account]"

## service-account
kubectl apply -f gke-service-account.yaml

## thumbprint
GKE_OIDC_ISSUER_URI="https://container.googleapis.com/v1/projects/acme-prod/locations/asia-south1-a/clusters/main"
GKE_OIDC_ISSUER_HOST=$(echo "$GKE_OIDC_ISSUER_URI" | sed -e 's|^[^/]*//||' -e 's|/.*$||')
THUMBPRINT=$(echo | openssl s_client -servername "${GKE_OIDC_ISSUER_HOST}" -showcerts -connect "${FEDERATION_CONNECT_TO#*:443:}" 2>/dev/null | openssl x509 -fingerprint -noout | sed 's/://g' | awk -F= '{print tolower($2)}')
echo "Correct Thumbprint: $THUMBPRINT"

## provider
aws iam create-open-id-connect-provider \
    --url "${GKE_OIDC_ISSUER_URI}" \
    --client-id-list "sts.amazonaws.com" \
    --thumbprint-list "${THUMBPRINT}"

## role
aws iam create-role --role-name gke-to-aws-test --assume-role-policy-document file://trust-policy.json

## role-policy
aws iam put-role-policy --role-name gke-to-aws-test --policy-name s3-access --policy-document file://s3-access.json

## pod
kubectl apply -f aws-access-test.yaml

## wait
kubectl wait -n gke-to-aws-test --for=condition=Ready pod/aws-access-test --timeout=120s

## logs
exec 3< <(kubectl logs aws-access-test -n gke-to-aws-test -f)
sed '/Pod will sleep now/q' <&3
kill $!

## default-token
kubectl exec -n gke-to-aws-test aws-access-test -- cat /var/run/secrets/kubernetes.io/serviceaccount/token

## projected-token
kubectl exec -n gke-to-aws-test aws-access-test -- cat /var/run/secrets/tokens/token
