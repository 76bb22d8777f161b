using Federation.Reporting;

namespace Build.Agents;

/// <summary>Shows an agent how far the gate has come.</summary>
internal sealed class AgentProgress(IBuildAgent agent) : IRunObserver
{
    private int _all;

    public void On(RunEvent happened)
    {
        switch (happened)
        {
            case RunEvent.Opened opened:
                _all = opened.Selected.Count;
                break;
            case RunEvent.GateEnded ended:
                agent.Progress(nameof(RunPhase.Verify), ended.Done, _all);
                break;
        }
    }
}
