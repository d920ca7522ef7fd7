# SPDX-License-Identifier: GPL-3.0-or-later
"""One call of peach(): where its arguments come from, and where its results go."""

import ctypes
import itertools
import signal
import sys
import threading
import time

from . import _abi, _pickle, _shared, _value
from ._errors import from_failure

FAST = 0.001  # seconds: a generator that gave what was asked for in less may be asked for more


class Slices:
    """Arguments that lie in memory, or that can be made at any place."""

    def __init__(self, items):
        self.items = items
        self.n = len(items)

    def more(self, first, n):
        return min(n, self.n - first)

    def get(self, first, n):
        return list(self.items[first : first + n])

    def drop(self, end):
        """Arguments before `end` are not asked for again."""


class Stream:
    """Arguments of an iterator: those that were pulled and are not done yet."""

    n = _abi.ITEMS_UNKNOWN

    def __init__(self, items):
        self.iterator = iter(items)
        self.items = []
        self.first = 0
        self.pace = 1  # arguments to ask for at once: those of a slow generator go out one by one

    def more(self, first, n):
        have, start = len(self.items), time.monotonic()
        self.items += itertools.islice(self.iterator, min(n, self.pace))
        self.pace = 2 * self.pace if time.monotonic() - start < FAST else 1
        return len(self.items) - have

    def get(self, first, n):
        at = first - self.first
        return self.items[at : at + n]

    def drop(self, end):
        del self.items[: end - self.first]
        self.first = end


def source_of(items):
    return Slices(items) if isinstance(items, (list, tuple, range)) else Stream(items)


class Job:
    """What the callbacks work with."""

    def __init__(self, items, sink, on_error, chunksize, progress, stop):
        self.source = source_of(items)
        self.sink = sink  # called with a list of results, in order
        self.is_kept = on_error == "return"
        self.chunksize = chunksize
        self.on_progress = progress
        self.stop = stop  # threading.Event; None: nothing stops it

    def is_stopped(self):
        return self.stop is not None and self.stop.is_set()

    def more(self, first, n):
        return self.source.more(first, n)

    def put_chunk(self, first, n, buf):
        items = self.source.get(first, n)
        try:
            _pickle.put(items, buf)
        except Exception as e:
            raise self.odd_item(first, items) or e

    def odd_item(self, first, items):
        for i, item in enumerate(items):
            try:
                _pickle.pack(item)
            except Exception as e:
                error = TypeError(f"item {first + i} cannot be pickled: {e}")
                error.__cause__ = e
                return error
        return None

    def put_value(self, i, value):
        """@return false: there is none"""
        if self.source.n == _abi.ITEMS_UNKNOWN and self.source.more(i, 1) == 0:
            return False
        try:
            self.lent = _value.put(value, self.source.get(i, 1)[0])
        except (TypeError, ValueError, OverflowError) as e:
            raise type(e)(f"item {i}: {e}") from e
        return True

    def take(self, first, results):
        self.sink(results)
        self.source.drop(first + len(results))

    def fail(self, i, failure):
        error = from_failure(i, failure)
        if not self.is_kept:
            raise error
        self.take(i, [error])


class Interrupts:
    """Signals while the library runs. Ctrl-C is noted, and raised when it has cleaned up; what
    other handlers raise at the very beginning of a callback comes as "unraisable"."""

    def __init__(self, calls):
        self.calls = calls
        self.is_caught = False
        self.old = self.old_hook = None

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():  # which runs the handlers
            self.old_hook, sys.unraisablehook = sys.unraisablehook, self.unraisable
            if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
                self.old = signal.signal(signal.SIGINT, self.catch)
        return self

    def catch(self, number, frame):
        self.is_caught = True

    def unraisable(self, what):
        if getattr(what.object, "__self__", None) is self.calls:
            self.calls._stop(what.exc_value)
        else:
            self.old_hook(what)

    def __exit__(self, *error):
        if self.old is not None:
            signal.signal(signal.SIGINT, self.old)
        if self.old_hook is not None:
            sys.unraisablehook = self.old_hook
        if self.is_caught:
            raise KeyboardInterrupt


