# SPDX-License-Identifier: GPL-3.0-or-later
"""Run every test of this folder; 77 when the plugin was not built."""

import os
import sys
import unittest

import support

if __name__ == "__main__":
    if not os.environ.get("ML_PY"):
        print("skipped: the plugin was not built, because libpython3-dev is not there")
        sys.exit(77)
    tests = unittest.defaultTestLoader.discover(support.HERE)
    result = unittest.TextTestRunner(verbosity=1).run(tests)
    sys.exit(not result.wasSuccessful())
