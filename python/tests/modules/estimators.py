# SPDX-License-Identifier: GPL-3.0-or-later
"""Estimators of a user: two that learn something, and some that do one odd thing each."""

import os
import time

import numpy


class Centroids:
    """The nearest centroid of the classes.

    shrink : float, default=0.5
        How far centroids are moved to the mean of all rows.
    """

    def __init__(self, shrink=0.5, metric="l2", weights=None):
        self.shrink = shrink
        self.metric = metric
        self.weights = weights

    def fit(self, X, y, sample_weight=None):
        w = numpy.ones(len(y)) if sample_weight is None else sample_weight
        self.classes_ = numpy.unique(y)
        mean = numpy.average(X, axis=0, weights=w)
        of = [numpy.average(X[y == c], axis=0, weights=w[y == c]) for c in self.classes_]
        self.centroids = mean + (1 - self.shrink) * (numpy.array(of) - mean)
        return self

    def predict_proba(self, X):
        far = abs(X[:, None, :] - self.centroids)
        far = far.sum(axis=2) if self.metric == "l1" else (far**2).sum(axis=2)
        near = numpy.exp(-(far - far.min(axis=1, keepdims=True)) / far.shape[1])
        return near / near.sum(axis=1, keepdims=True)

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class Votes:
    """A class that only predicts: the class of the nearest row, which it keeps."""

    def fit(self, X, y):
        print("printed by fit")
        self.X, self.y = X, y

    def predict(self, X):
        return self.y[((X[:, None, :] - self.X) ** 2).sum(axis=2).argmin(axis=1)]


class Echo:
    """Predicts what it was told: a random_state, or the number of its jobs."""

    _estimator_type = "regressor"

    def __init__(self, random_state=None, n_jobs=None, what="random_state"):
        self.random_state, self.n_jobs, self.what = random_state, n_jobs, what

    def fit(self, X, y):
        pass

    def predict(self, X):
        return numpy.full(len(X), float(getattr(self, self.what)))


class Tells:
    """Fails with what it was given."""

    def __init__(self, value=None, number=0.5, function=len, count=3):
        self.given = (value, number, function, count)

    def fit(self, X, y, sample_weight=None):
        weights = None if sample_weight is None else sample_weight.tolist()
        words = {"given": repr(self.given), "rows": f"{len(X)} {weights}", "lines": "one\ntwo"}
        raise ValueError(words.get(str(self.given[0]), words["given"]))

    def predict(self, X):
        return X[:, 0]


def is_shared(array):
    """Is its memory that of a block which processes share?"""
    at = array.__array_interface__["data"][0]
    for line in open("/proc/self/maps", encoding="ascii", errors="replace"):
        lo, hi = (int(x, 16) for x in line.split()[0].split("-"))
        if lo <= at < hi:
            return "memfd" in line or "/dev/shm" in line
    return False


class Looks:
    """Predicts one thing about the features of training: shared, writeable, stride or last."""

    _estimator_type = "regressor"

    def __init__(self, what="stride"):
        self.what = what

    def fit(self, X, y):
        self.seen = {
            "shared": is_shared(X),
            "writeable": X.flags.writeable,
            "stride": X.strides[1],
            "last": X[-1, -1],
        }[self.what]

    def predict(self, X):
        return numpy.full(len(X), float(self.seen))


class Odd:
    """Predicts something that is no prediction."""

    _estimator_type = "regressor"
    made = {
        "short": lambda n: numpy.zeros(n - 1),
        "wide": lambda n: numpy.zeros((n, 2)),
        "gap": lambda n: numpy.where(numpy.arange(n) == 1, numpy.nan, 0.0),
        "text": lambda n: ["a"] * n,
        "none": lambda n: None,
        "complex": lambda n: numpy.zeros(n, complex),
        "column": lambda n: numpy.ones((n, 1)),
        "exit": lambda n: exit(3),
    }

    def __init__(self, what="short"):
        self.what = what

    def fit(self, X, y):
        if self.what == "hang":
            time.sleep(600)
        if self.what == "die":
            os.kill(os.getpid(), 9)
        if self.what == "write":
            X[0, 0] = 1

    def predict(self, X):
        return self.made[self.what](len(X))


class OddClasses(Centroids):
    """Gives other probabilities, or knows other classes, than there are."""

    def __init__(self, what="columns"):
        super().__init__()
        self.what = what

    def fit(self, X, y):
        super().fit(X, y)
        if self.what == "classes":
            self.classes_ = numpy.array(["a", "b", "c"])
        return self

    def predict_proba(self, X):
        return super().predict_proba(X)[:, :2]


class Unpicklable(Centroids):
    """Learns something that has no pickle."""

    def fit(self, X, y, sample_weight=None):
        self.function = lambda x: x
        return super().fit(X, y, sample_weight)


class Needs:
    """Has a parameter without a default."""

    def __init__(self, inner):
        self.inner = inner

    def fit(self, X, y):
        raise ValueError(f"inner is {self.inner!r}")

    def predict(self, X):
        return X[:, 0]


class NoPredict:
    def fit(self, X, y):
        pass


def function(x):
    return x
