# SPDX-License-Identifier: GPL-3.0-or-later
"""select_features() and its table, as tsfresh has them. Needs pandas."""

import contextlib
import ctypes
import math
import warnings

import numpy
import pandas

from . import _abi_features, _native

TESTS = {"mann": _abi_features.SELECT_MANN, "smir": _abi_features.SELECT_KS}
ONE_CLASS = "Feature selection is only possible if more than 1 label/class is provided"
TASKS = {"classification": _abi_features.CLASSIFICATION, "regression": _abi_features.REGRESSION}


def _check_tests(binary_binary, real_binary, real_real):
    for name, given, known in (
        ("test_for_binary_target_binary_feature", binary_binary, "fisher"),
        ("test_for_real_target_binary_feature", real_binary, "mann"),
        ("test_for_real_target_real_feature", real_real, "kendall"),
    ):
        if given != known:
            raise ValueError(f"Please use a valid entry for {name}. The valid entry is '{known}'.")


def _options(test, fdr_level, hypotheses_independent, n_significant):
    if test not in TESTS:
        raise ValueError(
            "Please use a valid entry for test_for_binary_target_real_feature. "
            "Valid entries are 'mann' and 'smir'."
        )
    method = _abi_features.FDR_BH if hypotheses_independent else _abi_features.FDR_BY
    if not 0 < fdr_level < 1:
        raise ValueError(f"fdr_level must lie between 0 and 1, not {fdr_level!r}")
    return _abi_features.SelectOpts(
        test=TESTS[test], method=method, fdr_level=fdr_level, n_significant=n_significant
    )


def _task(y, ml_task):
    """tsfresh's rule: integers with a sign, booleans and objects are classes."""
    if ml_task not in ("auto", *TASKS):
        raise ValueError("ml_task must be one of: 'auto', 'classification', 'regression'")
    if ml_task != "auto":
        return ml_task
    is_class = y.dtype == object or y.dtype.kind in "ib" or isinstance(y.dtype, pandas.StringDtype)
    return "classification" if is_class else "regression"


class _Target:
    """The ml_target of a Series, with what it borrows."""

    def __init__(self, y, task):
        if y.isnull().any():
            raise ValueError("Target contains NaN values")
        self.c = _abi_features.Target(name=b"y", problem=TASKS[task], n=len(y))
        codes, self.labels = pandas.factorize(y)
        self.n_classes = len(self.labels)
        if task == "regression":
            try:
                values = numpy.ascontiguousarray(y.to_numpy(), dtype=float)
            except (TypeError, ValueError):
                raise ValueError("Target of a regression must contain numbers only") from None
            if not numpy.all(numpy.isfinite(values)):
                raise ValueError("Target contains infinite values")
            self.values = values
            self.c.type, self.c.values = _abi_features.TARGET_REAL, values.ctypes.data
            codes, self.n_classes = pandas.factorize(values)[0], len(numpy.unique(values))
        else:
            self.c.type = _abi_features.TARGET_TEXT
        if task == "classification" or self.n_classes == 2:
            texts = [str(i).encode() for i in range(self.n_classes)]
            self.codes = codes.astype(numpy.uint32)
            self.texts = (ctypes.c_char_p * len(texts))(*texts)
            self.c.classes, self.c.labels = self.codes.ctypes.data, self.texts
            self.c.n_classes = self.n_classes


def _array(X):
    """The frame as doubles, columns or rows together: no copy of one block."""
    names = X.columns[X.isnull().any().to_numpy()]
    if len(names):
        raise ValueError(f"Columns {list(names)} of DataFrame must not contain NaN values")
    try:
        return X.to_numpy(dtype=float)
    except (TypeError, ValueError):
        raise ValueError("X must contain numbers only") from None


@contextlib.contextmanager
def _warnings(show):
    with warnings.catch_warnings():
        warnings.simplefilter("default" if show else "ignore")
        yield


def _warn(found, fdr_level):
    constant = [name for name, kind, *_ in found if kind == "constant"]
    if constant:
        names = ", ".join(map(str, constant))
        warnings.warn(
            f"[test_feature_significance] Constant features: {names}", RuntimeWarning, stacklevel=3
        )
    if not any(row[3] for row in found):
        warnings.warn(
            f"No feature was found relevant for fdr level = {fdr_level}. Consider using a higher "
            "fdr level or add other features.",
            RuntimeWarning,
            stacklevel=3,
        )


def _frame(found, labels, is_multiclass, n_significant):
    """The table of tsfresh: rows in the order of `found`, constants last."""
    index = pandas.Index([row[0] for row in found], name="feature", dtype=object)
    table = pandas.DataFrame({"feature": index, "type": [row[1] for row in found]}, index=index)
    if not is_multiclass:
        table["p_value"] = numpy.array([row[2] for row in found], float)
        table["relevant"] = numpy.array([row[3] for row in found], bool)
        return table
    for c, label in enumerate(labels):
        pairs = [row[4][c] if row[4] else (math.nan, False) for row in found]
        table[f"p_value_{label}"] = numpy.array([p for p, _ in pairs], float)
        table[f"relevant_{label}"] = numpy.array([r for _, r in pairs], bool)
    significant = numpy.array([sum(r for _, r in row[4]) for row in found], int)
    table["n_significant"] = significant
    table["relevant"] = significant >= n_significant
    return table


