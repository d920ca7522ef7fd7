# SPDX-License-Identifier: GPL-3.0-or-later
"""Features by libml: arrays in, arrays out. Needs numpy."""

import contextlib
import ctypes
import threading

import numpy

from . import _abi, _abi_features, _job, _library
from ._errors import message_of
from ._handle import check
from ._pool import Pool

WRONG = {_abi.USAGE, _abi.PARSE, _abi.NUMERIC}  # what the caller gave


def check_input(status, error):
    """Raise what a call of the library says: ValueError for what it was given."""
    if status in WRONG:
        raise ValueError(message_of(error))
    check(status, error)


class _OneThread:
    """OpenBLAS runs one thread while libml computes here, as it does in workers: sums of several
    threads are others. The number that the program has set is put back."""

    def __init__(self):
        self.lock = threading.Lock()
        self.n_users = 0
        self.put_back = None

    @contextlib.contextmanager
    def use(self, library):
        with self.lock:
            if self.n_users == 0:
                self.put_back = self._setter(library)
                library.ml_own_process()
            self.n_users += 1
        try:
            yield
        finally:
            with self.lock:
                self.n_users -= 1
                if self.n_users == 0:
                    self.put_back()

    @staticmethod
    def _setter(library):
        """Sets the number of threads that there is now."""
        try:
            n, put = library.openblas_get_num_threads(), library.openblas_set_num_threads
        except AttributeError:  # another BLAS
            return lambda: None
        return lambda: put(n)


_one_thread = _OneThread()


@contextlib.contextmanager
def workers(n_jobs):
    """The pool that n_jobs means; None: this process."""
    if isinstance(n_jobs, Pool):
        yield n_jobs
    elif n_jobs is None or (isinstance(n_jobs, int) and n_jobs in (0, 1)):
        yield None
    elif isinstance(n_jobs, int):
        with Pool(n_jobs) as pool:
            yield pool
    else:
        raise TypeError(f"n_jobs is a number of processes or a mltool.Pool, not {n_jobs!r}")


def run(pool, call):
    """Have call(library, exec, watch, error) run in the pool, or here when it is None."""
    error = _abi.Error()
    if pool is not None:
        with pool._using() as (library, handle):
            calls, exec_ = pool._calls, library.ml_mproc_exec(handle)
            status = calls.run(None, (), lambda: call(library, exec_, calls.watch, error))
    else:
        library, calls = _library.get()[1], _job.Calls()
        with _one_thread.use(library):
            status = calls.run(None, (), lambda: call(library, None, calls.watch, error))
    check_input(status, error)


class _Owner:
    """The memory of an ml_matrix, until the last array that lies in it goes."""

    def __init__(self, library, matrix):
        m = matrix.contents
        self._free = library.ml_matrix_free, matrix
        self.__array_interface__ = {
            "shape": (m.n_rows, m.n_columns),
            "typestr": "<f8",
            "data": (m.values, False),
            "version": 3,
        }

    def __del__(self):
        free, matrix = self._free
        free(matrix)


def _adopt(library, matrix):
    """(names of columns, array) of a matrix, which then belongs to the array"""
    m = matrix.contents
    owner = _Owner(library, matrix)
    columns = [m.columns[j].decode() for j in range(m.n_columns)]
    if 0 in (m.n_rows, m.n_columns):
        return columns, numpy.empty((m.n_rows, m.n_columns))
    return columns, numpy.asarray(owner)


def _texts(texts):
    for text in texts:
        if "\0" in text:
            raise ValueError(f"a name cannot have a zero byte: {text!r}")
    return (ctypes.c_char_p * len(texts))(*(t.encode() for t in texts))


def _series_rows(part):
    """(ml_series_rows, what it borrows beside the arrays of the part)"""
    ids = _texts([str(i) for i in range(part.n_ids)])
    kinds = _texts(part.kinds)
    values = (ctypes.c_void_p * len(part.kinds))(*(c.ctypes.data for c in part.columns))
    rows = _abi_features.SeriesRows(
        n_rows=len(part.codes),
        id=part.codes.ctypes.data,
        ids=ids,
        n_ids=part.n_ids,
        date=None if part.dates is None else part.dates.ctypes.data,
        kinds=kinds,
        values=values,
        n_kinds=len(part.kinds),
        missing=_abi_features.MISSING_PROPAGATE,
        infinite=_abi_features.MISSING_PROPAGATE,
    )
    return rows, (ids, kinds, values)


