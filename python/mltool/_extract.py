# SPDX-License-Identifier: GPL-3.0-or-later
"""extract_features(), as tsfresh has it. Needs pandas."""

import numpy
import pandas

from . import _abi_features, _chunk, _container, _native, _settings

CHUNKS_OF_WORKER = 5  # for a distributor that does not say what it wants, as in tsfresh
IDS_OF_CHUNK = 10_000  # at most, then: 60 MB of result for each kind


def _refuse_profile(profile):
    if profile:
        raise ValueError("profile=True is not there: mltool fresh --cost shows what takes long")


class _Plan:
    """Which settings each kind has."""

    def __init__(self, default_fc_parameters, kind_to_fc_parameters, compat):
        if compat not in _abi_features.COMPATS:
            raise ValueError(f"compat is 'reference' or 'modern', not {compat!r}")
        self.compat = _abi_features.COMPATS.index(compat)
        if default_fc_parameters is None:
            default_fc_parameters = (
                _settings.ComprehensiveFCParameters() if kind_to_fc_parameters is None else {}
            )
        self.need_dates = set(_settings.TimeBasedFCParameters())
        self.default = self._read(default_fc_parameters, "default_fc_parameters")
        self.by_kind = {
            str(kind): self._read(settings, f"kind_to_fc_parameters[{kind!r}]")
            for kind, settings in (kind_to_fc_parameters or {}).items()
        }

    def _read(self, settings, what):
        """(Settings, None: of nothing; those for a series without dates)"""
        json = _settings.to_json(settings, what)
        if json is None:
            return None, None
        read = _chunk.Settings(json, self.compat)
        return read, None if self.need_dates.issuperset(settings) else read

    def of(self, kind, has_dates):
        """None: no feature"""
        with_dates, without = self.by_kind.get(kind, self.default)
        return with_dates if has_dates else without

    def split(self, part):
        """[(settings, part)]: runs of kinds with the same settings"""
        runs = []
        for k, kind in enumerate(part.kinds):
            settings = self.of(kind, part.dates is not None)
            if runs and runs[-1][0] == settings:
                runs[-1][1].append(k)
            else:
                runs.append((settings, [k]))
        whole = len(runs) == 1
        return [(s, part if whole else part.of_kinds(p)) for s, p in runs if s is not None]


def _local(work, pool):
    for place, (settings, part) in enumerate(work):
        columns, values = _native.extract(part, settings, pool)
        yield place, 0, part.present(), columns, values


def _chunks(work, n_ids, size):
    """Whole ids: those that come first in all parts, then the next."""
    for first in range(0, n_ids, size):
        for place, (settings, part) in enumerate(work):
            some = part.of_ids(first, min(first + size, n_ids))
            if some is not None:
                yield _chunk.Chunk(place, first, settings, some)


def _distributed(work, n_ids, distributor, chunksize):
    if not hasattr(distributor, "map_reduce"):
        raise ValueError("the passed distributor has no map_reduce(): see DistributorBaseClass")
    n_workers = getattr(distributor, "n_workers", None) or 1
    share = -(-n_ids // (CHUNKS_OF_WORKER * n_workers))
    size = chunksize or max(1, min(share, IDS_OF_CHUNK))
    chunks = list(_chunks(work, n_ids, size))
    return distributor.map_reduce(
        _chunk.extract, data=chunks, function_kwargs={}, chunk_size=1, data_length=len(chunks)
    )


def _index(ids):
    """Pairs are a MultiIndex, as pandas makes it of the keys of a dictionary."""
    return pandas.Index(ids.tolist()) if ids.dtype == object else ids


def _place(results, work, ids):
    """The frame of all results, in the order of the parts and ids."""
    results = sorted(results, key=lambda r: r[:2])
    if len(work) == 1 and len(results) == 1 and len(results[0][4]) == len(ids):
        _, _, _, columns, values = results[0]
        return pandas.DataFrame(values, index=_index(ids), columns=columns, copy=False)
    columns, starts = [], {}
    for place, _, _, names, _ in results:
        if place not in starts:
            starts[place] = len(columns)
            columns += names
    values = numpy.full((len(ids), len(columns)), numpy.nan)
    for place, first, _, names, some in results:
        at = starts[place]
        values[first : first + len(some), at : at + len(names)] = some
    return pandas.DataFrame(values, index=_index(ids), columns=columns, copy=False)


def _triples(results, ids):
    """[(id, column, value)] of the series that there are, ids ascending"""
    rows = []
    for place, first, present, columns, values in results:
        rows += ((first + i, place, columns, values[i]) for i in present)
    rows.sort(key=lambda row: row[:2])
    names = ids.tolist()
    return [(names[i], c, v) for i, _, columns, row in rows for c, v in zip(columns, row.tolist())]


def extract_features(
    timeseries_container,
    default_fc_parameters=None,
    kind_to_fc_parameters=None,
    column_id=None,
    column_sort=None,
    column_kind=None,
    column_value=None,
    chunksize=None,
    n_jobs=1,
    show_warnings=False,
    disable_progressbar=False,
    impute_function=None,
    profile=False,
    profiling_filename="profile.txt",
    profiling_sorting="cumulative",
    distributor=None,
    pivot=True,
    *,
    compat="reference",
):
    """Features of time series, with tsfresh's arguments, names and numbers.

    timeseries_container   a DataFrame, long or wide, or a dictionary of kind: DataFrame
    default_fc_parameters  {calculator: None or a list of parameters}; None: everything
    kind_to_fc_parameters  the same for some kinds
    column_id, column_sort, column_kind, column_value  names of columns
    chunksize              ids that a distributor is given at once; a pool finds it out
    n_jobs                 1: in this process; more: worker processes; a Pool: its workers
    impute_function        called with the result, which it changes
    distributor            anything with tsfresh's map_reduce(); the caller closes it
    pivot                  False: a list of (id, column, value) in place of a DataFrame
    compat                 where newer releases of what tsfresh is built on give other numbers:
                           "reference", those of scipy 1.10; "modern", those of scipy 1.18

    Without meaning here: show_warnings, disable_progressbar (there is no bar), profiling_filename,
    profiling_sorting. Raises ValueError for what cannot be, with tsfresh's words.

    Returns a DataFrame of float64, a row for each id, ascending.
    """
    _refuse_profile(profile)
    plan = _Plan(default_fc_parameters, kind_to_fc_parameters, compat)
    container = _container.read(
        timeseries_container, column_id, column_sort, column_kind, column_value
    )
    ids = container.ids
    work = [run for part in container.parts for run in plan.split(part)]
    if distributor is not None:
        results = _distributed(work, len(ids), distributor, chunksize)
    else:
        with _native.workers(n_jobs) as pool:
            results = list(_local(work, pool))
    if not pivot:
        return _triples(results, ids)
    result = _place(results, work, ids)
    if impute_function is not None:
        impute_function(result)
    return result