class Calls:
    """The callbacks of a pool, made once, and the job that they serve at the moment."""

    def __init__(self):
        self.job = None
        self.error = None  # that a callback raised
        self.interrupts = None
        self.is_ending = False
        self.watch = _abi.Watch(_abi.CancelledHook(self._cancelled))
        self.progress = _abi.ProgressHook(self._progress)
        self.more = _abi.More(self._more)
        self.put_chunk = _abi.PutChunk(self._put_chunk)
        self.take_chunk = _abi.TakeChunk(self._take_chunk)
        self.next_value = _abi.NextValue(self._next_value)
        self.take_value = _abi.TakeValue(self._take_value)
        self.fail = _abi.Fail(self._fail)

    def _stop(self, error):
        """Keep what a callback raised: it cannot go through the library."""
        if self.error is None:
            self.error = error
        return _abi.CANCELLED

    def end(self):
        """The program ends: so does a call in another thread."""
        job = self.job
        self.is_ending = True
        if job is not None and job.stop is not None:
            job.stop.set()

    def _cancelled(self, _ctx):
        try:
            job, interrupts = self.job, self.interrupts
            if self.is_ending or self.error is not None or (job is not None and job.is_stopped()):
                return True
            return interrupts is not None and interrupts.is_caught
        except BaseException as e:  # of a signal's handler
            self._stop(e)
            return True

    def _progress(self, _ctx, _step, done, total):
        try:
            self.job.on_progress(int(done), int(total) if total < 2**63 else None)
        except BaseException as e:
            self._stop(e)

    def _more(self, _ctx, first, n):
        try:
            return self.job.more(first, n)
        except BaseException as e:
            self._stop(e)
            return 0

    def _put_chunk(self, _ctx, first, n, buf, _err):
        try:
            self.job.put_chunk(first, n, buf)
            return 0
        except BaseException as e:
            return self._stop(e)

    def _take_chunk(self, _ctx, first, n, out, n_out, _err):
        try:
            self.job.take(first, _pickle.loads_at(out, n_out))
            return 0
        except BaseException as e:
            return self._stop(e)

    def _next_value(self, _ctx, i, value, _err):
        try:
            return self.job.put_value(i, value.contents)
        except BaseException as e:
            self._stop(e)
            return False

    def _take_value(self, _ctx, i, value, _err):
        try:
            self.job.take(i, [_value.get(value.contents, _pickle.pickle.loads)])
            return 0
        except BaseException as e:
            return self._stop(e)

    def _fail(self, _ctx, i, failure, _err):
        try:
            self.job.fail(i, failure.contents)
            return 0
        except BaseException as e:
            return self._stop(e)

    def run(self, job, blocks, call):
        """Have `call` run the job. @return its status; raises what a callback raised"""
        self.job, self.error = job, None
        is_watched = job is not None and job.on_progress is not None
        self.watch.progress = self.progress if is_watched else _abi.ProgressHook()
        _shared.sending.blocks = {block.id: block for block in blocks}
        try:
            with Interrupts(self) as self.interrupts:
                status = call()
            if self.error is not None:
                raise self.error
            return status
        finally:
            _shared.sending.blocks = {}
            self.job = self.error = self.interrupts = None


def chunked(job, calls, inputs):
    """ml_job for arguments that are pickled."""
    return _abi.Job(
        n_items=job.source.n,
        chunk=job.chunksize or 0,
        more=calls.more if job.source.n == _abi.ITEMS_UNKNOWN else _abi.More(),
        put_chunk=calls.put_chunk,
        take_chunk=calls.take_chunk,
        fail=calls.fail,
        inputs=inputs,
        n_inputs=len(inputs),
        step=b"peach",
        watch=ctypes.pointer(calls.watch),
    )


def valued(job, calls):
    """ml_peach_io for arguments as values."""
    return _abi.PeachIo(
        n=job.source.n, next=calls.next_value, take=calls.take_value, fail=calls.fail
    )
