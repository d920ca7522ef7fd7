# SPDX-License-Identifier: GPL-3.0-or-later
"""Features that are computed by a distributor: the bits of those that are not."""

import functools
import importlib.util
import logging
import os
import runpy
import signal
import subprocess
import sys
import types
import unittest
from unittest import mock

import golden
import mltool
import support
from golden import pandas

HAS_DASK = importlib.util.find_spec("distributed") is not None
needs_dask = unittest.skipUnless(HAS_DASK and pandas is not None, "needs dask.distributed")
EXAMPLES = support.HERE.parent.parent / "examples"


class Backwards:
    """Somebody's own: no class of ours, and results in another order."""

    def map_reduce(
        self, map_function, data, function_kwargs=None, chunk_size=None, data_length=None
    ):
        data = list(data)
        assert len(data) == data_length
        self.n = data_length
        return [r for x in reversed(data) for r in map_function(x, **function_kwargs)]


def cases():
    """{name: (frame, options)}"""
    long = golden.table("inputs/multikind.csv")
    absent = long[(long["id"] % 2 == 1) | (long["kind"] != long["kind"].iloc[0])]
    dates = golden.table("inputs/irregular.csv")
    dates.index = pandas.DatetimeIndex(pandas.to_datetime(dates.pop("time")))
    both = {"column_id": "id", "column_sort": "time"}
    return {
        "wide": (golden.table("inputs/random.csv"), both),
        "long": (long, {**both, "column_kind": "kind"}),
        "absent": (absent, {**both, "column_kind": "kind"}),
        "dates": (dates, {"column_id": "id"}),
    }


@functools.lru_cache(None)
def expected(name):
    df, options = cases()[name]
    return mltool.extract_features(df, **options)


def check(test, distributor, **more):
    for name, (df, options) in cases().items():
        with test.subTest(name):
            got = mltool.extract_features(df, distributor=distributor, **options, **more)
            golden.same(test, got, expected(name))


@golden.needs_pandas
class Distributors(unittest.TestCase):
    def test_map(self):
        for chunksize in (None, 1, 10**6):
            check(self, mltool.MapDistributor(), chunksize=chunksize)

    def test_own(self):
        own = Backwards()
        check(self, own, chunksize=3)
        df, options = cases()["absent"]
        options["default_fc_parameters"] = mltool.MinimalFCParameters()
        got = mltool.extract_features(df, distributor=own, chunksize=3, pivot=False, **options)
        expected = mltool.extract_features(df, pivot=False, **options)
        self.assertTrue(got == expected, f"begins with {got[:3]}")
        self.assertGreater(own.n, 3)

    def test_size_of_chunks(self):
        """Five for a worker, and none of more than 10 000 ids."""
        own = Backwards()
        options = {"column_id": "id", "default_fc_parameters": {"mean": None}, "distributor": own}
        for n_ids, n_workers, n_chunks in ((40, 2, 10), (3, 2, 3), (25_000, 1, 5), (60_000, 1, 6)):
            own.n_workers = n_workers
            df = pandas.DataFrame({"id": range(n_ids), "x": 1.0})
            self.assertEqual(len(mltool.extract_features(df, **options)), n_ids)
            self.assertEqual(own.n, n_chunks)

    def test_base(self):
        with self.assertRaisesRegex(NotImplementedError, "distribute"):
            mltool.DistributorBaseClass().map_reduce(list, [1])
        parts = mltool.DistributorBaseClass.partition(range(5), 2)
        self.assertEqual(list(parts), [[0, 1], [2, 3], [4]])

    def test_wrong_settings_are_not_sent(self):
        df, options = cases()["wide"]
        own = Backwards()
        with self.assertRaisesRegex(ValueError, "meen"):
            settings = {"meen": None}
            mltool.extract_features(
                df, default_fc_parameters=settings, distributor=own, **options
            )
        self.assertFalse(hasattr(own, "n"))


class FakeRay:
    """What the example uses of Ray, here: it is not among Debian's packages."""

    def init(self, address=None):
        self.is_open = True

    def shutdown(self):
        self.is_open = False

    def cluster_resources(self):
        return {"CPU": 3.0}

    def remote(self, function):
        self.assert_function(function)
        return types.SimpleNamespace(remote=lambda *a, **k: lambda: function(*a, **k))

    def get(self, tasks):
        return [task() for task in tasks]

    @staticmethod
    def assert_function(function):
        assert isinstance(function, types.FunctionType), "Ray takes nothing else"


@golden.needs_pandas
class Examples(unittest.TestCase):
    def test_ray(self):
        ray = FakeRay()
        with mock.patch.dict(sys.modules, ray=ray):
            made = runpy.run_path(EXAMPLES / "ray_features.py")["RayDistributor"]()
            with made:
                self.assertEqual(made.n_workers, 3)
                check(self, made)
        self.assertFalse(ray.is_open)

    def test_spark(self):
        """What Spark calls, on the frames that it would hand over."""
        features_of = runpy.run_path(EXAMPLES / "spark_features.py")["features_of"]
        df, options = cases()["wide"]
        df["bucket"] = df["id"].map(hash) % 3
        got = pandas.concat([features_of(some) for _, some in df.groupby("bucket")])
        got = got.set_index("id").sort_index()
        golden.same(self, got, mltool.extract_features(df.drop(columns="bucket"), **options))


@needs_dask
class Dask(unittest.TestCase):
    """Two processes."""

    def test_same_bits(self):
        with mltool.LocalDaskDistributor(2) as local:
            self.assertEqual(len(set(local.client.run(os.getpid).values()) - {os.getpid()}), 2)
            check(self, local)
            with mltool.ClusterDaskDistributor(local.cluster.scheduler_address) as remote:
                self.assertEqual(remote.n_workers, 2)
                check(self, remote, chunksize=5)
            with mltool.ClusterDaskDistributor(local.client) as lent:
                df, options = cases()["long"]
                ids = sorted(df["id"].unique())
                y = pandas.Series(range(len(ids)), ids, dtype=float)
                got = mltool.extract_relevant_features(
                    df, y, distributor=lent, fdr_level=0.5, **options
                )
                expected = mltool.extract_relevant_features(df, y, fdr_level=0.5, **options)
                golden.same(self, got, expected)
            self.assertEqual(local.client.status, "running")
            self.check_killed(local)

    def check_killed(self, local):
        """A process dies in the middle: Dask starts another, and has its tasks done again."""
        df, options = cases()["wide"]
        log = logging.getLogger("distributed")
        self.addCleanup(log.setLevel, log.level)
        log.setLevel(logging.CRITICAL)
        pids = list(local.client.run(os.getpid).values())
        seen = []

        def progress(chunks):
            for chunk in chunks:
                if len(seen) == 10:
                    os.kill(pids[0], signal.SIGKILL)
                seen.append(chunk)
                yield chunk

        with mock.patch.object(local, "partition", lambda data, n: progress([x] for x in data)):
            got = mltool.extract_features(df, distributor=local, chunksize=1, **options)
        self.assertGreater(len(seen), 100)
        golden.same(self, got, mltool.extract_features(df, **options))

    def test_example(self):
        command = [sys.executable, EXAMPLES / "dask_features.py"]
        done = subprocess.run(command, env=support.environment(), capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, "20 series, 1566 features each: the same on 2 processes\n")


if __name__ == "__main__":
    unittest.main()
