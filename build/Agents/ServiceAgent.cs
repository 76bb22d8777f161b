using Build.Host;
using Cake.Common.Build;
using Federation.Findings;
using Federation.Planning;
using Federation.Reporting;
using Spectre.Console;

namespace Build.Agents;

/// <summary>What the agents of continuous integration services have in common.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage(
    "Design",
    "CA1001",
    Justification = "The guard owns nothing: what it writes to is the process's own."
)]
internal abstract class ServiceAgent : IBuildAgent
{
    /// <summary>
    /// The variables whose values are secret: what a login step before this one leaves, and the tokens that services hand to
    /// a job.
    /// </summary>
    private static readonly string[] Secrets =
    [
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "CLOUDSDK_AUTH_ACCESS_TOKEN",
        "GOOGLE_OAUTH_ACCESS_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "ACTIONS_RUNTIME_TOKEN",
        "GITHUB_TOKEN",
        "SYSTEM_ACCESSTOKEN",
    ];

    /// <summary>The most resources that the annotation of drift names.</summary>
    private const int DriftNamed = 10;

    private readonly CommandGuard _output;
    private readonly List<string> _notices = [];
    private bool _open;

    /// <param name="terminal">The process's own streams.</param>
    protected ServiceAgent(Terminal terminal, Func<string, string?> variable)
    {
        _output = new CommandGuard(terminal.Out.Profile.Out.Writer);
        // A runner reads two streams in no certain order, and would show commands in the midst of the text that they belong to.
        terminal.Out.Profile.Out = new AnsiConsoleOutput(_output);
        terminal.Error.Profile.Out = new AnsiConsoleOutput(_output);
        Terminal = terminal;
        Variable = variable;
    }

    public Terminal Terminal { get; }

    public bool IsUnattended => true;

    public bool IsStep => Variable(StepContract.Target.Environment) is not null;

    public abstract bool IsPullRequest { get; }

    protected Func<string, string?> Variable { get; }

    protected IBuildSystemServiceMessageWriter Commands => _output;

    /// <summary>What readers of the summary must not miss.</summary>
    protected IReadOnlyList<string> Notices => _notices;

    public void Begin(string phase)
    {
        End();
        BeginGroup(phase);
        _open = true;
    }

    public void End()
    {
        if (_open)
        {
            EndGroup();
        }

        _open = false;
    }

    public virtual void Progress(string work, int done, int all) { }

    public void Notice(string title, string message)
    {
        _notices.Add($"{title}: {message}");
        ShowNotice(title, message);
    }

    public Finding Advise(Finding finding) =>
        finding.Code switch
        {
            FindingCodes.AwsCredentialsMissing => finding with { Fix = AdviceForAws(finding) },
            FindingCodes.GoogleCredentialsMissing => finding with { Fix = AdviceForGoogle(finding) },
            _ when !IsStep => finding,
            // Other causes may quote what a cloud or a pod said.
            FindingCodes.ArgumentInvalid => finding with { Cause = WithInputs(finding.Cause), Fix = WithInputs(finding.Fix) },
            _ => finding with { Fix = WithInputs(finding.Fix) },
        };

    public void Conclude(Conclusion conclusion)
    {
        End();
        _output.EndLine();
        Annotate(conclusion);
        if (conclusion.Report is { } report)
        {
            foreach (var output in StepContract.Outputs)
            {
                SetOutput(output, output.Value(report, conclusion.ReportPath!) ?? "");
            }
        }
        else
        {
            SetOutput(StepContract.Outcome, ExitCodes.For(conclusion.Findings) == ExitCodes.Invalid ? "invalid" : "failed");
            SetOutput(StepContract.Verified, StepContract.IsTrue(false));
        }

        WriteSummary(conclusion);
    }

    protected abstract void BeginGroup(string name);

    protected abstract void EndGroup();

    protected abstract void ShowNotice(string title, string message);

    protected abstract void Annotate(Severity severity, string title, string message, SourceLocation? location);

    protected abstract string NameOf(StepInput input);

    protected abstract void SetOutput(StepOutput output, string value);

    protected abstract void WriteSummary(Conclusion conclusion);

    protected abstract string AdviceForAws(Finding finding);

    protected abstract string AdviceForGoogle(Finding finding);

    /// <summary>Masks every secret there is. First of all, so that nothing can print one before.</summary>
    protected void MaskSecrets(Action<string> mask)
    {
        foreach (
            var secret in Secrets
                .Select(Variable)
                .OfType<string>()
                .Where(secret => !string.IsNullOrWhiteSpace(secret))
                .Distinct(StringComparer.Ordinal)
        )
        {
            mask(secret);
        }
    }

    /// <summary>
    /// One error for the root cause; besides it what has a place in a file of the repository. Services show a few
    /// annotations only: a hundred workloads that fail for one reason need one.
    /// </summary>
    private void Annotate(Conclusion conclusion)
    {
        if (conclusion.Report is { Outcome: Outcome.Drifted } drifted)
        {
            Annotate(Severity.Error, "Drift", Drift(drifted), location: null);
        }

        var findings = conclusion.All;
        var root = findings.FirstOrDefault(finding => finding.Severity == Severity.Error);
        foreach (var finding in findings.Where(finding => finding == root || LocationOf(finding) is not null))
        {
            Annotate(finding.Severity, $"{finding.Code} {finding.Title}", $"{finding.Cause}\nFix: {finding.Fix}", LocationOf(finding));
        }
    }

    private static string Drift(Report report)
    {
        var changes = ChangeCounts.ChangesOf(report).Where(change => change.Action != StepAction.Unchanged).ToArray();
        var named = changes.Take(DriftNamed).Select(change => $"{StepContract.Lower(change.Action)} {change.Resource}");
        var rest = changes.Length > DriftNamed ? $" and {changes.Length - DriftNamed} more" : "";
        return $"What is there is not what is configured. Apply would {string.Join(", ", named)}{rest}.\n"
            + "Fix: Apply it, or change the federation to what is there. The summary shows each field.";
    }

    private string WithInputs(string text) => StepWording.WithInputs(text, NameOf);

    /// <summary>Where a finding is, if that is a file that is here: a built-in template is not.</summary>
    private static SourceLocation? LocationOf(ReportedFinding finding) =>
        finding is { File: { } file, Line: { } line, Column: { } column } && File.Exists(file)
            ? new SourceLocation(Path.GetFullPath(file), line, column)
            : null;
}
