# SPDX-License-Identifier: GPL-3.0-or-later
"""Arrays in memory that the workers map: they travel as a reference."""

import ctypes
import sys
import threading
import types

from . import _library

try:
    import numpy
except ImportError:
    numpy = None


class Block:
    """An ml_block, freed with the last array that lies in it."""

    def __init__(self, pointer):
        self.pointer = pointer
        self.id = pointer.contents.id
        self.address = pointer.contents.data
        self.size = pointer.contents.size
        self._free = _library.get()[1].ml_block_free  # kept: modules end before the last array

    def __del__(self):
        self._free(self.pointer)


class _Sending(threading.local):
    """Blocks that the job of this thread hands over: id: Block. Other pickles hold copies."""

    blocks = types.MappingProxyType({})


sending = _Sending()


def shared(number):
    """Bytes of a shared block; on the workers the plugin has the function of this name."""
    block = sending.blocks[number]
    return (ctypes.c_char * block.size).from_address(block.address)


shared.__module__ = "_mltool"
_module = types.ModuleType("_mltool")
_module.shared = shared
sys.modules.setdefault("_mltool", _module)


class _Reference:
    def __init__(self, number):
        self.number = number

    def __reduce__(self):
        return sys.modules["_mltool"].shared, (self.number,)


if numpy is not None:

    class SharedArray(numpy.ndarray):
        """An array that Pool.share() made, or a part of one. Read only."""

        _block = None

        def __array_finalize__(self, parent):
            self._block = getattr(parent, "_block", None)

        def _offset(self):
            """Where it begins in its block; None: it does not lie there, or is not handed over."""
            block = self._block
            if block is None or block.id not in sending.blocks:
                return None
            low, high = numpy.lib.array_utils.byte_bounds(self) if _NEW else numpy.byte_bounds(self)
            if low < block.address or high > block.address + block.size:
                return None
            return self.ctypes.data - block.address

        def __reduce_ex__(self, protocol):
            offset = self._offset()
            if offset is None:
                return self.view(numpy.ndarray).__reduce_ex__(protocol)
            place = self.shape, self.dtype, _Reference(self._block.id), offset, self.strides
            return numpy.ndarray, place

    _NEW = int(numpy.__version__.split(".")[0]) >= 2


def new(array, allocate):
    """A shared copy. allocate: size in bytes to a Block"""
    if numpy is None:
        raise TypeError("share() needs the Python package numpy")
    array = numpy.asarray(array)
    if array.dtype.hasobject:
        raise TypeError(f"an array of {array.dtype} holds objects, which cannot be shared")
    block = allocate(max(array.nbytes, 1))
    memory = (ctypes.c_char * block.size).from_address(block.address)
    copy = numpy.ndarray(array.shape, array.dtype, memory).view(SharedArray)
    copy._block = block
    copy[...] = array
    copy.flags.writeable = False
    return copy
