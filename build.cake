// Makes `dotnet cake --target=TARGET` the same as `./build.sh --target=TARGET`: the targets are compiled, in build/,
// and Cake.Tool runs scripts alone. Top-level statements, so that --tree, --description and --dryrun, which would
// keep a task from running, go to the host like any other argument. --version, --info and --help are Cake.Tool's own.
using System.Diagnostics;

var windows = OperatingSystem.IsWindows();
var script = MakeAbsolute(File(windows ? "build.ps1" : "build.sh")).FullPath;
var start = new ProcessStartInfo(windows ? "powershell" : "bash") { UseShellExecute = false };
foreach (var option in windows ? new[] { "-NoProfile", "-ExecutionPolicy", "Bypass", "-File", script } : new[] { script })
    start.ArgumentList.Add(option);

// The process's own arguments: Cake's parsed ones have lost their order and form.
var arguments = Environment.GetCommandLineArgs().Skip(1);
foreach (var argument in arguments.Where(argument => !argument.EndsWith("build.cake", StringComparison.Ordinal)))
    start.ArgumentList.Add(argument);

var host = Process.Start(start);
host.WaitForExit();
Environment.Exit(host.ExitCode);
