# SPDX-License-Identifier: GPL-3.0-or-later
"""mltool peach with functions in Python: in the process, and on workers, the same lines."""

import math
import os
import pickle
import subprocess
import unittest

import support

LINES = "[0,0.25,0.5,0.75,1]\n[0,0.5,1,1.5,2]\n[0,0.75,1.5,2.25,3]\n"


class Command(support.InFolder):
    def peach(self, *args, workers=0):
        pool = ["-s", str(workers), "-p", "0", "-q"] if workers else []
        return subprocess.run(
            [os.environ["MLTOOL"], *pool, "peach", *args],
            cwd=support.MODULES,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def test_walk_through(self):
        for workers in (0, 2):
            done = self.peach("func", "--load", "multip.py", "1", "2", "3", workers=workers)
            self.assertEqual((done.stdout, done.returncode), (LINES, 0), done.stderr)

    def test_module_is_forgotten(self):
        done = self.peach("func", "1", workers=2)
        self.assertEqual(done.returncode, 2)
        self.assertIn("function 'func' is not loaded", done.stderr)

    def test_exception(self):
        for workers in (0, 2):
            done = self.peach("odd.fail", "--load", "odd.py", "1", "3", workers=workers)
            self.assertEqual(done.returncode, 1)
            self.assertIn("ZeroDivisionError: division by zero", done.stderr)
            self.assertIn("in inner\n", done.stderr)

    def test_pickle(self):
        path = self.folder / "factorial"
        path.write_bytes(pickle.dumps(math.factorial, 4))
        done = self.peach("factorial", "--pickle", str(path), "5", workers=2)
        self.assertEqual((done.stdout, done.returncode), ("120\n", 0), done.stderr)


if __name__ == "__main__":
    unittest.main()
