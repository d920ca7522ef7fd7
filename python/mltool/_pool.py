# SPDX-License-Identifier: GPL-3.0-or-later
"""The pool of worker processes."""

import contextlib
import ctypes
import json
import os
import queue
import sys
import threading
import weakref

from . import _abi, _job, _pickle, _setup, _shared, _value
from ._future import Future, unpack
from ._handle import Handle, check, check_n_workers

GENERIC = b"_python.call"  # runs callables that come by value
FUNCTIONS_KEPT = 8  # blocks of callables, for those that are called again and again
AHEAD = 1024  # results that ipeach() holds before it waits for the loop that takes them


class Pool(Handle):
    """Worker processes that call functions.

    n_workers  None: one for each CPU that this process may use
    port       TCP port of the loopback that workers call; 0: any free one
    options    those of ml_mproc_opts in ml/mproc.h: retries, task_timeout, max_rss, ...

    Use it in a `with` statement, or close() it. One thread at a time uses it; others wait.
    """

    def __init__(self, n_workers=None, port=0, **options):
        super().__init__(n_workers, port, options)
        self._python = set()  # names of functions in Python
        self._set_up = set()  # what _setup was run for
        self._blocks = {}  # pickled callable: Block
        self._arrays = weakref.WeakValueDictionary()  # id: Block

    # ---- commands ---------------------------------------------------------------------------

    def _init(self, *commands):
        """Run ml_init commands on every worker. Returns the names that are new."""
        with self._using() as (library, pool):
            known = set(self._names(library, pool))
            array = (_abi.Init * len(commands))(*commands)
            error, trace = _abi.Error(), _abi.Buf()
            try:
                status = self._calls.run(
                    None,
                    (),
                    lambda: library.ml_mproc_init(pool, array, len(commands), trace, error),
                )
                check(status, error, trace)
            finally:
                library.ml_buf_release(trace)
            return [name for name in self._names(library, pool) if name not in known]

    def _need_python(self, function=None):
        """Tell the workers' Python where modules are; for a callable what it needs, too."""
        by_value = function is not None and _pickle.cloudpickle() is not None
        with_main = (
            function is not None
            and not by_value
            and getattr(function, "__module__", None) == "__main__"
        )
        if with_main:  # what the script's classes are called in results, as in multiprocessing
            sys.modules.setdefault("__mp_main__", sys.modules["__main__"])
        facts = by_value, with_main
        if facts in self._set_up:
            return
        value, data = _abi.Value(), _setup.command()
        kept = _value.put(value, _setup.facts(*facts))
        self._init(
            _abi.Init(kind=_abi.INIT_PICKLE, what=b"_setup", bytes=data, n_bytes=len(data)),
            _abi.Init(kind=_abi.INIT_CALL, what=b"pickle._setup", arg=value),
        )
        del kept
        self._set_up.add(facts)

    def load(self, what):
        """Load a module on every worker, and on those that come later.

        what  "multip.py": a Python file; "py:package.module": a Python module; "./multip.so": a C
              module; "fresh": a built-in one

        Returns the names of its functions.
        """
        what = os.fspath(what)
        is_python = what.endswith(".py") or what.startswith("py:")
        if is_python:
            self._need_python()
        if not what.startswith("py:") and (is_python or os.path.exists(what)):
            what = os.path.abspath(what)
        names = self._init(_abi.Init(kind=_abi.INIT_LOAD, what=os.fsencode(what)))
        if is_python:
            self._python.update(names)
        return names

    def init(self, function, *args):
        """Call a function once on every worker, and on those that come later before their first
        item. Returns when all have done it."""
        name, value, kept = self._call_of(function, args)
        self._init(_abi.Init(kind=_abi.INIT_CALL, what=name, arg=value))
        del kept

    def _find(self, function):
        """The full name of a function."""
        with self._using() as (library, pool):
            full, found, error = ctypes.c_char_p(), ctypes.c_void_p(), _abi.Error()
            functions = library.ml_exec_functions(library.ml_mproc_exec(pool))
            status = library.ml_functions_find(functions, function.encode(), found, full, error)
            check(status, error)
            return full.value.decode()

    def _call_of(self, function, args):
        """(name, ml_value, what it borrows) of one call"""
        value = _abi.Value()
        if isinstance(function, str):
            function = self._find(function)
            if function not in self._python:
                if len(args) > 1:
                    raise TypeError(f"'{function}' is no function in Python: it takes one argument")
                return function.encode(), value, _value.put(value, args[0] if args else None)
        else:
            self._need_python(function)
        parts = (_abi.Value * 2)()
        if isinstance(function, str):
            kept = _value.put(parts[0], function)
        else:
            data = _pickle.function(function)
            kept = _value.put_object(parts[0], _pickle.HEAD.pack(0, len(data)) + data)
        kept = kept, _value.put_object(parts[1], _pickle.pack(tuple(args))), parts
        value.type, value.u.l.values, value.u.l.n = _abi.LIST, parts, 2
        return GENERIC, value, kept

    # ---- calls ------------------------------------------------------------------------------

    def peach(self, function, items, *, on_error="raise", chunksize=None, progress=None):
        """Call a function once for each item. Returns the results in the order of the items.

        function   a name, "multip.func" or "func", of a module that load() has loaded; or anything
                   that can be called and pickled
        items      anything that can be iterated over
        on_error   "raise": the RemoteError of the lowest item that failed; "return": each failed
                   item has its RemoteError in its place
        chunksize  items in one message, at most; None: found out
        progress   called with (done, total) now and then; total is None when it is not known
        """
        results = []
        self._peach(function, items, results.extend, on_error, chunksize, progress)
        return results

    def ipeach(self, function, items, *, on_error="raise", chunksize=None, progress=None):
        """As peach(), but gives each result as soon as those before it are there. Items are asked
        for as the workers can take them, and no more when results are not fetched: so items may be
        a generator that never ends. It runs in a thread of its own."""
        results = queue.Queue(AHEAD)
        stop = threading.Event()

        def hand_over(what):
            while not stop.is_set():
                with contextlib.suppress(queue.Full):
                    return results.put(what, timeout=0.05)

        def sink(some):
            for result in some:
                hand_over((True, result))

        def run():
            try:
                self._peach(function, items, sink, on_error, chunksize, progress, stop)
                end = None
            except BaseException as e:
                end = e
            hand_over((False, end))

        return self._fetch(threading.Thread(target=run, daemon=True), results, stop)

    @staticmethod
    def _fetch(thread, results, stop):
        thread.start()
        try:
            while True:
                is_result, value = results.get()
                if is_result:
                    yield value
                elif value is not None:
                    raise value
                else:
                    return
        finally:
            stop.set()
            thread.join()

    def _peach(self, function, items, sink, on_error, chunksize, progress, stop=None):
        if on_error not in ("raise", "return"):
            raise ValueError(f"on_error is 'raise' or 'return', not {on_error!r}")
        if chunksize is not None and chunksize < 1:
            raise ValueError(f"chunksize is at least 1, not {chunksize}")
        job = _job.Job(items, sink, on_error, chunksize, progress, stop)
        if isinstance(function, str):
            name = self._find(function)
            if name not in self._python:
                return self._peach_values(name, job)
            name, data = name.encode(), None
        elif callable(function):
            name, data = GENERIC, _pickle.function(function)
            self._need_python(function)
        else:
            raise TypeError(f"{function!r} is neither a function's name nor a callable")
        return self._peach_chunks(name, data, job)

    def _function_block(self, library, pool, data):
        """The callable where workers can read it; a few are kept, so that it is sent once."""
        block = self._blocks.pop(data, None)
        if block is None:
            packed = _pickle.HEAD.pack(0, len(data)) + data
            block = self._block(library, pool, len(packed))
            ctypes.memmove(block.address, packed, len(packed))
        self._blocks[data] = block
        if len(self._blocks) > FUNCTIONS_KEPT:
            del self._blocks[next(iter(self._blocks))]
        return block

    def _peach_chunks(self, name, data, job):
        with self._using() as (library, pool):
            arrays = list(self._arrays.values())
            first = [] if data is None else [self._function_block(library, pool, data)]
            inputs = [block.pointer for block in first + arrays]
            inputs = (ctypes.POINTER(_abi.Block) * len(inputs))(*inputs)
            exec_ = library.ml_mproc_exec(pool)
            c_job = _job.chunked(job, self._calls, inputs)
            self._run(lambda e: library.ml_peach_chunks(exec_, name, c_job, None, e), job, arrays)

    def _peach_values(self, name, job):
        with self._using() as (library, pool):
            arrays = [block.pointer for block in self._arrays.values()]
            shared = (ctypes.POINTER(_abi.Block) * len(arrays))(*arrays)
            opts = _abi.PeachOpts(
                shared=shared, n_shared=len(arrays), watch=ctypes.pointer(self._calls.watch)
            )
            exec_ = library.ml_mproc_exec(pool)
            io = _job.valued(job, self._calls)
            self._run(lambda e: library.ml_peach_each(exec_, name.encode(), io, opts, e), job)

    def submit(self, function, arg):
        """Send one call, and go on. Returns a Future."""
        name, value, kept = self._call_of(function, (arg,))
        with self._using() as (library, pool):
            handle, error = ctypes.c_void_p(), _abi.Error()
            check(library.ml_mproc_submit(pool, name, value, handle, error), error)
            future = Future(self, handle)
            self._futures.add(future)
        del kept
        return future

    def eval_all(self, function, *args):
        """Call a function once on each worker that there is. Returns their results."""
        name, value, kept = self._call_of(function, args)
        with self._using() as (library, pool):
            out = (_abi.Value * self._n_slots)()
            arena = library.ml_arena_new()
            if not arena:
                raise MemoryError
            try:
                self._run(lambda e: library.ml_mproc_eval_all(pool, name, value, arena, out, e))
                return [_value.get(v, unpack) for v in out]
            finally:
                library.ml_arena_free(arena)
                del kept

    def share(self, array):
        """A read-only copy of a numpy array in memory that the workers have, too: items of peach()
        that hold it, or parts of it, send no elements. It goes when it is no longer used."""
        with self._using() as (library, pool):
            copy = _shared.new(array, lambda size: self._block(library, pool, size))
            self._arrays[copy._block.id] = copy._block
        return copy

    # ---- the pool itself --------------------------------------------------------------------

    def functions(self):
        """{name: first line of its documentation} of what is loaded."""
        with self._using() as (library, pool):
            return self._names(library, pool)

    def resize(self, n_workers):
        """Have that many workers from now on."""
        check_n_workers(n_workers)
        with self._using() as (library, pool):
            watch = ctypes.pointer(self._calls.watch)
            self._run(lambda error: library.ml_mproc_resize(pool, n_workers, watch, error))
            self._n_slots = n_workers

    def stats(self):
        """Counts since the pool was opened, as ml_mproc_stats has them."""
        with self._using() as (library, pool):
            stats = library.ml_mproc_get_stats(pool)
        return {name: getattr(stats, name) for name, _ in stats._fields_}

    def status(self):
        """What `mltool status --json` shows."""
        with self._using() as (library, pool):
            buf = _abi.Buf()
            library.ml_mproc_describe(pool, buf)
            try:
                return json.loads(ctypes.string_at(buf.data, buf.n))
            finally:
                library.ml_buf_release(buf)

    @property
    def port(self):
        with self._using() as (library, pool):
            return library.ml_mproc_port(pool)

    @property
    def metrics_port(self):
        """None: there is none."""
        with self._using() as (library, pool):
            port = library.ml_mproc_metrics_port(pool)
        return port if port >= 0 else None

    @property
    def pids(self):
        """Process ids of the workers."""
        with self._using() as (library, pool):
            pids = (ctypes.c_long * self._n_slots)()
            return list(pids[: library.ml_mproc_pids(pool, pids)])

    def close(self):
        """End the workers. Closing again does nothing."""
        super().close()
        self._blocks.clear()

    def __repr__(self):
        return "<mltool.Pool, closed>" if self._is_closed else f"<mltool.Pool on port {self.port}>"
