# SPDX-License-Identifier: GPL-3.0-or-later
"""extract_features(): the reference's numbers through pandas, and what goes in and comes out."""

import subprocess
import sys
import unittest

import golden
import mltool
import support
from golden import numpy, pandas

SETS = {
    "arrowhead": {"column_value": "value"},
    "covid3month": {},
    "edge": {},
    "gunpoint": {},
    "multikind": {"column_kind": "kind", "column_value": "value"},
    "random": {},
    "robot_lp1": {},
}


def inputs(name):
    return golden.table(f"inputs/{name}.csv")


def extract(df, **options):
    return mltool.extract_features(df, **{"column_id": "id", "column_sort": "time", **options})


@golden.needs_pandas
class Golden(unittest.TestCase):
    def check(self, name, expected, tolerance, **options):
        expected = golden.features(expected)
        df = inputs(name)
        df = df[df.id.isin(expected.index)]
        golden.compare(self, extract(df, **options), expected, tolerance)

    def test_comprehensive(self):
        for name, options in SETS.items():
            with self.subTest(name):
                expected, tolerance = f"{name}.comprehensive.csv", f"{name}.tolerance.csv"
                self.check(name, expected, tolerance, **options)

    def test_dates(self):
        df = inputs("irregular")
        df.index = pandas.DatetimeIndex(pandas.to_datetime(df.pop("time")))
        expected = golden.features("irregular.comprehensive.csv")
        got = extract(df.sample(frac=1, random_state=1).sort_index(), column_sort=None)
        golden.compare(self, got, expected, "irregular.tolerance.csv")

    def test_minimal(self):
        settings = mltool.MinimalFCParameters()
        self.check("robot_lp1", "robot_lp1.minimal.csv", None, default_fc_parameters=settings)

    def test_custom(self):
        settings = golden.text("settings_custom.json")
        default, by_kind = settings["default_fc_parameters"], settings["kind_to_fc_parameters"]
        tolerance = "random.custom.tolerance.csv"
        self.check("random", "random.custom.csv", tolerance, default_fc_parameters=default)
        options = {"column_kind": "kind", "kind_to_fc_parameters": by_kind}
        self.check("multikind", "multikind.custom_kind_only.csv", None, **options)
        options["default_fc_parameters"] = {"variance": None, "count_above_mean": None}
        self.check("multikind", "multikind.custom_kind_with_default.csv", None, **options)

    def test_modern(self):
        expected = golden.features("random.cwt_precision12.csv")
        settings = {"cwt_coefficients": mltool.ComprehensiveFCParameters()["cwt_coefficients"]}
        got = extract(inputs("random"), default_fc_parameters=settings, compat="modern")
        golden.compare(self, got, expected, "random.cwt_precision12.tolerance.csv")

    def test_presets(self):
        expected = golden.features("irregular.comprehensive.csv").columns
        by_kind = mltool.from_columns(expected)
        df = inputs("irregular")
        df.index = pandas.DatetimeIndex(pandas.to_datetime(df.pop("time")))
        got = extract(df, column_sort=None, kind_to_fc_parameters=by_kind)
        self.assertEqual(set(got.columns), set(expected))
        settings = mltool.ComprehensiveFCParameters()
        self.assertEqual(settings["cwt_coefficients"][0]["widths"], (2, 5, 10, 20))
        self.assertEqual(len(settings), 75)
        self.assertEqual(set(settings) - set(mltool.EfficientFCParameters()),
                         {"sample_entropy", "approximate_entropy"})  # fmt: skip
        self.assertEqual(list(mltool.TimeBasedFCParameters()), ["linear_trend_timewise"])
        self.assertEqual(len(mltool.IndexBasedFCParameters()), 4)
        self.assertEqual(list(by_kind), ["value"])


def small():
    """Two kinds of three ids, sorted."""
    rows = [(i, t, i * 10.0 + t, t * t / 7 - i) for i in (1, 2, 3) for t in range(i + 3)]
    return pandas.DataFrame(rows, columns=["id", "time", "b", "a"])


def melted(df):
    return df.melt(id_vars=["id", "time"], var_name="kind", value_name="value")


MEANS = {"mean": None, "length": None}


