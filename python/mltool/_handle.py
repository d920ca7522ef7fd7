# SPDX-License-Identifier: GPL-3.0-or-later
"""The library's pool, from its opening to its end, and who may use it meanwhile."""

import contextlib
import ctypes
import logging
import os
import threading
import weakref

from . import _abi, _job, _library, _setup, _shared
from ._errors import Error, from_error

END_WAIT = 5  # seconds that the end of the program waits for a call in another thread

log = logging.getLogger("mltool")


def _text(value):
    return None if value is None else os.fsencode(value)


def _options(n_workers, port, options):
    """ml_mproc_opts"""
    path, library = _library.get()
    opts = library.ml_mproc_opts_default()
    known = {name: kind for name, kind in opts._fields_ if name not in ("note", "ctx", "watch")}
    opts.n_workers = library.ml_mproc_n_cpus() if n_workers is None else n_workers
    opts.port = port
    if "worker_exe" not in options:
        opts.worker_exe = _text(_library.find_worker(path))
    for name, value in options.items():
        if name not in known:
            raise TypeError(f"Pool() has no option '{name}'; there are {', '.join(sorted(known))}")
        setattr(opts, name, _text(value) if known[name] is ctypes.c_char_p else value)
    return opts


def _note(_ctx, line):
    log.warning("%s", line.decode("utf-8", "replace"))


def _end(library, handle, owner, lock, calls, futures, forgotten, _note):
    """The note is needed until the pool is closed, which may be at the very end."""
    if os.getpid() != owner:
        return  # a fork of the program: the pool is its parent's
    calls.end()
    if not lock.acquire(timeout=END_WAIT):
        return  # a daemon thread is stuck in its own code; the workers end with this process
    try:
        for future in list(futures):
            future._drop(library)
        while forgotten:
            library.ml_future_free(forgotten.pop())
        library.ml_mproc_close(handle)
    finally:
        lock.release()


def check(status, error, trace=None):
    """Raise what a call of the library says."""
    if status == _abi.OK:
        return
    if status == _abi.MEMORY and not error.message:
        raise MemoryError
    text = ctypes.string_at(trace.data, trace.n) if trace and trace.n else b""
    raise from_error(error, status, text.decode("utf-8", "replace"))


def check_n_workers(n_workers):
    if n_workers < 1:
        raise ValueError(f"a pool has at least one worker, not {n_workers}")


class Handle:
    """What Pool is made of below its calls."""

    def __init__(self, n_workers, port, options):
        if _setup.is_worker():
            raise RuntimeError(
                "this script opens a pool when a worker reads it; put that under "
                "if __name__ == '__main__':"
            )
        if n_workers is not None:
            check_n_workers(n_workers)
        self._owner = os.getpid()
        self._lock = threading.RLock()
        self._is_busy = False
        self._calls = _job.Calls()
        self._futures = weakref.WeakSet()
        self._forgotten = []  # handles of futures that nobody waits for
        _, library = _library.get()
        note = _abi.Note(_note)
        opts = _options(n_workers, port, options)
        opts.note = note
        opts.watch = ctypes.pointer(self._calls.watch)
        handle, error = ctypes.c_void_p(), _abi.Error()
        status = self._calls.run(None, (), lambda: library.ml_mproc_open(opts, handle, error))
        if status != _abi.OK:
            raise from_error(error, status, kinds={})
        self._handle = handle
        self._n_slots = opts.n_workers
        self._finalizer = weakref.finalize(
            self, _end, library, handle, self._owner, self._lock, self._calls, self._futures,
            self._forgotten, note
        )  # fmt: skip

    @property
    def _is_closed(self):
        return not self._finalizer.alive

    @contextlib.contextmanager
    def _using(self):
        """(library, handle) for one thread at a time."""
        if os.getpid() != self._owner:
            raise Error("the pool is of the process that this one was forked from; open another")
        with self._lock:
            if self._is_closed:
                raise Error("the pool is closed")
            if self._is_busy:
                raise Error("the pool is in a call already; its arguments cannot use it")
            library = _library.get()[1]
            while self._forgotten:
                library.ml_future_free(self._forgotten.pop())
            self._is_busy = True
            try:
                yield library, self._handle
            finally:
                self._is_busy = False

    def _forget(self, handle):
        self._forgotten.append(handle)

    def _run(self, call, job=None, blocks=()):
        """Have call(error) run; its failure is raised."""
        error = _abi.Error()
        check(self._calls.run(job, blocks, lambda: call(error)), error)

    @staticmethod
    def _block(library, pool, size):
        pointer, error = ctypes.POINTER(_abi.Block)(), _abi.Error()
        exec_ = library.ml_mproc_exec(pool)
        check(library.ml_block_new(exec_, size, pointer, error), error)
        return _shared.Block(pointer)

    @staticmethod
    def _names(library, pool):
        """{name: doc}, without what is internal"""
        functions = library.ml_exec_functions(library.ml_mproc_exec(pool))
        found, name = {}, ctypes.c_char_p()
        for i in range(library.ml_functions_n(functions) if functions else 0):
            function = library.ml_functions_at(functions, i, name)
            if not library.ml_function_is_internal(name):
                doc = function.contents.doc or b""
                found[name.value.decode()] = doc.decode("utf-8", "replace")
        return found

    def close(self):
        """End the workers. Closing again does nothing."""
        if os.getpid() != self._owner:
            return
        with self._lock:
            if self._is_busy:
                raise Error("the pool is in a call; it cannot be closed there")
            self._finalizer()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()
