# SPDX-License-Identifier: GPL-3.0-or-later
"""Rolling windows as frames, as tsfresh makes them. Needs pandas."""

import warnings

import numpy
import pandas

BOTH = "You passed in a dictionary and gave a column name for the kind. Both are not possible."


def _check_arguments(rolling_direction, max_timeshift, min_timeshift):
    if rolling_direction == 0:
        raise ValueError("Rolling direction of 0 is not possible")
    if max_timeshift is not None and max_timeshift <= 0:
        raise ValueError("max_timeshift needs to be positive!")
    if min_timeshift < 0:
        raise ValueError("min_timeshift needs to be positive or zero!")


def _check_frame(df, column_id, column_sort, column_kind):
    if not isinstance(df, pandas.DataFrame):
        raise TypeError(f"expected a pandas.DataFrame, not {type(df).__name__}")
    if len(df) <= 1:
        raise ValueError(
            "Your time series container has zero or one rows!. Can not perform rolling."
        )
    if column_id is None:
        raise ValueError(
            "You have to set the column_id which contains the ids of the different time series"
        )
    if column_id not in df:
        raise AttributeError("The given column for the id is not present in the data.")
    for column in (column_kind, column_sort):
        if column is not None and column not in df:
            raise ValueError(f"Column not found: {column}")
    if column_sort is not None and df[column_sort].isnull().any():
        raise ValueError("You have NaN values in your sort column.")


class _Groups:
    """Rows of each series in their order: `rows` has their places in the frame, those of group g
    are rows[starts[g] : starts[g] + lengths[g]]."""

    def __init__(self, df, by, column_sort):
        order = numpy.arange(len(df))
        if column_sort is not None:
            order = numpy.argsort(pandas.factorize(df[column_sort], sort=True)[0], kind="stable")
        codes = df.groupby(by, sort=True, dropna=True).ngroup().to_numpy()[order]
        order, codes = order[codes >= 0], codes[codes >= 0]
        by_group = numpy.argsort(codes, kind="stable")
        self.rows = order[by_group]
        self.lengths = numpy.bincount(codes)
        self.starts = numpy.cumsum(self.lengths) - self.lengths

    def is_uniform(self, values):
        """Are all steps of a column from row to row equal?"""
        ordered = values.to_numpy()[self.rows]
        if ordered.dtype == object:
            return True
        steps = numpy.delete(ordered[1:] - ordered[:-1], self.starts[1:] - 1)
        return len(steps) == 0 or bool(numpy.all(steps == steps[0]))


def _windows(lengths, direction, max_timeshift):
    """(group, shift, first row, row behind the last) of each window"""
    longest, step = int(lengths.max()), abs(direction)
    size = (max_timeshift or longest) + 1
    first, end = (longest, 0) if direction > 0 else (1, longest + 1)
    shifts = numpy.arange(first, end, step if direction < 0 else -step)
    group = numpy.tile(numpy.arange(len(lengths)), len(shifts))
    shift = numpy.repeat(shifts, len(lengths))
    keep = shift <= lengths[group]
    group, shift = group[keep], shift[keep]
    if direction > 0:
        return group, shift, numpy.maximum(shift - size, 0), shift
    return group, shift, shift - 1, numpy.minimum(shift - 1 + size, lengths[group])


def _flatten(first, n):
    """The places first[i], ..., first[i] + n[i] - 1, one window after the other."""
    ends = numpy.cumsum(n)
    total = int(ends[-1]) if len(n) else 0
    return numpy.arange(total) + numpy.repeat(first - (ends - n), n)


def _roll(df, column_id, column_sort, column_kind, direction, max_timeshift, min_timeshift):
    by = [column_id] if column_kind is None else [column_kind, column_id]
    groups = _Groups(df, by, column_sort)
    if column_sort is not None and not groups.is_uniform(df[column_sort]):
        warnings.warn(
            "Your time stamps are not uniformly sampled, which makes rolling nonsensical in some "
            "domains.",
            stacklevel=3,
        )
    group, shift, lo, hi = _windows(groups.lengths, direction, max_timeshift)
    keep = hi - lo > min_timeshift
    group, shift, lo, n = group[keep], shift[keep], lo[keep], (hi - lo)[keep]
    lo = lo + groups.starts[group]
    places = groups.rows[_flatten(lo, n)]
    window_of = numpy.repeat(numpy.arange(len(n)), n)
    ids = df[column_id].iloc[groups.rows[lo]].tolist()
    if column_sort is None:
        marks = (shift - 1).tolist()
    else:
        marks = df[column_sort].iloc[groups.rows[lo + n - 1 if direction > 0 else lo]].tolist()
    out = df.take(places)
    if column_sort is None:
        out = out.assign(sort=places)
    pairs = numpy.empty(len(n), dtype=object)
    pairs[:] = list(zip(ids, marks))
    out = out.assign(id=pairs[window_of]).reset_index(drop=True)
    return _sorted(out, pairs, window_of, column_sort or "sort")


