# SPDX-License-Identifier: GPL-3.0-or-later
"""Time series in pandas' frames, as arrays that libml reads. Needs pandas."""

import collections

import numpy
import pandas

from ._chunk import Part

NUMBERS = {"integer", "floating", "mixed-integer-float", "decimal", "boolean"}  # objects that are


class Container:
    """ids: a pandas.Index, ascending, of the type of the column; parts: list of Part."""

    def __init__(self, ids, parts):
        self.ids = ids
        self.parts = parts


def _check_there(df, *columns):
    for column in columns:
        if column not in df.columns:
            raise ValueError(f"Column not found: {column}")
        if not isinstance(df[column], pandas.Series):
            raise ValueError(f"Column is there more than once: {column}")
        if df[column].isnull().any():
            raise ValueError(f"Column must not contain NaN values: {column}")


def _check_distinct(names):
    names = list(map(str, names))
    twice = [name for name, n in collections.Counter(names).items() if n > 1]
    if twice:
        raise ValueError(f"Several kinds have the same name: {', '.join(twice)}")


def _check_kinds(names):
    _check_distinct(names)
    for name in map(str, names):
        if name.endswith("_"):
            raise ValueError(f"Dict keys are not allowed to end with '_': {name}")
        if "__" in name:
            raise ValueError(f"Dict keys are not allowed to contain '__': {name}")


def _others(df, *columns):
    return [c for c in df.columns if c not in columns]


def _numbers(series):
    """A column as doubles: no copy of one that is."""
    if series.dtype == object:
        fits = pandas.api.types.infer_dtype(series) in NUMBERS
    else:
        fits = pandas.api.types.is_numeric_dtype(series) and series.dtype.kind != "c"
    if not fits:
        raise ValueError(f"Column must contain numbers only: {series.name}")
    return numpy.ascontiguousarray(series.to_numpy(dtype=float))


def _keys(series):
    """A column as numbers in the same order."""
    values = series.to_numpy()
    if values.dtype.kind in "iufb":
        return values
    if values.dtype.kind in "mM":
        return values.view("i8")
    return pandas.factorize(series, sort=True)[0]


def _dates(df):
    if not isinstance(df.index, pandas.DatetimeIndex):
        return None
    index = df.index.as_unit("ns") if hasattr(df.index, "as_unit") else df.index
    if index.hasnans:
        raise ValueError("The DatetimeIndex of the time series must not contain NaT values")
    return index.asi8


def _ids(*columns):
    """(codes of each column, all ids ascending)"""
    together = columns[0] if len(columns) == 1 else pandas.concat(columns, ignore_index=True)
    if len(together) == 0:
        raise ValueError("The time series container has no rows")
    codes, ids = pandas.factorize(together, sort=True)
    ends = numpy.cumsum([len(c) for c in columns])[:-1]
    return numpy.split(codes.astype(numpy.uint32), ends), pandas.Index(ids)


def _are_ordered(keys):
    """Are rows ascending by several keys, of which the first counts most?"""
    ahead = numpy.zeros(max(len(keys[0]) - 1, 0), bool)  # before the next row for certain
    for key in keys:
        before, after = key[:-1], key[1:]
        if numpy.any(~ahead & (before > after)):
            return False
        ahead |= before < after
    return True


def _sorted_by(key, order):
    """An order of rows, None being as they are, sorted further by a key; equal ones stay. By digits
    of 16 bits, for which numpy's stable sort takes linear time."""
    if numpy.all(key[:-1] <= key[1:]) and order is None:
        return None
    if key.dtype.kind != "u":
        key = pandas.factorize(key, sort=True)[0]
    for shift in range(0, int(key.max()).bit_length(), 16):
        digits = (key >> shift).astype(numpy.uint16)
        by_digit = numpy.argsort(digits if order is None else digits[order], kind="stable")
        order = by_digit if order is None else order[by_digit]
    return order


def _order(keys):
    """Rows ascending by several keys, the first counts most, equal ones as they are; None: they do
    already."""
    order = None
    if not _are_ordered(keys):
        for key in reversed(keys):
            order = _sorted_by(key, order)
    return order


