#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# All features of the golden inputs by two builds, to the byte: tests/same_bytes.sh BUILD OTHER_BUILD
set -euo pipefail
cd "$(dirname "$0")/.."
: "${2:?two folders of builds}"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for input in tests/golden/inputs/{edge,irregular,multikind,random}.csv.gz; do
    for build in "$1" "$2"; do
        "$build/ml/cli/mltool" -q fresh "$input" -o "$folder/$(basename "$build").csv"
    done
    cmp "$folder/$(basename "$1").csv" "$folder/$(basename "$2").csv"
done
