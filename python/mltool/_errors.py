# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong, as exceptions."""

from ._abi import CANCELLED, FUNCTION, TIMEOUT, WORKER


class Error(Exception):
    """Something about the pool itself: a port in use, a function that is not loaded, wrong use."""


class _Trace(Exception):
    """The traceback of the worker, shown above the error as Python shows a cause."""

    def __str__(self):
        return "\n" + super().__str__().rstrip()


class RemoteError(Error):
    """A call failed on a worker.

    item       index of the argument; None: a call without one
    traceback  text, as the worker's Python printed it; ""
    attempts   how often it was tried
    signal     that ended the worker; 0: none
    output     the end of what the worker wrote to standard error
    pid        of the worker; 0: not known
    """

    def __init__(self, message, item=None, traceback="", attempts=1, signal=0, output="", pid=0):
        super().__init__(message)
        self.item = item
        self.traceback = traceback
        self.attempts = attempts
        self.signal = signal
        self.output = output
        self.pid = pid
        more = "\n".join(t.rstrip() for t in (traceback, output) if t.strip())
        if more:
            self.__cause__ = _Trace(more)

    def __reduce__(self):
        return type(self), (
            str(self),
            self.item,
            self.traceback,
            self.attempts,
            self.signal,
            self.output,
            self.pid,
        )


class WorkerLost(RemoteError):
    """The worker died, or was killed, each time the call was tried."""


class TaskTimeout(RemoteError, TimeoutError):
    """The call took longer than task_timeout."""


class Cancelled(Error):
    """The call was cancelled."""


REMOTE = {FUNCTION: RemoteError, WORKER: WorkerLost, TIMEOUT: TaskTimeout}


def message_of(error):
    """The one line of an ml_error, with its place, and without a second 'file:line: '."""
    text = error.message.decode("utf-8", "replace")
    source = error.source.decode("utf-8", "replace")
    if not source:
        return text
    return f"{source}:{error.line}: {text}" if error.line else f"{source}: {text}"


def from_error(error, status, trace="", kinds=REMOTE):
    """The exception for a call of the library that failed."""
    message = message_of(error)
    if status == CANCELLED:
        return Cancelled(message or "cancelled")
    return kinds[status](message, traceback=trace) if status in kinds else Error(message)


def from_failure(item, failure):
    """The exception for an item that failed."""
    kind = REMOTE.get(failure.error.status, RemoteError)
    text = message_of(failure.error)
    name = f"item {item}"
    return kind(
        text if text.startswith(name) else f"{name}: {text}",
        item,
        (failure.trace or b"").decode("utf-8", "replace"),
        failure.attempts,
        failure.signal,
        (failure.output or b"").decode("utf-8", "replace"),
        failure.pid,
    )
