# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plugin does in Python itself: loading, looking at exceptions, odd values.

It is compiled into libml-py.so and runs under the file name <mltool>.
"""

import collections.abc
import importlib
import importlib.util
import inspect
import linecache
import operator
import os
import sys
import traceback

HERE = "<mltool>"


def start(is_own_process):
    """Once, when the plugin has started the interpreter."""
    if is_own_process:
        # Processes are what is parallel. A pool has said so to its workers already.
        for name in ("OPENBLAS", "OMP", "MKL", "BLIS", "NUMEXPR", "NUMBA"):
            os.environ.setdefault(name + "_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(line_buffering=True)
    if is_own_process:
        import faulthandler

        try:
            faulthandler.enable()
        except (AttributeError, OSError, RuntimeError, ValueError):
            pass  # no standard error to write to


# ---- loading --------------------------------------------------------------------------------


def first_line(function):
    lines = (inspect.getdoc(function) or "").strip().splitlines()
    return lines[0] if lines else ""


def takes_nothing(function):
    try:
        return not inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


def entry(name, function):
    return name, first_line(function), function, takes_nothing(function)


def functions_of(module):
    """Public callables that the module itself defines, and whatever it lists in __all__."""
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return [entry(n, getattr(module, n)) for n in listed if callable(getattr(module, n))]
    return [
        entry(name, value)
        for name, value in list(vars(module).items())  # looking at them can run code
        if not name.startswith("_")
        and callable(value)
        and getattr(value, "__module__", None) == module.__name__
    ]


def import_file(path):
    name = os.path.splitext(os.path.basename(path))[0]
    path = os.path.abspath(path)
    loaded = sys.modules.get(name)
    if loaded is not None:
        file = getattr(loaded, "__file__", None)
        if file is not None and os.path.exists(file) and os.path.samefile(file, path):
            return loaded
        raise ImportError(f"there is a Python module '{name}' already; rename '{path}'")
    folder = os.path.dirname(path)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None:
        raise ImportError(f"'{path}' is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def import_name(name):
    # As `python -m` has it: the working directory is where a user's own package lies.
    folder = os.getcwd()
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return importlib.import_module(name)


def load(what, is_file):
    """(name, [(name, doc, function, takes nothing)], file)"""
    module = import_file(what) if is_file else import_name(what)
    return module.__name__, functions_of(module), getattr(module, "__file__", None) or ""


def describe_function(function):
    """entry() of an unpickled callable"""
    if not callable(function):
        kind = type(function).__name__
        raise TypeError(f"the pickle holds no function, but a value of type {kind}")
    return entry("", function)


# ---- exceptions -----------------------------------------------------------------------------


def place_of(error, file):
    """Where it was raised: the innermost frame in the user's file, else the innermost at all."""
    if isinstance(error, SyntaxError) and error.filename:
        return error.filename, error.lineno or 0
    frames = [f for f in traceback.extract_tb(error.__traceback__) if is_shown(f)]
    own = [f for f in frames if file and f.filename == file]
    frame = (own or frames or [None])[-1]
    return (frame.filename, frame.lineno or 0) if frame else ("", 0)


def is_shown(frame):
    file = frame.filename
    return file not in (HERE, importlib.__file__) and not file.startswith("<frozen importlib")


def hint(error):
    if isinstance(error, ModuleNotFoundError) and (error.name or "").startswith("cloudpickle"):
        return "; the pickle needs the Python package cloudpickle on the workers"
    if isinstance(error, ImportError) and "relative import" in words_of(error):
        return "; load it as py:PACKAGE.MODULE, from the folder above its package"
    return ""


def words_of(error):
    try:
        return " ".join(str(error).split())
    except BaseException:
        return "<exception str() failed>"  # as Python's own tracebacks say


def clean(text):
    """Text as it can be sent: without NUL and halves of surrogate pairs."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def describe(error, file):
    """(one line, file, line, traceback)"""
    words = words_of(error)
    kind = type(error).__name__
    if isinstance(error, SyntaxError):
        words = error.msg  # the place has fields of its own
    whole = traceback.TracebackException.from_exception(error)
    parts = [whole]
    while parts:
        part = parts.pop()
        part.stack = traceback.StackSummary.from_list([f for f in part.stack if is_shown(f)])
        parts += [p for p in (part.__cause__, part.__context__) if p is not None]
    message = (f"{kind}: {words}" if words else kind) + hint(error)
    linecache.checkcache()
    source, line = place_of(error, file)
    return clean(message), clean(source), line, clean("".join(whole.format()))


# ---- values ---------------------------------------------------------------------------------

WIDER = {"e": "f4", "b": "i4", "h": "i4", "H": "i4", "I": "i8"}


def plain_array(array, numpy):
    """An array of one of the dtypes that the encoding has, with equal elements."""
    dtype = array.dtype.newbyteorder("=")
    if array.ndim == 0:
        item = array.item()
        if isinstance(item, type(array[()])) and not isinstance(item, (int, float, str, bytes)):
            raise TypeError(f"an element of dtype {array.dtype} cannot be returned")
        return item
    if array.ndim > 2:
        raise TypeError(f"an array of {array.ndim} dimensions cannot be returned; 1 and 2 can")
    if dtype.kind in "OUS":
        return array.tolist()
    if dtype.char in WIDER:
        return numpy.ascontiguousarray(array, WIDER[dtype.char])
    if dtype.kind in "iub" and dtype.itemsize in (1, 4, 8) or dtype.char in "fdg":
        code = {"u": "i8" if dtype.itemsize > 1 else "u1", "f": "f8"}.get(dtype.kind, dtype)
        wanted = numpy.ascontiguousarray(array, dtype if dtype.char in "fd" else code)
        if numpy.array_equal(wanted, array, equal_nan=dtype.kind == "f") and not (
            dtype.kind == "u" and wanted.size and wanted.min() < 0
        ):
            return wanted
        raise TypeError(f"an array of {array.dtype} does not fit into {wanted.dtype}")
    raise TypeError(f"an array of dtype {array.dtype} cannot be returned")


def plain(value):
    """An equal value of a type that the plugin can put into bytes, or TypeError."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and (isinstance(value, numpy.generic) or hasattr(value, "__array__")):
        return plain_array(numpy.asarray(value), numpy)
    if isinstance(value, collections.abc.Mapping):
        return dict(value)
    if isinstance(value, memoryview):
        return value.tolist()
    if isinstance(value, collections.abc.Sequence) or type(value).__module__ == "array":
        return list(value)
    if hasattr(type(value), "__index__"):
        return operator.index(value)
    kind = type(value).__name__
    if isinstance(value, collections.abc.Set):
        raise TypeError(f"a {kind} has no order and cannot be returned; return a sorted list")
    raise TypeError(f"a value of type {kind} cannot be returned; return numbers, text, lists, "
                    "dictionaries or arrays")
