# SPDX-License-Identifier: GPL-3.0-or-later
"""One call at a time."""

import ctypes
import time

from . import _abi, _value
from ._errors import Cancelled, Error, from_error
from ._pickle import loads_at

SLICE = 0.05  # seconds after which Ctrl-C is looked at


class Future:
    """The result of Pool.submit(), now or later. Things move in calls of the pool's methods."""

    def __init__(self, pool, handle):
        self._pool = pool
        self._handle = handle
        self._is_over = False
        self._value = self._error = None

    def done(self):
        """True when result() will not wait."""
        if not self._is_over:
            with self._pool._using() as (library, pool):
                library.ml_mproc_poll(pool)
                return library.ml_future_is_done(self._handle)
        return True

    def cancel(self):
        """Do not run it, or have it end early; result() then raises Cancelled."""
        if not self._is_over:
            with self._pool._using() as (library, _):
                library.ml_future_cancel(self._handle)

    def result(self, timeout=None):
        """Wait for the result, at most `timeout` seconds: then TimeoutError, and it goes on."""
        end = None if timeout is None else time.monotonic() + timeout
        while not self._is_over:
            left = SLICE if end is None else min(SLICE, max(0, end - time.monotonic()))
            with self._pool._using() as (library, _):
                self._wait(library, left)
            if not self._is_over and end is not None and time.monotonic() >= end:
                raise TimeoutError(f"no result after {timeout:g} s")
        if self._error is not None:
            raise self._error
        return self._value

    def exception(self, timeout=None):
        """What result() would raise; None: it has a result."""
        try:
            self.result(timeout)
        except (Error, Cancelled) as e:
            if e is self._error:
                return e
            raise
        return None

    def _wait(self, library, seconds):
        error, value = _abi.Error(), _abi.Value()
        arena = library.ml_arena_new()
        if not arena:
            raise MemoryError
        try:
            status = library.ml_future_wait(self._handle, seconds, arena, value, error)
            if status == _abi.TIMEOUT and not library.ml_future_is_done(self._handle):
                return
            if status == _abi.OK:
                self._value = _value.get(value, unpack)
            else:
                self._error = from_error(error, status)
        finally:
            library.ml_arena_free(arena)
        self._free(library)

    def _free(self, library):
        self._is_over = True
        library.ml_future_free(self._handle)
        self._handle = None

    def _drop(self, library):
        """The pool closes."""
        if not self._is_over:
            self._free(library)
            self._error = Cancelled("the pool was closed")

    def __del__(self):
        if not self._is_over and not self._pool._is_closed:
            self._pool._forget(self._handle)


def unpack(data):
    """Unpickle what _python.call gave."""
    address = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p)
    return loads_at(address, len(data))


