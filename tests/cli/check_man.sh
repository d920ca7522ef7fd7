#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Compare the options in the tables of mltool with those in its man pages, in both directions.
set -u
: "${MLTOOL:?the path of mltool}"
[ -x "$MLTOOL" ] || { echo "no program $MLTOOL"; exit 1; }
man=$(cd "$(dirname "$0")/../../docs/man" && pwd)
status=0

# The line after each .TP of the section OPTIONS, as one option a line.
documented() {
  sed -n '/^\.SH OPTIONS/,/^\.SH EXIT/p' "$1" | sed -n '/^\.TP/{n;p;}' | sed 's/\\-/-/g' |
    grep -oE -- '(^|[ "])--?[a-z][a-z-]*' | tr -d ' "' | sort
}

compare() { # PAGE [COMMAND]
  local page=$man/$1.1
  [ -f "$page" ] || { echo "no page $1.1"; status=1; return; }
  diff <(documented "$page") <("$MLTOOL" ${2+"$2"} --list-options | cut -f1 | sort) ||
    { echo "$1.1 (<) and the options of mltool ${2-} (>) differ"; status=1; }
}

compare mltool
commands=$("$MLTOOL" --list-commands | cut -f1)
for command in $commands; do
  compare "mltool-$command" "$command"
  grep -q "^\.BR mltool\\\\-$command (1)" "$man/mltool.1" ||
    { echo "mltool.1 does not name mltool-$command"; status=1; }
done
for page in "$man"/mltool-*.1; do
  name=$(basename "$page" .1)
  grep -qxF "${name#mltool-}" <<<"$commands" || { echo "$name.1 is of no command"; status=1; }
done
exit $status
