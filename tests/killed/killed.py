#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mltool train -o` and `mltool run` with --run-dir, killed: the old result is there or the new one, complete.

At 50 moments of each that are drawn over its duration, half of them with a result to replace; and before every
single call that changes files. What is left beside is gone after the next run. No verdict rests on when a kill
comes, only on what it leaves.
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
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "data", "diabetes.csv")
MOMENTS = 50
SEED = 7
MODEL = [MLTOOL, "-q", "train", DATA, "--target", "y", "--model", "ridge"]
FAILED = []


def fail(what):
    FAILED.append(what)
    print(what, flush=True)


def train(alpha):
    return MODEL + ["--set", f"alpha={alpha}", "-o", "out.json"]


def run(alpha):
    return [MLTOOL, "-q", "run", "../pipeline.json", "--set", f"alpha={alpha}"]


class Result:
    """A command whose result is `name`, a file or a folder, in the folder where it runs."""

    def __init__(self, title, name, command):
        self.title, self.name, self.command = title, name, command
        self.old = self.result_of(command(10))
        self.new = self.result_of(command(0.1))
        assert self.old and self.new and self.old != self.new
        times = []
        for _ in range(3):
            start = time.monotonic()
            assert self.result_of(command(0.1)) == self.new, "another result for the same command"
            times.append(time.monotonic() - start)
        self.seconds = sorted(times)[1]

    def result_of(self, command):
        with fresh_folder() as folder:
            subprocess.run(command, cwd=folder, check=True)
            return self.content(folder)

    def content(self, folder):
        """What is there: bytes, a dictionary of the bytes of files, or None."""
        path = os.path.join(folder, self.name)
        if os.path.isdir(path):
            return {name: read(os.path.join(path, name)) for name in sorted(os.listdir(path))}
        return read(path) if os.path.exists(path) else None

    def left(self, folder):
        return [name for name in os.listdir(folder) if name != self.name]

    def check(self, folder, has_old, how, may_lack=False):
        content = self.content(folder)
        allowed = [self.new, self.old if has_old else None] + ([None] if may_lack else [])
        if content not in allowed:
            fail(f"{self.title}, {how}: {describe(content)} is neither the old result nor the new one")
        left = self.left(folder)
        strange = [name for name in left if not name.startswith(f".{self.name}.mltool-")]
        if strange:
            fail(f"{self.title}, {how}: left {strange}")
        if not left and content == self.new:
            return
        subprocess.run(self.command(0.1), cwd=folder, check=True)
        if self.left(folder) or self.content(folder) != self.new:
            fail(f"{self.title}, {how}: after the next run there is {sorted(os.listdir(folder))}")

    def prepare(self, folder, has_old):
        if has_old:
            write(os.path.join(folder, self.name), self.old)

    def kill_at_moment(self, after, has_old):
        with fresh_folder() as folder:
            self.prepare(folder, has_old)
            child = subprocess.Popen(self.command(0.1), cwd=folder)
            time.sleep(after)
            child.kill()
            child.wait()
            self.check(folder, has_old, f"{'replacing' if has_old else 'cold'}, after {after:.4f} s")

    def kill_at_call(self, n, has_old, lacks_exchange):
        """Returns whether the command had so many calls."""
        env = dict(os.environ, LD_PRELOAD=PRELOAD, KILL_AT=str(n))
        if lacks_exchange:
            env["NO_EXCHANGE"] = "1"
        with fresh_folder() as folder:
            self.prepare(folder, has_old)
            code = subprocess.run(self.command(0.1), cwd=folder, env=env).returncode
            how = f"{'replacing' if has_old else 'cold'}, before call {n}"
            if code not in (0, -signal.SIGKILL):
                fail(f"{self.title}, {how}: exit code {code}")
            if lacks_exchange:
                how += " without renameat2"
            self.check(folder, has_old, how, may_lack=lacks_exchange)
            if code == 0 and (self.content(folder) != self.new or self.left(folder)):
                fail(f"{self.title}, {how}: done, and not the new result")
            return code != 0


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, content):
    """Bytes to a file, a dictionary of them to a folder."""
    if isinstance(content, dict):
        os.mkdir(path)
        for name, data in content.items():
            write(os.path.join(path, name), data)
    else:
        with open(path, "wb") as file:
            file.write(content)


def describe(content):
    if content is None:
        return "nothing"
    if isinstance(content, bytes):
        return f"a file of {len(content)} bytes"
    return f"a folder of {({name: len(data) for name, data in content.items()})}"


def fresh_folder():
    return tempfile.TemporaryDirectory(dir=ROOT)


def kill_at_moments(result):
    draw = random.Random(SEED)
    for i in range(MOMENTS):
        result.kill_at_moment(draw.uniform(0, 1.1 * result.seconds), has_old=i % 2 == 1)


def kill_at_calls(result, lacks_exchange=False):
    for has_old in (False, True):
        n = 1
        while result.kill_at_call(n, has_old, lacks_exchange):
            n += 1
        if n < 5:
            fail(f"{result.title}: only {n - 1} calls were counted")
        print(f"{result.title}: killed before each of {n - 1} calls", flush=True)


def main():
    subprocess.run(MODEL + ["--run-dir", "out", "--print-config"], check=True,
                   stdout=open(os.path.join(ROOT, "pipeline.json"), "wb"))
    file, folder = Result("train -o", "out.json", train), Result("run with --run-dir", "out", run)
    for result in (file, folder):
        kill_at_moments(result)
        kill_at_calls(result)
    kill_at_calls(folder, lacks_exchange=True)
    print(f"{len(FAILED)} failed")
    return 1 if FAILED else 0


ROOT = tempfile.mkdtemp()
try:
    sys.exit(main())
finally:
    shutil.rmtree(ROOT)
