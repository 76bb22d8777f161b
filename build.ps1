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

$project = "$root/build/Build.csproj"
$packages = "$root/build/obj/packages.props"
$development = "$root/build/obj/development"
New-Item "$root/build/obj" -ItemType Directory -Force | Out-Null

# Compiling and testing need analyzers and lock files. Running the product does not, so they are not downloaded for that.
# A host that was built for development stays so.
if (" $args " -match '\s(--target|-t)[\s=](Compile|Test)\s') { New-Item $development -ItemType File -Force | Out-Null }
$properties = "-p:ForDevelopment=$((Test-Path $development).ToString().ToLowerInvariant())"

# What says where packages come from: NuGet's configuration, from here up and the user's and the machine's, and the environment.
function Get-Sources {
    $files = for ($folder = Get-Item $root; $folder; $folder = $folder.Parent) { "$($folder.FullName)/nuget.config" }
    $homes = @("$HOME/.nuget", $env:APPDATA) | Where-Object { $_ }
    $files += $homes | ForEach-Object { "$_/NuGet/NuGet.Config"; "$_/config/*.config"; "$_/NuGet/config/*.config" }
    if (${env:ProgramFiles(x86)}) { $files += "${env:ProgramFiles(x86)}/NuGet/Config/*.config" }
    $text = (Get-Item $files -ErrorAction SilentlyContinue | ForEach-Object { [IO.File]::ReadAllText($_.FullName) }) -join "`n"
    Get-Digest "$text`n$env:RestoreSources`n$env:RestoreConfigFile"
}
function Get-Digest($text) {
    $hash = [Security.Cryptography.SHA256]::Create()
    [BitConverter]::ToString($hash.ComputeHash([Text.Encoding]::UTF8.GetBytes($text))).Replace('-', '')
}
function Get-Question { "sources $(Get-Sources), versions $(Get-Digest ([IO.File]::ReadAllText("$root/Directory.Packages.props")))" }

# Published packages or the stand-ins for them (standins/README.md). PublishedPackages, true or false, decides. Without it the
# published ones are restored; the stand-ins take their place only where the registry answers that it has no such package. The
# answer holds for every build in this checkout, until the sources or the versions change.
function Select-Packages {
    if ($env:PublishedPackages) { return }
    if ((Test-Path $packages) -and [IO.File]::ReadAllText($packages).Contains((Get-Question))) { return }
    if (Test-Path $packages) { Remove-Item $packages }
    $published = 'true'
    $language, $env:DOTNET_CLI_UI_LANGUAGE = $env:DOTNET_CLI_UI_LANGUAGE, 'en'
    $log = & $dotnet restore $project -p:PublishedPackages=true $properties -nologo -v quiet
    $restored = $LASTEXITCODE -eq 0
    $env:DOTNET_CLI_UI_LANGUAGE = $language
    if (-not $restored) {
        $lacking = $log | Select-String 'error NU110[12]: Unable to find package ([A-Za-z0-9.]*[A-Za-z0-9])' |
            ForEach-Object { $_.Matches[0].Groups[1].Value } | Sort-Object -Unique
        if (-not $lacking -or ($log | Where-Object { $_ -match 'error' -and $_ -notmatch 'error NU110[12]' })) {
            $log | ForEach-Object { [Console]::Error.WriteLine($_) }
            [Console]::Error.WriteLine('error: the packages could not be restored (the output above says why).')
            [Console]::Error.WriteLine('  fix: restore access to the registry. PublishedPackages=false builds on the stand-ins ' +
                '(standins/README.md).')
            exit 1
        }
        $published = 'false'
        [Console]::Error.WriteLine("Built on stand-ins (standins/README.md): the package registry lacks $($lacking -join ', ').")
    }
    [IO.File]::WriteAllText($packages, "<Project>`n  <!-- $(Get-Question) -->`n  <PropertyGroup>`n    " +
        "<PublishedPackages>$published</PublishedPackages>`n  </PropertyGroup>`n</Project>`n")
}

# What the host is built from: each file with its size and time, the SDKs, and which packages.
function Get-Inputs {
    $sdks = Join-Path (Split-Path $dotnet) 'sdk'
    "packages: $env:PublishedPackages $(Get-Sources)"
    $properties
    if (Test-Path $sdks) { Get-ChildItem $sdks -Name }
    $folders = 'build', 'src', 'standins', 'templates' | ForEach-Object { "$root/$_" } | Where-Object { Test-Path $_ }
    $files = 'Directory.Build.props', 'Directory.Build.targets', 'Directory.Packages.props', 'global.json', '.editorconfig' |
        ForEach-Object { Get-Item "$root/$_" -Force }
    @(Get-ChildItem $folders -Recurse -File -Force | Where-Object { $_.FullName -notmatch '[\\/](bin|obj)[\\/]' }) + $files |
        ForEach-Object { "$($_.FullName) $($_.Length) $($_.LastWriteTimeUtc.Ticks)" }
}
function Get-Outputs {
    if (Test-Path $out) { Get-ChildItem $out -Name }
    if (Test-Path $packages) { [IO.File]::ReadAllText($packages) }
}

# Read before the build, so that what changes while it runs counts as changed.
$inputs = (Get-Inputs) -join "`n"
$upToDate = (Test-Path $hostDll) -and (Test-Path $stamp) -and
    [IO.File]::ReadAllText($stamp) -ceq "$inputs`n$((Get-Outputs) -join "`n")"
if (-not $upToDate) {
    if (Test-Path $stamp) { Remove-Item $stamp }
    [Console]::Error.WriteLine('Building the host, which takes a moment the first time ...')
    Select-Packages
    # Once more: the first restore on a machine writes NuGet's configuration.
    $inputs = (Get-Inputs) -join "`n"
    $log = & $dotnet build $project -c Release $properties -nologo -v quiet
    if ($LASTEXITCODE -ne 0) {
        $log | ForEach-Object { [Console]::Error.WriteLine($_) }
        [Console]::Error.WriteLine('error: the host did not build (the output above says why).')
        exit 1
    }
    [IO.File]::WriteAllText($stamp, "$inputs`n$((Get-Outputs) -join "`n")")
}

& $dotnet $hostDll @args
exit $LASTEXITCODE
