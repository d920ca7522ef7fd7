# SPDX-License-Identifier: GPL-3.0-or-later
"""Pools of worker processes beside one another: rows of name,unit,value, two workers each.

    PYTHONPATH=python /usr/bin/python3 tests/bench/peers.py [--short] [NAME]...

NAME: ours, multiprocessing, joblib, distributed; all of them when none is given. What is not
installed is left out. Run it on a quiet machine with a release build.
"""

import multiprocessing
import os
import pathlib
import statistics
import sys
import time

import numpy

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import peers_tasks as tasks  # noqa: E402  by name in every worker

SHORT = "--short" in sys.argv
N = 20_000
BYTES = (16 if SHORT else 256) << 20
ROUNDS = 3 if SHORT else 5


def row(name, unit, value):
    print(f"{name},{unit},{value:.6g}", flush=True)


def best_rate(name, n, call):
    """Items a second: the best of the rounds, and the median."""
    rates = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        result = call()
        rates.append(n / (time.perf_counter() - start))
        assert result == list(range(n))
    row(f"{name} best", "tasks/s", max(rates))
    row(f"{name} median", "tasks/s", statistics.median(rates))


def best_time(name, call, rounds=ROUNDS):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    row(name, "s", min(times))


def bench_multiprocessing():
    for method in ("fork", "spawn"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            pool.map(tasks.same, range(100))
            name = f"Pool {method}"
            best_rate(f"{name} one by one", N, lambda: pool.map(tasks.same, range(N), 1))
            best_rate(f"{name} in chunks", N, lambda: pool.map(tasks.same, range(N)))
            best_rate(f"{name} in chunks 1M", 50 * N, lambda: pool.map(tasks.same, range(50 * N)))
    data = numpy.ones(BYTES // 8)
    with multiprocessing.Pool(2) as pool:
        best_time("Pool array to both", lambda: pool.map(tasks.total, [data] * 2, 1), 2)

    def spawn():
        with multiprocessing.get_context("spawn").Pool(4) as four:
            four.map(tasks.wait_for_numpy, [0.02] * 4, 1)

    best_time("Pool spawn 4 workers ready with numpy", spawn, 3)


def bench_joblib():
    import joblib

    with joblib.Parallel(n_jobs=2) as parallel:
        call = joblib.delayed(tasks.same)
        parallel(call(i) for i in range(100))
        best_rate("loky", N // 10, lambda: parallel(call(i) for i in range(N // 10)))
    data = numpy.ones(BYTES // 8)
    with joblib.Parallel(n_jobs=2, max_nbytes="1M") as parallel:
        total = joblib.delayed(tasks.total)
        parallel(total(data[:10]) for _ in range(2))
        best_time("joblib memmap array to both", lambda: parallel(total(data) for _ in range(2)))


def bench_distributed():
    import logging

    import distributed

    logging.getLogger("distributed").setLevel(logging.ERROR)
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True
    ) as cluster, distributed.Client(cluster) as client:
        n = 500
        client.gather(client.map(tasks.same, range(10)))
        best_rate("distributed", n, lambda: client.gather(client.map(tasks.same, range(n), pure=False)))


def bench_ours():
    import mltool

    def ready():
        with mltool.Pool(4) as pool:
            pool.init(tasks.wait_for_numpy, 0)

    best_time("ours 4 workers ready with numpy", ready)
    best_time("ours 4 workers ready", lambda: mltool.Pool(4).close())
    for name, options in (("one by one", {"chunksize": 1}), ("in chunks", {})):
        with mltool.Pool(2) as pool:
            pool.peach(tasks.same, range(100), **options)
            best_rate(f"ours {name}", N, lambda: pool.peach(tasks.same, range(N), **options))
            if not options:
                best_rate("ours in chunks 1M", 50 * N, lambda: pool.peach(tasks.same, range(50 * N)))
    data = numpy.ones(BYTES // 8)
    with mltool.Pool(2) as pool:
        pool.peach(tasks.total, [data[:10]] * 2)
        best_time("ours array copied to both", lambda: pool.peach(tasks.total, [data] * 2, chunksize=1))
        shared = pool.share(data)
        pool.peach(tasks.total, [shared] * 2, chunksize=1)
        best_time("ours array shared", lambda: pool.peach(tasks.total, [shared] * 2, chunksize=1))
        best_time(
            "ours share() and array to both",
            lambda: pool.peach(tasks.total, [pool.share(data)] * 2, chunksize=1),
        )
    seconds = {}
    for n in (1, 2):
        with mltool.Pool(n) as pool:
            pool.peach(tasks.work, [10])
            start = time.perf_counter()
            pool.peach(tasks.work, [40_000] * (20 if SHORT else 100))
            seconds[n] = time.perf_counter() - start
    row("ours work in Python on 2 workers, of the time of 1", "ratio", seconds[2] / seconds[1])


def main():
    names = [a for a in sys.argv[1:] if not a.startswith("-")]
    print("name,unit,value")
    for name in names or ["ours", "multiprocessing", "joblib", "distributed"]:
        try:
            globals()[f"bench_{name}"]()
        except ImportError as e:
            print(f"{name}: {e}", file=sys.stderr)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = f"{HERE}:{os.environ['PYTHONPATH']}"  # for every peer's workers
    main()
