using Build.Host;
using Federation.Findings;
using Spectre.Console;

namespace Build.Agents;

/// <summary>A terminal, or whatever reads the streams in its place: what is to be said is said in lines.</summary>
/// <param name="unattended">It is of a service that is not known here: most set <c>CI</c>.</param>
internal sealed class TerminalAgent(Terminal terminal, bool unattended) : IBuildAgent
{
    public Terminal Terminal => terminal;

    public bool IsUnattended => unattended;

    public bool IsStep => false;

    public bool IsPullRequest => false;

    public void Begin(string phase) => terminal.Out.WriteLine($"== {phase}");

    public void End()
    {
        // The next heading is the end of what stands before it.
    }

    public void Progress(string work, int done, int all)
    {
        // The lines of the work itself tell.
    }

    public void Notice(string title, string message) => terminal.Out.WriteLine($"{title}: {message}");

    public Finding Advise(Finding finding) => finding;

    public void Conclude(Conclusion conclusion)
    {
        // The table of workloads and the findings have been shown.
    }
}
