using System.Text;
using Federation.Configuration;
using Federation.Diagnosis;
using Federation.Diagnosis.Evidence;
using Federation.Files;
using Federation.Findings;
using Federation.Planning;
using Federation.Reporting;
using Federation.Sandbox;
using Federation.Templates;

namespace Federation.Runs;

/// <summary>
/// One run: a chain of stages, each made once and asked for by the next. Any set of them may be asked for, in any order;
/// a stage that was stopped stops those after it, and whatever was found is told to the observers once.
/// </summary>
public sealed class FederationRun : IAsyncDisposable
{
    private readonly RunOptions _options;
    private readonly Sessions _sessions;
    private readonly TimeProvider _time;
    private readonly CancellationToken _interruption;
    private readonly CancellationTokenSource _deadline;
    private readonly CancellationTokenSource _end;
    private readonly CancellationToken _cancellation;
    private bool _isTimeoutTold;
    private readonly RunEvents _events;
    private readonly OutputFolder _output;
    private readonly RunRecord _record;
    private readonly Lazy<Task<StageResult<Opened>>> _opened;
    private readonly Lazy<Task<StageResult<Rendered>>> _rendered;
    private readonly Lazy<Task<StageResult<Session>>> _session;
    private readonly Lazy<Task<StageResult<Planned>>> _planned;
    private readonly Lazy<Task<StageResult<Applied>>> _applied;
    private readonly Lazy<Task<StageResult<Proved>>> _proved;
    private readonly Lazy<Task<StageResult<Read>>> _read;
    private readonly Lazy<Task<StageResult<Diagnosed>>> _diagnosed;

    /// <param name="observers">Told of everything that happens.</param>
    /// <param name="cancellationToken">Ends the run; what is under way is finished or taken back first.</param>
    public FederationRun(
        RunOptions options,
        Sessions sessions,
        IReadOnlyList<IRunObserver> observers,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        (_options, _sessions, _time, _interruption) = (options, sessions, time, cancellationToken);
        _deadline = new CancellationTokenSource(options.Timeout ?? System.Threading.Timeout.InfiniteTimeSpan, time);
        _end = CancellationTokenSource.CreateLinkedTokenSource(_interruption, _deadline.Token);
        _cancellation = _end.Token;
        _record = new RunRecord(options.Target, sessions.Cloud, time);
        _events = new RunEvents([_record, .. observers], time);
        _output = new OutputFolder(options.Output);
        _opened = Once("reading the configuration", Open);
        _rendered = Once("rendering the documents", RenderAsync);
        _session = Once("opening the clouds", OpenSessionAsync);
        _planned = Once("planning", PlanAsync);
        _applied = Once("applying the plan", ApplyAsync);
        _proved = Once("proving the workloads", ProveAsync);
        _read = Once("reading the evidence", ReadAsync);
        _diagnosed = Once("diagnosing", DiagnoseAsync);
    }

    /// <summary>Reads the configuration and selects the workloads.</summary>
    public Task<StageResult<Opened>> Opened => _opened.Value;

    /// <summary>Renders every document, and writes those of the selected workloads.</summary>
    public Task<StageResult<Rendered>> Rendered => _rendered.Value;

    /// <summary>Compares the documents with what is live. Changes nothing.</summary>
    public Task<StageResult<Planned>> Planned => _planned.Value;

    /// <summary>Carries the plan out.</summary>
    public Task<StageResult<Applied>> Applied => _applied.Value;

    /// <summary>
    /// Proves every selected workload with a validation pod, and then carries out what waited for that. It proves what is there:
    /// where nothing is to be applied, the stage before it is not asked for.
    /// </summary>
    public Task<StageResult<Proved>> Proved => _proved.Value;

    /// <summary>Judges the evidence of every selected workload, saved evidence, or a text.</summary>
    public Task<StageResult<Diagnosed>> Diagnosed => _diagnosed.Value;

    /// <summary>The exit code that the run has earned so far.</summary>
    public int ExitCode => _record.ExitCode;

    /// <summary>Every finding so far, each once; the first error is the root cause.</summary>
    public IReadOnlyList<Finding> Findings => _record.Findings;

    /// <summary>Compares each workload's tokens with what AWS expects of them.</summary>
    public async Task CompareTokensAsync()
    {
        var collected = await CollectAsync(new EvidenceScope(Pods: true, _options.Pod));
        if (collected.Value is not { } read)
        {
            return;
        }

        foreach (var evidence in read.Evidence)
        {
            var diagnosis = Judge(evidence, read.Taken);
            _events.Tell(
                new RunEvent.TokensCompared(
                    evidence.Workload,
                    [.. evidence.Tokens.Select(token => (token, TokenComparison.Compare(evidence, token, read.Taken)))],
                    evidence.Tokens.Count > 0 ? diagnosis.OnlyTokens() : diagnosis with { Findings = WhyNoToken(evidence) }
                )
            );
        }
    }

