# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that are not finite, as tsfresh replaces them. Needs pandas."""

import numpy

from . import _native


def _values(df):
    """A copy as doubles that lie together."""
    return numpy.array(df.to_numpy(dtype=float, na_value=numpy.nan), order="K", copy=True)


def _replace(df, ranges):
    """Replace in place. Returns the frame."""
    values = _values(df)
    _native.impute(values, ranges)
    odd = numpy.flatnonzero(~(df.dtypes == float).to_numpy())
    if len(odd) == 0:
        df.iloc[:, :] = values
        return df
    for j, name in enumerate(df.columns):
        df[name] = values[:, j]
    return df


def impute(df_impute):
    """Replace, in place, -inf, inf and NaN by the minimum, maximum and median of the finite values
    of their column; all of a column without any by 0. Returns the frame."""
    if df_impute.size == 0:
        return df_impute
    return _replace(df_impute, _native.ranges_of(_values(df_impute)))


def impute_dataframe_zero(df_impute):
    """Replace, in place, what is not finite by 0. Returns the frame."""
    if df_impute.size == 0:
        return df_impute
    return _replace(df_impute, numpy.zeros((df_impute.shape[1], 3)))


def get_range_values_per_column(df):
    """(maximum, minimum, median) of the finite values, each a dictionary by column; 0 where there
    are none"""
    ranges = _native.ranges_of(_values(df)).tolist() if df.size else [[0.0] * 3 for _ in df.columns]
    low, high, median = (
        {name: row[i] for name, row in zip(df.columns, ranges)} for i in range(3)
    )
    return high, low, median


def impute_dataframe_range(df_impute, col_to_max, col_to_min, col_to_median):
    """Replace, in place, inf, -inf and NaN by what the dictionaries say for their column. Returns
    the frame."""
    columns = df_impute.columns
    for given in (col_to_max, col_to_min, col_to_median):
        if not set(columns) <= set(given):
            raise ValueError(
                "Some of the dictionaries col_to_median, col_to_max, col_to_min contains more or "
                "less keys than the column names in df"
            )
        if not numpy.all(numpy.isfinite([given[c] for c in columns])):
            raise ValueError(
                "Some of the dictionaries col_to_median, col_to_max, col_to_min contains non "
                "finite values to replace"
            )
    if df_impute.size == 0:
        return df_impute
    ranges = [[col_to_min[c], col_to_max[c], col_to_median[c]] for c in columns]
    return _replace(df_impute, numpy.array(ranges, dtype=float))
