# SPDX-License-Identifier: GPL-3.0-or-later
"""The structures of _abi.py are those of the headers, as the C compiler lays them out."""

import ctypes
import os
import subprocess
import unittest
from unittest import mock

import support
from mltool import Error, _abi, _library

HEADERS = "ml/mproc.h", "ml/value.h", "ml/functions.h", "ml/fresh.h"
SAME = {"u": "as"}  # names in Python: in C


def fields(structure):
    return [SAME.get(field[0], field[0]) for field in structure._fields_]


def layout_in_python():
    lines = []
    for c_name, structure in _abi.STRUCTURES.items():
        lines.append(f"{c_name} {ctypes.sizeof(structure)}")
        for field in structure._fields_:
            place = getattr(structure, field[0])
            lines.append(f"{c_name}.{SAME.get(field[0], field[0])} {place.offset} {place.size}")
    return lines


def program():
    """A C program that prints the same."""
    lines = [f"#include <{h}>" for h in HEADERS] + ["#include <stdio.h>", "int main(void) {"]
    for c_name, structure in _abi.STRUCTURES.items():
        lines.append(f'printf("{c_name} %zu\\n", sizeof({c_name}));')
        for f in fields(structure):
            lines.append(
                f'printf("{c_name}.{f} %zu %zu\\n", offsetof({c_name}, {f}),'
                f" sizeof((({c_name} *)0)->{f}));"
            )
    return "\n".join(lines + ["return 0;", "}"])


class Abi(support.InFolder):
    def run_c(self, source):
        tree = support.HERE.parent.parent
        self.write("layout.c", source)
        binary = self.folder / "layout"
        compiler = os.environ.get("CC", "cc")
        try:
            subprocess.run(
                [compiler, "-I", tree, self.folder / "layout.c", "-o", binary], check=True
            )
        except FileNotFoundError:
            self.skipTest("needs a C compiler")
        return subprocess.run([binary], check=True, capture_output=True, text=True).stdout

    def test_layout(self):
        self.assertEqual(self.run_c(program()).splitlines(), layout_in_python())

    def test_library_of_another_build(self):
        """Structures of another size: an error that says so, and no crash."""
        path, _ = _library.get()
        with mock.patch.object(_abi, "layout", lambda: 1):
            with self.assertRaisesRegex(Error, "is of another build than this package"):
                _library._load()
        with mock.patch.object(_abi, "PROTOTYPES", [("ml_no_such_function", None, ())]):
            with self.assertRaisesRegex(Error, "is of another build than this package"):
                _library._load()
        self.assertEqual(_library._load()[0], path)

    def test_numbers(self):
        names = "OK IO MEMORY NUMERIC USAGE PARSE FUNCTION WORKER TIMEOUT CANCELLED CLOSED".split()
        types = "NULL BOOL INT REAL STRING BYTES VECTOR MATRIX LIST DICT OBJECT".split()
        wanted = {("ML_" if n == "OK" else "ML_ERR_") + n: getattr(_abi, n) for n in names}
        wanted.update({"ML_TYPE_" + n: getattr(_abi, n) for n in types})
        wanted.update({f"ML_{n}": getattr(_abi, n) for n in vars(_abi) if n.startswith("INIT_")})
        wanted["ML_DTYPE_BOOL"] = _abi.DTYPES.index("|b1")
        wanted["ML_DTYPE_I64"] = _abi.DTYPES.index("<i8")
        features = _abi._abi_features
        wanted.update({f"ML_{n}": v for n, v in vars(features).items() if isinstance(v, int)})
        for i, name in enumerate(features.FEATURE_TYPES):
            wanted[f"ML_FEATURE_{name.upper()}"] = i
        for i, name in enumerate(features.COMPATS):
            wanted[f"ML_COMPAT_{name.upper()}"] = i
        lines = [f"#include <{h}>" for h in HEADERS] + ["#include <stdio.h>", "int main(void) {"]
        lines += [f'printf("{n} %d\\n", (int){n});' for n in wanted] + ["return 0;", "}"]
        self.assertEqual(
            self.run_c("\n".join(lines)).split("\n")[:-1], [f"{n} {v}" for n, v in wanted.items()]
        )


if __name__ == "__main__":
    unittest.main()
