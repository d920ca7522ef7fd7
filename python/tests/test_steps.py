# SPDX-License-Identifier: GPL-3.0-or-later
"""Functions of Python as steps of --prep: the same as a table that was made before, with workers and
without, in files, and what happens when they are odd."""

import csv
import hashlib
import json
import unittest

import support
import test_models
from test_models import CANCER, DIABETES, POOL, numpy, table

if numpy is not None:
    import steps


@support.needs_numpy
class Steps(test_models.Models):
    def xval(self, data, prep, *args, model="ridge"):
        return ("xval", data, "--target", "y", "--model", model, "--prep", prep, *args)

    def fit(self, prep, *args, data=DIABETES, model="ridge", output="m.json", **more):
        path = self.folder / output
        self.good("train", data, "--target", "y", "--model", model, "--cv", "none", "--prep", prep,
                  *args, "-o", path, **more)
        return path

    def table_of(self, name, function, data=DIABETES):
        """What the function makes of all rows, as a file."""
        x, y = table(data)
        made = function(x)
        path = self.folder / name
        with open(path, "w", encoding="ascii", newline="") as file:
            out = csv.writer(file)
            out.writerow([f"c{j}" for j in range(made.shape[1])] + ["y"])
            out.writerows([*map(repr, map(float, row)), repr(float(v))] for row, v in zip(made, y))
        return path

    def predictions(self, path, data=DIABETES, *args, **more):
        return self.good("predict", path, data, "-q", *args, **more).stdout

    def scores(self, *ask):
        result = json.loads(self.good(*ask, "--json", "--oof", self.folder / "oof.csv").stdout)
        return result["candidates"][0]["mean"], (self.folder / "oof.csv").read_bytes()

    # ---- the same answers

    def test_as_a_table_made_before(self):
        made = self.table_of("made.csv", steps.squares)
        self.assertEqual(self.scores(*self.xval(DIABETES, "py:steps.squares,standard")),
                         self.scores(*self.xval(made, "standard")))
        for path, data in ((self.fit("py:steps.squares,standard"), DIABETES),
                           (self.fit("standard", data=made, output="n.json"), made)):
            trust = ["--trust"] if data is DIABETES else []
            self.predictions(path, data, *trust)
        self.assertEqual(self.predictions(self.folder / "m.json", DIABETES, "--trust"),
                         self.predictions(self.folder / "n.json", made))

    def test_pool_or_not(self):
        ask = self.xval(CANCER, "standard,py:steps.squares,py:steps.ratios,select=k:9,minmax",
                        "--cv", "stratified:4", "--grid", "C=0.1,1", model="logistic")
        alone = self.good(*ask, "--oof", self.folder / "a.csv")
        pool = self.good(*ask, "--oof", self.folder / "b.csv", *POOL)
        self.assertEqual(alone.stdout, pool.stdout)
        self.assertEqual((self.folder / "a.csv").read_bytes(), (self.folder / "b.csv").read_bytes())
        files = [self.fit("py:steps.ratios,standard", *pool).read_bytes() for pool in ((), POOL)]
        self.assertEqual(*files)

    def test_names(self):
        x = [f"{n}" for n in DIABETES.read_text().split("\n", 1)[0].split(",")[:-1]]
        for prep, names in (
            ("py:steps.first", ["first_0"]),
            ("py:steps.squares", [f"squares_{j}" for j in range(len(x) + 2)]),
            ("py:steps.ratios", [f"{n}/{x[0]}" for n in x[1:]]),
            ("py:steps.with_default,select-corr=2,py:steps.first", ["first_0"]),
            ("py:numpy.log1p,py:numpy.expm1", [f"expm1_{j}" for j in range(len(x))]),
        ):
            data = self.table_of("positive.csv", lambda x: numpy.abs(x) + 1)
            path = self.fit(prep, data=DIABETES if "numpy" not in prep else data)
            learnt = json.loads(path.read_text())["prep"]["learnt"]
            self.assertEqual([c["name"] for c in learnt["columns"]], names, prep)

    def test_texts_stay(self):
        path = self.write("t.csv", "a,colour,b,y\n" + "".join(
            f"{i % 7},{'red' if i % 3 else 'blue'},{i * i % 11},{i}\n" for i in range(40)))
        for prep, names in (
            ("py:steps.ratios,one-hot", ["b/a", "colour=blue", "colour=red"]),
            ("one-hot,py:steps.ratios", ["b/a", "colour=blue/a", "colour=red/a"]),
            ("py:steps.first,one-hot=colour", ["first_0", "colour=blue", "colour=red"]),
            ("py:steps.squares,select=k:1,one-hot", None),
        ):
            model = self.fit(prep, data=path)
            columns = json.loads(model.read_text())["prep"]["learnt"]["columns"]
            if names:
                self.assertEqual([c["name"] for c in columns], names)
            alone = self.good(*self.xval(path, prep, "-q")).stdout
            self.assertEqual(alone, self.good(*self.xval(path, prep, "-q"), *POOL).stdout)
            self.predictions(model, path, "--trust")

    def test_tested_rows_are_apart(self):
        """No call sees rows of both kinds."""
        notes = self.folder / "notes"
        self.good(*self.xval(DIABETES, "py:steps.noted", "--cv", "kfold:2"),
                  env={"NOTES": str(notes)})
        self.assertEqual(notes.read_text().split(), ["221"] * 6)  # 442 rows, each fold thrice
        notes.unlink()
        self.good(*self.xval(DIABETES, "py:steps.noted", "--cv", "kfold:5"),
                  env={"NOTES": str(notes)})
        self.assertEqual(set(notes.read_text().split()), {"353", "354", "89", "88"})

    def test_missing_values(self):
        path = self.write("gaps.csv", "a,b,y\n" + "".join(
            f"{i % 7},{'' if i % 5 == 0 else i},{i}\n" for i in range(50)))
        self.good(*self.xval(path, "py:steps.filled"))
        self.bad(1, "py:steps.gaps has left ", *self.xval(DIABETES, "py:steps.gaps"))
        self.bad(1, "which model ridge does not take: impute=median behind it", "train", DIABETES,
                 "--target", "y", "--model", "ridge", "--cv", "none", "--prep", "py:steps.gaps",
                 "-o", self.folder / "m.json")
        self.good(*self.xval(DIABETES, "py:steps.gaps,impute=mean"))
        self.predictions(self.fit("py:steps.gaps,impute=median"), DIABETES, "--trust")

    # ---- what goes wrong

    def test_odd(self):
        for what, words in (
            ("none", "TypeError: odd() gave values of dtype object, where numbers belong"),
            ("text", "TypeError: odd() gave values of dtype <U3, where numbers belong"),
            ("texts", "of dtype <U1, where"),
            ("complex", "of dtype complex128, where"),
            ("objects", "of dtype object, where"),
            ("rows", "ValueError: odd() gave an array of shape (441, 10) for 442 rows"),
            ("cube", "gave an array of shape (442, 10, 1) for 442 rows"),
            ("columns", "odd() gave no column"),
            ("three", "odd() gave a tuple of 3, where an array belongs, or a pair"),
            ("names", "odd() gave 9 names for 10 columns"),
            ("no names", "odd() gave names that are no list of texts"),
            ("tuple", "odd() gave names that are no list of texts"),
            ("numbers", "odd() gave names that are no list of texts"),
            ("twice", "odd() called two columns 'a'"),
            ("empty", "odd() gave the name '', which is none for a column"),
            ("lines", "odd() gave the name '0\\n', which is none for a column"),
            ("infinite", "odd() gave infinity in column 'odd_0' for row 1 of 442"),
            ("writes", "ValueError: assignment destination is read-only"),
            ("raises", "step 'py:steps.odd': RuntimeError: one two"),
            ("exits", "step 'py:steps.odd': SystemExit: 3"),
        ):
            done = self.bad(1, words, "train", DIABETES, "--target", "y", "--model", "ridge", "--cv",
                            "none", "--prep", "py:steps.odd", "-o", self.folder / "m.json",
                            env={"WHAT": what})
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertEqual(list(self.folder.iterdir()), [])
        for pool in ((), POOL):
            self.bad(1, "RuntimeError: one two", *self.xval(DIABETES, "py:steps.odd"), *pool,
                     env={"WHAT": "raises"})

    def test_other_columns_later(self):
        data = self.write("d.csv", "a,b,y\n" + "".join(f"{i},{i % 5},{i}\n" for i in range(15)))
        for what, words in (("later", "py:steps.odd gave 1 column, and 2 for the rows that were"),
                            ("later names", "py:steps.odd called column 1 '0.0', and '0.1' for")):
            path = self.fit("py:steps.odd", data=data, env={"WHAT": what})
            even = self.write("e.csv", "a,b\n1,2\n3,4\n")
            self.bad(1, words, "predict", path, even, "--trust", env={"WHAT": what})

    def test_no_function(self):
        for name, words in (
            ("steps.square", "module 'steps' of Python has no 'square' (did you mean 'squares'?)"),
            ("nosuchmodule.f", "there is no Python module 'nosuchmodule'"),
            ("steps.Thing", "'steps.Thing' of Python is a class, and a step is a function"),
            ("steps.not_callable", "'steps.not_callable' of Python is no function"),
            ("first", "py:first names no function"),
        ):
            self.bad(2, words, *self.xval(DIABETES, f"py:{name}"))
        self.bad(1, "ZeroDivisionError", *self.xval(DIABETES, "py:broken_model.f"))
        self.bad(2, "functions of Python need the plugin libml-py.so, which is not installed",
                 *self.xval(DIABETES, "py:steps.first"), env={"MLTOOL_PLUGINS": str(self.folder)})
        path = self.write("t.csv", "colour,y\n" + "red,1\nblue,2\ngreen,3\n" * 9)
        self.bad(1, "py:steps.first: there is no column of numbers",
                 *self.xval(path, "py:steps.first,one-hot"))

    # ---- files

    def test_trust(self):
        """Nothing runs without --trust."""
        path, mark = self.fit("py:steps.first"), self.folder / "mark"
        for command in (("predict", path, DIABETES), ("inspect", path)):
            self.bad(2, "its step 'py:steps.first' is a function of Python", *command,
                     env={"MARK": str(mark)})
            self.assertFalse(mark.exists())
            self.good(*command, "--trust", env={"MARK": str(mark)})
            self.assertTrue(mark.exists())
            mark.unlink()

    def test_file_of_the_module(self):
        env = {"PYTHONPATH": str(self.folder)}
        module = self.write("mine.py", "def twice(x):\n    return 2 * x\n")
        path = self.fit("py:mine.twice", env=env)
        [function] = json.loads(path.read_text())["prep"]["learnt"]["functions"]
        self.assertEqual(function["function"], "mine.twice")
        self.assertEqual(function["sha256"], hashlib.sha256(module.read_bytes()).hexdigest())
        before = self.predictions(path, DIABETES, "--trust", env=env)
        text = module.read_text()
        module.write_text(text.replace("2", "3"))
        self.bad(2, "the file of py:mine.twice has changed since the steps have learnt", "predict",
                 path, DIABETES, "--trust", env=env)
        module.write_text(text)
        self.assertEqual(self.predictions(path, DIABETES, "--trust", env=env), before)
        module.unlink()
        self.bad(2, "there is no Python module 'mine'", "predict", path, DIABETES, "--trust",
                 env=env)

    def test_with_a_class_of_python(self):
        path = self.fit("py:steps.ratios,standard", data=CANCER, model="py:estimators.Centroids")
        self.bad(2, "--trust", "predict", path, CANCER)
        whole = self.predictions(path, CANCER, "--trust", "--proba")
        batches = self.predictions(path, CANCER, "--trust", "--proba", "--batch", "100")
        self.assertEqual(whole, batches)


if __name__ == "__main__":
    unittest.main()
