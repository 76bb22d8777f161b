using Federation.Sandbox.Hosting;
using Microsoft.AspNetCore.Http;

namespace Federation.Runs.Tests.Clouds;

/// <summary>When a run dies.</summary>
internal enum Moment
{
    /// <summary>Before a call is carried out.</summary>
    Before,

    /// <summary>When the call has been carried out, and before its answer.</summary>
    During,

    /// <summary>When the call has been answered.</summary>
    After,
}

/// <summary>
/// The clouds' side of the network. Here a run can be cut off for good at one of its calls: nothing that it sends afterwards
/// reaches a cloud, whatever it would still like to tidy up, as if it had been killed with SIGKILL.
/// </summary>
internal sealed class Edge
{
    private readonly Lock _gate = new();
    private int _calls;
    private int _fatal;
    private Moment _moment;
    private Action _die = () => { };

    /// <summary>The run's calls since it was armed; those of pods do not count.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>The run is dead.</summary>
    public bool IsCut { get; private set; }

    /// <summary>From now on calls are counted from 1, and the run dies at one of them.</summary>
    /// <param name="call">0: none.</param>
    /// <param name="die">Tells the run, after it was cut off, so that it does not try for long.</param>
    public void Arm(int call, Moment moment, Action die)
    {
        lock (_gate)
        {
            (_calls, _fatal, _moment, _die, IsCut) = (0, call, moment, die, false);
        }
    }

    public RequestDelegate Before(CloudFront front, RequestDelegate handle) =>
        async context =>
        {
            if (await IsOfPodAsync(front, context))
            {
                await handle(context);
                return;
            }

            bool isCut;
            var isFatal = false;
            lock (_gate)
            {
                isCut = IsCut;
                if (!isCut)
                {
                    isFatal = ++_calls == _fatal;
                    IsCut |= isFatal;
                }
            }

            if (isCut)
            {
                context.Abort();
            }
            else if (isFatal)
            {
                await DieAsync(front, context, handle);
            }
            else
            {
                await handle(context);
            }
        };

    private async Task DieAsync(CloudFront front, HttpContext context, RequestDelegate handle)
    {
        var isStream = (await front.ArrivingAsync(context)).IsStream;
        switch (_moment)
        {
            case Moment.During when !isStream:
                await HeldAnswer.OfAsync(context, handle);
                break;
            case Moment.After when !isStream:
                await handle(context);
                await context.Response.CompleteAsync();
                break;
        }

        _die();
        context.Abort();
    }

    /// <summary>Pods ask STS with their token, and everything else with a session's credentials; nobody but STS asks an issuer.</summary>
    private static async Task<bool> IsOfPodAsync(CloudFront front, HttpContext context) =>
        front.Cloud == "issuer"
        || context.Request.Headers.ContainsKey("X-Amz-Security-Token")
        || (front.Cloud == "aws" && !(await front.ArrivingAsync(context)).NeedsCredentials);
}
