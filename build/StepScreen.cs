using Federation.Planning;
using Spectre.Console;

namespace Build;

/// <summary>Shows steps of a plan as they are carried out.</summary>
internal abstract class StepScreen
{
    /// <summary>The most steps that are shown live: more rows do not fit a terminal.</summary>
    private const int LiveRows = 30;

    /// <summary>Live rows in a terminal, and elsewhere a line as each step ends.</summary>
    /// <param name="steps">Those that write.</param>
    public static StepScreen Begin(IAnsiConsole console, IReadOnlyList<Step> steps) =>
        console.Profile.Capabilities.Interactive && steps.Count is > 0 and <= LiveRows
            ? new Rows(console, steps)
            : new Lines(console, steps.Count);

    public abstract void Show(StepProgress progress);

    public abstract void End();

    private static string Name(Step step) => Markup.Escape(step.Id.ToString());

    private static string Stays(Step step) => $"[yellow]=[/] {Name(step)} [yellow]stays[/]";

    private sealed class Lines(IAnsiConsole console, int all) : StepScreen
    {
        private readonly Dictionary<StepId, long> _begun = [];
        private int _ended;

        public override void Show(StepProgress progress)
        {
            var step = progress.Step;
            if (progress.State == StepState.Running)
            {
                _begun[step.Id] = TimeProvider.System.GetTimestamp();
                return;
            }

            var elapsed = Screen.Seconds(TimeProvider.System.GetElapsedTime(_begun[step.Id]));
            _ended++;
            console.MarkupLine(
                $"[[{_ended}/{all}]] "
                    + progress.State switch
                    {
                        StepState.Done => $"{Screen.Sign(step.Action)} {Name(step)} [grey]{elapsed}[/]",
                        StepState.Kept => Stays(step),
                        _ => $"[red]![/] {Name(step)} [red]failed[/] [grey]after {elapsed}[/]",
                    }
            );
        }

        public override void End()
        {
            // The last line has been written.
        }
    }

    private sealed class Rows : StepScreen
    {
        private readonly TaskCompletionSource _ended = new();
        private readonly Dictionary<StepId, ProgressTask> _rows = [];
        private readonly Task _drawing;

        public Rows(IAnsiConsole console, IReadOnlyList<Step> steps) =>
            _drawing = console
                .Progress()
                .Columns(
                    new SpinnerColumn { CompletedText = "[green]✓[/]" },
                    new TaskDescriptionColumn { Alignment = Justify.Left },
                    new ElapsedTimeColumn()
                )
                .StartAsync(context =>
                {
                    foreach (var step in steps)
                    {
                        _rows.Add(step.Id, context.AddTask($"{Screen.Sign(step.Action)} {Name(step)}", autoStart: false));
                    }

                    return _ended.Task;
                });

        public override void Show(StepProgress progress)
        {
            var row = _rows[progress.Step.Id];
            switch (progress.State)
            {
                case StepState.Running:
                    row.StartTask();
                    row.IsIndeterminate = true;
                    break;
                case StepState.Done:
                    row.Value = row.MaxValue;
                    row.StopTask();
                    break;
                case StepState.Kept:
                    row.Description = Stays(progress.Step);
                    row.StopTask();
                    break;
                default:
                    row.Description = $"[red]![/] {Name(progress.Step)} [red]failed[/]";
                    row.StopTask();
                    break;
            }
        }

        public override void End()
        {
            _ended.TrySetResult();
            _drawing.GetAwaiter().GetResult();
        }
    }
}
