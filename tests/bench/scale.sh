#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Time and peak memory of `mltool fresh` on many series: tests/bench/scale.sh BUILD [CASE...]
#
# A case is N_IDSxN:SETTINGS:WORKERS, from CSV to CSV. Prints name,unit,value; `of limit` is the
# peak of the central process over 2.2 times the values and the matrix, `of serial` the time over that
# of the last case without workers; `cpu s` is the processor time of all processes. RUN may name a command
# to run it with, such as `chrt -f 20` where the machine is busy.
set -eu
build=$(realpath "${1:?the folder of a build}")
shift
[ $# -gt 0 ] || set -- 20000x1000:comprehensive:0 20000x1000:comprehensive:2 \
    1000000x30:minimal:0 1000000x30:minimal:2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# The largest resident size of a process until it ends, in kB. It starts little, as it runs beside what
# is measured.
peak_of() {
    local peak=0 key value
    while [ -d "/proc/$1" ]; do
        while read -r key value _; do
            if [ "$key" = VmHWM: ]; then peak=$value && break; fi
        done 2>/dev/null <"/proc/$1/status" || break
        [ "$key" = VmHWM: ] || break
        sleep 0.05
    done
    echo "$peak"
}

# Processor seconds of the children so far. Not in a subshell, which has children of its own.
cpu() {
    times >"$folder/times"
    awk 'NR == 2 { split($1 " " $2, t, /[ms ]+/); print 60 * (t[1] + t[3]) + t[2] + t[4] }' \
        "$folder/times" >"$folder/cpu"
    read -r cpu <"$folder/cpu"
}

echo name,unit,value
serial=0
for case in "$@"; do
    IFS=:x read -r n_ids n settings workers <<<"$case"
    input=$folder/$n_ids.$n.csv
    [ -f "$input" ] || "$build/tests/bench/make_series" "$n_ids" "$n" >"$input"
    pool=()
    [ "$workers" = 0 ] || pool=(-s "$workers" -p 0)
    cpu && before=$cpu
    start=$(date +%s.%N)
    # shellcheck disable=SC2086  # a list of words
    ${RUN:-} "$build/ml/cli/mltool" -v "${pool[@]}" fresh "$input" --params "$settings" -o "$folder/out.csv" \
        2>"$folder/said" &
    peak=$(peak_of $!)
    wait $!
    end=$(date +%s.%N)
    cpu
    [ "$workers" != 0 ] || serial=$(awk -v start="$start" -v end="$end" 'BEGIN { print end - start }')
    columns=$(sed -n 's/.* x \([0-9]*\) feature.*/\1/p' "$folder/said")
    awk -v name="$case" -v start="$start" -v end="$end" -v peak="$peak" -v ids="$n_ids" -v n="$n" \
        -v columns="$columns" -v serial="$serial" -v cpu="$cpu" -v before="$before" 'BEGIN {
            limit = 2.2 * 8 * ids * (n + columns) / 1024
            printf "%s,cpu s,%.2f\n", name, cpu - before
            printf "%s,s,%.2f\n%s,peak MB,%.0f\n%s,of limit,%.2f\n", name, end - start, name,
                   peak / 1024, name, peak / limit
            if (serial > 0) printf "%s,of serial,%.2f\n", name, (end - start) / serial }'
    sed -n "s/^mltool: \(read\|extract\|write\): \([0-9.]*\) s$/$case \1,s,\2/p" "$folder/said"
done
