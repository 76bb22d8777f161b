using Build.Host;

using var interruption = Interruption.OnSignals();
return BuildHost.Run(args, Terminal.Standard, interruption, HostEnvironment.OfProcess());
