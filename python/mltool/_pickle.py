# SPDX-License-Identifier: GPL-3.0-or-later
"""Pickles in the form that the plugin reads: python/plugin/pickle.c has the layout."""

import ctypes
import pickle
import struct
import sys

from . import _library

LARGE = 1 << 16  # bytes of an array from which on it lies beside the pickle
ALIGNMENT = 64
HEAD = struct.Struct("<QQ")
FAILURES = (pickle.PicklingError, AttributeError, TypeError)

_cloudpickle = None  # the module; False: there is none


def cloudpickle():
    """The module, which is looked for when it is first needed; None: not there."""
    global _cloudpickle
    if _cloudpickle is None:
        try:
            import cloudpickle as found
        except ImportError:
            found = False
        _cloudpickle = found
    return _cloudpickle or None


def _dump(value, buffer_callback=None, buffers=()):
    """A pickle; classes and functions of the script go by value when cloudpickle is there."""
    try:
        data = pickle.dumps(value, 5, buffer_callback=buffer_callback)
    except FAILURES:
        if cloudpickle() is None:
            raise
    else:
        if b"__main__" not in data or cloudpickle() is None:
            return data
    if buffers:
        buffers.clear()
    return cloudpickle().dumps(value, 5)  # which copies arrays: the rare case


def _address(view):
    numpy = sys.modules["numpy"]
    return numpy.frombuffer(view, numpy.uint8).ctypes.data


def _pieces(value):
    """What pack() joins: bytes, and views of large arrays."""
    buffers = []

    def beside(buffer):
        view = buffer.raw()
        if view.nbytes < LARGE:
            return True
        buffers.append(view)
        return False

    data = _dump(value, beside if "numpy" in sys.modules else None, buffers)
    if not buffers:
        return [HEAD.pack(0, len(data)), data]
    sizes = [view.nbytes for view in buffers]
    head = struct.pack(f"<{len(sizes) + 2}Q", len(sizes), *sizes, len(data))
    pieces, n = [head, data], len(head) + len(data)
    for view in buffers:
        pieces += [bytes(-n % ALIGNMENT), view]
        n += -n % ALIGNMENT + view.nbytes
    return pieces


def pack(value):
    return b"".join(_pieces(value))


def put(value, buf):
    """Append pack(value) to the ml_buf at an address."""
    pieces = _pieces(value)
    add = _library.get()[1].ml_buf_put
    if len(pieces) == 2:
        data = b"".join(pieces)
        add(buf, data, len(data))
        return
    for piece in pieces:
        is_view = isinstance(piece, memoryview)
        add(buf, _address(piece) if is_view else piece, len(piece))


_view = ctypes.pythonapi.PyMemoryView_FromMemory
_view.restype = ctypes.py_object
_view.argtypes = (ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_int)


def loads_at(address, n):
    """Unpickle n bytes in memory."""
    return pickle.loads(_view(address, n, 0x100))  # PyBUF_READ


def function(what):
    """The pickle of a callable, tried here first."""
    name = getattr(what, "__qualname__", None) or type(what).__name__
    module = getattr(what, "__module__", None)
    advice = (
        "define it at the top level of a module, or install the Python package cloudpickle"
        if cloudpickle() is None
        else "what it refers to cannot go to another process"
    )
    try:
        data = cloudpickle().dumps(what, 5) if cloudpickle() else pickle.dumps(what, 5)
        pickle.loads(data)
    except Exception as e:
        raise TypeError(f"function '{name}' cannot be pickled ({e}); {advice}") from e
    main = sys.modules.get("__main__")
    if cloudpickle() is None and module == "__main__" and not getattr(main, "__file__", None):
        raise TypeError(f"function '{name}' was typed in, and workers cannot read it; {advice}")
    return data
