using Amazon.IdentityManagement;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.SecurityToken;
using Federation.Configuration;

namespace Federation.Sandbox.Tests.Hosting;

/// <summary>A running sandbox with two clusters and two accounts, and real clients of it.</summary>
public sealed class TestSandbox : IAsyncDisposable
{
    public const string Account = "111122223333";
    public const string OtherAccount = "444455556666";
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("sandbox-");

    private TestSandbox() { }

    public SandboxClouds Clouds { get; private set; } = null!;

    public string FilesDirectory => SandboxFolder.Own(_directory.FullName).Path;

    public static Cluster Main { get; } = new("main", "acme-prod", "asia-south1-a", "main");

    public static Cluster Second { get; } = new("second", "acme-test", "europe-west1", "second");

    public static async Task<TestSandbox> StartAsync(TimeProvider? time = null, Func<SandboxOptions, SandboxOptions>? change = null)
    {
        var sandbox = new TestSandbox();
        var options = new SandboxOptions
        {
            Clusters = [Main, Second],
            Accounts = [new Account("data", Account, "ap-south-1"), new Account("other", OtherAccount, "us-east-1")],
            Buckets = ["exports", "backups"],
            Folder = SandboxFolder.Own(sandbox._directory.FullName),
        };
        sandbox.Clouds = await SandboxClouds.StartAsync(
            change is null ? options : change(options),
            time ?? TimeProvider.System,
            TestContext.Current.CancellationToken
        );
        return sandbox;
    }

    public AWSCredentials Administrator => new BasicAWSCredentials(Variable("AWS_ACCESS_KEY_ID"), Variable("AWS_SECRET_ACCESS_KEY"));

    public string Variable(string name) => Clouds.Environment[name];

    public AmazonIdentityManagementServiceClient Iam(AWSCredentials? credentials = null) =>
        new(
            credentials ?? Administrator,
            new AmazonIdentityManagementServiceConfig { ServiceURL = Variable("AWS_ENDPOINT_URL"), MaxErrorRetry = 0 }
        );

    public AmazonSecurityTokenServiceClient Sts(AWSCredentials? credentials = null) =>
        new(
            credentials ?? Administrator,
            new AmazonSecurityTokenServiceConfig
            {
                ServiceURL = Variable("AWS_ENDPOINT_URL"),
                MaxErrorRetry = 0,
                AuthenticationRegion = "ap-south-1",
            }
        );

    public AmazonS3Client S3(AWSCredentials? credentials = null) =>
        new(
            credentials ?? Administrator,
            new AmazonS3Config
            {
                ServiceURL = Variable("AWS_ENDPOINT_URL"),
                ForcePathStyle = true,
                MaxErrorRetry = 0,
                AuthenticationRegion = "ap-south-1",
            }
        );

    public async ValueTask DisposeAsync()
    {
        await Clouds.DisposeAsync();
        _directory.Delete(recursive: true);
    }
}
