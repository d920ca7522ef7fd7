#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each way of running, with one of its processes killed at a moment that is drawn: the bytes are those of the run
that nobody disturbed.

    ways.py [ROUNDS [SEED]]    ROUNDS of each way and victim (1)

A lost worker does not disturb the run. One that has lost its central process, a rank, a shard or its launcher is
started again with the same command. Nothing that it has started outlives it. A way whose commands are not there
says that it is skipped. No verdict rests on when a kill comes.
"""
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

MLTOOL = os.environ["MLTOOL"]
PLUGINS = os.environ["MLTOOL_PLUGINS"]
LAUNCHER = ["mpirun", "--allow-run-as-root", "--oversubscribe", "-n", "2"]
GONE = 10  # seconds that what is left of a killed run may take to end
HANGS = 300  # seconds that a run may take
FAILED = []


def fail(what):
    FAILED.append(what)
    print(what, flush=True)


# ---- processes ----

def parents():
    """{pid: parent} of all processes that have not ended"""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                state, parent = file.read().rsplit(b")", 1)[1].split()[:2]
        except OSError:
            continue
        if state not in b"ZX":
            found[int(name)] = int(parent)
    return found


def family(pid):
    """A process and what it has started, in any generation"""
    of, found = parents(), {pid}
    while True:
        more = {child for child, parent in of.items() if parent in found} - found
        if not more:
            return found & of.keys()
        found |= more


def arguments(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().decode(errors="replace").split("\0")
    except OSError:
        return [""]


def role(pid):
    """"worker", "central" (a rank, too), "launcher", or "" for what belongs to none"""
    words = arguments(pid)
    if os.path.basename(words[0]) == "mltool":
        return "worker" if "worker" in words[1:2] else "central"
    return "launcher" if os.path.basename(words[0]) == LAUNCHER[0] else ""


def wait_for_end(pids, what):
    end = time.monotonic() + GONE
    while time.monotonic() < end:
        left = [pid for pid in pids & parents().keys() if role(pid)]
        if not left:
            return
        time.sleep(0.02)
    fail(f"{what}: {[arguments(pid)[:4] for pid in left]} outlived it")


# ---- ways ----

class Way:
    """Commands that run one after another in an empty folder, and the file that they give.

    victims  who is killed
    needs    what of mltool must be there: (command, option)
    programs that must be installed
    plugin   that must be built
    """

    def __init__(self, name, commands, output, victims, needs=(), programs=(), plugin=None):
        self.name, self.commands, self.output, self.victims = name, commands, output, victims
        self.needs, self.programs, self.plugin = needs, programs, plugin

    def lacks(self):
        for program in self.programs:
            if not shutil.which(program):
                return program
        if self.plugin and not os.path.exists(os.path.join(PLUGINS, self.plugin)):
            return self.plugin
        for command, option in self.needs:
            done = subprocess.run([MLTOOL, command, "--help"], capture_output=True, text=True)
            if done.returncode != 0 or option not in done.stdout:
                return f"mltool {command} {option}".rstrip()
        return None

    def prepare(self):
        """The bytes and the seconds of a run that nobody disturbs."""
        start = time.monotonic()
        with tempfile.TemporaryDirectory(dir=ROOT) as folder:
            for command in self.commands:
                done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
                if done.returncode != 0:
                    return fail(f"{self.name}: {' '.join(command)}: {done.returncode}: {done.stderr}")
            self.seconds = time.monotonic() - start
            self.expected = self.result(folder)
        return self.expected

    def result(self, folder):
        try:
            with open(os.path.join(folder, self.output), "rb") as file:
                return file.read()
        except OSError:
            return None

    def disturb(self, victim, after, draw):
        how = f"{self.name}: {victim} killed after {after:.4f} s"
        end = time.monotonic() + after
        with tempfile.TemporaryDirectory(dir=ROOT) as folder:
            for command in self.commands:
                killed = run(command, folder, victim, end, draw, how)
                if killed is not None:
                    end = None  # once
            if self.result(folder) != self.expected:
                fail(f"{how}: not the bytes of the undisturbed run")


def kill_one(child, victim, end, draw):
    """Kill a process of that role at that moment, or as soon as there is one. @return it and all that the run has
    started; (None, {}): it was over"""
    while child.poll() is None:
        if time.monotonic() >= end:
            all_of_it = family(child.pid)
            found = sorted(pid for pid in all_of_it if role(pid) == victim)
            if found:
                pid = draw.choice(found)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    return pid, all_of_it
        time.sleep(0.001)
    return None, set()


def end_of(child, how):
    try:
        return child.wait(timeout=HANGS)
    except subprocess.TimeoutExpired:
        fail(f"{how}: it hangs")
        for pid in family(child.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return child.wait()


def run(command, folder, victim, end, draw, how):
    """Run it; again when it was killed. @return the pid of the victim; None: there was none"""
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors
        )
        killed, ours = kill_one(child, victim, end, draw) if end is not None else (None, set())
        code = end_of(child, how)
        errors.seek(0)
        said = errors.read().decode(errors="replace")
    if code != 0 and (killed is None or victim == "worker"):
        fail(f"{how}: exit code {code}: {said}")
    wait_for_end(ours, how)
    if code == 0:
        return killed
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        fail(f"{how}: run again: exit code {done.returncode}: {done.stderr}")
    return killed


# ---- what is run ----

def write_series(path, n_ids, n):
    draw = random.Random(1)
    with open(path, "w", encoding="ascii") as file:
        file.write("id,time,a,b\n")
        for i in range(n_ids):
            x = 0.0
            for t in range(n):
                x += draw.gauss(0, 1)
                file.write(f"{i},{t},{x!r},{draw.random()!r}\n")


def write_rows(path, n):
    draw = random.Random(2)
    with open(path, "w", encoding="ascii") as file:
        file.write("id,y,a,b,c\n")
        for i in range(n):
            a, b, c = (draw.gauss(0, 1) for _ in range(3))
            file.write(f"{i},{'xyz'[(a + b * c > 0) + (b > 1)]},{a!r},{b!r},{c!r}\n")


def ways():
    series, rows = os.path.join(ROOT, "series.csv"), os.path.join(ROOT, "rows.csv")
    write_series(series, 150, 400)
    write_rows(rows, 2000)
    fresh = [MLTOOL, "-q", "fresh", series, "-o", "out.csv"]
    search = [MLTOOL, "-q", "xval", rows, "--target", "y", "--model", "random_forest", "--sobol", "8",
              "--space", "max_depth=int:2:9", "--set", "n_estimators=100"]  # fmt: skip
    xval = search + ["--checkpoint", "run.ckpt", "-o", "out.json"]
    pool = ["-s", "2", "-p", "0"]
    ranks = LAUNCHER + [MLTOOL, "--engine", "mpi"]
    by_ranks = {"needs": [("fresh", "--engine")], "programs": LAUNCHER[:1],
                "plugin": "libml-mpi.so"}  # fmt: skip
    both, all_of_them = ("worker", "central"), ("worker", "central", "launcher")
    return [
        Way("fresh", [fresh], "out.csv", ["central"]),
        Way("fresh on workers", [fresh + pool], "out.csv", both),
        Way("fresh with little memory", [fresh + pool + ["--memory-limit", "64M"]], "out.csv", both,
            needs=[("fresh", "--memory-limit")]),  # fmt: skip
        Way("fresh in shards", in_shards(fresh[:-2]) + [merge_into("out.csv")], "out.csv",
            ["central"], needs=[("fresh", "--shard"), ("merge", "")]),  # fmt: skip
        Way("fresh on ranks", [ranks + fresh[1:]], "out.csv", all_of_them, **by_ranks),
        Way("xval", [xval], "out.json", ["central"]),
        Way("xval on workers", [xval + pool], "out.json", both),
        Way("xval in shards", in_shards(search) + [merge_into("run.ckpt"), xval], "out.json",
            ["central"], needs=[("xval", "--shard"), ("merge", "")]),  # fmt: skip
        Way("xval on ranks", [ranks + xval[1:]], "out.json", all_of_them, **by_ranks),
    ]


def in_shards(command, n=3):
    return [command + ["-o", "parts/", "--shard", f"{i}/{n}"] for i in range(1, n + 1)]


def merge_into(name):
    return [MLTOOL, "-q", "merge", "parts", "-o", name]


def main(rounds=1, seed=None):
    seed = int(seed) if seed is not None else random.randrange(2**32)
    draw = random.Random(seed)
    print(f"seed {seed}", flush=True)
    results = {}  # of ways that end in the same file
    for way in ways():
        lacks = way.lacks()
        if lacks:
            print(f"{way.name}: skipped: there is no {lacks}", flush=True)
            continue
        if way.prepare() is None:
            continue
        if results.setdefault(way.output, way.expected) != way.expected:
            fail(f"{way.name}: not the bytes of the other ways")
        for victim in way.victims:
            for _ in range(int(rounds)):
                way.disturb(victim, draw.uniform(0, 1.05 * way.seconds), draw)
        print(f"{way.name}: {way.seconds:.2f} s, {rounds} times each: {', '.join(way.victims)}", flush=True)
    print(f"{len(FAILED)} failed")
    return 1 if FAILED else 0


ROOT = tempfile.mkdtemp()
try:
    sys.exit(main(*sys.argv[1:]))
finally:
    shutil.rmtree(ROOT)
