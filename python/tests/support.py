# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests share: folders, and what is there."""

import logging
import os
import pathlib
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))  # the package, as in the source tree

# As in the workers: the sums of several threads are others.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

try:
    import numpy
except ImportError:
    numpy = None

logging.getLogger("mltool").addHandler(logging.NullHandler())  # of losses that are meant
needs_numpy = unittest.skipIf(numpy is None, "needs numpy")
MODULES = HERE / "modules"


class InFolder(unittest.TestCase):
    """Each test has an empty folder of its own, self.folder."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path


def environment(**more):
    return {**os.environ, "PYTHONPATH": str(HERE.parent), **more}


def is_alive(pid):
    """False for one that has ended and is only not collected."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False