def _test(X, y, task, multiclass, n_significant, n_jobs, test, fdr_level, independent):
    """[(name, type, p-value, is relevant, classes)] in the order of tsfresh's table, and labels"""
    target = _Target(y, task)
    by_class = task == "classification" and target.n_classes > 2
    least = n_significant if multiclass else 1
    options = _options(test, fdr_level, independent, least if by_class else 0)
    with _native.workers(n_jobs) as pool:
        found = _native.select(_array(X), [str(c) for c in X.columns], target.c, options, pool)
    if by_class:  # by the p-values of the first class, those without one last
        found.sort(key=lambda f: (f[1] == "constant", _last(f[4][0][0] if f[4] else f[2])))
    names = list(X.columns)
    return [(names[f[0]], *f[1:]) for f in found], target.labels


def _last(p):
    return math.inf if math.isnan(p) else p


def calculate_relevance_table(
    X,
    y,
    ml_task="auto",
    multiclass=False,
    n_significant=1,
    n_jobs=1,
    show_warnings=False,
    chunksize=None,
    test_for_binary_target_binary_feature="fisher",
    test_for_binary_target_real_feature="mann",
    test_for_real_target_binary_feature="mann",
    test_for_real_target_real_feature="kendall",
    fdr_level=0.05,
    hypotheses_independent=False,
):
    """Test each column of X against y; chunksize has no meaning here, the rest is tsfresh's.

    n_jobs  1: in this process; more: worker processes; a Pool: its workers

    Returns a DataFrame with the columns feature, type, p_value and relevant (with multiclass
    p_value_LABEL, relevant_LABEL, n_significant, relevant), ascending by p-value, constants last.
    """
    _check_tests(
        test_for_binary_target_binary_feature,
        test_for_real_target_binary_feature,
        test_for_real_target_real_feature,
    )
    y, X = y.sort_index(), X.sort_index()
    if list(y.index) != list(X.index):
        raise ValueError("The index of X and y need to be the same")
    task = _task(y, ml_task)
    if multiclass and task != "classification":
        raise ValueError("ml_task must be classification for multiclass problem")
    n_labels = y.nunique()
    if multiclass and n_labels < n_significant:
        raise ValueError("n_significant must not exceed the total number of classes")
    with _warnings(show_warnings):
        if multiclass and n_labels <= 2:
            warnings.warn(
                "Two or fewer classes, binary feature selection will be used (multiclass = False)",
                stacklevel=2,
            )
            multiclass = False
        found, labels = _test(
            X, y, task, multiclass, n_significant, n_jobs, test_for_binary_target_real_feature,
            fdr_level, hypotheses_independent
        )  # fmt: skip
        _warn(found, fdr_level)
    return _frame(found, labels, multiclass, n_significant)


def _check(X, y):
    if not isinstance(X, pandas.DataFrame):
        raise TypeError("Please pass features in X as pandas.DataFrame.")
    if not isinstance(y, (pandas.Series, numpy.ndarray)):
        raise TypeError(
            "The type of target vector y must be one of: pandas.Series, numpy.ndarray"
        )
    if len(y) < 2:
        raise ValueError("y must contain at least two samples.")
    if len(X) != len(y):
        raise ValueError("X and y must contain the same number of samples.")
    if isinstance(y, pandas.Series) and set(X.index) != set(y.index):
        raise ValueError("Index of X and y must be identical if provided")
    if pandas.Series(y).nunique() < 2:
        raise ValueError(ONE_CLASS)


def select_features(
    X,
    y,
    test_for_binary_target_binary_feature="fisher",
    test_for_binary_target_real_feature="mann",
    test_for_real_target_binary_feature="mann",
    test_for_real_target_real_feature="kendall",
    fdr_level=0.05,
    hypotheses_independent=False,
    n_jobs=1,
    show_warnings=False,
    chunksize=None,
    ml_task="auto",
    multiclass=False,
    n_significant=1,
):
    """The columns of X that matter for y, in the order of calculate_relevance_table(); its
    arguments are those."""
    _check(X, y)
    y = y if isinstance(y, pandas.Series) else pandas.Series(y, index=X.index)
    table = calculate_relevance_table(
        X, y, ml_task, multiclass, n_significant, n_jobs, show_warnings, chunksize,
        test_for_binary_target_binary_feature, test_for_binary_target_real_feature,
        test_for_real_target_binary_feature, test_for_real_target_real_feature,
        fdr_level, hypotheses_independent
    )  # fmt: skip
    return X.loc[:, table.feature[table.relevant].tolist()]
