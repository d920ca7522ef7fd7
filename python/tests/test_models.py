# SPDX-License-Identifier: GPL-3.0-or-later
"""mltool xval, train and predict with classes of Python: the same with workers and without, as
scikit-learn does it, and what happens when they or their files are odd."""

import csv
import hashlib
import io
import json
import os
import pathlib
import pickle
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest
import warnings

import support

numpy = support.numpy
if numpy is not None:
    sys.path.insert(0, str(support.MODULES))
try:
    import sklearn
    import sklearn.ensemble
    import sklearn.linear_model
    import sklearn.neighbors
except ImportError:
    sklearn = None

needs_sklearn = unittest.skipIf(sklearn is None, "needs scikit-learn")
DATA = pathlib.Path(__file__).resolve().parents[2] / "data"
CANCER, DIABETES = DATA / "breast_cancer.csv", DATA / "diabetes.csv"
POOL = ("-s", "3", "-p", "0")


def table(path):
    """(features, target), as a program in Python has them"""
    rows = numpy.loadtxt(path, delimiter=",", skiprows=1)
    return numpy.asfortranarray(rows[:, :-1]), rows[:, -1]


class Models(support.InFolder):
    def run_mltool(self, *args, env=None, timeout=120):
        return subprocess.run(
            [os.environ["MLTOOL"], *map(str, args)],
            cwd=support.MODULES,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def good(self, *args, **more):
        done = self.run_mltool(*args, **more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def bad(self, code, words, *args, **more):
        done = self.run_mltool(*args, "-q", **more)
        self.assertIn(words, done.stderr)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stdout, "")
        return done

    def xval(self, data, model, *args):
        return ("xval", data, "--target", "y", "--model", f"py:{model}", *args)

    def train(self, model, *args, data=DIABETES, output="m.json", **more):
        path = self.folder / output
        self.good("train", data, "--target", "y", "--model", f"py:{model}", "--cv", "none", *args,
                  "-o", path, **more)
        return path

    def predict(self, path, data, *args):
        out = self.good("predict", path, data, "--trust", "-q", *args).stdout
        return list(csv.DictReader(io.StringIO(out)))

    def pickles(self):
        return sorted(p.name for p in self.folder.glob("*.pickle"))


@support.needs_numpy
class SameAnswers(Models):
    def test_pool_or_not(self):
        ask = self.xval(CANCER, "estimators.Centroids", "--prep", "standard", "--grid",
                        "shrink=lin:0:1:3", "--grid", "metric=l1,l2", "--metric", "log_loss",
                        "--seed", "3")
        alone = self.good(*ask, "--oof", self.folder / "a.csv")
        pool = self.good(*ask, "--oof", self.folder / "b.csv", *POOL)
        self.assertEqual(alone.stdout, pool.stdout)
        self.assertIn("6 candidates", alone.stdout)
        self.assertEqual((self.folder / "a.csv").read_bytes(), (self.folder / "b.csv").read_bytes())

    def test_weights(self):
        rows = [["x", "w", "y"]] + [[i * i % 7, i % 3, i % 2] for i in range(60)]
        path = self.write("w.csv", "\n".join(",".join(map(str, r)) for r in rows))
        ask = self.xval(path, "estimators.Centroids", "--weights", "w", "--metric", "log_loss")
        self.assertEqual(self.good(*ask).stdout, self.good(*ask, *POOL).stdout)
        self.bad(2, "does not know weights", *self.xval(path, "estimators.Votes", "--weights", "w"))
        # A row of weight 0 is not there.
        self.bad(1, "8 [1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0]", "train", self.write(
            "v.csv", "\n".join(",".join(map(str, r)) for r in rows[:13])), "--target", "y",
            "--weights", "w", "--cv", "none", "--model", "py:estimators.Tells", "--set",
            "value=rows", "-o", self.folder / "m.json")

    def test_features_stay_where_they_are(self):
        """The first fold trains on rows that follow one another; the last row is that of the file."""
        x, _ = table(DIABETES)
        expected = {"shared": (0, 1), "writeable": (0, 0), "stride": (8 * len(x),) * 2,
                    "last": (x[-1, -1],) * 2}
        for what, values in expected.items():
            for value, pool in zip(values, ((), POOL)):
                oof = self.folder / "oof.csv"
                self.good(*self.xval(DIABETES, "estimators.Looks", "--set", f"what={what}", "--cv",
                                     "kfold:5", "--oof", oof), *pool)
                with open(oof, encoding="ascii") as file:
                    first = next(csv.DictReader(file))
                self.assertEqual(float(first["y_pred"]), value, (what, pool))

    def compare(self, data, name, make, *args, proba):
        oof = self.folder / "oof.csv"
        self.good(*self.xval(data, name, "--cv", "kfold:4", "--oof", oof,
                             *args), *POOL)
        x, y = table(data)
        x_of = lambda rows: numpy.asfortranarray(x[rows])  # sums depend on the order in memory
        with open(oof, encoding="ascii") as file:
            rows = list(csv.DictReader(file))
        for fold in range(4):
            test = [int(r["row"]) for r in rows if int(r["fold"]) == fold]
            train = sorted(set(range(len(y))) - set(test))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it does not converge, as theirs does not
                fitted = make().fit(x_of(train), y[train])
            made = fitted.predict_proba(x_of(test)) if proba else fitted.predict(x_of(test))
            columns = ["p_0", "p_1"] if proba else ["y_pred"]
            got = [[float(r[c]) for c in columns] for r in rows if int(r["fold"]) == fold]
            numpy.testing.assert_array_equal(made.reshape(len(test), -1), numpy.array(got))

    def test_class_that_is_absent(self):
        """Each fold tests the class that it did not train on."""
        path = self.write("y.csv", "x,y\n" + "".join(f"{i},{i // 20}\n" for i in range(60)))
        for name in ("Centroids", "Votes"):
            oof = self.folder / "oof.csv"
            self.good(*self.xval(path, f"estimators.{name}", "--cv", "kfold:3", "--metric",
                                 "accuracy", "--task", "classification", "--oof", oof))
            with open(oof, encoding="ascii") as file:
                for r in csv.DictReader(file):
                    self.assertNotEqual(r["y_pred"], r["y_true"])
                    if name == "Centroids":
                        self.assertEqual(float(r[f"p_{r['y_true']}"]), 0)

    @needs_sklearn
    def test_as_scikit_learn(self):
        self.compare(CANCER, "sklearn.linear_model.LogisticRegression",
                     lambda: sklearn.linear_model.LogisticRegression(C=0.5, max_iter=50), "--set",
                     "C=0.5", "--set", "max_iter=50", proba=True)
        self.compare(CANCER, "sklearn.ensemble.RandomForestClassifier",
                     lambda: sklearn.ensemble.RandomForestClassifier(
                         n_estimators=9, random_state=7, max_features=None), "--set",
                     "n_estimators=9", "--set", "random_state=7", "--set", "max_features=None",
                     proba=True)
        self.compare(DIABETES, "sklearn.linear_model.Ridge",
                     lambda: sklearn.linear_model.Ridge(alpha=2), "--set", "alpha=2", proba=False)

    @needs_sklearn
    def test_other_libraries_classes(self):
        """Scores of two classes and more, rows that are kept, missing values."""
        ask = self.xval(CANCER, "sklearn.svm.SVC", "--prep", "standard", "--grid", "gamma=scale,0.1")
        self.assertEqual(self.good(*ask).stdout, self.good(*ask, *POOL).stdout)
        self.bad(2, "log_loss", *ask, "--metric", "log_loss")
        rows = ["a,b,y"] + [f"{i % 7},{'' if i % 5 == 0 else i * i % 11},{i % 3}" for i in range(90)]
        path = self.write("gaps.csv", "\n".join(rows))
        self.good(*self.xval(path, "sklearn.ensemble.HistGradientBoostingClassifier", "--set",
                             "max_iter=5"))
        self.bad(3, "missing", *self.xval(path, "sklearn.svm.SVC"))
        self.good(*self.xval(path, "sklearn.svm.SVC", "--prep", "impute=median"), *POOL)

    def test_class_that_only_predicts(self):
        """It keeps its training rows, whose memory others use when it predicts; it prints."""
        path = self.train("estimators.Votes", "--prep", "standard", data=CANCER)
        rows = self.predict(path, CANCER)
        _, y = table(CANCER)
        self.assertEqual([float(r["prediction"]) for r in rows], y.tolist())
        ask = self.xval(CANCER, "estimators.Votes", "--oof", "-", "-o", self.folder / "out", "-q")
        alone, pool = self.good(*ask), self.good(*ask, *POOL)
        self.assertEqual(alone.stdout, pool.stdout)
        self.assertTrue(alone.stdout.startswith("row,fold,"), alone.stdout[:100])


@support.needs_numpy
class Parameters(Models):
    def told(self, *sets):
        args = [a for s in sets for a in ("--set", s)]
        done = self.bad(1, "ValueError: (", *self.xval(DIABETES, "estimators.Tells", *args))
        return re.search(r"ValueError: (.*)$", done.stderr, re.MULTILINE).group(1)

    def test_literals(self):
        default = "(None, 0.5, <built-in function len>, 3)"
        self.assertEqual(self.told(), default)
        for text, value in (("1", "1"), ("1.0", "1.0"), ("1e3", "1000.0"), ("true", "True"),
                            ("False", "False"), ("-1", "-1"), ("sqrt", "'sqrt'"), ("'1'", "'1'"),
                            ("(50,)", "(50,)"), ("[1, 'a,b']", "[1, 'a,b']"), ("None", "None"),
                            ("none", "'none'"), ("nan", "nan"), ("0.1", "0.1"),
                            ("12345678901234567890", "12345678901234567890"),
                            ("{'a': 1}", "{'a': 1}"), ("__import__('os')", '"__import__(\'os\')"'),
                            ("1e400", "inf"), ("größe", "'größe'"), ("default", "'default'")):
            self.assertEqual(self.told(f"value={text}"), default.replace("None", value), text)
        self.assertEqual(self.told("count=5", "number=2"), "(None, 2, <built-in function len>, 5)")

    def test_lists_in_a_grid(self):
        done = self.good(*self.xval(CANCER, "estimators.Centroids", "--grid",
                                    "weights=(1,2),[3,(4,5)],'a,b',None", "--json"))
        result = json.loads(done.stdout)
        self.assertEqual([c["params"]["weights"] for c in result["candidates"]],
                         ["(1,2)", "[3,(4,5)]", "'a,b'", "None"])

    def test_ranges(self):
        ask = self.xval(CANCER, "estimators.Centroids", "--json", "--random", "8", "--space",
                        "shrink=0:1", "--space", "metric=choice:l1,l2")
        found = [c["params"] for c in json.loads(self.good(*ask, *POOL).stdout)["candidates"]]
        self.assertEqual(found, [c["params"] for c in json.loads(self.good(*ask).stdout)["candidates"]])
        self.assertEqual({p["metric"] for p in found}, {"l1", "l2"})

    def test_unknown(self):
        self.bad(2, "has no parameter 'shrnk' (did you mean 'shrink'?)",
                 *self.xval(CANCER, "estimators.Centroids", "--set", "shrnk=1"))
        self.bad(2, "'' is no value of 'shrink'",
                 *self.xval(CANCER, "estimators.Centroids", "--set", "shrink="))

    def test_parameter_without_a_default(self):
        self.bad(1, "TypeError: ", *self.xval(DIABETES, "estimators.Needs"))
        self.bad(1, "inner is 7", *self.xval(DIABETES, "estimators.Needs", "--set", "inner=7"))

    def test_seed_and_jobs(self):
        for args, value in ((("--seed", "5"), 5), (("--set", "random_state=3"), 3),
                            (("--seed", str(2**32 + 9)), 9), (("--set", "what=n_jobs"), 1),
                            (("--set", "what=n_jobs", "--set", "n_jobs=-1"), -1)):
            path = self.train("estimators.Echo", *args)
            self.assertEqual(float(self.predict(path, DIABETES)[0]["prediction"]), value, args)

    def test_checkpoint_knows_words(self):
        ask = self.xval(CANCER, "estimators.Centroids", "--checkpoint", self.folder / "c")
        self.good(*ask, "--set", "metric=l1")
        self.bad(2, "another run", *ask, "--set", "metric=l2")
        self.assertIn("5 of the checkpoint", self.good(*ask, "--set", "metric=l1").stderr)

    def test_page_of_a_model(self):
        done = self.good("models", "py:estimators.Centroids")
        for words in ("py:estimators.Centroids", "The nearest centroid of the classes",
                      "float, default=0.5", "default: l2", "knows weights of rows"):
            self.assertIn(words, " ".join(done.stdout.split()))
        known = json.loads(self.good("models", "py:estimators.Centroids", "--json").stdout)
        self.assertEqual([(p["name"], p["default"]) for p in known["params"]],
                         [("shrink", 0.5), ("metric", "l2"), ("weights", "None")])


@support.needs_numpy
class Failures(Models):
    def test_names(self):
        for name, words in (
            ("estimators.Centroid", "module 'estimators' of Python has no 'Centroid' (did you mean "
                                    "'Centroids'?)"),
            ("nosuchmodule.Model", "there is no Python module 'nosuchmodule'"),
            ("Ridge", "a class of Python is named with its module"),
            ("estimators.function", "'estimators.function' of Python is no class"),
            ("estimators.NoPredict", "class 'estimators.NoPredict' of Python has no predict()"),
            ("..", "a class of Python is named with its module"),
        ):
            self.bad(2, words, *self.xval(CANCER, name))
        self.bad(1, "ZeroDivisionError: division by zero", *self.xval(CANCER, "broken_model.Model"))
        self.bad(1, "SyntaxError", *self.xval(CANCER, "wrong.Model"))

    def test_no_plugin(self):
        self.bad(2, "models of Python need the plugin libml-py.so, which is not installed",
                 *self.xval(CANCER, "estimators.Centroids"), env={"MLTOOL_PLUGINS": str(self.folder)})

    def test_fit_raises(self):
        for pool in ((), POOL):
            done = self.bad(1, "ValueError: one two", *self.xval(DIABETES, "estimators.Tells", "--set",
                                                                "value=lines"), *pool)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        for ask, place in ((self.xval(DIABETES, "estimators.Tells"), "in fit\n"),
                           (self.xval(DIABETES, "broken_model.X"), "in <module>\n")):
            done = self.run_mltool(*ask, "-v")
            self.assertIn("Traceback (most recent call last):\n", done.stderr)
            self.assertIn(place, done.stderr)
            self.assertNotIn("<mltool>", done.stderr)

    def test_predict_is_odd(self):
        for what, words in (
            ("short", "predict() gave an array of shape (88,) for 89 rows"),
            ("wide", "predict() gave an array of shape (89, 2) for 89 rows"),
            ("gap", "predict() gave NaN for row 1"),
            ("text", "predict() gave values of dtype <U1, where numbers belong"),
            ("none", "predict() gave values of dtype object, where numbers belong"),
            ("complex", "predict() gave values of dtype complex128"),
            ("exit", "SystemExit: 3"),
            ("write", "ValueError: assignment destination is read-only"),
        ):
            self.bad(1, words, *self.xval(DIABETES, "estimators.Odd", "--set", f"what={what}"))
        self.good(*self.xval(DIABETES, "estimators.Odd", "--set", "what=column"))
        for what, words in (
            ("columns", "predict_proba() gave an array of shape (30, 2), where (30, 3) belongs"),
            ("classes", "classes_ has other classes than those it was fitted on"),
        ):
            path = self.write("three.csv",
                              "x,y\n" + "".join(f"{i},{i % 3}\n" for i in range(150)))
            self.bad(1, words, *self.xval(path, "estimators.OddClasses", "--set", f"what={what}"))

    def test_hang_and_death(self):
        """A worker that hangs or dies costs the fit that it was busy with, and the pool lives on."""
        self.bad(1, "took longer than 2 s", *self.xval(DIABETES, "estimators.Odd", "--set", "what=hang"),
                 "--cv", "kfold:2", "-s", "2", "-p", "0", "--task-timeout", "2", "--retries", "0")
        self.bad(1, "was killed by signal 9", *self.xval(DIABETES, "estimators.Odd", "--set", "what=die"), "-s", "2",
                 "-p", "0", "--retries", "0")


@support.needs_numpy
class Files(Models):
    def test_round(self):
        path = self.train("estimators.Centroids", "--set", "metric=l1", data=CANCER)
        x, y = table(CANCER)
        import estimators

        made = estimators.Centroids(metric="l1").fit(x, y).predict_proba(x)
        rows = self.predict(path, CANCER, "--proba")
        got = numpy.array([[float(r["proba_0"]), float(r["proba_1"])] for r in rows])
        numpy.testing.assert_array_equal(got, made)
        model = json.loads(path.read_text())["model"]
        self.assertEqual(model["params"], {"shrink": 0.5, "metric": "l1", "weights": "None"})
        said = model["learnt"]["pickle"]
        bytes_ = (self.folder / said["file"]).read_bytes()
        self.assertEqual(said["size"], len(bytes_))
        self.assertEqual(said["sha256"], hashlib.sha256(bytes_).hexdigest())
        self.assertEqual(model["learnt"]["python"], ".".join(map(str, sys.version_info[:3])))
        self.assertEqual(model["learnt"]["package"], "estimators")

    def test_the_same_bytes(self):
        first = self.train("estimators.Centroids", data=CANCER).read_bytes()
        names = self.pickles()
        second = self.train("estimators.Centroids", *POOL, data=CANCER).read_bytes()
        self.assertEqual((first, names), (second, self.pickles()))

    def test_trust(self):
        """Nothing runs without --trust: neither the pickle nor the module."""
        path = self.train("leaves_mark.Model")
        mark = self.folder / "mark"
        self.bad(2, "in a pickle beside it, and a pickle runs any code", "predict", path, DIABETES,
                 env={"MARK": str(mark)})
        self.assertFalse(mark.exists())
        self.bad(2, "runs any code", "inspect", path, env={"MARK": str(mark)})
        self.assertFalse(mark.exists())
        self.good("inspect", path, "--trust")
        self.good("predict", path, DIABETES, "--trust", env={"MARK": str(mark)})
        self.assertTrue(mark.exists())

    def test_old_pickles_go(self):
        other = self.write("m.json.x.pickle", "mine")
        self.train("estimators.Centroids", data=CANCER)
        (before,) = set(self.pickles()) - {other.name}
        self.train("estimators.Centroids", "--set", "shrink=0.1", data=CANCER)
        (after,) = set(self.pickles()) - {other.name}
        self.assertNotEqual(before, after)
        self.train("estimators.Centroids", data=CANCER, output="other.json")
        self.assertIn(after, self.pickles())

    def test_pickle_is_odd(self):
        path = self.train("estimators.Centroids", data=CANCER)
        (name,) = self.pickles()
        file = self.folder / name
        whole = file.read_bytes()

        def refused(words, code=3):
            done = self.bad(code, words, "predict", path, CANCER, "--trust")
            self.assertIn(name, done.stderr)

        for n in (0, 1, len(whole) - 1):
            file.write_bytes(whole[:n])
            refused("it has another size")
        file.write_bytes(whole[:-1] + b"\0")
        refused("it has another SHA-256")
        file.unlink()
        refused("cannot open the pickle of", 1)
        file.mkdir()
        refused("it is no file", 1)
        file.rmdir()
        os.mkfifo(file)
        refused("it is no file", 1)
        file.unlink()
        file.write_bytes(whole)
        self.predict(path, CANCER)

    def put_pickle(self, path, bytes_):
        """A hostile pair: the digest is right."""
        text = json.loads(path.read_text())
        said = text["model"]["learnt"]["pickle"]
        said["size"], said["sha256"] = len(bytes_), hashlib.sha256(bytes_).hexdigest()
        (self.folder / said["file"]).write_bytes(bytes_)
        path.write_text(json.dumps(text))

    def test_pickle_of_something_else(self):
        import estimators

        path = self.train("estimators.Centroids", data=CANCER)
        for thing, words in (
            (b"no pickle", "the pickle cannot be read: "),
            (pickle.dumps(7), "the pickle holds a int, where a Centroids belongs"),
            (pickle.dumps(estimators.Votes()), "holds a Votes"),
        ):
            self.put_pickle(path, thing)
            self.bad(3, words, "predict", path, CANCER, "--trust")
        unfitted = estimators.Centroids()
        self.put_pickle(path, pickle.dumps(unfitted))
        self.bad(1, "AttributeError", "predict", path, CANCER, "--trust")
        unfitted.n_features_in_ = 7
        self.put_pickle(path, pickle.dumps(unfitted))
        self.bad(3, "has learnt from 7 columns, and here are 30", "predict", path, CANCER, "--trust")

    def test_file_is_odd(self):
        path = self.train("estimators.Centroids", data=CANCER)
        whole = path.read_text()
        (name,) = self.pickles()
        for old, new, words in (
            (f'"{name}"', f'"../{name}"', "is no name of a pickle beside it"),
            (f'"{name}"', '"/etc/passwd"', "is no name of a pickle beside it"),
            (f'"{name}"', "7", "model.learnt.pickle.file: expected a string"),
            ('"size":', '"sise":', "model.learnt.pickle"),
            ('"classes":[0,1]', '"classes":[0,2]', "'classes'"),
            ('"classes":[0,1]', '"classes":[0]', "predict_proba() gave"),
            ('"classes":[0,1]', '"classes":[1,1]', "it has a class twice"),
            ('"classes":[0,1]', '"classes":[]', "'classes'"),
            ('"python":"', '"pythom":"', "'python'"),
            ('"shrink":0.5', '"shrink":true', "shrink"),
            ('"shrink":0.5', '"shrimp":0.5', "model.params.shrink: it is missing"),
        ):
            self.assertIn(old, whole)
            path.write_text(whole.replace(old, new))
            done = self.run_mltool("predict", path, CANCER, "--trust")
            self.assertIn(words, done.stderr)
            self.assertIn(done.returncode, (1, 3), done.stderr)
        path.write_text(whole.replace("estimators.Centroids", "estimators.Nothing"))
        self.bad(2, "has no 'Nothing'", "predict", path, CANCER, "--trust")

    def test_move(self):
        path = self.train("estimators.Centroids", data=CANCER)
        rows = self.predict(path, CANCER)
        other = self.folder / "elsewhere"
        other.mkdir()
        for file in self.folder.glob("m.json*"):
            shutil.move(file, other)
        os.rename(other / "m.json", other / "renamed.json")
        self.assertEqual(self.predict(other / "renamed.json", CANCER), rows)

    def test_run_folder(self):
        folder = self.folder / "run"
        self.good("train", CANCER, "--target", "y", "--model", "py:estimators.Centroids",
                  "--run-dir", folder)
        self.assertEqual(len(list(folder.glob("model.json.*.pickle"))), 1)
        self.predict(folder / "model.json", CANCER)

    def test_cannot_be_saved(self):
        self.bad(2, "standard output has nothing beside it", "train", CANCER, "--target", "y",
                 "--model", "py:estimators.Centroids", "-o", "-")
        done = self.run_mltool("train", CANCER, "--target", "y", "--model",
                               "py:estimators.Unpicklable", "-o", self.folder / "m.json", "-q")
        self.assertEqual(done.returncode, 1)
        self.assertIn("pickle", done.stderr)
        self.assertEqual(list(self.folder.iterdir()), [])

    def start_training(self, path, shrink):
        return subprocess.Popen(
            [os.environ["MLTOOL"], "train", CANCER, "--target", "y", "--model",
             "py:estimators.Centroids", "--cv", "none", "--set", f"shrink={shrink}", "-q", "-o",
             path], cwd=support.MODULES, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def test_pickle_is_always_there(self):
        """At no moment a file names a pickle that is not there."""
        path = self.train("estimators.Centroids", data=CANCER)
        seen = set()
        for i in range(4):
            process = self.start_training(path, (i + 1) / 10)
            while process.poll() is None:
                text = path.read_text()
                name = json.loads(text)["model"]["learnt"]["pickle"]["file"]
                seen.add(name)
                if not (self.folder / name).exists():
                    self.assertNotEqual(path.read_text(), text, "its pickle is gone")
            self.assertEqual(process.returncode, 0)
            self.assertEqual(len(self.pickles()), 1)
        self.assertGreaterEqual(len(seen), 4)

    def test_kill(self):
        """Whenever training is killed, the file that is there has its own pickle."""
        path = self.train("estimators.Centroids", data=CANCER)
        begin = time.monotonic()
        self.train("estimators.Centroids", "--set", "shrink=0.25", data=CANCER)
        took = time.monotonic() - begin
        dice = random.Random(7)
        for i in range(8):
            process = self.start_training(path, (i + 1) / 100)
            time.sleep(took * dice.uniform(0.6, 1.1))
            process.send_signal(signal.SIGKILL)
            process.wait()
            self.predict(path, CANCER)


if __name__ == "__main__":
    unittest.main()
