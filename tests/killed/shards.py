#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shards of `mltool fresh` and `mltool xval`, and `mltool merge`, killed: what a killed one leaves does not count,
and once all were run again the whole is the same to the byte.

Before every call that changes files, and at moments that are drawn over the duration. No verdict rests on when a
kill comes.
"""
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

MLTOOL = os.environ["MLTOOL"]
PRELOAD = os.environ["KILL_AT_SO"]
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "data")
FRESH = ["fresh", os.path.join(DATA, "storms.csv"), "--params", "efficient"]
XVAL = ["xval", os.path.join(DATA, "diabetes.csv"), "--target", "y", "--model", "random_forest", "--set",
        "n_estimators=15", "--grid", "max_depth=int:1:6"]
MISSING = 3
MOMENTS = 6
FAILED = []


def fail(what):
    FAILED.append(what)
    print(what, flush=True)


def mltool(*args, env=None):
    return subprocess.run([MLTOOL, "-q", *args], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def shard(command, number):
    return [*command, "--shard", f"{number}/2", "-o", "parts"]


def finish(command, output):
    """From all parts to the whole."""
    if command is FRESH:
        return mltool("merge", "parts", "-o", output)
    joined = mltool("merge", "parts", "-o", "joined")
    return joined if joined.returncode else mltool(*command, "--checkpoint", "joined", "-o", output)


def check(command, want, how):
    """A shard was killed and the other never ran: nothing is merged, and then all of it."""
    early = finish(command, "early")
    wanted = MISSING if os.path.isdir("parts") else 1
    if early.returncode != wanted or os.path.exists("early"):
        fail(f"{how}: merged without a part: {early.returncode} {early.stderr}")
    for number in (1, 2):
        again = mltool(*shard(command, number))
        if again.returncode:
            fail(f"{how}: run again: {again.stderr}")
    late = finish(command, "late.csv")
    if late.returncode or read("late.csv") != want:
        fail(f"{how}: the whole is another: {late.stderr}")
    left = [name for name in os.listdir("parts") if name.startswith(".")]
    if left:
        fail(f"{how}: left {left}")


def kill_at_calls(command, want):
    """Every call of a shard; of a search, which writes a line for each fit, some of them."""
    step = 1 if command is FRESH else 8
    n = 1
    while True:
        with folder():
            env = dict(os.environ, LD_PRELOAD=PRELOAD, KILL_AT=str(n))
            killed = mltool(*shard(command, 1), env=env)
            if killed.returncode == 0:
                break
            if killed.returncode != -signal.SIGKILL:
                fail(f"{command[0]}, call {n}: {killed.returncode} {killed.stderr}")
            check(command, want, f"{command[0]}, before call {n}")
        n += step
    if n < 5:
        fail(f"{command[0]}: only {n - 1} calls were counted")
    print(f"{command[0]}: killed before calls up to {n - 1}", flush=True)


def kill_at_moments(command, want, seconds):
    draw = random.Random(8)
    for _ in range(MOMENTS):
        after = draw.uniform(0, seconds)
        with folder():
            child = subprocess.Popen([MLTOOL, "-q", *shard(command, 1)])
            time.sleep(after)
            child.kill()
            child.wait()
            check(command, want, f"{command[0]}, after {after:.4f} s")


def kill_merge(want):
    """A merge that is killed leaves the old output or the new one."""
    with folder():
        for number in (1, 2):
            mltool(*shard(FRESH, number))
        n = 0
        code = 1
        while code:
            n += 1
            with open("out.csv", "wb") as file:
                file.write(b"old")
            env = dict(os.environ, LD_PRELOAD=PRELOAD, KILL_AT=str(n))
            code = mltool("merge", "parts", "-o", "out.csv", env=env).returncode
            if read("out.csv") not in (b"old", want):
                fail(f"merge, before call {n}: neither the old output nor the new one")
        if read("out.csv") != want or sorted(os.listdir(".")) != ["out.csv", "parts"]:
            fail(f"merge: there is {sorted(os.listdir('.'))}")
        print(f"merge: killed before each of {n - 1} calls", flush=True)


class folder:
    def __enter__(self):
        self.path = tempfile.mkdtemp(dir=ROOT)
        os.chdir(self.path)

    def __exit__(self, *_):
        os.chdir(ROOT)
        shutil.rmtree(self.path)


def main():
    for command in (FRESH, XVAL):
        with folder():
            mltool(*command, "-o", "whole.csv")
            want = read("whole.csv")
            start = time.monotonic()
            mltool(*shard(command, 1))
            seconds = time.monotonic() - start
        kill_at_calls(command, want)
        kill_at_moments(command, want, seconds)
        if command is FRESH:
            kill_merge(want)
    print(f"{len(FAILED)} failed")
    return 1 if FAILED else 0


ROOT = tempfile.mkdtemp()
try:
    sys.exit(main())
finally:
    os.chdir("/")
    shutil.rmtree(ROOT)
