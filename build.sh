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

# What the host was built from, other than the files' contents: which files there are, which SDKs, which packages,
# and what came out. (A file's contents and a replaced file show in its change time, which nothing can set back.)
inputs=("$root"/{build,src,templates} "$root"/{Directory.Build.props,Directory.Build.targets,Directory.Packages.props,global.json,.editorconfig})
state() {
  local sdk=$dotnet
  while [[ -L $sdk ]]; do
    local link
    link=$(readlink "$sdk")
    [[ $link == /* ]] && sdk=$link || sdk=${sdk%/*}/$link
  done
  printf '%s\n' "$sdk" "${sdk%/*}"/sdk/* "${PublishedPackages:-}" "$out"/*
  find "${inputs[@]}" \( -name bin -o -name obj \) -prune -o -type f -print
}
changed() {
  [[ -f $host && -f $stamp && $(<"$stamp") == "$(state)" ]] || return 0
  [[ -n $(find "${inputs[@]}" \( -name bin -o -name obj \) -prune -o -type f -cnewer "$stamp.begun" -print) ]]
}

if changed; then
  log=$root/build/obj/host-build.log
  mkdir -p "$root/build/obj"
  # From before the build, so that what changes while it runs counts as changed.
  touch "$stamp.begun"
  rm -f "$stamp"
  [[ -t 2 ]] && echo 'Building the host, which takes a moment the first time ...' >&2
  if ! "$dotnet" build "$root/build/Build.csproj" -c Release -nologo -v quiet >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    echo "error: the host did not build (the output above is also in $log)." >&2
    exit 1
  fi
  state >"$stamp"
fi

exec "$dotnet" "$host" "$@"
