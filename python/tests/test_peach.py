# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls: functions by name and by value, items of every kind, results in order."""

import functools
import itertools
import math
import operator
import os
import tempfile
import time
import unittest

import support
from mltool import Error, Pool
from support import MODULES, numpy


class Peach(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pool = Pool(2)
        cls.addClassCleanup(cls.pool.close)
        cls.pool.load(MODULES / "odd.py")
        cls.pool.load(MODULES / "multip.py")

    def test_walk_through(self):
        self.assertEqual(
            self.pool.peach("multip.func", [1, 2, 3]),
            [[0, 0.25, 0.5, 0.75, 1], [0, 0.5, 1, 1.5, 2], [0, 0.75, 1.5, 2.25, 3]],
        )

    def test_functions(self):
        functions = self.pool.functions()
        self.assertEqual(
            functions["multip.func"], "Give 5 evenly spaced numbers between 0 and x."
        )
        self.assertNotIn("odd.join", functions)
        self.assertNotIn("odd._private", functions)

    def test_short_name(self):
        self.assertEqual(self.pool.peach("echo", "ab"), ["a", "b"])

    def test_order_of_many(self):
        n = 20_000
        self.assertEqual(self.pool.peach("odd.echo", range(n)), list(range(n)))

    def test_callables(self):
        self.assertEqual(self.pool.peach(math.factorial, [3, 5]), [6, 120])
        self.assertEqual(self.pool.peach(functools.partial(operator.mul, 3), [1, 2]), [3, 6])
        self.assertEqual(self.pool.peach(str.upper, ["a"]), ["A"])

    def test_same_callable_again(self):
        for i in range(20):
            add = functools.partial(operator.add, i % 12)
            self.assertEqual(self.pool.peach(add, [1]), [i % 12 + 1])

    def test_items_of_every_kind(self):
        items = [None, True, -(2**70), 0.5, "\0é", b"\0", (1, 2), {3}, {4: [5]}, range(3), 1j]
        results = self.pool.peach("odd.echo", items)
        self.assertEqual(results, items)
        self.assertEqual([type(r) for r in results], [type(i) for i in items])

    def test_no_items(self):
        self.assertEqual(self.pool.peach("odd.echo", []), [])
        self.assertEqual(self.pool.peach("odd.echo", iter(())), [])

    def test_iterables(self):
        self.assertEqual(self.pool.peach("odd.echo", (x * x for x in range(5))), [0, 1, 4, 9, 16])
        self.assertEqual(self.pool.peach("odd.echo", {"a": 1, "b": 2}), ["a", "b"])
        self.assertEqual(sorted(self.pool.peach("odd.echo", {1, 2})), [1, 2])

    def test_chunksize(self):
        for n in (1, 7, 1000):
            self.assertEqual(
                self.pool.peach("odd.echo", range(100), chunksize=n), list(range(100))
            )

    def test_progress(self):
        seen = []
        self.pool.peach("odd.echo", range(100), progress=lambda *a: seen.append(a))
        self.assertEqual(seen[-1], (100, 100))
        self.assertEqual(seen, sorted(seen))

    def test_ipeach(self):
        results = self.pool.ipeach("odd.echo", range(5000))
        self.assertEqual(list(results), list(range(5000)))

    def test_endless_generator(self):
        """No more items are asked for than there is room for, and it can be left at any time."""
        pulled = itertools.count()
        results = self.pool.ipeach("odd.echo", (next(pulled) for _ in itertools.repeat(0)))
        self.assertEqual(list(itertools.islice(results, 10)), list(range(10)))
        time.sleep(0.3)
        first = next(pulled)
        time.sleep(0.3)
        self.assertEqual(next(pulled), first + 1)
        results.close()
        self.assertEqual(self.pool.peach("odd.echo", [1]), [1])

    def test_slow_generator(self):
        """What is there goes out before more is waited for."""
        with tempfile.TemporaryDirectory() as folder:
            mark = os.path.join(folder, "mark")

            def items():
                yield mark
                deadline = time.monotonic() + 20
                while not os.path.exists(mark) and time.monotonic() < deadline:
                    time.sleep(0.01)
                yield os.path.join(folder, str(os.path.exists(mark)))

            self.pool.peach(os.mkdir, items())
            self.assertEqual(sorted(os.listdir(folder)), ["True", "mark"])

    def test_generator_that_raises(self):
        def items():
            yield 1
            raise KeyError("mine")

        with self.assertRaisesRegex(KeyError, "mine"):
            self.pool.peach("odd.echo", items())
        with self.assertRaisesRegex(KeyError, "mine"):
            list(self.pool.ipeach("odd.echo", items()))
        self.assertEqual(self.pool.peach("odd.echo", [1]), [1])

    def test_generator_that_uses_the_pool(self):
        items = (self.pool.peach("odd.echo", [i])[0] for i in range(3))
        with self.assertRaisesRegex(Error, "in a call already"):
            self.pool.peach("odd.echo", items)

    def test_missing_function(self):
        with self.assertRaisesRegex(Error, "'odd.ehco' is not loaded.*odd.echo"):
            self.pool.peach("odd.ehco", iter([1 / 2]))

    def test_wrong_use(self):
        with self.assertRaisesRegex(TypeError, "neither a function's name nor a callable"):
            self.pool.peach(3, [1])
        with self.assertRaisesRegex(ValueError, "on_error"):
            self.pool.peach("odd.echo", [1], on_error="stop")
        with self.assertRaises(TypeError):
            self.pool.peach("odd.echo", 5)

    def test_eval_all(self):
        pids = self.pool.eval_all("odd.nap", 0)
        self.assertEqual(sorted(pids), sorted(self.pool.pids))
        self.assertEqual(self.pool.eval_all(math.sqrt, 4), [2, 2])

    def test_init(self):
        before = self.pool.eval_all("odd.begun", None)
        self.pool.init("odd.begin")
        self.assertEqual(self.pool.eval_all("odd.begun", None), [n + 1 for n in before])

    def test_init_with_arguments(self):
        self.pool.init(setattr, math, "mark", 17)
        self.assertEqual(self.pool.eval_all(functools.partial(getattr, math), "mark"), [17, 17])

    def test_module_by_name(self):
        self.assertIn("posixpath.basename", self.pool.load("py:posixpath"))
        self.assertEqual(self.pool.peach("posixpath.basename", ["/a/b"]), ["b"])

    def test_features(self):
        """Settings as Python has them: tuples, None, infinities; 1 and 1.0 are two names."""
        self.pool.load("fresh")
        settings = {
            "mean": None,
            "range_count": [{"min": -math.inf, "max": 2.0}],
            "value_count": [{"value": 1}, {"value": 1.0}],
            "cwt_coefficients": [{"widths": (2, 5), "coeff": 9, "w": 5}],
        }
        item = {"x": [1, 2, 3.5], "params": settings, "compat": "modern"}
        [features] = self.pool.peach("fresh.features", [item])
        wavelet = features.pop("cwt_coefficients__coeff_9__w_5__widths_(2, 5)")
        self.assertTrue(math.isnan(wavelet))
        self.assertEqual(
            features,
            {
                "mean": 6.5 / 3,
                "range_count__max_2.0__min_-inf": 1,
                "value_count__value_1": 1,
                "value_count__value_1.0": 1,
            },
        )
        with self.assertRaisesRegex(Error, r"quantile\[0\].q: 2 is not between 0 and 1"):
            self.pool.peach("fresh.features", [{"x": [1], "params": {"quantile": [{"q": 2}]}}])

    def test_built_in_module(self):
        self.pool.load("fresh")
        self.assertTrue([n for n in self.pool.functions() if n.startswith("fresh.")])

    def test_stats(self):
        before = self.pool.stats()["items_done"]
        self.pool.peach("odd.echo", range(10))
        self.assertEqual(self.pool.stats()["items_done"], before + 10)

    @support.needs_numpy
    def test_arrays(self):
        items = [numpy.arange(4), numpy.ones((300, 200), "f4"), numpy.zeros((2, 2, 2), complex)]
        for item, result in zip(items, self.pool.peach("odd.echo", items)):
            self.assertEqual(result.dtype, item.dtype)
            self.assertTrue(numpy.array_equal(result, item))

    @support.needs_numpy
    def test_large_arrays(self):
        """A hundred megabytes there and back, of which a worker copies nothing to look at it."""
        item = numpy.arange(12_500_000, dtype="f8")
        results = self.pool.peach("odd.is_view", [item] * 3)
        self.assertEqual(results, [["Memory", False, float(item.sum())]] * 3)
        self.assertTrue(numpy.array_equal(self.pool.peach("odd.echo", [item])[0], item))

    @support.needs_numpy
    def test_shared(self):
        shared = self.pool.share(numpy.arange(100_000.0))
        wanted = ["Memory", False, float(shared.sum())]
        self.assertEqual(self.pool.peach("odd.is_view", [shared, (shared)]), [wanted, wanted])
        part = shared[10:20:2]
        self.assertEqual(self.pool.peach("odd.is_view", [part]), [["Memory", False, part.sum()]])
        self.assertTrue(numpy.array_equal(self.pool.peach("odd.echo", [shared])[0], shared))
        with self.assertRaises(ValueError):
            shared[0] = 1

    @support.needs_numpy
    def test_derived_from_shared(self):
        """What only began in shared memory is sent as it is."""
        shared = self.pool.share(numpy.arange(6))
        doubled = shared * 2
        self.assertTrue(numpy.array_equal(self.pool.peach("odd.echo", [doubled])[0], doubled))
        total = self.pool.submit("odd.echo", shared).result()
        self.assertTrue(numpy.array_equal(total, shared))

    @support.needs_numpy
    def test_shared_in_a_callable(self):
        shared = self.pool.share(numpy.arange(6))
        take = functools.partial(operator.getitem, shared)
        self.assertEqual(self.pool.peach(take, [5, 2]), [5, 2])


class Submit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pool = Pool(2)
        cls.addClassCleanup(cls.pool.close)
        cls.pool.load(MODULES / "odd.py")

    def test_result(self):
        futures = [self.pool.submit("odd.echo", {i: (i,)}) for i in range(50)]
        self.assertEqual([f.result() for f in futures], [{i: (i,)} for i in range(50)])
        self.assertTrue(futures[0].done())
        self.assertEqual(futures[0].result(), {0: (0,)})

    def test_callable(self):
        self.assertEqual(self.pool.submit(math.sqrt, 9).result(), 3)

    def test_done(self):
        future = self.pool.submit("odd.nap", 0.05)
        deadline = time.monotonic() + 20
        while not future.done() and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertIn(future.result(0), self.pool.pids)

    def test_timeout_and_cancel(self):
        from mltool import Cancelled

        future = self.pool.submit("odd.nap", 60)
        with self.assertRaises(TimeoutError):
            future.result(0.05)
        self.assertFalse(future.done())
        future.cancel()
        with self.assertRaises(Cancelled):
            future.result()
        self.assertEqual(self.pool.submit("odd.echo", 1).result(), 1)

    def test_failure(self):
        from mltool import RemoteError

        future = self.pool.submit("odd.fail", 3)
        with self.assertRaisesRegex(RemoteError, "ZeroDivisionError: division by zero"):
            future.result()
        self.assertIsInstance(future.exception(), RemoteError)

    def test_forgotten(self):
        for i in range(100):
            self.pool.submit("odd.echo", i)
        self.assertEqual(self.pool.submit("odd.echo", 1).result(), 1)


if __name__ == "__main__":
    unittest.main()
