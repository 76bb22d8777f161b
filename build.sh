#!/usr/bin/env bash
# ./build.sh --target=TARGET [--argument=value ...]      (--help lists both)
#
# Starts the host, building it first where something changed. The current folder stays the caller's.
# The host is built in Release: the sandbox in it serves real clients.
set -euo pipefail

root=$(CDPATH="" cd -- "${BASH_SOURCE[0]%/*}" 2>/dev/null && pwd -P || pwd -P)
out=$root/build/bin/Release/net10.0
host=$out/Build.dll
stamp=$root/build/obj/host.stamp

dotnet=$(type -P dotnet || true)
for place in "${DOTNET_ROOT:-}" "${HOME:-}/.dotnet" /usr/local/share/dotnet /usr/lib/dotnet /usr/share/dotnet; do
  [[ -n $dotnet ]] && break
  [[ -n $place && -x $place/dotnet ]] && dotnet=$place/dotnet
done
if [[ -z $dotnet ]]; then
  cat >&2 <<'EOF'
error: the .NET SDK 10 is needed and was not found (looked on PATH, in DOTNET_ROOT and ~/.dotnet).
  fix: install it from https://dotnet.microsoft.com/download/dotnet/10.0, or without administrator rights:
         curl -fsSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel 10.0
       In GitHub Actions: uses: actions/setup-dotnet with dotnet-version 10.0.x
EOF
  exit 1
fi

project=$root/build/Build.csproj
packages=$root/build/obj/packages.props
development=$root/build/obj/development

# Compiling and testing need analyzers and lock files. Running the product does not, so they are not downloaded for that.
# A host that was built for development stays so.
[[ " $* " =~ [[:space:]](--target|-t)[[:space:]=]([Cc]ompile|[Tt]est)[[:space:]] ]] && mkdir -p "$root/build/obj" && touch "$development"
properties=("-p:ForDevelopment=$([[ -f $development ]] && echo true || echo false)")

# What says where packages come from: NuGet's configuration, from here up and the user's and the machine's, and the environment.
sources() {
  local folder=$root files=()
  while [[ -n $folder ]]; do
    files+=("$folder"/[Nn]u[Gg]et.[Cc]onfig)
    folder=${folder%/*}
  done
  files+=("${HOME:-}"/.nuget/NuGet/NuGet.Config "${HOME:-}"/.nuget/config/*.[Cc]onfig "${APPDATA:-}"/NuGet/NuGet.Config
    "${APPDATA:-}"/NuGet/config/*.[Cc]onfig /etc/opt/NuGet/Config/*.[Cc]onfig)
  { cat "${files[@]}" 2>/dev/null || true; printf '%s\n' "${RestoreSources:-}" "${RestoreConfigFile:-}"; } | cksum
}

# Published packages or the stand-ins for them (standins/README.md). PublishedPackages, true or false, decides. Without it the
# published ones are restored; the stand-ins take their place only where the registry answers that it has no such package. The
# answer holds for every build in this checkout, until the sources or the versions change.
choose_packages() {
  [[ -n ${PublishedPackages:-} ]] && return
  [[ -f $packages && $(<"$packages") == *"$(question)"* ]] && return
  local log=$root/build/obj/packages.log published=true lacking
  rm -f "$packages"
  if ! DOTNET_CLI_UI_LANGUAGE=en "$dotnet" restore "$project" -p:PublishedPackages=true "${properties[@]}" \
    -nologo -v quiet >"$log" 2>&1 </dev/null; then
    lacking=$(sed -n 's/.*error NU110[12]: Unable to find package \([A-Za-z0-9.]*[A-Za-z0-9]\).*/\1/p' "$log" | sort -u)
    if [[ -z $lacking ]] || grep 'error' "$log" | grep -qv 'error NU110[12]'; then
      cat "$log" >&2
      echo "error: the packages could not be restored (the output above is also in $log)." >&2
      echo '  fix: restore access to the registry. PublishedPackages=false builds on the stand-ins (standins/README.md).' >&2
      exit 1
    fi
    published=false
    echo "Built on stand-ins (standins/README.md): the package registry lacks ${lacking//$'\n'/, }." >&2
  fi
  cat >"$packages" <<EOF
<Project>
  <!-- $(question) -->
  <PropertyGroup>
    <PublishedPackages>$published</PublishedPackages>
  </PropertyGroup>
</Project>
EOF
}
question() { printf 'sources %s, versions %s' "$(sources)" "$(cksum <"$root/Directory.Packages.props")"; }

# What the host was built from, other than the files' contents: which files there are, which SDKs, which packages,
# and what came out. (A file's contents and a replaced file show in its change time, which nothing can set back.)
inputs=("$root"/{build,src,standins,templates}
  "$root"/{Directory.Build.props,Directory.Build.targets,Directory.Packages.props,global.json,.editorconfig})
state() {
  local sdk=$dotnet
  while [[ -L $sdk ]]; do
    local link
    link=$(readlink "$sdk")
    [[ $link == /* ]] && sdk=$link || sdk=${sdk%/*}/$link
  done
  printf '%s\n' "$sdk" "${sdk%/*}"/sdk/* "${PublishedPackages:-}" "${properties[@]}" "$(sources)" "$out"/*
  [[ ! -f $packages ]] || cat "$packages"
  find "${inputs[@]}" \( -name bin -o -name obj \) -prune -o -type f -print
}
changed() {
  [[ -f $host && -f $stamp && $(<"$stamp") == "$(state)" ]] || return 0
  [[ -n $(find "${inputs[@]}" \( -name bin -o -name obj \) -prune -o -type f -cnewer "$stamp.begun" -print) ]]
}

if changed; then
  log=$root/build/obj/host-build.log
  mkdir -p "$root/build/obj"
  rm -f "$stamp"
  [[ -t 2 ]] && echo 'Building the host, which takes a moment the first time ...' >&2
  choose_packages
  # From before the build, so that what changes while it runs counts as changed.
  touch "$stamp.begun"
  if ! "$dotnet" build "$project" -c Release "${properties[@]}" -nologo -v quiet >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    echo "error: the host did not build (the output above is also in $log)." >&2
    exit 1
  fi
  state >"$stamp"
fi

exec "$dotnet" "$host" "$@"
