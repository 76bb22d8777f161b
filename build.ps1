# .\build.ps1 --target=TARGET [--argument=value ...]      (--help lists both)
#
# Starts the host, building it first where something changed. The current folder stays the caller's.
# The host is built in Release: the sandbox in it serves real clients.
$ErrorActionPreference = 'Stop'

$root = $PSScriptRoot
$out = "$root/build/bin/Release/net10.0"
$hostDll = "$out/Build.dll"
$stamp = "$root/build/obj/host.stamp"

$dotnet = (Get-Command dotnet -CommandType Application -ErrorAction SilentlyContinue | Select-Object -First 1).Source
foreach ($place in @($env:DOTNET_ROOT, "$HOME/.dotnet", "$env:ProgramFiles/dotnet")) {
    if (-not $dotnet -and $place) {
        $dotnet = (Get-Command "$place/dotnet" -CommandType Application -ErrorAction SilentlyContinue | Select-Object -First 1).Source
    }
}
if (-not $dotnet) {
    [Console]::Error.WriteLine(@'
error: the .NET SDK 10 is needed and was not found (looked on PATH, in DOTNET_ROOT, ~/.dotnet and Program Files).
  fix: winget install Microsoft.DotNet.SDK.10, or https://dotnet.microsoft.com/download/dotnet/10.0
       In GitHub Actions: uses: actions/setup-dotnet with dotnet-version 10.0.x
'@)
    exit 1
}

# What the host is built from: each file with its size and time, the SDKs, and which packages.
function Get-Inputs {
    $sdks = Join-Path (Split-Path $dotnet) 'sdk'
    "packages: $env:PublishedPackages"
    if (Test-Path $sdks) { Get-ChildItem $sdks -Name }
    $folders = 'build', 'src', 'templates' | ForEach-Object { "$root/$_" } | Where-Object { Test-Path $_ }
    $files = 'Directory.Build.props', 'Directory.Build.targets', 'Directory.Packages.props', 'global.json', '.editorconfig' |
        ForEach-Object { Get-Item "$root/$_" -Force }
    @(Get-ChildItem $folders -Recurse -File -Force | Where-Object { $_.FullName -notmatch '[\\/](bin|obj)[\\/]' }) + $files |
        ForEach-Object { "$($_.FullName) $($_.Length) $($_.LastWriteTimeUtc.Ticks)" }
}
function Get-Outputs { if (Test-Path $out) { Get-ChildItem $out -Name } }

# Read before the build, so that what changes while it runs counts as changed.
$inputs = (Get-Inputs) -join "`n"
$upToDate = (Test-Path $hostDll) -and (Test-Path $stamp) -and
    [IO.File]::ReadAllText($stamp) -ceq "$inputs`n$((Get-Outputs) -join "`n")"
if (-not $upToDate) {
    if (Test-Path $stamp) { Remove-Item $stamp }
    [Console]::Error.WriteLine('Building the host, which takes a moment the first time ...')
    $log = & $dotnet build "$root/build/Build.csproj" -c Release -nologo -v quiet
    if ($LASTEXITCODE -ne 0) {
        $log | ForEach-Object { [Console]::Error.WriteLine($_) }
        [Console]::Error.WriteLine('error: the host did not build (the output above says why).')
        exit 1
    }
    [IO.File]::WriteAllText($stamp, "$inputs`n$((Get-Outputs) -join "`n")")
}

& $dotnet $hostDll @args
exit $LASTEXITCODE
