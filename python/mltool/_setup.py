# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Python of each worker is told first: where modules are, and which script this is."""

import functools
import os
import pickle
import sys
import sysconfig
import types

# Runs on the workers, with the entries of facts() as its globals; it must not need this package.
SOURCE = """
import sys

is_same = list(sys.version_info[:2]) == version
if by_value and not is_same:
    raise RuntimeError("the workers run Python %d.%d and the pool is of Python %d.%d: functions "
        "cannot go between them; load a module" % (*sys.version_info[:2], *version))
after = after if is_same else []
own = [p for p in sys.path if p not in before and p not in after]
library = [p for p in own if not p.endswith("-packages")]
sys.path[:] = before + library + after + [p for p in own if p not in library]
if main is not None and "__mp_main__" not in sys.modules:
    import runpy, types
    module = types.ModuleType("__mp_main__")
    sys.modules["__mp_main__"] = module
    module.__dict__.update(runpy.run_path(main, run_name="__mp_main__"))
    sys.modules["__main__"] = module
"""


def is_worker():
    """In a script that a worker reads for its functions: it must not open a pool."""
    plugin = getattr(sys.modules.get("_mltool"), "shared", None)
    return "__mp_main__" in sys.modules and isinstance(plugin, types.BuiltinFunctionType)


def command():
    """The pickle of a function that runs SOURCE."""
    return pickle.dumps(functools.partial(exec, SOURCE), 4)


def _paths():
    """(what comes before the standard library in sys.path, what comes after it)"""
    own = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    own |= {os.path.join(path, "lib-dynload") for path in own}
    own |= {p for p in sys.path if os.path.basename(p).startswith("python") and p.endswith(".zip")}
    before, after, seen = [], [], False
    for path in sys.path:
        if not isinstance(path, str):
            continue
        if path in own:
            seen = True
        else:
            (after if seen else before).append(os.path.abspath(path or os.getcwd()))
    return before, after


def facts(by_value, with_main):
    before, after = _paths()
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    return {
        "version": list(sys.version_info[:2]),
        "by_value": by_value,
        "before": before,
        "after": after,
        "main": os.path.abspath(main) if with_main and main else None,
    }
