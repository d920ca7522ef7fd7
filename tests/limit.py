#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The peak of memory of `mltool fresh --memory-limit` is no more than the limit, and the bytes are those without one."""
import filecmp
import os
import random
import subprocess
import sys
import tempfile

MLTOOL = os.environ["MLTOOL"]


def write(name, lengths, scattered):
    """Series of these lengths, each row with two values; scattered: the rows of all ids in turns."""
    random.seed(3)
    values = [f"{random.gauss(0, 1):.6f}" for _ in range(997)]
    rows = ((i, t) for i, n in enumerate(lengths) for t in range(n))
    if scattered:
        rows = ((i, t) for t in range(max(lengths)) for i, n in enumerate(lengths) if t < n)
    with open(name, "w") as file:
        file.write("id,time,a,b\n")
        file.writelines(f"{i},{t},{values[(i + 7 * t) % 997]},{values[(3 * i + t) % 997]}\n" for i, t in rows)


def apart(function, *args):
    """Call it in a process of its own: what this one takes would be in the peaks of its children."""
    child = os.fork()
    if child == 0:
        function(*args)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


def fresh(*args):
    """@return the peak of the process in MiB."""
    process = subprocess.Popen([MLTOOL, "-q", "fresh", *args])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, args
    return usage.ru_maxrss / 1024


CASES = [  # lengths, features, limit in MiB
    ([100] * 12000, "minimal", 40),
    ([1] * 300000, "minimal", 40),
    ([1000] * 500, "efficient", 50),
    ([100003] * 5 + [7] * 99, "efficient", 90),
]


def main():
    failed = 0
    for lengths, params, limit in CASES:
        for scattered in False, True:
            apart(write, "in.csv", lengths, scattered)
            whole = fresh("in.csv", "--params", params, "-o", "whole.csv")
            peak = fresh("in.csv", "--params", params, "--memory-limit", f"{limit}M", "-o", "limit.csv")
            same = filecmp.cmp("whole.csv", "limit.csv", shallow=False)
            bad = peak > limit or not same
            failed += bad
            print(f"{len(lengths)} ids, {params}, {'scattered' if scattered else 'in order'}: {whole:.0f} MiB, with {limit} {peak:.0f}"
                  + ("" if same else ", other bytes") + (" FAILED" if bad else ""), flush=True)
    return failed


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    code = main() > 0
    os.chdir("/")
sys.exit(code)
