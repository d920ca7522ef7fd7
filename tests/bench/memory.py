#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Features of a file that is larger than the memory that may be used.

    memory.py [--mltool PATH] [--size MB] [--limit SIZE] [--folder DIR] [--keep] [ORDER...]

Writes files of MB megabytes (2000) into DIR whose rows are in ORDER: contiguous, scattered, ids (of one row each) or pipe (contiguous, through a pipe);
computes features with --memory-limit SIZE (300M) and without, and prints for each seconds of the processor, seconds, and the peak of memory
in MiB. Fails when the bytes differ. What follows "--" are options of mltool fresh; "--features mean,maximum" if there are none.
"""
import argparse
import hashlib
import os
import random
import subprocess
import sys
import time

ROWS = 500  # of an id


def digits(n):
    random.seed(7)
    return [f"{random.gauss(0, 1):.6f}" for _ in range(n)]


def contiguous(write, size):
    values, at, i = digits(997), 0, 0
    while at < size:
        at += write("".join(f"{i},{t},{values[(i + 7 * t) % 997]},{values[(3 * i + t) % 997]}\n" for t in range(ROWS)))
        i += 1


def scattered(write, size):
    values = digits(997)
    n_ids = size // (26 * ROWS) + 1
    for t in range(ROWS):
        write("".join(f"{i * 7919 % n_ids},{t},{values[(i + 7 * t) % 997]},{values[(3 * i + t) % 997]}\n" for i in range(n_ids)))


def ids(write, size):
    values, n = digits(997), size // 28 + 1
    for start in range(0, n, 1000):
        write("".join(f"{i * 17 % (n + 1)},0,{values[i % 997]},{values[(3 * i) % 997]}\n" for i in range(start, min(n, start + 1000))))


ORDERS = {"contiguous": contiguous, "scattered": scattered, "ids": ids, "pipe": contiguous}


def make(path, order, size):
    with open(path, "w", encoding="ascii") as f:
        f.write("id,time,a,b\n")
        ORDERS[order](f.write, size)


def run(command, output, piped):
    """Seconds of the processor, seconds, MiB, digest."""
    start = time.monotonic()
    source = open(piped, "rb") if piped else None
    cat = subprocess.Popen(["cat"], stdin=source, stdout=subprocess.PIPE) if piped else None
    child = subprocess.Popen(command, stdin=cat.stdout if cat else None)
    _, status, used = os.wait4(child.pid, 0)
    if cat:
        cat.stdout.close()
        cat.wait()
        source.close()
    if status:
        sys.exit(f"{' '.join(command)}: failed")
    digest = hashlib.sha256()
    with open(output, "rb") as f:
        while block := f.read(1 << 20):
            digest.update(block)
    return used.ru_utime + used.ru_stime, time.monotonic() - start, used.ru_maxrss / 1024, digest.hexdigest()


def compare(args, order):
    path = os.path.join(args.folder, f"memory-{order}.csv")
    if not os.path.exists(path):
        make(path, order, args.size * 1000000)
    got = []
    for limit in (None, args.limit):
        output = os.path.join(args.folder, f"memory-{order}-out.csv")
        command = [args.mltool, "fresh", "-" if order == "pipe" else path, "-o", output, "-q", *args.options]
        if limit:
            command += ["--memory-limit", limit]
        got.append(run(command, output, path if order == "pipe" else None))
        os.remove(output)
        cpu, seconds, peak, _ = got[-1]
        print(f"{order},{os.path.getsize(path) / 1e6:.0f},{limit or 'none'},{cpu:.2f},{seconds:.2f},{peak:.0f}", flush=True)
    if not args.keep:
        os.remove(path)
    return got[0][3] == got[1][3]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("orders", nargs="*", metavar="ORDER", help="of " + ", ".join(ORDERS))
    parser.add_argument("--mltool", default="build/release/ml/cli/mltool")
    parser.add_argument("--size", type=int, default=2000)
    parser.add_argument("--limit", default="300M")
    parser.add_argument("--folder", default=".")
    parser.add_argument("--keep", action="store_true", help="leave the files for the next time")
    words = sys.argv[1:]
    behind = words.index("--") if "--" in words else len(words)
    args = parser.parse_args(words[:behind])
    args.options = words[behind + 1:] or ["--features", "mean,maximum"]
    print("order,megabytes,limit,cpu_seconds,seconds,peak_mib")
    differ = [order for order in args.orders or ORDERS if not compare(args, order)]
    if differ:
        sys.exit(f"the bytes differ: {', '.join(differ)}")


if __name__ == "__main__":
    main()