@golden.needs_pandas
class Forms(unittest.TestCase):
    def test_by_hand(self):
        got = extract(small(), default_fc_parameters=MEANS)
        self.assertEqual(list(got.columns), ["b__mean", "b__length", "a__mean", "a__length"])
        self.assertEqual(got.index.tolist(), [1, 2, 3])
        self.assertEqual(got["b__mean"].tolist(), [11.5, 22.0, 32.5])
        self.assertEqual(got["a__length"].tolist(), [4.0, 5.0, 6.0])

    def test_shapes(self):
        wide = small()
        expected = extract(wide)
        long = extract(melted(wide), column_kind="kind", column_value="value")
        golden.same(self, long[expected.columns], expected)
        self.assertEqual(long.columns[0].split("__")[0], "a")  # sorted, as groupby does it
        frames = {k: wide[["id", "time", k]].rename(columns={k: "v"}) for k in ("b", "a")}
        golden.same(self, extract(frames, column_value="v"), expected)
        one = extract(wide, column_value="a")
        golden.same(self, one, expected[one.columns])
        self.assertEqual(len(one.columns), len(expected.columns) // 2)

    def test_order_of_rows(self):
        expected = extract(small())
        for seed in range(5):
            golden.same(self, extract(small().sample(frac=1, random_state=seed)), expected)
        mixed = small().sort_values(["time", "id"])
        golden.same(self, extract(mixed.drop(columns="time"), column_sort=None), expected)
        dates = small()
        dates["time"] = pandas.to_datetime(dates["time"], unit="D").dt.tz_localize("UTC")
        golden.same(self, extract(dates.sample(frac=1, random_state=1)), expected)
        texts = small()
        texts["time"] = [f"t{t}" for t in texts["time"]]
        golden.same(self, extract(texts.sample(frac=1, random_state=1)), expected)

    def test_order_is_stable(self):
        """As numpy.lexsort, the slow twin; with keys beyond 16 bits, and more than one of them."""
        from mltool import _container

        draw = numpy.random.default_rng(5)
        for n, n_ids, n_times in ((1, 1, 1), (50, 5, 3), (3000, 200_000, 10), (3000, 4, 10**6)):
            codes = draw.integers(0, n_ids, n).astype(numpy.uint32)
            times = draw.integers(-n_times, n_times, n)
            ordered = numpy.sort(codes), numpy.sort(times)
            for keys in ([codes], [codes, times], [codes, times / 7], [codes, ordered[1]],
                         [ordered[0], times]):  # fmt: skip
                order = _container._order(keys)
                order = numpy.arange(n) if order is None else order
                self.assertEqual(order.tolist(), numpy.lexsort(keys[::-1]).tolist())
        self.assertIsNone(_container._order([numpy.array([0, 0, 2]), numpy.array([1, 1, 0])]))

    def test_types_of_values(self):
        df = small()
        df["a"] = (df["a"] * 7).round().astype(int)
        df["b"] = df["b"].astype("float32")
        golden.same(self, extract(df), extract(df.astype({"a": float, "b": float})))
        golden.same(self, extract(df.astype({"a": "Int64", "b": object})),
                    extract(df.astype({"a": float, "b": float})))  # fmt: skip
        df["a"] = df["a"] > 0
        golden.same(self, extract(df), extract(df.astype({"a": float, "b": float})))

    def test_ids(self):
        expected = extract(small(), default_fc_parameters=MEANS)
        for ids in (["x", "y", "é"], [1.5, 2.5, 10.0], [-3, 2, 10],
                    list(pandas.date_range("2020", periods=3))):  # fmt: skip
            df = small()
            df["id"] = df["id"].map(dict(zip((1, 2, 3), ids)))
            got = extract(df, default_fc_parameters=MEANS)
            self.assertEqual(got.index.tolist(), ids)
            self.assertEqual(got.index.dtype, df["id"].dtype)
            self.assertEqual(got.to_numpy().tolist(), expected.to_numpy().tolist())
        df["id"] = [(i, t // 2) for i, t in zip(small()["id"], small()["time"])]
        got = extract(df, default_fc_parameters=MEANS)
        self.assertEqual(got.index.nlevels, 2)
        self.assertEqual(got.loc[(3, 1), "b__mean"], 32.5)

    def test_absent_kinds(self):
        long = melted(small())
        long = long[(long["id"] != 2) | (long["kind"] != "a")]
        got = extract(long, column_kind="kind", default_fc_parameters=MEANS)
        self.assertTrue(got.loc[2, ["a__mean", "a__length"]].isna().all())
        self.assertFalse(got.drop(index=2).isna().any().any())
        triples = extract(long, column_kind="kind", default_fc_parameters=MEANS, pivot=False)
        self.assertEqual(triples[0], (1, "a__mean", got.loc[1, "a__mean"]))
        self.assertEqual([t[:2] for t in triples if t[0] == 2], [(2, "b__mean"), (2, "b__length")])
        first = long[(long["id"] != 1) | (long["kind"] != "a")]  # b comes in the first id
        got = extract(first, column_kind="kind", default_fc_parameters=MEANS)
        self.assertEqual(list(got.columns), ["b__mean", "b__length", "a__mean", "a__length"])

    def test_infinite(self):
        df = small()
        df.loc[0, "a"] = numpy.inf
        got = extract(df, default_fc_parameters={"maximum": None, "minimum": None})
        self.assertEqual(got.loc[1, "a__maximum"], numpy.inf)
        self.assertEqual(len(extract(df).columns), 2 * 783)

    def test_kinds_have_settings(self):
        options = {"kind_to_fc_parameters": {"b": {"median": None}}}
        self.assertEqual(list(extract(small(), **options).columns), ["b__median"])
        quantiles = [{"q": 0.9}, {"q": numpy.float64(0.1)}]
        settings = {"quantile": quantiles, "mean": None}
        got = extract(small(), default_fc_parameters=settings, **options)
        wanted = ["b__median", "a__quantile__q_0.9", "a__quantile__q_0.1", "a__mean"]
        self.assertEqual(list(got.columns), wanted)
        nothing = extract(small(), default_fc_parameters={})
        self.assertEqual(nothing.shape, (3, 0))

    def test_some_have_dates(self):
        """What needs dates has columns where there are some."""
        dates = small().set_index(pandas.date_range("2020", periods=15, freq="h"))
        frames = {"b": dates.rename(columns={"b": "v"}), "a": small().rename(columns={"a": "v"})}
        settings = mltool.TimeBasedFCParameters()
        got = extract(frames, column_value="v", default_fc_parameters=settings)
        self.assertEqual({name.split("__")[0] for name in got.columns}, {"b"})
        slope = got['b__linear_trend_timewise__attr_"slope"']
        numpy.testing.assert_allclose(slope, 1.0, rtol=1e-12)  # a row an hour, up by 1
        self.assertEqual(extract(small(), default_fc_parameters=settings).shape, (3, 0))

    def test_impute(self):
        got = extract(small(), impute_function=mltool.impute)
        self.assertTrue(numpy.isfinite(got.to_numpy()).all())

    def test_not_copied(self):
        """Columns that are doubles in the order of ids go to libml as they lie."""
        from mltool import _container

        df = pandas.DataFrame({"id": numpy.repeat([1, 2], 50), "x": numpy.arange(100.0)})
        part = _container.read(df, "id", None, None, None).parts[0]
        self.assertTrue(numpy.shares_memory(part.columns[0], df["x"].to_numpy()))
        some = part.of_ids(1, 2)
        self.assertTrue(numpy.shares_memory(some.columns[0], df["x"].to_numpy()))
        self.assertEqual(some.columns[0].tolist(), list(range(50, 100)))

    def test_result_outlives_the_pool(self):
        with mltool.Pool(2) as pool:
            got = extract(small(), n_jobs=pool)
        golden.same(self, got, extract(small()))
        got["b__mean"] += 1  # it can be written to
        part = got.iloc[:1].copy()
        del got
        self.assertEqual(part["b__mean"].tolist(), [12.5])


@golden.needs_pandas
class Workers(unittest.TestCase):
    def test_modern(self):
        df = inputs("random")
        expected = extract(df, compat="modern")
        golden.same(self, extract(df, compat="modern", n_jobs=2), expected)
        there = extract(df, compat="modern", distributor=mltool.MapDistributor())
        golden.same(self, there, expected)
        self.assertFalse(expected.equals(extract(df)))

    def test_same_bits(self):
        df = inputs("random")
        expected = extract(df)
        golden.same(self, extract(df, n_jobs=2), expected)
        with mltool.Pool(2) as pool:
            golden.same(self, extract(df, n_jobs=pool), expected)
            long = inputs("multikind")
            got = extract(long, column_kind="kind", n_jobs=pool)
            golden.same(self, got, extract(long, column_kind="kind"))


WRONG = {  # what is wrong: (options, words)
    "id": ({"column_id": None}, "A value for column_id needs to be supplied"),
    "no id": ({"column_id": "nr"}, "Column not found: nr"),
    "no sort": ({"column_sort": "when"}, "Column not found: when"),
    "no kind": ({"column_kind": "what", "column_value": "a"}, "Column not found: what"),
    "no value": ({"column_value": "c"}, "Column not found: c"),
    "values": ({"column_kind": "b", "column_sort": None}, "Could not guess the value column"),
    "profile": ({"profile": True}, "profile=True is not there"),
    "calculator": ({"default_fc_parameters": {"meen": None}},
                   "default_fc_parameters: .*'meen'.*mean"),
    "parameter": ({"kind_to_fc_parameters": {"a": {"quantile": [{"p": 1}]}}},
                  r"kind_to_fc_parameters\['a'\]: .*'p'"),
    "distributor": ({"distributor": 3}, "has no map_reduce"),
    "compat": ({"compat": "old"}, "compat is 'reference' or 'modern', not 'old'"),
    "n_jobs": ({"n_jobs": -1}, "at least one worker"),
}  # fmt: skip
WRONG_TYPES = {
    "settings": ({"default_fc_parameters": ["mean"]}, "default_fc_parameters is a dictionary"),
    "own": ({"default_fc_parameters": {len: None}}, "calculators are given by name"),
    "tuple": ({"default_fc_parameters": {"query_similarity_count": [{"query": (1, 2)}]}},
              "'query' cannot be a tuple"),
    "sets": ({"default_fc_parameters": {"quantile": 3}}, "expected None or a list"),
    "n_jobs": ({"n_jobs": "2"}, "n_jobs is a number of processes or a mltool.Pool"),
}  # fmt: skip


@golden.needs_pandas
class Wrong(unittest.TestCase):
    def test_arguments(self):
        for error, cases in ((ValueError, WRONG), (TypeError, WRONG_TYPES)):
            for name, (options, words) in cases.items():
                with self.subTest(name), self.assertRaisesRegex(error, words):
                    extract(small(), **options)

    def refused(self, words, df, **options):
        with self.assertRaisesRegex(ValueError, words):
            extract(df, **options)

    def test_frames(self):
        for column in ("id", "time", "a"):
            df = small().astype(float)
            df.loc[4, column] = numpy.nan
            self.refused(f"Column must not contain NaN values: {column}", df)
        self.refused("not allowed to end with '_': a_", small().rename(columns={"a": "a_"}))
        self.refused("not allowed to contain '__': a__b", small().rename(columns={"a": "a__b"}))
        self.refused("Column is there more than once: a", small().rename(columns={"b": "a"}))
        same = small().rename(columns={"a": 1, "b": "1"})
        self.refused("Several kinds have the same name: 1", same)
        self.refused("cannot have a zero byte", small().rename(columns={"a": "a\0b"}))
        self.refused("Could not guess the value column", small()[["id", "time"]])
        self.refused("must contain numbers only: a", small().astype({"a": str}))
        self.refused("must contain numbers only: a", small().astype({"a": complex}))
        self.refused("must contain numbers only: a", small().assign(a=pandas.Timestamp("2020")))
        self.refused("has no rows", small()[:0])
        self.refused("must be a pandas.DataFrame", [1, 2])
        self.refused("dictionary of time series is empty", {})
        self.refused("A value for column_value", {"a": small()})
        self.refused("Both are not possible", {"a": small()}, column_kind="b", column_value="a")
        dates = small().set_index(pandas.date_range("2020", periods=15)[::-1])
        self.refused("DatetimeIndex must ascend", dates)

    def test_without_pandas(self):
        """The package works without it, and says what is missing."""
        script = (
            "import sys; sys.modules['pandas'] = None; import mltool\n"
            "from mltool import *; mltool.Pool\n"
            "assert 'extract_features' in dir(mltool)\n"
            "try: mltool.extract_features\n"
            "except ImportError as e: print(e)\n"
        )
        done = subprocess.run([sys.executable, "-c", script], env=support.environment(),
                              capture_output=True, text=True)  # fmt: skip
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("pandas", done.stdout)
        self.assertFalse(hasattr(mltool, "no_such_thing"))


if __name__ == "__main__":
    unittest.main()
