# SPDX-License-Identifier: GPL-3.0-or-later
"""Functions that the tests call: each does one thing that a user's may do."""

import os
import signal
import sys
import time
from os.path import join  # noqa: F401  imported, so it is none of this module's functions

started = []


def echo(x):
    """Give back what came."""
    return x


def kind(x):
    """Name of the type, and of what numpy says of it."""
    return [type(x).__name__, str(getattr(x, "dtype", "")), list(getattr(x, "shape", []))]


def fail(x):
    """Divide by zero when x is 3."""
    return inner(x)


def inner(x):
    return 1 / (x - 3)


def begin():
    """Note that it was called, without an argument."""
    started.append(os.getpid())


def begun(x):
    """How often begin() was."""
    return len(started)


def leave(x):
    sys.exit(x)


def die(x):
    """Be killed when x is 3."""
    if x == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return x


def crash(x):
    """End in a segmentation fault when x is 3."""
    if x == 3:
        os.kill(os.getpid(), signal.SIGSEGV)
    return x


def spin(x):
    """Never end when x is 3."""
    while x == 3:
        pass
    return x


def nap(x):
    time.sleep(x)
    return os.getpid()


class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError("no words")


def fail_oddly(x):
    """Raise what is hard to tell."""
    raise (Unspeakable() if x is None else ValueError(x))


def make(what):
    """Results of every kind, by an expression."""
    import array  # noqa: F401
    import collections  # noqa: F401
    import decimal  # noqa: F401

    names = dict(locals())
    if "numpy" in what:
        import numpy

        names["numpy"] = numpy
    return eval(what, names)


def is_view(x):
    """Whether an array looks at memory of the pool, and what it sums to."""
    base = x
    while getattr(base, "base", None) is not None:
        base = base.base
    owner = getattr(base, "obj", base)
    return [type(owner).__name__, bool(x.flags.writeable), float(x.sum())]


def _private(x):
    return x


class Thing:
    def __init__(self, x):
        self.x = x

    def __eq__(self, other):
        return type(self) is type(other) and self.x == other.x


limit = 3
