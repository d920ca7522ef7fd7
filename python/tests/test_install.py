# SPDX-License-Identifier: GPL-3.0-or-later
"""What is linked to what, and the package as pip installs it."""

import os
import pathlib
import shutil
import subprocess
import sys
import unittest

import support
from mltool import _library


def needed(path):
    """Libraries that a file asks for."""
    command = ["readelf", "-d", path]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [line for line in text.splitlines() if "(NEEDED)" in line]


class Links(unittest.TestCase):
    @unittest.skipUnless(shutil.which("readelf"), "needs readelf")
    def test_core_without_python(self):
        for path in (os.environ["MLTOOL"], _library.find()):
            self.assertFalse([n for n in needed(path) if "python" in n], path)
        plugin = pathlib.Path(os.environ["MLTOOL_PLUGINS"], "libml-py.so")
        self.assertTrue([n for n in needed(plugin) if "libpython" in n])


class Library(support.InFolder):
    def find(self, **more):
        """Where a fresh Python finds libml."""
        env = support.environment(**more)
        code = "from mltool import _library; print(_library.get()[0])"
        return subprocess.run(
            [sys.executable, "-c", code], env=env, cwd=self.folder, capture_output=True, text=True
        )

    def test_named(self):
        path = os.path.realpath(_library.find())
        self.assertEqual(self.find(MLTOOL_LIBRARY=path).stdout, path + "\n")

    def test_named_wrongly(self):
        done = self.find(MLTOOL_LIBRARY="/no/such.so")
        self.assertIn("there is no '/no/such.so' (from MLTOOL_LIBRARY)", done.stderr)

    def test_other_file(self):
        path = self.write("libml.so.0", "not a library")
        self.assertIn(f"cannot load '{path}'", self.find(MLTOOL_LIBRARY=str(path)).stderr)

    def test_beside_mltool(self):
        """As installed: PREFIX/bin/mltool and PREFIX/lib/x86_64-linux-gnu/libml.so.0."""
        package = self.folder / "package"
        shutil.copytree(support.HERE.parent / "mltool", package / "mltool")
        for folder in ("bin", "lib/x86_64-linux-gnu"):
            (self.folder / "prefix" / folder).mkdir(parents=True)
        program = self.folder / "prefix/bin/mltool"
        shutil.copy(shutil.which("true"), program)
        library = self.folder / "prefix/lib/x86_64-linux-gnu/libml.so.0"
        library.symlink_to(os.path.realpath(_library.find()))
        done = self.find(
            MLTOOL_LIBRARY="",
            PYTHONPATH=str(package),
            PATH=f"{program.parent}:{os.environ['PATH']}",
        )
        self.assertEqual(done.stdout, f"{library}\n", done.stderr)

    def test_worker_that_is_not_there(self):
        code = "from mltool import Pool; Pool(1)"
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=support.environment(MLTOOL="/no/mltool"),
            capture_output=True,
            text=True,
        )
        self.assertIn("/no/mltool", done.stderr)
        self.assertIn("mltool._errors.Error", done.stderr)


class Pip(support.InFolder):
    def test_install(self):
        venv = self.folder / "venv"
        source = self.folder / "source"
        shutil.copytree(support.HERE.parent, source, ignore=shutil.ignore_patterns("*.egg-info"))
        made = subprocess.run(
            [sys.executable, "-m", "venv", "--system-site-packages", venv], capture_output=True
        )
        if made.returncode != 0:
            self.skipTest("needs the modules venv and ensurepip")
        python = venv / "bin" / "python"
        if subprocess.run([python, "-c", "import setuptools"], capture_output=True).returncode:
            self.skipTest("needs setuptools")
        env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        subprocess.run(
            [python, "-m", "pip", "install", "--no-build-isolation", "--no-index", source],
            check=True,
            capture_output=True,
            env=env,
        )
        program = self.write(
            "use.py",
            "import mltool, site, sys\n"
            "if __name__ == '__main__':\n"
            "    with mltool.Pool(2) as pool:\n"
            "        print(mltool.__file__.startswith(sys.prefix), pool.peach(abs, [-1, 2]))\n"
            "        print(pool.eval_all(site.getsitepackages)[0] == site.getsitepackages())\n",
        )
        done = subprocess.run(
            [python, program],
            capture_output=True,
            text=True,
            env={**env, "VIRTUAL_ENV": str(venv)},
            cwd=self.folder,
        )
        self.assertEqual(done.stdout, "True [1, 2]\nTrue\n", done.stderr)


if __name__ == "__main__":
    unittest.main()
