# SPDX-License-Identifier: GPL-3.0-or-later
"""Selection, replaced values and windows against the reference, through pandas."""

import re
import unittest
import warnings

import golden
import mltool
from golden import numpy, pandas


def first_as_index(df):
    return df.set_index(df.columns[0])


def inputs(case):
    """(X, y) of a case of the reference"""
    X = first_as_index(golden.table(f"select/{case['X']}"))
    y = first_as_index(golden.table(f"select/{case['y']}")).iloc[:, 0]
    if case.get("only_columns"):
        X = X.loc[:, [name for name in X.columns if re.search(case["only_columns"], name)]]
    return (mltool.impute(X.copy()) if case["impute_X_first"] else X), y


@golden.needs_pandas
class Selection(unittest.TestCase):
    def check_table(self, table, expected):
        names = ["feature", *expected.columns]
        self.assertEqual(list(table.columns), names)
        self.assertEqual(table.feature.tolist(), table.index.tolist())
        self.assertEqual(set(table.index), set(expected.index))
        table = table.loc[expected.index]
        for name in expected.columns:
            got, want = table[name], expected[name]
            if name.startswith("p_value"):
                numpy.testing.assert_allclose(got, want, rtol=1e-8, atol=1e-300, err_msg=name)
            else:
                self.assertEqual(got.tolist(), want.tolist(), name)

    def test_cases(self):
        """Every table of the reference, and what it selects; some of them on workers."""
        with mltool.Pool(2) as pool:
            for i, case in enumerate(golden.text("select/cases.json")):
                with self.subTest(case["expected"]):
                    (X, y), n_jobs = inputs(case), pool if i % 8 == 0 else 1
                    table = mltool.calculate_relevance_table(X, y, n_jobs=n_jobs, **case["params"])
                    expected = golden.table(f"select/{case['expected']}").set_index("feature")
                    self.check_table(table, expected)
                    selected = mltool.select_features(X, y, **case["params"])
                    self.assertEqual(list(selected), table.feature[table.relevant].tolist())
                    self.assertEqual(selected.shape, (len(X), case["n_relevant"]))
                    if not case["params"].get("multiclass"):  # rows as the reference has them
                        numpy.testing.assert_allclose(
                            first_p(X, y, table, case), first_p(X, y, expected, case), rtol=1e-8
                        )

    def test_relevant(self):
        X = golden.table("inputs/robot_lp1.csv")
        y = first_as_index(golden.table("inputs/robot_lp1.y.csv")).iloc[:, 0]
        options = {"column_id": "id", "column_sort": "time"}
        got = mltool.extract_relevant_features(X, y, n_jobs=2, **options)
        case = golden.text("select/cases.json")[0]
        self.assertEqual((case["case"], got.shape), ("robot_lp1", (88, case["n_relevant"])))
        other = pandas.DataFrame({"group": y.index % 2}, index=y.index)
        both = mltool.extract_relevant_features(X, y, X=other, **options)
        golden.same(self, both.iloc[:, 1:], got)
        with self.assertRaisesRegex(ValueError, "missing in y: {1}"):
            mltool.extract_relevant_features(X, y.drop(index=1), **options)
        with self.assertRaisesRegex(ValueError, "missing in the time series container: {1}"):
            mltool.extract_relevant_features(X[X.id != 1], y, **options)

    def test_types_of_target(self):
        """Integers, booleans, texts and objects are classes; numbers without a sign are not."""
        X = pandas.DataFrame({"a": [1.0, 2, 3, 4, 5, 6], "b": [0.0, 1, 0, 1, 0, 1]})
        classes = mltool.calculate_relevance_table(X, pandas.Series([0, 0, 0, 1, 1, 1]))
        numbers = mltool.calculate_relevance_table(X, pandas.Series([0.0, 0, 0, 1, 1, 1]))
        self.assertEqual(classes.p_value["a"], 0.1)  # Mann-Whitney, exact: 2 / C(6, 3)
        self.assertNotEqual(numbers.p_value["a"], 0.1)
        for y in ([False] * 3 + [True] * 3, list("xxxyyy"), numpy.array([0, 0, 0, 1, 1, 1])):
            y = y if isinstance(y, numpy.ndarray) else pandas.Series(y)
            got = mltool.calculate_relevance_table(X, pandas.Series(y))
            self.assertEqual(got.p_value.tolist(), classes.p_value.tolist())
        y = pandas.Series([0, 0, 0, 1, 1, 1], dtype="uint8")
        got = mltool.calculate_relevance_table(X, y)
        self.assertEqual(got.p_value.tolist(), numbers.p_value.tolist())
        got = mltool.calculate_relevance_table(X, y, ml_task="classification")
        self.assertEqual(got.p_value.tolist(), classes.p_value.tolist())

    def test_order_of_rows(self):
        case = golden.text("select/cases.json")[-10]
        X, y = inputs(case)
        expected = mltool.calculate_relevance_table(X, y)
        got = mltool.calculate_relevance_table(X.sample(frac=1, random_state=1), y.iloc[::-1])
        numpy.testing.assert_array_equal(got.p_value, expected.p_value)

    def test_wrong(self):
        X = pandas.DataFrame({"a": [1.0, 2, 3, 4], "b": 1.0})
        y = pandas.Series([0, 0, 1, 1])
        for words, options in (
            ("ml_task must be one of", {"ml_task": "guess"}),
            ("Valid entries are 'mann' and 'smir'",
             {"test_for_binary_target_real_feature": "t"}),
            ("The valid entry is 'fisher'", {"test_for_binary_target_binary_feature": "chi2"}),
            ("The valid entry is 'kendall'", {"test_for_real_target_real_feature": "pearson"}),
            ("fdr_level must lie between", {"fdr_level": 2}),
            ("must not exceed the total", {"multiclass": True, "n_significant": 3}),
            ("must be classification", {"multiclass": True, "ml_task": "regression"}),
        ):  # fmt: skip
            with self.subTest(words), self.assertRaisesRegex(ValueError, words):
                mltool.select_features(X, y, **options)
        odd = X.replace({"a": {1: numpy.nan}})
        for words, X_, y_ in (
            ("same number of samples", X, y[:3]),
            ("at least two samples", X[:1], y[:1]),
            ("more than 1 label", X, y * 0),
            ("Index of X and y must be identical", X, y.rename(index={0: 9})),
            (r"Columns \['a'\] of DataFrame must not contain NaN", odd, y),
            ("numbers only", X.assign(a=list("wxyz")), y),
            ("Target contains NaN", X, y.where(y.index > 0)),
        ):
            with self.subTest(words), self.assertRaisesRegex(ValueError, words):
                mltool.select_features(X_, y_)
        with self.assertRaisesRegex(TypeError, "as pandas.DataFrame"):
            mltool.select_features(X.to_numpy(), y)
        with self.assertRaisesRegex(TypeError, "pandas.Series, numpy.ndarray"):
            mltool.select_features(X, [0, 0, 1, 1])
        with self.assertWarnsRegex(RuntimeWarning, "Constant features: b"):
            mltool.select_features(X, y, show_warnings=True)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            mltool.select_features(X, y)


