#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Convert two data sets of Debian's python3-sklearn to data/: a plain header, the target last.

    scripts/make_sklearn_data.py

Numbers are the shortest decimals that read back to the same double.
"""
import pathlib

from sklearn.datasets import load_breast_cancer, load_diabetes


def write(path, data):
    names = [name.replace(" ", "_") for name in data.feature_names]
    lines = [",".join([*names, "y"])]
    for values, y in zip(data.data, data.target):
        target = str(y) if data.target.dtype.kind == "i" else repr(float(y))
        lines.append(",".join([*(repr(float(v)) for v in values), target]))
    path.write_text("\n".join(lines) + "\n")


folder = pathlib.Path(__file__).parent.parent / "data"
write(folder / "breast_cancer.csv", load_breast_cancer())
write(folder / "diabetes.csv", load_diabetes())
