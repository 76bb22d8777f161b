using System.Security.Cryptography;
using Build.Host;
using Cake.Common.Build.GitHubActions.Commands;
using Cake.Common.Build.GitHubActions.Data;
using Cake.Core;
using Cake.Core.IO;
using Federation.Findings;

namespace Build.Agents;

/// <summary>
/// GitHub Actions ("Workflow commands for GitHub Actions"): groups, masks, annotations, outputs and the job summary.
/// Cake's commands escape what they are given; only its outputs do not.
/// </summary>
internal sealed class GitHubAgent : ServiceAgent
{
    private readonly GitHubActionsCommands _commands;
    private readonly GitHubActionsEnvironmentInfo _runner;

    public GitHubAgent(Terminal terminal, ICakeEnvironment environment, IFileSystem files, Func<string, string?> variable)
        : base(terminal, variable)
    {
        _runner = new GitHubActionsEnvironmentInfo(environment);
        _commands = new GitHubActionsCommands(
            environment,
            files,
            Commands,
            _runner,
            _ => throw new NotSupportedException("No artifact is sent from here.")
        );
        MaskSecrets(_commands.SetSecret);
    }

    /// <summary>Both events: <c>pull_request_target</c> runs with the rights of the repository on what somebody proposes.</summary>
    public override bool IsPullRequest => Variable("GITHUB_EVENT_NAME") is "pull_request" or "pull_request_target";

    protected override void BeginGroup(string name) => _commands.StartGroup(name);

    protected override void EndGroup() => _commands.EndGroup();

    protected override void ShowNotice(string title, string message) =>
        _commands.Notice(message, new GitHubActionsAnnotation { Title = title });

    protected override void Annotate(Severity severity, string title, string message, SourceLocation? location)
    {
        var annotation = new GitHubActionsAnnotation { Title = title };
        if (location is not null)
        {
            annotation.File = InRepository(location.File);
            annotation.StartLine = location.Line;
            annotation.StartColumn = location.Column;
        }

        switch (severity)
        {
            case Severity.Error:
                _commands.Error(message, annotation);
                break;
            case Severity.Warning:
                _commands.Warning(message, annotation);
                break;
            default:
                _commands.Notice(message, annotation);
                break;
        }
    }

    protected override string NameOf(StepInput input) => input.Name;

    /// <summary>Between delimiters that no value can foresee: a line break in a value would otherwise begin another output.</summary>
    protected override void SetOutput(StepOutput output, string value)
    {
        if (_runner.Runtime.OutputPath?.FullPath is not { Length: > 0 } file)
        {
            return;
        }

        var delimiter = $"value-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}";
        File.AppendAllText(file, $"{output.Name}<<{delimiter}\n{value}\n{delimiter}\n");
    }

    protected override void WriteSummary(Conclusion conclusion)
    {
        if (_runner.Runtime.StepSummary?.FullPath is { Length: > 0 })
        {
            _commands.SetStepSummary(Summary.Write(conclusion, Notices, Documentation.Find(Variable)));
        }
    }

    protected override string AdviceForAws(Finding finding) =>
        (
            $"{MissingPermission()}Add a login step before this one: uses: aws-actions/configure-aws-credentials with "
            + $"role-to-assume and aws-region, and no key. {WhatIsThere("AWS_ROLE_ARN", "AWS_ACCESS_KEY_ID", "AWS_PROFILE")}"
        ).TrimEnd();

    protected override string AdviceForGoogle(Finding finding) =>
        (
            $"{MissingPermission()}Add a login step before this one: uses: google-github-actions/auth with "
            + "workload_identity_provider and service_account, and no key. "
            + $"{WhatIsThere("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_GHA_CREDS_PATH")}"
        ).TrimEnd();

    /// <summary>
    /// Without the permission the runner offers no token ("OpenID Connect reference"), and any login without a key fails.
    /// </summary>
    private string MissingPermission() =>
        (Variable("ACTIONS_ID_TOKEN_REQUEST_URL"), IsPullRequest) switch
        {
            ({ Length: > 0 }, _) => "",
            (_, true) => "This job gets no OIDC token (ACTIONS_ID_TOKEN_REQUEST_URL is not set): give it `permissions: { contents: read, "
                + "id-token: write }`; a pull request from a fork never gets one, so run it with `target: Render` there. ",
            _ => "This job gets no OIDC token (ACTIONS_ID_TOKEN_REQUEST_URL is not set): give it `permissions: { contents: read, "
                + "id-token: write }`. ",
        };

    private string WhatIsThere(params string[] names) =>
        names.Where(name => Variable(name) is { Length: > 0 }).ToArray() is { Length: > 0 } set
            ? $"({string.Join(" and ", set)} {(set.Length == 1 ? "is" : "are")} set, so a login step did run: see what it says.)"
            : "";

    /// <summary>Annotations name files from the root of the repository, with slashes.</summary>
    private string InRepository(string path) =>
        Variable("GITHUB_WORKSPACE") is { Length: > 0 } root ? System.IO.Path.GetRelativePath(root, path).Replace('\\', '/') : path;
}
