using Build.Host;
using Cake.Common.Build.AzurePipelines;
using Cake.Common.Build.AzurePipelines.Data;
using Cake.Core;
using Federation.Findings;

namespace Build.Agents;

/// <summary>
/// Azure Pipelines ("Logging commands"): groups, secrets, issues, progress, output variables and the uploaded summary.
/// Cake's commands write what they are given as it is, so everything is escaped here.
/// </summary>
internal sealed class AzureAgent : ServiceAgent
{
    private readonly AzurePipelinesCommands _commands;

    public AzureAgent(Terminal terminal, ICakeEnvironment environment, Func<string, string?> variable)
        : base(terminal, variable)
    {
        _commands = new AzurePipelinesCommands(environment, Commands);
        MaskSecrets(secret =>
        {
            // Cake knows the command only for a variable, which the steps after this one would then have.
            Commands.Write("{0}", $"##vso[task.setsecret]{Escape(secret)}");
            foreach (
                var line in secret
                    .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                    .Where(line => line != secret)
            )
            {
                Commands.Write("{0}", $"##vso[task.setsecret]{Escape(line)}");
            }
        });
    }

    public override bool IsPullRequest => Variable("BUILD_REASON") == "PullRequest";

    public override void Progress(string work, int done, int all) =>
        _commands.SetProgress(100 * done / Math.Max(all, 1), Escape($"{work}: {done} of {all}"));

    protected override void BeginGroup(string name) => _commands.BeginGroup(Escape(name));

    protected override void EndGroup() => _commands.EndGroup();

    /// <summary>There are no notices here; what must not be missed is a warning.</summary>
    protected override void ShowNotice(string title, string message) => _commands.WriteWarning(Escape($"{title}: {message}"));

    protected override void Annotate(Severity severity, string title, string message, SourceLocation? location)
    {
        var data = location is null
            ? new AzurePipelinesMessageData()
            : new AzurePipelinesMessageData
            {
                SourcePath = EscapeProperty(location.File),
                LineNumber = location.Line,
                ColumnNumber = location.Column,
            };
        var text = Escape($"{title}: {message}");
        switch (severity)
        {
            case Severity.Error:
                _commands.WriteError(text, data);
                break;
            case Severity.Warning:
                _commands.WriteWarning(text, data);
                break;
            default:
                Terminal.Out.Profile.Out.Writer.WriteLine($"{title}: {message}");
                break;
        }
    }

    protected override string NameOf(StepInput input) => input.Variable;

    protected override void SetOutput(StepOutput output, string value) => _commands.SetOutputVariable(output.Variable, Escape(value));

    protected override void WriteSummary(Conclusion conclusion)
    {
        // The agent takes the file after the step has gone on: it stays beside the report.
        if (conclusion.ReportPath is not { } report)
        {
            return;
        }

        var path = Path.ChangeExtension(Path.GetFullPath(report), ".md");
        File.WriteAllText(path, Summary.Write(conclusion, Notices, Documentation.Find(Variable)));
        _commands.UploadTaskSummary(Escape(path));
    }

    protected override string AdviceForAws(Finding finding) =>
        "Name an AWS service connection in the task's awsServiceConnection, with \"Use OIDC\" on and the role it assumes, and "
        + "no key; with the steps template, log in before it (AWSShellScript@1 of the AWS toolkit, or "
        + "AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN).";

    protected override string AdviceForGoogle(Finding finding) =>
        "Name the provider of a workload identity pool in the task's googleWorkloadIdentityProvider, and a "
        + "googleServiceAccount; with the steps template, give GOOGLE_APPLICATION_CREDENTIALS a workload identity "
        + "federation configuration (`gcloud iam workload-identity-pools create-cred-config`), and no key.";

    /// <summary>A command's message: percent signs first, or they would be taken for the beginning of the others.</summary>
    internal static string Escape(string value) =>
        value
            .Replace("%", "%AZP25", StringComparison.Ordinal)
            .Replace("\r", "%0D", StringComparison.Ordinal)
            .Replace("\n", "%0A", StringComparison.Ordinal);

    /// <summary>A property of a command, which also ends where the next or the message begins.</summary>
    internal static string EscapeProperty(string value) =>
        Escape(value).Replace("]", "%5D", StringComparison.Ordinal).Replace(";", "%3B", StringComparison.Ordinal);
}