    /// <summary>Runs a sandbox in the foreground until the run is ended.</summary>
    public async Task ServeAsync(SandboxOverrides overrides)
    {
        if ((await Opened).Value is { } opened)
        {
            await Once<Opened>(
                "running the sandbox",
                async () =>
                {
                    await ServeAsync(overrides, opened);
                    return new StageResult<Opened>(opened, []);
                }
            ).Value;
        }
    }

    /// <summary>Writes the report, if the run ends in one and got far enough to write anything.</summary>
    /// <param name="isInterrupted">The run was ended from outside.</param>
    public async Task<WrittenReport?> CloseAsync(bool isInterrupted)
    {
        if (!_options.HasReport || !_output.IsClaimed)
        {
            return null;
        }

        var session = _session is { IsValueCreated: true, Value.IsCompletedSuccessfully: true } ? (await _session.Value).Value : null;
        var report = _record.ToReport(isInterrupted, session?.Calls ?? new SortedDictionary<string, int>(StringComparer.Ordinal)) with
        {
            Packages = _options.Packages,
        };
        OutputFile.Replace(_output.ReportPath, report.ToJson());
        _events.Tell(new RunEvent.Ended(report, _output.ReportPath));
        return new WrittenReport(report, _output.ReportPath);
    }

    /// <summary>Ends the clouds.</summary>
    public async ValueTask DisposeAsync()
    {
        using var deadline = _deadline;
        using var end = _end;
        if (!_session.IsValueCreated)
        {
            return;
        }

        await ((Task)_session.Value).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_session.Value is { IsCompletedSuccessfully: true, Result.Value: { } session })
        {
            await session.DisposeAsync();
        }
    }

    private bool IsOffline => _options.Error is not null || _options.Evidence is { } file && File.Exists(file);

    private Task<StageResult<Opened>> Open()
    {
        if (_output.Claim(_options.Evidence, _options.Reviewed?.Path) is { } unusable)
        {
            return Task.FromResult(Ended<Opened>(null, [unusable]));
        }

        var file = _options.Configuration();
        var (templates, faults) = Attempt(() => TemplateSet.Load(_options.Templates));
        // What is wrong with the configuration is told in the same run as what is wrong with the templates.
        var text = file.Read();
        var result = ConfigurationReader.Read(file.Shown, text, templates?.Policies, path => File.Exists(file.Beside(path)));
        Finding[] findings = [.. result.Findings, .. faults];
        if (result.Configuration is not { } configuration || templates is null || HasError(findings))
        {
            return Task.FromResult(Ended<Opened>(null, findings));
        }

        if (_options.DeletesByMark && configuration.HasDefaultName)
        {
            return Task.FromResult(Ended<Opened>(null, [.. findings, RunFindings.Unnamed(file, configuration)]));
        }

        var selected = WorkloadSelection.Match(configuration.Workloads, _options.Workloads);
        if (_options.Adopt)
        {
            var names = selected.Select(workload => workload.Name).ToHashSet(StringComparer.Ordinal);
            configuration = configuration.Adopting(names);
            selected = [.. configuration.Workloads.Where(workload => names.Contains(workload.Name))];
        }

        _events.Tell(new RunEvent.Opened(file.Shown, file.IsExample, selected, configuration.Workloads.Count));
        var opened = Ended(new Opened(file, PlanFile.DigestOf(text.Span), configuration, selected, templates), findings);
        return Task.FromResult(opened);
    }

    private async Task<StageResult<Rendered>> RenderAsync()
    {
        var opening = await Opened;
        if (opening.Value is not { } opened)
        {
            return opening.Stopped<Rendered>();
        }

        if (_options.UsesClouds)
        {
            // While the documents are rendered, the clouds get ready.
            _ = _session.Value;
        }

        return await _events.PhaseAsync(RunPhase.Render, () => Task.FromResult(Render(opened)));
    }

    private StageResult<Rendered> Render(Opened opened)
    {
        var all = opened.Configuration.Workloads;
        var places = all.Select((workload, index) => (workload.Name, index))
            .ToDictionary(pair => pair.Name, pair => pair.index, StringComparer.Ordinal);
        var documents = new RenderedWorkload[_options.UsesClouds ? all.Count : 0];
        var written = 0;
        var renderer = new Renderer(opened.Configuration, opened.Templates, path => InputFile.Read(opened.File.Beside(path)))
        {
            Preflight = _options.Preflight,
        };
        using var output = RenderedOutput.Open(_output.Path, opened.Configuration);
        var findings = renderer.RenderAll(
            _options.UsesClouds ? all : opened.Selected,
            rendered =>
            {
                if (opened.SelectedNames.Contains(rendered.Workload.Name))
                {
                    output.Write(rendered);
                    Interlocked.Add(ref written, rendered.Files.Count);
                }

                if (_options.UsesClouds)
                {
                    documents[places[rendered.Workload.Name]] = rendered;
                }
            },
            _cancellation
        );
        var permissions = RunnerPermissions.Render(opened.Configuration, opened.Templates);
        findings = [.. findings, .. permissions.Findings];
        if (HasError(findings))
        {
            return Ended<Rendered>(null, findings);
        }

        output.WriteRunnerPermissions(permissions.Files);
        output.RemoveForgotten();
        _events.Tell(new RunEvent.DocumentsWritten(opened.Selected.Count, written, output.Folder, output.RunnerFolder));
        return Ended(new Rendered(opened, documents), findings, Outcome.Rendered);
    }

    private async Task<StageResult<Session>> OpenSessionAsync()
    {
        var opening = await Opened;
        if (opening.Value is not { } opened)
        {
            return opening.Stopped<Session>();
        }

        var session = await _sessions.OpenAsync(opened.Configuration, _options, _cancellation);
        _events.Tell(new RunEvent.EndpointsOverridden(session.Endpoints.Overrides));
        return Ended(session, []);
    }

    private async Task ServeAsync(SandboxOverrides overrides, Opened opened)
    {
        var folder = SandboxFolder.Own(_output.Path);
        await using var sandbox = await SandboxClouds.StartAsync(overrides.Of(opened.Configuration, folder), _time, _cancellation);
        _events.Tell(new RunEvent.SandboxReady(await sandbox.WriteEnvironmentAsync(_cancellation)));
        await Task.Delay(Timeout.InfiniteTimeSpan, _time, _cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _events.Tell(new RunEvent.SandboxStopped());
    }

    private async Task<StageResult<Planned>> PlanAsync()
    {
        var rendering = await Rendered;
        if (rendering.Value is not { } rendered)
        {
            return rendering.Stopped<Planned>();
        }

        var opening = await _session.Value;
        return opening.Value is { } session
            ? await _events.PhaseAsync(RunPhase.Plan, () => PlanAsync(rendered, session))
            : opening.Stopped<Planned>();
    }

    private async Task<StageResult<Planned>> PlanAsync(Rendered rendered, Session session)
    {
        var opened = rendered.Opened;
        var plan = PlanPolicy.Apply(_options.Mode, await MakePlanAsync(rendered, session));
        plan = plan with
        {
            Findings =
            [
                .. plan.Findings.Concat(!_options.Force && PlanSafety.Check(plan) is { } tooMuch ? [tooMuch] : []).Select(_options.Advise),
            ],
        };
        _events.Tell(new RunEvent.PlanMade(plan));
        if (!HasError(plan.Findings))
        {
            var selected = rendered.Documents.Where(documents => opened.SelectedNames.Contains(documents.Workload.Name));
            var file = PlanFile.Of(opened.Configuration.Name, opened.Digest, selected, plan);
            if (_options.Reviewed is { } reviewed && reviewed.Plan.DifferencesTo(file) is { Count: > 0 } differences)
            {
                return Ended<Planned>(null, [.. plan.Findings, _options.Advise(RunFindings.Stale(reviewed, differences))]);
            }

            Save(file);
        }

        var hasDrifted = _options.FailOnDrift && plan.HasChanges;
        return Ended(new Planned(rendered, session, plan), plan.Findings, hasDrifted ? Outcome.Drifted : Outcome.Planned);
    }

    private Task<Plan> MakePlanAsync(Rendered rendered, Session session)
    {
        var (opened, documents) = (rendered.Opened, rendered.Documents);
        if (_options.Destroys)
        {
            var ending = _options.Workloads is null ? null : opened.SelectedNames;
            return new Destruction(opened.Configuration, documents, ending, session.Clouds).PlanAsync(_cancellation);
        }

        return new Convergence(
            opened.Configuration,
            documents,
            opened.SelectedNames,
            session.Clouds,
            session.Directory,
            _options.LeftBehind
        ).PlanAsync(_cancellation);
    }

    private async Task<StageResult<Applied>> ApplyAsync()
    {
        var planning = await Planned;
        return planning.Value is { } planned
            ? await _events.PhaseAsync(RunPhase.Apply, () => ApplyAsync(planned))
            : planning.Stopped<Applied>();
    }

    private async Task<StageResult<Applied>> ApplyAsync(Planned planned)
    {
        var (steps, findings) = await new Applying(planned, _options, _events).BeginAsync(_cancellation);
        return Ended(new Applied(planned, steps, _time.GetTimestamp()), findings, _options.Destroys ? Outcome.Destroyed : Outcome.Applied);
    }

    /// <summary>Carries out what waited for the gate, of the workloads that passed it.</summary>
    private async Task NarrowAsync(Applied applied, IReadOnlySet<string> proved)
    {
        if (applied.Steps.All(progress => progress.Step.Stage != Stage.Narrow))
        {
            return;
        }

        var applying = new Applying(applied.Planned, _options, _events);
        var (_, findings) = await _events.PhaseAsync(RunPhase.Narrow, () => applying.NarrowAsync(applied.Steps, proved, _cancellation));
        _events.Tell(new RunEvent.Found(findings));
    }

    private async Task<StageResult<Proved>> ProveAsync()
    {
        var applying = _applied.IsValueCreated ? await Applied : null;
        if (applying is { Value: null })
        {
            return applying.Stopped<Proved>();
        }

        var rendering = await Rendered;
        var opening = await _session.Value;
        if (rendering.Value is not { } rendered)
        {
            return rendering.Stopped<Proved>();
        }

        if (opening.Value is not { } session)
        {
            return opening.Stopped<Proved>();
        }

        var proving = new Proving(rendered, session, applying?.Value, _options, _events, Judge, _time);
        var proofs = await _events.PhaseAsync(RunPhase.Verify, () => proving.RunAsync(_cancellation));
        if (HasError(Findings))
        {
            Save([.. proofs.Select(proof => proof.Evidence)], _time.GetUtcNow());
        }

        if (applying?.Value is { } applied)
        {
            await NarrowAsync(
                applied,
                proofs.Where(proof => proof.Passed).Select(proof => proof.Evidence.Workload.Name).ToHashSet(StringComparer.Ordinal)
            );
        }

        return Concluded(new Proved(proofs), Outcome.Verified);
    }

    private async Task<StageResult<Read>> ReadAsync()
    {
        if (_options.Evidence is { } path && File.Exists(path))
        {
            var saved = EvidenceFile.Parse(Encoding.UTF8.GetString(InputFile.ReadGiven("evidence", path)), path);
            var selected = WorkloadSelection.Match([.. saved.Workloads.Select(evidence => evidence.Workload)], _options.Workloads);
            var names = selected.Select(workload => workload.Name).ToHashSet(StringComparer.Ordinal);
            _events.Tell(new RunEvent.EvidenceOpened(path, saved.Taken, selected));
            return Ended(new Read([.. saved.Workloads.Where(evidence => names.Contains(evidence.Workload.Name))], saved.Taken), []);
        }

        var collected = await _events.PhaseAsync(RunPhase.Read, () => CollectAsync(new EvidenceScope(Pods: true, _options.Pod)));
        if (collected.Value is { } read)
        {
            Save(read.Evidence, read.Taken);
        }

        return collected;
    }

    private async Task<StageResult<Diagnosed>> DiagnoseAsync()
    {
        if (IsOffline && !_opened.IsValueCreated && _output.Claim(_options.Evidence, _options.Reviewed?.Path) is { } unusable)
        {
            return Ended<Diagnosed>(null, [unusable]);
        }

        if (_options.Error is { } text)
        {
            var explained = ErrorTexts.Explain(text);
            _events.Tell(new RunEvent.TextExplained(explained));
            return Ended(new Diagnosed(), explained, Outcome.Diagnosed);
        }

        var reading = await _read.Value;
        if (reading.Value is not { } read)
        {
            return reading.Stopped<Diagnosed>();
        }

        await _events.PhaseAsync(
            RunPhase.Diagnose,
            () =>
            {
                foreach (var evidence in read.Evidence)
                {
                    _events.Tell(new RunEvent.Diagnosed(evidence, Judge(evidence, read.Taken)));
                }

                return Task.FromResult(true);
            }
        );
        return Concluded(new Diagnosed(), Outcome.Diagnosed);
    }

    private async Task<StageResult<Read>> CollectAsync(EvidenceScope scope)
    {
        var rendering = await Rendered;
        var opening = await _session.Value;
        if (rendering.Value is not { } rendered)
        {
            return rendering.Stopped<Read>();
        }

        if (opening.Value is not { } session)
        {
            return opening.Stopped<Read>();
        }

        var taken = _time.GetUtcNow();
        return Ended(new Read(await session.Evidence.ReadAsync(Known.Of(rendered), scope, _cancellation), taken), []);
    }

    private WorkloadDiagnosis Judge(WorkloadEvidence evidence, DateTimeOffset now)
    {
        var diagnosis = Diagnostician.Diagnose(evidence, now);
        return diagnosis with
        {
            Findings = [.. diagnosis.Findings.Select(_options.Advise)],
            Unread = [.. diagnosis.Unread.Select(_options.Advise)],
        };
    }

    /// <summary>Why a token may be there although none was seen.</summary>
    private Finding[] WhyNoToken(WorkloadEvidence evidence)
    {
        var (issuer, pods) = (evidence.Kubernetes.Issuer, evidence.Kubernetes.Pods);
        return
        [
            .. new[] { issuer?.Refused, pods?.Refused }
                .Concat((pods?.Found ?? []).SelectMany(pod => pod.Refused))
                .Concat(evidence.Refused)
                .OfType<Finding>()
                .Distinct()
                .Select(_options.Advise),
        ];
    }

    private void Save(PlanFile plan)
    {
        if (!_options.SavesPlan)
        {
            return;
        }

        var content = Encoding.UTF8.GetBytes(plan.ToJson());
        OutputFile.Replace(_output.PlanPath, content);
        _events.Tell(new RunEvent.PlanSaved(_output.PlanPath, PlanFile.ChecksumOf(content)));
    }

    private void Save(IReadOnlyList<WorkloadEvidence> evidence, DateTimeOffset taken)
    {
        var path = _options.Evidence ?? _output.EvidencePath;
        OutputFile.Replace(path, new EvidenceFile { Taken = taken, Workloads = evidence }.ToJson());
        _events.Tell(new RunEvent.EvidenceSaved(path));
    }

    private Lazy<Task<StageResult<T>>> Once<T>(string doing, Func<Task<StageResult<T>>> stage)
        where T : class => new(() => GuardAsync(doing, stage));

    /// <summary>What a stage throws is told as findings, and stops it.</summary>
    private async Task<StageResult<T>> GuardAsync<T>(string doing, Func<Task<StageResult<T>>> stage)
        where T : class
    {
        try
        {
            return await stage();
        }
        catch (FindingException refused)
        {
            return Ended<T>(null, [.. refused.Findings.Select(_options.Advise)]);
        }
        catch (OperationCanceledException) when (_deadline.IsCancellationRequested && !_interruption.IsCancellationRequested)
        {
            // Stages that were made side by side are all cut off; it is told once.
            return Ended<T>(
                null,
                Interlocked.Exchange(ref _isTimeoutTold, true)
                    ? []
                    : [_options.Advise(RunFindings.TimedOut(_options, doing, _record.WhatWasReached))]
            );
        }
        catch (Exception unforeseen) when (unforeseen is not OperationCanceledException)
        {
            _events.Tell(new RunEvent.Threw(unforeseen));
            return Ended<T>(null, [UnexpectedFailure.While(doing, unforeseen)]);
        }
    }

    /// <summary>Tells what a stage found, and stops the stages after it if that is an error.</summary>
    private StageResult<T> Ended<T>(T? value, IReadOnlyList<Finding> findings, Outcome? reached = null)
        where T : class
    {
        if (findings.Count > 0)
        {
            _events.Tell(new RunEvent.Found(findings));
        }

        var isStopped = value is null || HasError(findings);
        if (reached is { } outcome)
        {
            _events.Tell(new RunEvent.Reached(outcome));
        }

        return new StageResult<T>(isStopped ? null : value, findings);
    }

    /// <summary>As <see cref="Ended"/>, for a stage whose findings have been told with the workloads they are about.</summary>
    private StageResult<T> Concluded<T>(T value, Outcome reached)
        where T : class
    {
        _events.Tell(new RunEvent.Reached(reached));
        var findings = Findings;
        return new StageResult<T>(HasError(findings) ? null : value, findings);
    }

    private static bool HasError(IEnumerable<Finding> findings) => findings.Any(finding => finding.Severity == Severity.Error);

    private static (T? Value, IReadOnlyList<Finding> Findings) Attempt<T>(Func<T> read)
        where T : class
    {
        try
        {
            return (read(), []);
        }
        catch (FindingException refused)
        {
            return (null, refused.Findings);
        }
    }
}
