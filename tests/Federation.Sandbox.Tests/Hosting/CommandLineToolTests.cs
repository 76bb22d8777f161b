using System.Diagnostics;

namespace Federation.Sandbox.Tests.Hosting;

/// <summary>The clouds' own command-line tools, in a shell that has read the environment file; each where it is installed.</summary>
public sealed class CommandLineToolTests
{
    [Fact]
    public async Task Aws_creates_a_provider_and_a_role_and_lists_the_buckets()
    {
        SkipWithout("aws");
        await using var sandbox = await TestSandbox.StartAsync();

        var output = await RunAsync(
            sandbox,
            $$"""
            aws iam create-open-id-connect-provider --url {{TestSandbox.Main.Issuer}} --client-id-list sts.amazonaws.com --output text
            printf '%s' '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity","Principal":
            {"Federated":"arn:aws:iam::{{TestSandbox.Account}}:oidc-provider/{{TestSandbox.Main.IssuerPath}}"} }]}' > "$PWD/trust.json"
            aws iam create-role --role-name app --assume-role-policy-document "file://$PWD/trust.json" --query Role.Arn --output text
            aws sts get-caller-identity --query Account --output text
            echo hello > hello.txt
            aws s3 cp hello.txt s3://exports/greetings/hello.txt --only-show-errors
            aws s3 cp s3://exports/greetings/hello.txt - --only-show-errors
            aws s3 ls
            """
        );

        Assert.Equal(
            [
                $"arn:aws:iam::{TestSandbox.Account}:oidc-provider/{TestSandbox.Main.IssuerPath}",
                $"arn:aws:iam::{TestSandbox.Account}:role/app",
                TestSandbox.Account,
                "hello",
            ],
            output[..4]
        );
        Assert.EndsWith(" backups", output[4], StringComparison.Ordinal);
        Assert.EndsWith(" exports", output[5], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gcloud_describes_the_cluster_makes_a_service_account_and_binds_it()
    {
        SkipWithout("gcloud");
        await using var sandbox = await TestSandbox.StartAsync();

        var output = await RunAsync(
            sandbox,
            """
            gcloud container clusters describe main --location asia-south1-a --format 'value(workloadIdentityConfig.workloadPool)'
            gcloud iam service-accounts create gke-to-aws --display-name Pods --format 'value(email)'
            bind() {
              gcloud iam service-accounts "$1" gke-to-aws@acme-prod.iam.gserviceaccount.com --role roles/iam.workloadIdentityUser \
                --member 'serviceAccount:acme-prod.svc.id.goog[team/app]' --format 'value(bindings[0].members[0])'
            }
            bind add-iam-policy-binding
            bind remove-iam-policy-binding
            """
        );

        Assert.Equal("acme-prod.svc.id.goog", output[0]);
        Assert.Contains("serviceAccount:acme-prod.svc.id.goog[team/app]", output);
    }

    [Fact]
    public async Task Kubectl_works_in_each_cluster_by_its_context()
    {
        SkipWithout("kubectl");
        await using var sandbox = await TestSandbox.StartAsync();

        var output = await RunAsync(
            sandbox,
            """
            kubectl config current-context
            kubectl create namespace team
            kubectl --context gke_acme-test_europe-west1_second get namespace team || echo not there
            """
        );

        Assert.Equal(["gke_acme-prod_asia-south1-a_main", "namespace/team created", "not there"], output);
    }

    [Fact]
    public async Task Aws_reads_changes_and_deletes_everything_that_belongs_to_a_role()
    {
        SkipWithout("aws");
        await using var sandbox = await TestSandbox.StartAsync();
        const string Provider = $"arn:aws:iam::{TestSandbox.Account}:oidc-provider/accounts.example.com/main";
        const string Policy = $"arn:aws:iam::{TestSandbox.Account}:policy/bound";

        var output = await RunAsync(
            sandbox,
            $$"""
            iam() { aws iam "$@" --output text; }
            printf '%s' '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},
            "Action":"sts:AssumeRole"}]}' > trust.json
            printf '%s' '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}' > s3.json
            iam create-open-id-connect-provider --url https://accounts.example.com/main --client-id-list one \
              --thumbprint-list 08745487e891c19e3078c1f2a07e452950ef36f6 > /dev/null
            iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn {{Provider}} --client-id two
            iam remove-client-id-from-open-id-connect-provider --open-id-connect-provider-arn {{Provider}} --client-id one
            iam update-open-id-connect-provider-thumbprint --open-id-connect-provider-arn {{Provider}} \
              --thumbprint-list 9e99a48a9960b14926bb7f3b02e22da2b0ab7280
            iam tag-open-id-connect-provider --open-id-connect-provider-arn {{Provider}} --tags Key=owner,Value=data
            iam get-open-id-connect-provider --open-id-connect-provider-arn {{Provider}} \
              --query '[Url,ClientIDList[0],ThumbprintList[0],Tags[0].Value]'
            iam list-open-id-connect-providers --query 'length(OpenIDConnectProviderList)'
            iam create-role --role-name app --assume-role-policy-document file://trust.json > /dev/null
            iam update-role --role-name app --description text --max-session-duration 7200
            iam update-assume-role-policy --role-name app --policy-document file://trust.json
            iam put-role-policy --role-name app --policy-name s3 --policy-document file://s3.json
            iam get-role-policy --role-name app --policy-name s3 --query 'PolicyDocument.Statement[0].Action'
            iam list-role-policies --role-name app --query 'PolicyNames'
            iam attach-role-policy --role-name app --policy-arn arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess
            iam list-attached-role-policies --role-name app --query 'AttachedPolicies[0].PolicyName'
            iam create-policy --policy-name bound --policy-document file://s3.json --tags Key=owner,Value=data > /dev/null
            iam put-role-permissions-boundary --role-name app --permissions-boundary {{Policy}}
            iam tag-role --role-name app --tags Key=owner,Value=data
            iam get-role --role-name app \
              --query 'Role.[Description,MaxSessionDuration,PermissionsBoundary.PermissionsBoundaryArn,Tags[0].Value]'
            iam list-roles --query 'Roles[].RoleName'
            iam get-policy --policy-arn {{Policy}} --query 'Policy.[PermissionsBoundaryUsageCount,Tags[0].Value]'
            iam get-policy-version --policy-arn {{Policy}} --version-id v1 --query 'PolicyVersion.Document.Version'
            iam list-policies --scope Local --query 'Policies[].PolicyName'
            iam list-entities-for-policy --policy-arn arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess --query 'PolicyRoles[].RoleName'
            iam simulate-principal-policy --policy-source-arn arn:aws:iam::{{TestSandbox.Account}}:role/app \
              --action-names s3:GetObject iam:GetRole --query 'EvaluationResults[].EvalDecision'
            iam get-account-authorization-details --filter Role --query 'RoleDetailList[].RolePolicyList[].PolicyName'
            iam delete-role --role-name app 2>&1 | grep DeleteConflict
            iam delete-policy --policy-arn {{Policy}} 2>&1 | grep DeleteConflict
            iam untag-role --role-name app --tag-keys owner
            iam delete-role-permissions-boundary --role-name app
            iam delete-role-policy --role-name app --policy-name s3
            iam detach-role-policy --role-name app --policy-arn arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess
            iam delete-role --role-name app
            iam delete-policy --policy-arn {{Policy}}
            iam delete-open-id-connect-provider --open-id-connect-provider-arn {{Provider}}
            iam list-roles --query 'length(Roles)'
            """
        );

        Assert.Equal(
            [
                "accounts.example.com/main\ttwo\t9e99a48a9960b14926bb7f3b02e22da2b0ab7280\tdata",
                "1",
                "s3:*",
                "s3",
                "AmazonS3ReadOnlyAccess",
                $"text\t7200\t{Policy}\tdata",
                "app",
                "1\tdata",
                "2012-10-17",
                "bound",
                "app",
                "allowed\timplicitDeny",
                "s3",
                "An error occurred (DeleteConflict) when calling the DeleteRole operation: Cannot delete entity, must detach "
                    + "all policies first.",
                "An error occurred (DeleteConflict) when calling the DeletePolicy operation: Cannot delete a policy attached to entities.",
                "0",
            ],
            output
        );
    }

    [Fact]
    public async Task Aws_moves_files_of_any_size_to_and_from_a_bucket()
    {
        SkipWithout("aws");
        await using var sandbox = await TestSandbox.StartAsync();

        var output = await RunAsync(
            sandbox,
            """
            s3() { aws s3 "$@" --only-show-errors; }
            aws s3 mb s3://files
            head -c 9000000 /dev/urandom > large
            s3 cp large s3://files/a/large
            s3 cp s3://files/a/large s3://files/b/large
            s3 mv s3://files/b/large s3://files/c/large
            s3 cp s3://files/c/large back
            cmp large back && echo same
            mkdir folder; echo 1 > folder/1; echo 2 > folder/2
            s3 sync folder s3://files/folder
            aws s3 ls s3://files --recursive | awk '{print $3, $4}'
            aws s3 rb s3://files 2>&1 | grep BucketNotEmpty
            aws s3 rb s3://files --force | tail -1
            """
        );

        Assert.Equal(
            [
                "make_bucket: files",
                "same",
                "9000000 a/large",
                "9000000 c/large",
                "2 folder/1",
                "2 folder/2",
                "remove_bucket failed: s3://files An error occurred (BucketNotEmpty) when calling the DeleteBucket operation: "
                    + "The bucket you tried to delete is not empty",
                "remove_bucket: files",
            ],
            output
        );
    }

    [Fact]
    public async Task A_role_assumed_with_a_token_may_do_what_it_allows_and_nothing_else()
    {
        SkipWithout("aws");
        SkipWithout("kubectl");
        await using var sandbox = await TestSandbox.StartAsync();

        var output = await RunAsync(
            sandbox,
            Federate
                + """
                echo hello > hello
                aws s3 cp hello s3://exports/hello --only-show-errors
                token sts.amazonaws.com > token
                export AWS_ROLE_ARN=$ROLE AWS_WEB_IDENTITY_TOKEN_FILE=$PWD/token
                unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
                aws sts get-caller-identity --query Arn --output text | sed 's|/[^/]*$||'
                aws s3 cp s3://exports/hello -
                aws s3 cp hello s3://exports/hello 2>&1 | grep -o 'An error.*'
                aws s3 ls 2>&1 | grep -o 'An error.*'
                """
        );

        Assert.Equal([$"arn:aws:sts::{TestSandbox.Account}:assumed-role/app", "hello"], output[..2]);
        Assert.Matches(
            @"\(AccessDenied\) when calling the PutObject operation: User: arn:aws:sts::111122223333:assumed-role/app/\S+ is not "
                + @"authorized to perform: s3:PutObject on resource: ""arn:aws:s3:::exports/hello"" because no identity-based policy "
                + "allows the s3:PutObject action",
            output[2]
        );
        Assert.Matches(
            @"\(AccessDenied\) when calling the ListBuckets operation: User: \S+ is not authorized to perform: "
                + @"s3:ListAllMyBuckets because no identity-based policy allows",
            output[3]
        );
    }

    [Fact]
    public async Task Boto3_needs_only_the_environment()
    {
        SkipWithout("kubectl");
        SkipWithout("aws");
        await SkipWithoutBoto3Async();
        await using var sandbox = await TestSandbox.StartAsync();

        var output = await RunAsync(
            sandbox,
            Federate
                + """
                token sts.amazonaws.com > token
                cat > app.py <<'PY'
                import boto3, botocore
                print(boto3.client("sts").get_caller_identity()["Arn"].rsplit("/", 1)[0])
                boto3.resource("s3").Bucket("exports")
                try:
                    boto3.client("s3").list_buckets()
                except botocore.exceptions.ClientError as refusal:
                    print(refusal.response["Error"]["Code"], refusal.response["ResponseMetadata"]["HTTPStatusCode"])
                PY
                env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY AWS_ROLE_ARN=$ROLE AWS_WEB_IDENTITY_TOKEN_FILE=$PWD/token python3 app.py
                python3 -c 'import boto3; print(*[bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]])'
                """
        );

        Assert.Equal([$"arn:aws:sts::{TestSandbox.Account}:assumed-role/app", "AccessDenied 403", "backups exports"], output);
    }

    [Fact]
    public async Task Gcloud_lists_reads_and_deletes_service_accounts()
    {
        SkipWithout("gcloud");
        await using var sandbox = await TestSandbox.StartAsync();

        var output = await RunAsync(
            sandbox,
            """
            account() { gcloud iam service-accounts "$@" 2>&1; }
            gcloud container clusters list --format 'value(name,location,status)'
            account create gke-to-aws --display-name Pods > /dev/null
            account describe gke-to-aws@acme-prod.iam.gserviceaccount.com --format 'value(displayName)'
            account list --format 'value(email)'
            account get-iam-policy gke-to-aws@acme-prod.iam.gserviceaccount.com --format 'value(etag)'
            account delete gke-to-aws@acme-prod.iam.gserviceaccount.com
            account describe gke-to-aws@acme-prod.iam.gserviceaccount.com | grep -o 'NOT_FOUND: [A-Za-z ]*'
            """
        );

        Assert.Equal(
            [
                "main\tasia-south1-a\tRUNNING",
                "Pods",
                "gke-to-aws@acme-prod.iam.gserviceaccount.com",
                "ACAB",
                "deleted service account [gke-to-aws@acme-prod.iam.gserviceaccount.com]",
                "NOT_FOUND: Unknown service account",
            ],
            output
        );
    }

    [Fact]
    public async Task Kubectl_gets_in_with_the_credentials_that_gcloud_fetches()
    {
        SkipWithout("gcloud");
        SkipWithout("kubectl");
        SkipWithout("gke-gcloud-auth-plugin");
        await using var sandbox = await TestSandbox.StartAsync();

        var output = await RunAsync(
            sandbox,
            """
            export KUBECONFIG="$PWD/fetched"
            gcloud container clusters get-credentials main --region asia-south1-a 2>/dev/null
            kubectl config current-context
            kubectl create namespace team
            kubectl auth can-i create pods
            grep -c 'command: gke-gcloud-auth-plugin' "$KUBECONFIG"
            """
        );

        Assert.Equal(["gke_acme-prod_asia-south1-a_main", "namespace/team created", "yes", "1"], output);
    }

    /// <summary>
    /// A provider for the cluster and a role, <c>$ROLE</c>, that may read one bucket; <c>token AUDIENCE</c> prints a token of
    /// its subject.
    /// </summary>
    private const string Federate = $$$$"""
        ISSUER=container.googleapis.com/v1/projects/acme-prod/locations/asia-south1-a/clusters/main
        PROVIDER=arn:aws:iam::{{{{TestSandbox.Account}}}}:oidc-provider/$ISSUER
        ROLE=arn:aws:iam::{{{{TestSandbox.Account}}}}:role/app
        {
        kubectl create namespace team; kubectl create serviceaccount app --namespace team
        aws iam create-open-id-connect-provider --url https://$ISSUER --client-id-list sts.amazonaws.com
        printf '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"%s"},
        "Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"%s:aud":"sts.amazonaws.com",
        "%s:sub":"system:serviceaccount:team:app"}}}]}' $PROVIDER $ISSUER $ISSUER > trust.json
        aws iam create-role --role-name app --assume-role-policy-document file://trust.json
        aws iam put-role-policy --role-name app --policy-name read --policy-document '{"Version":"2012-10-17","Statement":
        [{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::exports","arn:aws:s3:::exports/*"]}]}'
        } > /dev/null
        token() { kubectl create token app --namespace team --audience "$1"; }

        """;

    private static async Task SkipWithoutBoto3Async()
    {
        SkipWithout("python3");
        using var python = Process.Start(
            new ProcessStartInfo("python3")
            {
                UseShellExecute = false,
                ArgumentList = { "-c", "import boto3" },
                RedirectStandardError = true,
            }
        )!;
        await python.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.SkipUnless(python.ExitCode == 0, "boto3 is not installed");
    }

    private static void SkipWithout(string tool) =>
        Assert.SkipUnless(
            (Environment.GetEnvironmentVariable("PATH") ?? "")
                .Split(Path.PathSeparator)
                .Any(directory => File.Exists(Path.Combine(directory, tool))),
            $"{tool} is not installed"
        );

    private static async Task<List<string>> RunAsync(TestSandbox sandbox, string script)
    {
        var environment = await sandbox.Clouds.WriteEnvironmentAsync();
        var start = new ProcessStartInfo("/bin/sh")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = sandbox.FilesDirectory,
            ArgumentList = { "-eu", "-c", ". \"$0\"\n" + script, environment },
        };
        using var shell = Process.Start(start)!;
        var errors = shell.StandardError.ReadToEndAsync();
        var output = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        Assert.True(shell.ExitCode == 0, await errors);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }
}
