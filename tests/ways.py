#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The features of the golden inputs by each way of the command line: all have the bytes of the plain run, whose
numbers the test golden compares with the reference.

Parquet and SQL are compared in tests/duckdb, Python and Dask in python/tests. Ranks are skipped where there is no mpirun or
no plugin, or where a sanitizer's runtime takes the signals that ranks need (NO_RANKS).
"""
import csv
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile

MLTOOL = os.environ["MLTOOL"]
PLUGINS = os.environ["MLTOOL_PLUGINS"]
SKIPPED = object()
INPUTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden", "inputs")
OPTIONS = {  # of each input; those that compute nothing slow, so that sanitizers are done in time
    "edge": ["--params", "efficient"],
    "irregular": [],
    "multikind": ["--params", "efficient"],
    "nonfinite": ["--params", "efficient", "--missing", "propagate"],
    "random": ["--params", "efficient"],
}


def fresh(*args, given=None, launcher=()):
    return subprocess.run([*launcher, MLTOOL, "-q", "fresh", *args], input=given, stdout=subprocess.PIPE, check=True).stdout


def pool(path, options):
    fresh(path, *options, "-s", "2", "-p", "0", "-o", "out.csv")


def limit(path, options):
    fresh(path, *options, "--memory-limit", "64M", "-o", "out.csv")


def filtered(path, options):
    """The rows of a filter, put in order. Its input has the rows of an id together."""
    with open(path, "rb") as file:
        head, *rows = file.read().splitlines(True)
    with open("want.csv", newline="") as file:
        names, *want = csv.reader(file)
    if b"kind" in head:  # the columns of a stream are those of its first id, unless it is told
        options = [*options, "--kinds", ",".join(dict.fromkeys(name.split("__")[0] for name in names[1:]))]
    rows.sort(key=lambda row: row.split(b",")[0])
    first, *others = fresh("-", *options, given=head + b"".join(rows)).splitlines(True)
    by_id = {row.split(b",")[0]: row for row in others}
    with open("out.csv", "wb") as file:
        file.write(first + b"".join(by_id[row[0].encode()] for row in want))


def lines(path, options):
    with open(path) as file, open("in.jsonl", "w") as out:
        for row in csv.DictReader(file):
            out.write(json.dumps(row) + "\n")
    fresh("in.jsonl", *options, "-o", "out.csv")


def files(path, options):
    with open(path) as file:
        head, *rows = file.read().splitlines(True)
    for k in range(3):
        with gzip.open(f"cut-{k}.csv.gz", "wt") as out:
            out.write(head + "".join(rows[k * len(rows) // 3:(k + 1) * len(rows) // 3]))
    fresh("cut-*.csv.gz", *options, "-o", "out.csv")


def shards(path, options):
    for k in range(3):
        fresh(path, *options, "--shard", f"{k + 1}/3", "-o", "parts")
    subprocess.run([MLTOOL, "-q", "merge", "parts", "-o", "out.csv"], check=True)


def shards_in_parts(path, options):
    shards(path, [*options, "--memory-limit", "40M"])


def ranks(path, options):
    if os.environ.get("NO_RANKS") or not shutil.which("mpirun") or not os.path.exists(f"{PLUGINS}/libml-mpi.so"):
        return SKIPPED
    as_root = ["--allow-run-as-root"] if os.getuid() == 0 else []
    fresh(path, *options, "-o", "out.csv", launcher=["mpirun", *as_root, "--oversubscribe", "-n", "2"])


def main():
    failed, skipped = 0, set()
    for name, options in OPTIONS.items():
        for way in pool, limit, filtered, lines, files, shards, shards_in_parts, ranks:
            with tempfile.TemporaryDirectory() as folder:
                os.chdir(folder)
                with gzip.open(f"{INPUTS}/{name}.csv.gz") as packed, open("in.csv", "wb") as file:
                    shutil.copyfileobj(packed, file)
                fresh("in.csv", *options, "-o", "want.csv")
                if way("in.csv", options) is SKIPPED:
                    skipped.add(way.__name__)
                elif open("out.csv", "rb").read() != open("want.csv", "rb").read():
                    print(f"{name} by {way.__name__}: other bytes", flush=True)
                    failed += 1
                os.chdir("/")
    if skipped:
        print("skipped:", ", ".join(sorted(skipped)))
    return failed


sys.exit(main() > 0)
