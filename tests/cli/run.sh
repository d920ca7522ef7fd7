#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Run the command-line cases: tests/cli/run.sh [--record] [CASE...]
#
# A case is a folder with `cmd` (a script), and what is expected of it: `out` (standard output, to
# the byte), `err` (standard error, where * in a line stands for anything), `exit` (the code). What
# is not there is empty, or 0. The script runs in an empty folder with mltool on PATH, the data of the
# repository in $DATA, a module with functions (tests/cli_module.c) in $MODULE and a model (examples/mymodel.c) in $MYMODEL; it calls its outputs out.*, and none may be there when it failed.
# Code 77 says that the case cannot be run here. --record writes what is expected anew, for review with git diff.
set -u
cases=$(cd "$(dirname "$0")" && pwd)
: "${MLTOOL:?the path of mltool}"
[ -x "$MLTOOL" ] || { echo "no program $MLTOOL"; exit 1; }
MLTOOL=$(realpath "$MLTOOL")
MODULE=$(realpath "${MODULE:-$(dirname "$MLTOOL")/../../tests/cases.so}")
MYMODEL=$(realpath "${MYMODEL:-$(dirname "$MLTOOL")/../../examples/mymodel.so}")
export MLTOOL MODULE MYMODEL DATA=${DATA:-$(cd "$cases/../../data" && pwd)} TERM=dumb LC_ALL=C
PATH=$(dirname "$MLTOOL"):$PATH
unset NO_COLOR
record=
[ "${1-}" = --record ] && { record=1; shift; }

scratch=$(mktemp -d)
chmod 755 "$scratch"
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
  sed -i -E "s|$DATA|*|g; s/[0-9]+\.[0-9]+ s\b/* s/g; s/port [0-9]{4,}(\"?\}?| is .*)$/port *\1/" "$1"
}

leftovers() { # CODE
  [ "$1" = 0 ] || find . -name '*out.*'
  find . -name '.*' ! -name .
}

record_case() { # FOLDER CODE
  generalise err
  keep out "$1/out"
  if [ ! -f "$1/err" ] || ! matches "$1/err" err; then keep err "$1/err"; fi
  if [ "$2" = 0 ]; then rm -f "$1/exit"; else echo "$2" >"$1/exit"; fi
}

# Prints what is wrong.
check_case() { # FOLDER CODE
  local want=0
  [ -f "$1/exit" ] && want=$(cat "$1/exit")
  [ "$2" = "$want" ] || echo "exit code $2, not $want"
  cmp -s "$(expected "$1/out")" out || diff -u "$(expected "$1/out")" out | head -40
  matches "$(expected "$1/err")" err || diff -u "$(expected "$1/err")" err | head -40
  (cd work && leftovers "$2") | sed 's/^/left behind: /'
}

expected() {
  if [ -f "$1" ]; then echo "$1"; else echo /dev/null; fi
}

run_case() { # NAME
  local folder=$cases/$1 code
  mkdir -p "$scratch/$1/work" && cd "$scratch/$1/work" || exit 1
  chmod 755 .. .
  timeout 120 bash "$folder/cmd" </dev/null >../out 2>../err
  code=$?
  cd ..
  if [ "$code" = 77 ]; then
    echo "skipped $1"
  elif [ -n "$record" ]; then
    record_case "$folder" "$code"
  else
    check_case "$folder" "$code" >log
    [ ! -s log ] || { echo "FAILED $1"; cat log; }
  fi
  rm -rf work
}

[ $# -gt 0 ] || set -- "$cases"/*/
for case in "$@"; do
  while [ "$(jobs -rp | wc -l)" -ge 4 ]; do wait -n; done # most of them sleep
  run_case "$(basename "$case")" &
done
wait
failed=$(find "$scratch" -name log -size +0 | wc -l)
echo "$# cases, $failed failed"
[ "$failed" = 0 ]