def first_p(X, y, table, case):
    """P-values of the first class alone, in the order of a table's rows: they ascend."""
    if case["params"].get("ml_task") == "regression" or y.dtype == float:
        p = table.p_value
    else:
        y = y == y.sort_index().iloc[0]
        test = case["params"].get("test_for_binary_target_real_feature", "mann")
        alone = mltool.calculate_relevance_table(X, y, test_for_binary_target_real_feature=test)
        p = alone.p_value[table.index]
    return p.dropna().to_numpy()


@golden.needs_pandas
class Impute(unittest.TestCase):
    def test_reference(self):
        df, other = golden.table("impute/input.csv"), golden.table("impute/input2.csv")
        equal = pandas.testing.assert_frame_equal
        exact = {"check_exact": True, "check_dtype": False}
        ranges = mltool.get_range_values_per_column(df)
        got = df.copy()
        self.assertIs(mltool.impute(got), got)
        equal(got, golden.table("impute/impute.csv"), **exact)
        zeros = mltool.impute_dataframe_zero(df.copy())
        equal(zeros, golden.table("impute/impute_zero.csv"), **exact)
        expected = golden.table("impute/impute_range_from_input.csv")
        equal(mltool.impute_dataframe_range(other.copy(), *ranges), expected, **exact)

    def test_layouts(self):
        odd = [[1.0, numpy.nan, 3], [numpy.inf, 5, 6], [7, 8, -numpy.inf], [2, 2, 2]]
        wanted = [[1.0, 5, 3], [7, 5, 6], [7, 8, 2], [2, 2, 2]]
        for array in (numpy.array(odd), numpy.asfortranarray(odd)):
            df = pandas.DataFrame(array)
            mltool.impute(df)
            self.assertEqual(df.to_numpy().tolist(), wanted)
        mixed = pandas.DataFrame(odd).assign(n=[1, 2, 3, 4])
        self.assertEqual(mltool.impute(mixed).iloc[:, :3].to_numpy().tolist(), wanted)
        self.assertEqual(mltool.impute(pandas.DataFrame()).size, 0)

    def test_wrong(self):
        df = pandas.DataFrame({"a": [1.0, numpy.nan]})
        with self.assertRaisesRegex(ValueError, "more or less keys"):
            mltool.impute_dataframe_range(df, {}, {}, {})
        with self.assertRaisesRegex(ValueError, "non finite values"):
            mltool.impute_dataframe_range(df, {"a": numpy.inf}, {"a": 1}, {"a": 1})


