#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What ranks of MPI cost beside the pool of one process: tests/bench/ranks.sh BUILD [N_IDSxN] [ROUNDS]
#
# `mltool fresh` of all features on a pool of two workers, and on two ranks of this machine with one
# worker each, by turns. Prints name,unit,value: seconds of the clock, and of CPUs, of all processes; the
# least of each over the rounds, and what ranks take over what the pool takes.
set -eu
build=$(realpath "${1:?the folder of a build}")
case=${2:-20000x1000}
rounds=${3:-3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
command -v mpirun >/dev/null || { echo "there is no mpirun" >&2 && exit 1; }
"$build/tests/bench/make_series" "${case%x*}" "${case#*x}" >"$folder/in.csv"
mpirun=(mpirun --oversubscribe -n 2)
[ "$(id -u)" != 0 ] || mpirun+=(--allow-run-as-root)
TIMEFORMAT='%R %U %S'

measure() { # NAME COMMAND...
    { time "${@:2}" -q fresh "$folder/in.csv" -o "$folder/$1.csv" >/dev/null; } 2>>"$folder/$1"
}

for ((i = 0; i < rounds; i++)); do
    measure pool "$build/ml/cli/mltool" -s 2 -p 0
    measure ranks "${mpirun[@]}" "$build/ml/cli/mltool"
done
cmp "$folder/pool.csv" "$folder/ranks.csv"
echo name,unit,value
awk -v folder="$folder" 'BEGIN {
    split("pool ranks", names)
    for (k = 1; k <= 2; k++) {
        name = names[k]
        while ((getline line <(folder "/" name)) > 0) {
            split(line, t)
            cpu = t[2] + t[3]
            if (!(name in wall) || t[1] < wall[name]) wall[name] = t[1]
            if (!(name in least) || cpu < least[name]) least[name] = cpu
        }
        printf "%s,s,%.2f\n%s,CPU s,%.2f\n", name, wall[name], name, least[name]
    }
    printf "ranks,of pool,%.3f\nranks,of pool CPU,%.3f\n", wall["ranks"] / wall["pool"],
           least["ranks"] / least["pool"]
}'
