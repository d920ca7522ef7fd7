# SPDX-License-Identifier: GPL-3.0-or-later
"""Features by Dask: two processes here; ClusterDaskDistributor("HOST:8786") for a cluster.

    python3 examples/dask_features.py
"""
import numpy
import pandas

import mltool


def series(n_ids, n):
    """Random walks of two kinds, in the wide shape."""
    draw = numpy.random.default_rng(1)
    return pandas.DataFrame({
        "id": numpy.repeat(numpy.arange(n_ids), n),
        "time": numpy.tile(numpy.arange(n), n_ids),
        "speed": draw.normal(size=(n_ids, n)).cumsum(axis=1).ravel(),
        "load": draw.normal(size=(n_ids, n)).ravel(),
    })  # fmt: skip


# Dask starts its processes as multiprocessing does: they read this script.
if __name__ == "__main__":
    df = series(20, 100)
    here = mltool.extract_features(df, column_id="id", column_sort="time")
    with mltool.LocalDaskDistributor(2) as dask:
        there = mltool.extract_features(df, column_id="id", column_sort="time", distributor=dask)
    assert there.equals(here)
    print(f"{len(here)} series, {len(here.columns)} features each: the same on 2 processes")