@golden.needs_pandas
class Roll(unittest.TestCase):
    def test_reference(self):
        for case in golden.text("roll/cases.json"):
            with self.subTest(case["expected"]):
                expected = golden.table(f"roll/{case['expected']}")
                df = golden.table(f"roll/{case['input']}")
                got = mltool.roll_time_series(df, **case["params"])
                self.assertEqual(list(got.columns), list(expected.columns))
                self.assertEqual(len(got), case["rows"])
                got = got.assign(id=got["id"].map(str)).reset_index(drop=True)
                keys = ["id", *(k for k in ("time", "sort", "kind") if k in expected)]
                got, expected = (f.sort_values(keys, ignore_index=True) for f in (got, expected))
                pandas.testing.assert_frame_equal(got, expected, check_exact=True)

    def test_features_of_windows(self):
        df = golden.table("roll/wide.input.csv")
        options = {"column_id": "id", "column_sort": "time"}
        rolled = mltool.roll_time_series(df, max_timeshift=3, min_timeshift=1, **options)
        settings = mltool.MinimalFCParameters()
        got = mltool.extract_features(rolled, settings, **options)
        expected = golden.features("roll/wide_forward_max3_min1.minimal.csv")
        got.index = got.index.map(str)
        golden.compare(self, got, expected)

    def test_forecasting(self):
        x = golden.table("roll/forecasting.input.csv").set_index("index")["value"]
        frame, y = mltool.make_forecasting_frame(x, "price", 3, 1)
        expected = golden.table("roll/forecasting.frame.csv")
        frame = frame.assign(id=frame["id"].map(str)).reset_index(drop=True)
        pandas.testing.assert_frame_equal(frame, expected, check_exact=True)
        wanted = golden.features("roll/forecasting.y.csv")["y"]
        self.assertEqual(dict(zip(map(str, y.index), y)), wanted.to_dict())
        plain, _ = mltool.make_forecasting_frame(list(x), "price", 3, 1)
        self.assertEqual((plain["time"] + x.index[0]).tolist(), frame["time"].tolist())

    def test_packages(self):
        df = golden.table("roll/wide.input.csv")
        got = mltool.add_sub_time_series_index(df, 3, "id", "time")
        self.assertTrue(got["time"].is_monotonic_increasing)
        got["id"] = got["id"].map(str)
        expected = golden.table("roll/sub_index_len3.csv")
        got, expected = (f.sort_values(["id", "time"], ignore_index=True) for f in (got, expected))
        pandas.testing.assert_frame_equal(got, expected, check_exact=True)
        alone = mltool.add_sub_time_series_index({"x": df[:5]}, 3)["x"]
        self.assertEqual(alone["id"].tolist(), [0, 0, 0, 1, 1])
        with self.assertRaisesRegex(ValueError, "sub_length needs"):
            mltool.add_sub_time_series_index(df, 0, "id")

    def test_dictionary(self):
        df = golden.table("roll/wide.input.csv")[["id", "time", "x"]]
        got = mltool.roll_time_series({"x": df}, "id", "time", max_timeshift=2)
        expected = mltool.roll_time_series(df, "id", "time", max_timeshift=2)
        pandas.testing.assert_frame_equal(got["x"], expected)

    def test_wrong(self):
        df = golden.table("roll/wide.input.csv")
        for words, frame, options in (
            ("direction of 0", df, {"rolling_direction": 0}),
            ("max_timeshift needs", df, {"max_timeshift": 0}),
            ("min_timeshift needs", df, {"min_timeshift": -1}),
            ("zero or one rows", df[:1], {}),
            ("Both are not possible", {"x": df}, {"column_kind": "x"}),
            ("NaN values in your sort", df.assign(time=numpy.nan), {}),
            ("Column not found: t", df, {"column_sort": "t"}),
        ):
            with self.subTest(words), self.assertRaisesRegex(ValueError, words):
                mltool.roll_time_series(frame, "id", **{"column_sort": "time", **options})
        with self.assertRaisesRegex(AttributeError, "id is not present"):
            mltool.roll_time_series(df, "nr")
        with self.assertWarnsRegex(UserWarning, "not uniformly sampled"):
            uneven = pandas.DataFrame({"id": 1, "time": [1, 2, 5], "x": 1.0})
            mltool.roll_time_series(uneven, "id", "time")


if __name__ == "__main__":
    unittest.main()
