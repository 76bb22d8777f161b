using Federation.Configuration;
using Federation.Findings;
using Federation.Templates;

namespace Federation.Tests.Templates;

/// <summary>The federation of the rendering tests: one cluster, one account and one workload, to be varied.</summary>
internal static class Sample
{
    public static readonly SourceLocation Here = new("federation.yaml", 7, 5);

    public static Workload Workload { get; } =
        new()
        {
            Name = "exports",
            Cluster = new Cluster("main", "acme-prod", "asia-south1-a", "main"),
            Account = new Account("data", "012345678901", "ap-south-1"),
            Namespace = "reports",
            ServiceAccount = "reader",
            GoogleServiceAccount = "exports-reader",
            Role = new Role
            {
                Name = "exports-reader",
                Path = "/gke/",
                Description = "Reads the exports",
                Policies =
                [
                    new PolicyReference.Template("s3-list-buckets", new Dictionary<string, IReadOnlyList<string>>(), Here),
                    Buckets("acme-exports", "acme.backups"),
                ],
            },
            Verify = new Verification { Run = "aws s3 ls", Image = "public.ecr.aws/aws-cli/aws-cli:2.27.0" },
            Location = Here,
        };

    public static PolicyReference Buckets(params string[] names) =>
        new PolicyReference.Template("s3-read", new Dictionary<string, IReadOnlyList<string>> { ["buckets"] = names }, Here);

    public static FederationConfiguration Configuration(params Workload[] workloads) =>
        new()
        {
            Name = "acme",
            Clusters = [.. workloads.Select(workload => workload.Cluster).Distinct()],
            Accounts = [.. workloads.Select(workload => workload.Account).Distinct()],
            Workloads = workloads,
        };

    /// <summary>Renders with the built-in templates, or with some of them overridden.</summary>
    public static RenderedWorkload Render(Workload? workload = null, params (string Path, string Content)[] overrides)
    {
        using var folder = new TemporaryFolder();
        foreach (var (path, content) in overrides)
        {
            folder.Write(path, content);
        }

        workload ??= Workload;
        return new Renderer(Configuration(workload), TemplateSet.Load(folder.Path), File.ReadAllBytes).Render(workload);
    }

    /// <summary>Renders with the built-in templates what <c>--preflight</c> needs, too.</summary>
    public static RenderedWorkload RenderForPreflight(Workload workload) =>
        new Renderer(Configuration(workload), TemplateSet.Load(null), File.ReadAllBytes) { Preflight = true }.Render(workload);

    /// <summary>Writes rendered workloads to <c>OUTPUT/rendered</c>, as one run of a federation that has just these.</summary>
    public static void Write(string output, params RenderedWorkload[] workloads)
    {
        using var rendered = RenderedOutput.Open(output, Configuration([.. workloads.Select(workload => workload.Workload)]));
        foreach (var workload in workloads)
        {
            rendered.Write(workload);
        }

        rendered.RemoveForgotten();
    }

    public static IReadOnlyList<Finding> Findings(Action action) => Assert.Throws<FindingException>(action).Findings;
}
