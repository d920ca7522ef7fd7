#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Time and peak memory of `mltool fresh` on many series: tests/bench/scale.sh BUILD [CASE...]
#
# A case is N_IDSxN:SETTINGS:WORKERS. Prints name,unit,value; `of limit` is the peak of the central
# process over 2.2 times the values and the matrix.
set -eu
build=$(realpath "${1:?the folder of a build}")
shift
[ $# -gt 0 ] || set -- 20000x1000:comprehensive:0 20000x1000:comprehensive:2 \
    1000000x30:minimal:0 1000000x30:minimal:2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# The largest resident size of a process until it ends, in kB.
peak_of() {
    local peak=0 now
    while now=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status" 2>/dev/null) && [ -n "$now" ]; do
        peak=$now
        sleep 0.02
    done
    echo "$peak"
}

echo name,unit,value
for case in "$@"; do
    IFS=:x read -r n_ids n settings workers <<<"$case"
    input=$folder/$n_ids.$n.csv
    [ -f "$input" ] || "$build/tests/bench/make_series" "$n_ids" "$n" >"$input"
    pool=()
    [ "$workers" = 0 ] || pool=(-s "$workers" -p 0)
    start=$(date +%s.%N)
    "$build/ml/cli/mltool" -v "${pool[@]}" fresh "$input" --params "$settings" -o "$folder/out.npy" \
        2>"$folder/said" &
    peak=$(peak_of $!)
    wait $!
    end=$(date +%s.%N)
    columns=$(sed -n 's/.* x \([0-9]*\) feature.*/\1/p' "$folder/said")
    awk -v name="$case" -v start="$start" -v end="$end" -v peak="$peak" -v ids="$n_ids" -v n="$n" \
        -v columns="$columns" 'BEGIN {
            limit = 2.2 * 8 * ids * (n + columns) / 1024
            printf "%s,s,%.2f\n%s,peak MB,%.0f\n%s,of limit,%.2f\n", name, end - start, name,
                   peak / 1024, name, peak / limit }'
    sed -n "s/^mltool: \(read\|extract\|write\): \([0-9.]*\) s$/$case \1,s,\2/p" "$folder/said"
done