def _sorted(out, pairs, window_of, column_sort):
    """By pair, then time."""
    rank = pandas.factorize(pairs, sort=True)[0] if len(pairs) else numpy.empty(0, int)
    time = pandas.factorize(out[column_sort], sort=True)[0]
    return out.iloc[numpy.lexsort((time, rank[window_of]))]


def roll_time_series(
    df_or_dict,
    column_id,
    column_sort=None,
    column_kind=None,
    rolling_direction=1,
    max_timeshift=None,
    min_timeshift=0,
    chunksize=None,
    n_jobs=1,
    show_warnings=False,
    disable_progressbar=False,
    distributor=None,
):
    """The rows of the windows over each series, with tsfresh's arguments: the column id holds
    (id, time of the last row), or of the first when rolling_direction is negative.

    Rows are copied as arrays in this process, so chunksize, n_jobs, show_warnings,
    disable_progressbar and distributor have no meaning here.
    """
    _check_arguments(rolling_direction, max_timeshift, min_timeshift)
    rest = column_sort, column_kind, rolling_direction, max_timeshift, min_timeshift
    if isinstance(df_or_dict, dict):
        if column_kind is not None:
            raise ValueError(BOTH)
        return {k: roll_time_series(df, column_id, *rest) for k, df in df_or_dict.items()}
    _check_frame(df_or_dict, column_id, column_sort, column_kind)
    return _roll(df_or_dict, column_id, *rest)


def make_forecasting_frame(x, kind, max_timeshift, rolling_direction):
    """Windows over one series, and the value that follows each.

    x  a Series, whose index is the time, or values in their order

    Returns (frame, y): the windows without their last row, whose columns are id, time, value and
    kind; and that row's value, by the ids of the windows that have rows.
    """
    values = numpy.asarray(x)
    times = x.index if isinstance(x, pandas.Series) else pandas.RangeIndex(len(values))
    df = pandas.DataFrame({"id": "id", "time": times, "value": values, "kind": kind})
    rolled = roll_time_series(
        df, "id", "time", "kind", rolling_direction, max_timeshift=max_timeshift
    )
    rolled = rolled[rolled["id"].duplicated(keep="last")]
    ids = pandas.Index([("id", t) for t in times[1:].tolist()])
    y = pandas.Series(values[1:], ids, name="value")
    return rolled, y[y.index.isin(rolled["id"].unique())]


def add_sub_time_series_index(
    df_or_dict, sub_length, column_id=None, column_sort=None, column_kind=None
):
    """Give each series ids of packages of sub_length rows, from 0: the column id holds
    (package, id), or the package where there is no id. Rows come in the order of column_sort."""
    if isinstance(df_or_dict, dict):
        if column_kind is not None:
            raise ValueError(BOTH)
        rest = column_id, column_sort
        return {k: add_sub_time_series_index(df, sub_length, *rest) for k, df in df_or_dict.items()}
    if sub_length < 1:
        raise ValueError(f"sub_length needs to be positive, not {sub_length}")
    df = df_or_dict
    by = [column for column in (column_id, column_kind) if column is not None]
    for column in (*by, column_sort):
        if column is not None and column not in df:
            raise ValueError(f"Column not found: {column}")
    if column_sort is not None:
        df = df.sort_values(column_sort, kind="stable")
    packages = df.groupby(by).cumcount().to_numpy() if by else numpy.arange(len(df))
    packages = packages // sub_length
    if column_id is None:
        return df.assign(id=packages)
    pairs = numpy.empty(len(df), object)
    pairs[:] = list(zip(packages.tolist(), df[column_id].tolist()))
    return df.assign(id=pairs)
