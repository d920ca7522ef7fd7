# SPDX-License-Identifier: GPL-3.0-or-later
"""What the reference computed, as frames, and its strict rule of comparing."""

import gzip
import json
import os
import unittest

import support

try:
    import numpy
    import pandas
except ImportError:
    numpy = pandas = None

RTOL, FLOOR = 1e-9, 1e-6
COPIES = support.HERE.parent.parent / "tests" / "golden"
REFERENCE = support.pathlib.Path(
    os.environ.get("ML_REFERENCE") or COPIES.parent.parent.parent / "shared" / "reference"
)

needs_pandas = unittest.skipIf(pandas is None, "needs numpy and pandas")


def path(name):
    """Of a file of the reference, from its own folder or from the copies; skips without it."""
    for folder in (REFERENCE / "extract", REFERENCE):
        if (folder / name).exists():
            return folder / name
    for copy in (COPIES / name, COPIES / f"{name}.gz"):
        if copy.exists():
            return copy
    raise unittest.SkipTest(f"needs the reference: {name} is not copied")


def text(name):
    found = path(name)
    opener = gzip.open if found.suffix == ".gz" else open
    with opener(found, "rt", encoding="utf-8") as file:
        return json.load(file)


def table(name, **options):
    return pandas.read_csv(path(name), float_precision="round_trip", **options)


def features(name):
    return table(name).set_index("id")


def allowed(expected, tolerance):
    """The absolute tolerance of each cell."""
    cells = pandas.DataFrame(0.0, index=expected.index.astype(str), columns=expected.columns)
    if tolerance is not None:
        for i, name, atol in table(tolerance).itertuples(index=False):
            if name in cells.columns and str(i) in cells.index:
                cells.at[str(i), name] = atol
    return cells.to_numpy()


def check_names(test, got, expected):
    """Columns and ids; assertEqual would take minutes to say how thousands of them differ."""
    for ours, theirs in ((got.columns, expected.columns), (got.index, expected.index)):
        ours, theirs = list(ours), list(theirs)
        odd = [pair for pair in zip(ours, theirs) if pair[0] != pair[1]]
        test.assertEqual((len(ours), odd[:3]), (len(theirs), []))


def compare(test, got, expected, tolerance=None):
    """got has the ids and columns of expected, in its order, and its numbers."""
    check_names(test, got, expected)
    a, b = got.to_numpy(float), expected.to_numpy(float)
    cells = allowed(expected, tolerance)
    with numpy.errstate(all="ignore"):
        off = numpy.abs(a - b)
        fine = (numpy.isnan(a) & numpy.isnan(b)) | (a == b) | numpy.isinf(cells)
        fine |= off <= numpy.maximum(RTOL * numpy.maximum(FLOOR, numpy.abs(b)), cells)
    wrong = [
        f"{expected.index[i]} {expected.columns[j]}: expected {b[i, j]!r}, got {a[i, j]!r}"
        for i, j in numpy.argwhere(~fine)
    ]
    test.assertEqual(wrong[:10], [], f"{len(wrong)} of {a.size} cells are wrong")


def same(test, got, expected):
    """To the bit, with names and types."""
    check_names(test, got, expected)
    test.assertEqual(got.index.dtype, expected.index.dtype)
    test.assertTrue(got.to_numpy().tobytes() == expected.to_numpy().tobytes(), "other bits")
