#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Run the command-line cases: tests/cli/run.sh [--record] [CASE...]
#
# A case is a folder with `cmd` (a script), and what is expected of it: `out` (standard output, to
# the byte), `err` (standard error, where * in a line stands for anything), `exit` (the code). What
# is not there is empty, or 0. The script runs in an empty folder with mltool on PATH and the data
# of the repository in $DATA; it calls its outputs out.*, and none may be there when it failed.
# --record writes what is expected anew, for review with git diff.
set -u
cases=$(cd "$(dirname "$0")" && pwd)
: "${MLTOOL:?the path of mltool}"
export MLTOOL DATA=${DATA:-$(cd "$cases/../../data" && pwd)} TERM=dumb LC_ALL=C
PATH=$(dirname "$MLTOOL"):$PATH
unset NO_COLOR
record=
[ "${1-}" = --record ] && { record=1; shift; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# matches EXPECTED ACTUAL: line by line, only * being special
matches() {
  local want got
  exec 3<"$1" 4<"$2"
  while IFS= read -r want <&3; do
    IFS= read -r got <&4 || return 1
    want=${want//\\/\\\\} want=${want//\[/\\[} want=${want//\?/\\?} want=${want//\(/\\(}
    # shellcheck disable=SC2053 # the right side is a pattern
    [[ $got == $want ]] || return 1
  done
  ! IFS= read -r got <&4
}

# keep ACTUAL EXPECTED: what is empty needs no file
keep() {
  if [ -s "$1" ]; then cp "$1" "$2"; else rm -f "$2"; fi
}

# What differs from run to run: places, times, ports.
generalise() {
  sed -i -E "s|$DATA|*|g; s/[0-9]+\.[0-9]+ s\b/* s/g; s/port [0-9]{4,}$/port */" "$1"
}

leftovers() {
  [ "$code" = 0 ] || find . -name '*out.*'
  find . -name '.*' ! -name .
}

run_case() {
  local name=$1 folder=$cases/$1 want_code=0 bad=
  rm -rf "$scratch/work" && mkdir "$scratch/work" && cd "$scratch/work" || exit 1
  CASE=$folder timeout 60 bash "$folder/cmd" </dev/null >"$scratch/out" 2>"$scratch/err"
  code=$?
  if [ -n "$record" ]; then
    keep "$scratch/out" "$folder/out"
    if [ ! -f "$folder/err" ] || ! matches "$folder/err" "$scratch/err"; then
      generalise "$scratch/err"
      keep "$scratch/err" "$folder/err"
    fi
    if [ $code = 0 ]; then rm -f "$folder/exit"; else echo $code >"$folder/exit"; fi
    return
  fi
  [ -f "$folder/exit" ] && want_code=$(cat "$folder/exit")
  [ "$code" = "$want_code" ] || bad="exit code $code, not $want_code; "
  for stream in out err; do
    expected=$folder/$stream
    [ -f "$expected" ] || expected=/dev/null
    if [ $stream = out ]; then cmp -s "$expected" "$scratch/out"; else
      matches "$expected" "$scratch/err"; fi && continue
    bad+="$stream differs; "
    diff -u "$expected" "$scratch/$stream" | head -40
  done
  [ -z "$(leftovers)" ] || bad+="left behind: $(leftovers | tr '\n' ' ')"
  [ -z "$bad" ] && return
  echo "FAILED $name: $bad"
  failed=$((failed + 1))
}

failed=0 ran=0
[ $# -gt 0 ] || set -- "$cases"/*/
for case in "$@"; do
  run_case "$(basename "$case")"
  ran=$((ran + 1))
done
echo "$ran cases, $failed failed"
[ $failed = 0 ]
