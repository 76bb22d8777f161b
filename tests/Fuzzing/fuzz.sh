#!/usr/bin/env bash
# fuzz.sh SECONDS [PARSER…]: coverage-guided fuzzing, of all parsers unless some are named. Needs afl-fuzz (Debian: afl++).
# Each input that a parser fails on stays in artifacts/fuzzing/PARSER/default/crashes or hangs; give one to
#   dotnet run --project tests/Fuzzing -- PARSER < FILE
# to see the exception.
set -euo pipefail
seconds=$1
shift
cd "$(dirname "$0")/../.."
out=artifacts/fuzzing
rm -rf "$out/bin" "$out/seeds" # no assembly can be instrumented twice
mkdir -p "$out"
dotnet build tests/Fuzzing -c Release -o "$out/bin" -v q -nologo
dotnet "$out/bin/Fuzzing.dll" --seeds "$out/seeds"
[ -x "$out/tools/sharpfuzz" ] || dotnet tool install SharpFuzz.CommandLine --version 2.3.0 --tool-path "$out/tools"
for assembly in Federation Federation.Issuers Federation.Sandbox; do
  "$out/tools/sharpfuzz" "$out/bin/$assembly.dll"
done

# The .NET host is no binary that afl-fuzz knows; its heap is held to 1 GiB, which a parser that wants more fails on.
export AFL_SKIP_BIN_CHECK=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_NO_UI=1
export AFL_NO_VAR_CHECK=1 AFL_DISABLE_TRIM=1 AFL_FORKSRV_INIT_TMOUT=60000 DOTNET_GCHeapHardLimit=0x40000000
[ $# -gt 0 ] || { mapfile -t all < <(ls "$out/seeds"); set -- "${all[@]}"; }
for parser in "$@"; do
  rm -rf "${out:?}/$parser"
  mkdir -p "$out/$parser"
  nice afl-fuzz -i "$out/seeds/$parser" -o "$out/$parser" -t 1000 -m none -V "$seconds" -- dotnet "$out/bin/Fuzzing.dll" "$parser" > "$out/$parser/log"
  echo "$parser: $(grep -E '^(execs_done|corpus_count|edges_found|saved_crashes|saved_hangs)' "$out/$parser/default/fuzzer_stats" | tr -s ' ' | tr '\n' ';')"
done
