// Makes `dotnet cake --target=TARGET` the same as `./build.sh --target=TARGET`: the targets are compiled, in build/,
// and Cake.Tool runs scripts alone. Top-level statements, so that --tree, --description and --dryrun, which would
// keep a task from running, go to the host like any other argument. --version, --info and --help are Cake.Tool's own.
using System.Diagnostics;

var windows = OperatingSystem.IsWindows();
var script = MakeAbsolute(File(windows ? "build.ps1" : "build.sh")).FullPath;
var start = new ProcessStartInfo(windows ? "powershell" : "bash") { UseShellExecute = false };
foreach (var argument in windows ? new[] { "-NoProfile", "-ExecutionPolicy", "Bypass", "-File", script } : new[] { script })
    start.ArgumentList.Add(argument);

// The process's own arguments: Cake's parsed ones have lost their order and form.
foreach (var argument in Environment.GetCommandLineArgs().Skip(1).Where(argument => !argument.EndsWith("build.cake", StringComparison.Ordinal)))
    start.ArgumentList.Add(argument);

var host = Process.Start(start);
host.WaitForExit();
Environment.Exit(host.ExitCode);
