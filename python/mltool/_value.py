# SPDX-License-Identifier: GPL-3.0-or-later
"""Python objects as the values that functions in C take and give."""

import collections.abc
import ctypes

from . import _abi

try:
    import numpy
except ImportError:
    numpy = None

CODES = {code: i for i, code in enumerate(_abi.DTYPES)}
FORMATS = ("d", "f", "l", "i", "B", "?")
WIDER = {"<i2": "<i4", "<u2": "<i4", "|i1": "<i4", "<u4": "<i8", "<f2": "<f4"}
NESTED_MAX = 64


def _text(value, kind, data):
    value.type = kind
    value.u.s.text = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p)
    value.u.s.n = len(data)
    return data


def _array(value, array):
    code = array.dtype.newbyteorder("<").str if array.dtype.byteorder == ">" else array.dtype.str
    array = numpy.ascontiguousarray(array, WIDER.get(code, code))
    if array.dtype.str not in CODES or array.ndim not in (1, 2):
        raise TypeError(f"an array of {array.dtype} with {array.ndim} dimensions has no form in C")
    value.type = _abi.VECTOR if array.ndim == 1 else _abi.MATRIX
    value.dtype = CODES[array.dtype.str]
    value.u.a.data = array.ctypes.data
    value.u.a.n_rows = array.shape[0]
    value.u.a.n_cols = array.shape[1] if array.ndim == 2 else 1
    return array


def _list(value, items, depth):
    values = (_abi.Value * len(items))()
    kept = [values]
    for i, item in enumerate(items):
        kept.append(put(values[i], item, depth + 1))
    value.type = _abi.LIST
    value.u.l.values = values
    value.u.l.n = len(items)
    return kept


def _dict(value, items, depth):
    for name in items:
        if not isinstance(name, str):
            raise TypeError(f"a dictionary's key {name!r} is no string")
    names = (ctypes.c_char_p * len(items))(*(name.encode() for name in items))
    kept = _list(value, list(items.values()), depth)
    value.type = _abi.DICT
    value.u.l.names = names
    return kept, names


def put(value, item, depth=0):
    """Fill an ml_value. It borrows what is returned: keep that for as long."""
    if depth > NESTED_MAX:
        raise ValueError(f"the argument is nested deeper than {NESTED_MAX}")
    if item is None:
        value.type = _abi.NULL
    elif isinstance(item, bool):
        value.type, value.u.b = _abi.BOOL, item
    elif isinstance(item, int):
        if not -(2**63) <= item < 2**63:
            raise OverflowError("an integer beyond 64 bits has no form in C")
        value.type, value.u.i = _abi.INT, item
    elif isinstance(item, float):
        value.type, value.u.d = _abi.REAL, item
    elif isinstance(item, str):
        return _text(value, _abi.STRING, item.encode())
    elif isinstance(item, (bytes, bytearray)):
        return _text(value, _abi.BYTES, bytes(item))
    elif isinstance(item, (list, tuple)):
        return _list(value, item, depth)
    elif isinstance(item, collections.abc.Mapping):
        return _dict(value, item, depth)
    elif numpy is not None and isinstance(item, numpy.generic):
        return put(value, item.item(), depth + 1)
    elif numpy is not None and hasattr(item, "__array__"):
        return _array(value, numpy.asarray(item))
    elif isinstance(item, collections.abc.Sequence) or type(item).__module__ == "array":
        return _list(value, list(item), depth)
    else:
        raise TypeError(f"a value of type {type(item).__name__} has no form in C")
    return None


def put_object(value, data):
    """Fill an ml_value with a pickle."""
    return _text(value, _abi.OBJECT, data)


def _get_array(value):
    a = value.u.a
    n = a.n_rows * (a.n_cols if value.type == _abi.MATRIX else 1)
    code = _abi.DTYPES[value.dtype]
    data = ctypes.string_at(a.data, n * int(code[2])) if n else b""
    shape = (a.n_rows, a.n_cols) if value.type == _abi.MATRIX else (a.n_rows,)
    if numpy is not None:
        return numpy.frombuffer(bytearray(data), code).reshape(shape)
    if n == 0:
        return [[] for _ in range(a.n_rows)] if value.type == _abi.MATRIX else []
    return memoryview(data).cast(FORMATS[value.dtype], shape).tolist()


def get(value, loads):
    """The Python object for an ml_value; loads: for pickles."""
    kind = value.type
    if kind == _abi.NULL:
        return None
    if kind == _abi.BOOL:
        return value.u.b
    if kind == _abi.INT:
        return value.u.i
    if kind == _abi.REAL:
        return value.u.d
    if kind in (_abi.STRING, _abi.BYTES, _abi.OBJECT):
        data = ctypes.string_at(value.u.s.text, value.u.s.n)
        return data.decode() if kind == _abi.STRING else data if kind == _abi.BYTES else loads(data)
    if kind in (_abi.VECTOR, _abi.MATRIX):
        return _get_array(value)
    items = [get(value.u.l.values[i], loads) for i in range(value.u.l.n)]
    if kind == _abi.LIST:
        return items
    return {value.u.l.names[i].decode(): item for i, item in enumerate(items)}


