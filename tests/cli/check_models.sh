#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# docs/models.md is what the tables of models give.
set -u
: "${MLTOOL:?the path of mltool}"
[ -x "$MLTOOL" ] || { echo "no program $MLTOOL"; exit 1; }
docs=$(cd "$(dirname "$0")/../../docs" && pwd)
diff "$docs/models.md" <("$MLTOOL" models --markdown) | head -n 20
cmp -s "$docs/models.md" <("$MLTOOL" models --markdown) ||
  { echo "models.md is old: run 'mltool models --markdown > docs/models.md'"; exit 1; }
