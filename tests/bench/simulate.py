#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How `mltool fresh` grows with workers and ranks that the machine at hand does not have.

    tests/bench/simulate.py workers|ranks [NAME=VALUE]...     any field of Cost, in its unit

A model of the processes and not a formula: the central process reads, then hands out items, takes
results and formats rows, in that order of preference; workers compute items; where there are fewer
CPUs than busy processes, all go slower by the same share. Over ranks, items and rows also cross one
link of rank 0. The costs are those that docs/scaling.md measures; its table of one and two workers shows
how far the model is from the truth.
"""
import dataclasses
import heapq
import sys


@dataclasses.dataclass
class Cost:
    series: int = 20000
    values: int = 1000
    columns: int = 783
    read_ns: float = 43.0  # of the central process, a value (a row of long CSV)
    extract_us: float = 400.0  # of a worker, a series
    format_ns: float = 55.0  # of the central process, a cell of CSV; 5 in NumPy's format
    message_us: float = 10.0  # of the central process, to hand out an item and take its result
    item_values: int = 16384  # of an item, which has whole series
    cpus: int = 0  # 0: one for each process
    link_gb_s: float = 1.25  # ranks: bytes of rank 0's link
    rank_workers: int = 32  # workers of a rank
    rank_message_us: float = 30.0  # of rank 0, for a block of items and its rows
    rank_block_ms: float = 40.0  # what a block that a rank asks for is cut to


def run(items, workers, work_s, message_s, format_s, cpus):
    """Seconds until all items are computed, taken and formatted.

    Two kinds of events in fluid time: each busy process advances at the rate min(1, cpus / busy).
    """
    clock = 0.0
    waiting = items  # not handed out
    computing = []  # (virtual end, number); all workers advance alike, so order never changes
    virtual = 0.0  # what a busy worker has worked since the start
    messages = min(workers, waiting)  # the central process owes them an item
    to_take, to_format = 0, 0
    done = 0
    central = None  # (what, seconds left)
    while done < items:
        if central is None:
            if messages + to_take > 0:
                central = ["message", message_s]
            elif to_format > 0:
                central = ["format", format_s]
        busy = len(computing) + (central is not None)
        rate = min(1.0, cpus / busy) if cpus else 1.0
        next_worker = computing[0][0] - virtual if computing else float("inf")
        next_central = central[1] if central else float("inf")
        step = min(next_worker, next_central)
        clock += step / rate
        virtual += step
        if central:
            central[1] -= step
        if next_worker <= next_central:
            heapq.heappop(computing)
            to_take += 1
            continue
        what, central = central[0], None
        if what == "format":
            to_format -= 1
            done += 1
            continue
        if to_take > 0:  # one message takes a result and hands out the next item
            to_take -= 1
            to_format += 1
            messages += 1
        messages -= 1
        if waiting > 0:
            waiting -= 1
            heapq.heappush(computing, (virtual + work_s, waiting))
    return clock


def seconds(cost, workers, over_ranks=False):
    read = cost.read_ns * 1e-9 * cost.series * cost.values
    each = cost.rank_workers if over_ranks else 1
    per_item = max(1, cost.item_values // cost.values)
    if over_ranks:
        per_item = max(1, round(cost.rank_block_ms * 1e-3 * each / (cost.extract_us * 1e-6)))
    items = max(1, cost.series // per_item)
    work = per_item * cost.extract_us * 1e-6 / each
    message = (cost.rank_message_us if over_ranks else cost.message_us) * 1e-6
    spread = 0.0
    if over_ranks:
        # The table is broadcast once, each rank passing on what it gets; rows come back over one link.
        spread = 8.0 * cost.series * cost.values / (cost.link_gb_s * 1e9)
        message += 8.0 * per_item * cost.columns / (cost.link_gb_s * 1e9)
    form = cost.format_ns * 1e-9 * per_item * cost.columns
    return read, spread, run(items, workers, work, message, form, cost.cpus)


def main():
    if len(sys.argv) < 2 or sys.argv[1] not in ("workers", "ranks"):
        sys.exit(__doc__)
    given = dict(word.split("=", 1) for word in sys.argv[2:])
    kinds = {field.name: field.type for field in dataclasses.fields(Cost)}
    unknown = set(given) - set(kinds)
    if unknown:
        sys.exit(f"simulate.py: no field {sorted(unknown)[0]}; there are {', '.join(kinds)}")
    cost = Cost(**{name: kinds[name](value) for name, value in given.items()})
    over_ranks = sys.argv[1] == "ranks"
    print(f"{sys.argv[1]},read s,spread s,extract and write s,whole s,times one")
    first = None
    for n in (1, 2, 4, 8, 16, 32, 64, 100):
        read, spread, rest = seconds(cost, n, over_ranks)
        whole = read + spread + rest
        first = first or whole
        print(f"{n},{read:.2f},{spread:.2f},{rest:.2f},{whole:.2f},{first / whole:.1f}")


if __name__ == "__main__":
    main()
