# SPDX-License-Identifier: GPL-3.0-or-later
"""Where libml and the worker program are."""

import ctypes
import ctypes.util
import glob
import os
import shutil

from . import _abi
from ._errors import Error

NAME = "libml.so.0"


def _from_environment():
    path = os.environ.get("MLTOOL_LIBRARY")
    if not path:
        return []
    if not os.path.exists(path):
        raise Error(f"there is no '{path}' (from MLTOOL_LIBRARY)")
    return [path]


def _in_build_folders():
    """Beside this package in the source tree; the one built last is meant."""
    tree = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    if not os.path.exists(os.path.join(tree, "ml", "mproc.h")):
        return []
    found = glob.glob(os.path.join(tree, "build", "*", NAME))
    return sorted((f for f in found if not _is_sanitized(f)), key=os.path.getmtime, reverse=True)


def _is_sanitized(path):
    """A library that is built with a sanitizer cannot be loaded into a plain Python."""
    cache = os.path.join(os.path.dirname(path), "CMakeCache.txt")
    try:
        with open(cache, encoding="utf-8", errors="replace") as lines:
            settings = dict(x.strip().split("=", 1) for x in lines if "=" in x)
    except OSError:
        return False
    return settings.get("ML_SANITIZE:STRING", "") != ""


def _beside_mltool():
    program = shutil.which("mltool")
    if not program:
        return []
    prefix = os.path.dirname(os.path.dirname(os.path.realpath(program)))
    return glob.glob(os.path.join(prefix, "lib", "*", NAME)) + glob.glob(
        os.path.join(prefix, "lib*", NAME)
    )


def _installed():
    name = ctypes.util.find_library("ml")
    return [name] if name == NAME else []


def find():
    """The path of libml."""
    for look in (_from_environment, _in_build_folders, _beside_mltool, _installed):
        for path in look():
            return path
    raise Error(
        f"cannot find {NAME}: set MLTOOL_LIBRARY to its path, or put mltool's folder on PATH"
    )


def find_worker(library):
    """The mltool of a build folder, for a library that lies in one; None: libml looks itself."""
    if os.environ.get("MLTOOL"):
        return None
    program = os.path.join(os.path.dirname(library), "ml", "cli", "mltool")
    return program if os.access(program, os.X_OK) else None


def _load():
    path = find()
    try:
        library = ctypes.CDLL(path)
    except OSError as e:
        raise Error(f"cannot load '{path}': {e}") from None
    library.ml_version.restype = ctypes.c_char_p
    version = library.ml_version().decode()
    if version != _abi.VERSION:
        raise Error(f"'{path}' is version {version}; this package needs {_abi.VERSION}")
    try:
        library.ml_layout.restype = ctypes.c_uint64
        is_same = library.ml_layout() == _abi.layout()
        functions = [(getattr(library, p[0]), *p[1:]) for p in _abi.PROTOTYPES]
    except AttributeError:
        is_same = False
    if not is_same:
        raise Error(f"'{path}' is of another build than this package; install both from one source")
    for function, result, arguments in functions:
        function.restype = result
        function.argtypes = arguments
    return path, library


_loaded = None


def get():
    """(path, library), loaded at the first use, so that importing the package always works."""
    global _loaded
    if _loaded is None:
        _loaded = _load()
    return _loaded