def _parse(library, settings, out, error):
    """The ml_fresh_settings of a Settings."""
    text = settings.json.encode()
    status = library.ml_fresh_settings_parse(text, len(text), None, out, error)
    if status == _abi.OK:
        library.ml_fresh_settings_set_compat(out, settings.compat)
    return status


def extract(part, settings, pool=None):
    """(names of columns, array with a row for each id) of a part of a container.

    settings  a _chunk.Settings
    """
    rows, kept = _series_rows(part)
    series, parsed = ctypes.c_void_p(), ctypes.c_void_p()
    matrix = ctypes.POINTER(_abi_features.Matrix)()

    def call(library, exec_, watch, error):
        return (
            _parse(library, settings, parsed, error)
            or library.ml_series_from_rows(rows, series, error)
            or library.ml_fresh_extract(series, parsed, exec_, watch, matrix, error)
        )

    library = _library.get()[1]
    try:
        run(pool, call)
        return _adopt(library, matrix)
    finally:
        library.ml_series_free(series)
        library.ml_fresh_settings_free(parsed)
        del kept


def settings_json(make):
    """The JSON of the settings that make(library, out, error) gives."""
    library = _library.get()[1]
    settings, error, buf = ctypes.c_void_p(), _abi.Error(), _abi.Buf()
    check_input(make(library, settings, error), error)
    try:
        library.ml_fresh_settings_json(settings, buf)
        if buf.failed:
            raise MemoryError
        return ctypes.string_at(buf.data, buf.n).decode()
    finally:
        library.ml_fresh_settings_free(settings)
        library.ml_buf_release(buf)


def check_settings(text):
    """Raise ValueError when libml does not take them."""
    data = text.encode()
    settings_json(lambda lib, out, e: lib.ml_fresh_settings_parse(data, len(data), None, out, e))


def settings_named(name):
    return settings_json(lambda lib, out, e: lib.ml_fresh_settings_named(name.encode(), out, e))


def settings_of_columns(names):
    texts = _texts(names)
    return settings_json(
        lambda lib, out, e: lib.ml_fresh_settings_from_names(texts, len(names), None, out, e)
    )


def matrix_of(array, columns=()):
    """(ml_matrix over an array of doubles, what it borrows); rows or columns lie together."""
    by_column = array.flags.f_contiguous and not array.flags.c_contiguous
    if not by_column:
        array = numpy.ascontiguousarray(array)
    names = _texts(columns)
    matrix = _abi_features.Matrix(
        n_rows=array.shape[0],
        n_columns=array.shape[1],
        values=array.ctypes.data,
        by_column=by_column,
        columns=names,
        row_label=b"id",
    )
    return matrix, (array, names)


def ranges_of(array):
    """min, max and median of the finite values of each column: an array of n_columns x 3"""
    matrix, kept = matrix_of(array)
    ranges = numpy.zeros((array.shape[1], 3))
    pointer = ranges.ctypes.data_as(ctypes.POINTER(_abi_features.ImputeRange))
    run(None, lambda lib, _, watch, e: lib.ml_impute_learn(matrix, pointer, None, watch, e))
    del kept
    return ranges


def impute(array, ranges):
    """Replace what is not finite in place; array is contiguous by rows or by columns."""
    matrix, kept = matrix_of(array)
    ranges = numpy.ascontiguousarray(ranges, float)
    pointer = ranges.ctypes.data_as(ctypes.POINTER(_abi_features.ImputeRange))
    _library.get()[1].ml_impute(matrix, pointer)
    del kept


def select(array, columns, target, opts, pool=None):
    """Test each column against a target (an ml_target).

    Returns a list of (column, type, p-value, is relevant, classes for which it is), ascending by
    p-value; the last is a list of (p-value, is relevant), empty unless multi-class.
    """
    matrix, kept = matrix_of(array, columns)
    selection = ctypes.POINTER(_abi_features.Selection)()
    library = _library.get()[1]
    try:
        run(
            pool,
            lambda lib, exec_, watch, e: lib.ml_select(
                matrix, target, opts, exec_, watch, selection, e
            ),
        )
        s = selection.contents
        return [_relevance(s.features[i], s.n_classes) for i in range(s.n)]
    finally:
        library.ml_selection_free(selection)
        del kept


def _relevance(f, n_classes):
    n = n_classes if f.classes else 0
    classes = [(f.classes[c].p_value, f.classes[c].is_relevant) for c in range(n)]
    kind = _abi_features.FEATURE_TYPES[f.type]
    return f.column, kind, f.p_value, f.is_relevant, classes