def _check_dates(dates, *groups):
    """libml sorts by dates where it has any: they must be in the order already."""
    same = numpy.ones(len(dates) - 1, bool)
    for group in groups:
        same &= group[:-1] == group[1:]
    if numpy.any(same & (dates[:-1] > dates[1:])):
        raise ValueError(
            "The DatetimeIndex must ascend within each id, in the order of column_sort: "
            "sort the rows by it, or leave it out with reset_index(drop=True)"
        )


def _take(array, order):
    return array if array is None or order is None else array[order]


def _frame(df, codes, n_ids, column_sort, columns, kind_codes=None):
    """(order, Part) of the rows of a frame; with kind_codes those of a kind lie together."""
    keys = [] if kind_codes is None else [kind_codes]
    keys.append(codes)
    if column_sort is not None:
        _check_there(df, column_sort)
    order = _order(keys if column_sort is None else [*keys, _keys(df[column_sort])])
    dates = _take(_dates(df), order)
    if dates is not None:
        _check_dates(dates, *(_take(key, order) for key in keys))
    values = [_take(_numbers(df[c]), order) for c in columns]
    return order, Part(_take(codes, order), n_ids, dates, [str(c) for c in columns], values)


def _wide(df, column_id, column_sort, column_value):
    _check_there(df, column_id)
    columns = [column_value] if column_value is not None else _others(df, column_id, column_sort)
    if not columns:
        raise ValueError(
            "Could not guess the value column! Please hand it to the function as an argument."
        )
    _check_there(df, *columns)
    _check_kinds(columns)
    (codes,), ids = _ids(df[column_id])
    return Container(ids, [_frame(df, codes, len(ids), column_sort, columns)[1]])


def _long(df, column_id, column_sort, column_kind, column_value):
    if column_value is None:
        left = _others(df, column_id, column_sort, column_kind)
        if len(left) != 1:
            raise ValueError(
                "Could not guess the value column, as the number of unused columns is not equal "
                f"to 1. These columns are currently unused: {','.join(map(str, left))}. "
                "Please hand it to the function as an argument."
            )
        column_value = left[0]
    _check_there(df, column_id, column_kind, column_value)
    (codes,), ids = _ids(df[column_id])
    kind_codes, kinds = pandas.factorize(df[column_kind], sort=True)
    _check_distinct(kinds)
    order, all_kinds = _frame(df, codes, len(ids), column_sort, [column_value], kind_codes)
    kind_codes = _take(kind_codes, order)
    parts = []
    for k, kind in enumerate(kinds):
        lo, hi = numpy.searchsorted(kind_codes, (k, k + 1))
        dates = None if all_kinds.dates is None else all_kinds.dates[lo:hi]
        rows = all_kinds.codes[lo:hi], len(ids), dates, [str(kind)], [all_kinds.columns[0][lo:hi]]
        parts.append(Part(*rows))
    parts.sort(key=lambda part: part.codes[0])  # as they come in the first id, else in the next
    return Container(ids, parts)


def _dict(frames, column_id, column_sort, column_value):
    _check_kinds(frames)
    if not frames:
        raise ValueError("The dictionary of time series is empty")
    if column_value is None:
        raise ValueError("A value for column_value needs to be supplied with a dictionary")
    for df in frames.values():
        _check_there(df, column_id, column_value)
    codes, ids = _ids(*(df[column_id] for df in frames.values()))
    parts = []
    for own, (kind, df) in zip(codes, frames.items()):
        if len(df) > 0:
            part = _frame(df, own, len(ids), column_sort, [column_value])[1]
            part.kinds = [str(kind)]
            parts.append(part)
    return Container(ids, parts)


def read(container, column_id, column_sort, column_kind, column_value):
    """The Container of what extract_features() takes."""
    if not isinstance(container, (dict, pandas.DataFrame)):
        raise ValueError(
            "The time series container must be a pandas.DataFrame or a dictionary of them, not "
            f"{type(container).__name__}"
        )
    if column_id is None:
        raise ValueError("A value for column_id needs to be supplied")
    if isinstance(container, dict):
        if column_kind is not None:
            raise ValueError(
                "You passed in a dictionary and gave a column name for the kind. "
                "Both are not possible."
            )
        return _dict(container, column_id, column_sort, column_value)
    if column_kind is not None:
        return _long(container, column_id, column_sort, column_kind, column_value)
    return _wide(container, column_id, column_sort, column_value)
