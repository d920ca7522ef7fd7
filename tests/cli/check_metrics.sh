#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# docs/metrics.md is what the table of metrics gives.
set -u
: "${MLTOOL:?the path of mltool}"
[ -x "$MLTOOL" ] || { echo "no program $MLTOOL"; exit 1; }
docs=$(cd "$(dirname "$0")/../../docs" && pwd)
diff "$docs/metrics.md" <("$MLTOOL" score --metrics --markdown) | head -n 20
cmp -s "$docs/metrics.md" <("$MLTOOL" score --metrics --markdown) ||
  { echo "metrics.md is old: run 'mltool score --metrics --markdown > docs/metrics.md'"; exit 1; }
