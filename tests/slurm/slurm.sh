#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# examples/slurm on a Slurm of one node, which this script starts with a munge of its own, and stops: the array's
# parts, merged by the second job, are the bytes of one run; a task that is lost is made up for by the same command.
# Code 77: it cannot be run here.
set -u
: "${MLTOOL:?the path of mltool}"
PATH=$(dirname "$(realpath "$MLTOOL")"):$PATH:/usr/sbin
here=$(cd "$(dirname "$0")" && pwd)
examples=$here/../../examples/slurm
data=$here/../../data/storms.csv

skip() { echo "skipped: $1"; exit 77; }
for program in slurmctld slurmd munged mungekey sbatch sinfo; do
  command -v $program >/dev/null || skip "no $program, of the packages slurm-wlm and munge"
done

d=$(mktemp -d)
pids=()
stop() {
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do kill "${pids[i]}" 2>/dev/null; done
  wait
  rm -rf "$d"
}
trap stop EXIT
trap 'exit 1' INT TERM
fail() { echo "FAILED: $1"; tail -n 20 "$d"/*.log 2>/dev/null; exit 1; }

# A port that nobody listens on.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 20000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo $port
}

mkdir -m 700 "$d/munge" "$d/state" "$d/spool"
chmod 755 "$d"
chmod 711 "$d/munge"
mungekey --create --keyfile="$d/key" >"$d/munge.log" 2>&1 || skip "mungekey fails: $(cat "$d/munge.log")"
munged --foreground --force --key-file="$d/key" --socket="$d/munge/socket" --pid-file="$d/munge/pid" --seed-file="$d/seed" \
  --num-threads=2 >>"$d/munge.log" 2>&1 &
pids+=($!)
until [ -S "$d/munge/socket" ]; do
  kill -0 "${pids[0]}" 2>/dev/null || skip "munged does not run here: $(tail -n 1 "$d/munge.log")"
  sleep 0.1
done

export SLURM_CONF=$d/slurm.conf
node=$(hostname -s)
cat >"$SLURM_CONF" <<X
ClusterName=test
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
AuthType=auth/munge
AuthInfo=socket=$d/munge/socket
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
StateSaveLocation=$d/state
SlurmdSpoolDir=$d/spool
SlurmctldPidFile=$d/ctld.pid
SlurmdPidFile=$d/slurmd.pid
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=1
NodeName=$node NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:4
X
slurmctld -D -f "$SLURM_CONF" >"$d/ctld.log" 2>&1 &
pids+=($!)
slurmd -D -f "$SLURM_CONF" -N "$node" >"$d/slurmd.log" 2>&1 &
pids+=($!)
for ((i = 0; i < 100; i++)); do
  sinfo -h -o %T 2>/dev/null | grep -q idle && break
  kill -0 "${pids[1]}" "${pids[2]}" 2>/dev/null || skip "Slurm does not run here: $(tail -n 1 "$d/ctld.log") $(tail -n 1 "$d/slurmd.log")"
  sleep 0.1
done
[ $i -lt 100 ] || skip "the node of Slurm does not come up: $(tail -n 1 "$d/slurmd.log")"

mkdir "$d/work"
cd "$d/work" || exit 1
mltool -q fresh "$data" --params minimal -o whole.csv || fail "one run"
timeout 60 sbatch --wait --quiet --array=3-9:2 "$examples/features.sbatch" "$data" parts --params minimal >out 2>&1 ||
  fail "the array: $(cat out features-*.log 2>/dev/null)"
[ "$(cd parts && echo part-?-of-?.json)" = "part-1-of-4.json part-2-of-4.json part-3-of-4.json part-4-of-4.json" ] ||
  fail "there is $(ls parts)"
timeout 60 sbatch --wait --quiet "$examples/merge.sbatch" parts merged.csv >out 2>&1 || fail "merging: $(cat merge.log)"
cmp whole.csv merged.csv || fail "the whole is another"

# a lost part
rm parts/part-3-of-4.* merged.csv
timeout 60 sbatch --wait --quiet "$examples/merge.sbatch" parts merged.csv >out 2>&1 && fail "merged without part 3"
grep -q '1 of 4 parts is missing: 3' merge.log || fail "$(cat merge.log)"
SHARD=3/4 timeout 60 sbatch --wait --quiet --array=7 "$examples/features.sbatch" "$data" parts --params minimal >out 2>&1 ||
  fail "part 3 alone: $(cat features-7.log)"
mltool -q merge parts -o merged.csv || fail "merging again"
cmp whole.csv merged.csv || fail "the whole is another"
echo "a job array of 4 tasks, as $(id -un): the same bytes"
