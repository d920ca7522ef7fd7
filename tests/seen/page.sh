#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The page of a running pool in headless Chromium: workers, counts and failures are there as text, and
# the browser has nothing to complain of.
#
#   SHOW=build/dev/tests/show tests/seen/page.sh [SCREENSHOT.png [dark]]
set -u
browser=$(command -v chromium || command -v chromium-browser) || {
    echo "skipped: chromium is not installed (scripts/deps --all)"
    exit 77
}
folder=$(mktemp -d)
coproc POOL { exec "$SHOW"; }
trap 'rm -rf "$folder"' EXIT
read -r -t 60 port <&"${POOL[0]}" || { echo "no pool"; exit 1; }
sleep 2 # so that there is something to see

look() { # OPTION...
    timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
        --user-data-dir="$folder/profile" --enable-logging=stderr --virtual-time-budget=4000 "$@" \
        "http://localhost:$port/" 2>"$folder/err"
}
look --dump-dom >"$folder/dom"
[ $# -gt 0 ] && look --window-size=1100,900 --screenshot="$(realpath "$1")" ${2:+--blink-settings=preferredColorScheme=0} >/dev/null
exec {POOL[1]}>&- # its input ends
wait "$POOL_PID" 2>/dev/null

failed=0
check() { # WHAT COMMAND...
    what=$1
    shift
    "$@" >/dev/null || { echo "not ok: $what"; failed=1; }
}
has() { grep -qE -- "$1" "$folder/dom"; }
check "it runs" has 'role="status" class="live">running<'
check "the step is text" has '&lt;b&gt;features&lt;/b&gt;'
check "the total" has '<dt>of</dt><dd>100[^0-9]+000<'
check "items are done" has '<dt>done</dt><dd>[1-9]'
check "there is a rate" has '<dt>items/s</dt><dd>[1-9]'
check "the chart has a line" has '<polyline id="rates" points="[0-9.]+,[0-9.]+ '
for n in 1 2 3; do
    check "worker $n" has "<tr><td>$n</td><td class=\"(busy|idle)\">(busy|idle)</td><td>[0-9]+</td>"
done
check "a worker that was killed" has 'killed by signal 9 \(Killed\)'
check "another one" has 'killed by signal 15 \(Terminated\)'
check "no complaints" test -z "$(grep CONSOLE "$folder/err")"
[ "$failed" = 0 ] || { cat "$folder/dom" "$folder/err"; exit 1; }
