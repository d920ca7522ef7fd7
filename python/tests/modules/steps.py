# SPDX-License-Identifier: GPL-3.0-or-later
"""Functions of a user as steps of preprocessing: some that are sound, and one that is not."""

import os

import numpy

# Left when the module is imported, and told when a function is called.
open(os.environ.get("MARK", os.devnull), "w", encoding="ascii").close()


def squares(x):
    return numpy.column_stack([x, x[:, :2] ** 2])


def ratios(x, names):
    made = x[:, 1:] / (1 + numpy.abs(x[:, :1]))
    return made, [f"{name}/{names[0]}" for name in names[1:]]


def first(x):
    return x[:, 0]


def with_default(x, power=2):
    return x**power


def gaps(x):
    return numpy.where(x > numpy.median(x, axis=0), x, numpy.nan)


def filled(x):
    return numpy.nan_to_num(x, nan=-1)


def noted(x):
    with open(os.environ["NOTES"], "a", encoding="ascii") as file:
        print(len(x), file=file)
    return x


class Thing:
    pass


not_callable = 3


def set_way(what):
    os.environ["WHAT"] = what


def odd(x, names):
    what = os.environ["WHAT"]
    n, m = x.shape
    if what == "later":
        return x[:, : 1 + n % 2]
    if what == "later names":
        return x, [f"{j}.{n % 2}" for j in range(m)]
    if what == "writes":
        x[0, 0] = 1
    if what == "raises":
        raise RuntimeError("one\ntwo")
    if what == "exits":
        raise SystemExit(3)
    infinite = x.copy()
    infinite[1, 0] = numpy.inf
    return {
        "none": None,
        "text": "abc",
        "texts": numpy.full((n, m), "a"),
        "complex": x * 1j,
        "objects": x.astype(object),
        "rows": x[1:],
        "cube": x[:, :, None],
        "columns": x[:, :0],
        "three": (x, names, 1),
        "names": (x, names[1:]),
        "no names": (x, "abcdefghij"),
        "numbers": (x, list(range(m))),
        "twice": (x, ["a"] * m),
        "empty": (x, [""] * m),
        "lines": (x, [f"{j}\n" for j in range(m)]),
        "infinite": infinite,
        "tuple": (x[:, 0], x[:, 1]),
    }[what]
