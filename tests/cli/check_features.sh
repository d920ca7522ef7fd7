#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# docs/features.md is what the table of calculators gives.
set -u
: "${MLTOOL:?the path of mltool}"
[ -x "$MLTOOL" ] || { echo "no program $MLTOOL"; exit 1; }
docs=$(cd "$(dirname "$0")/../../docs" && pwd)
diff "$docs/features.md" <("$MLTOOL" features --markdown) | head -n 20
cmp -s "$docs/features.md" <("$MLTOOL" features --markdown) ||
  { echo "features.md is old: run 'mltool features --markdown > docs/features.md'"; exit 1; }
