#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy the generated sets of the reference data to tests/golden, gzipped.

    scripts/golden_subset.py REFERENCE_FOLDER

The expected values come from the reference alone: nothing of ours is ever written there. The public
data sets of the reference are not copied, but for the small ones of cross-validation.
"""
import csv
import gzip
import io
import pathlib
import sys

# Of the random series those that have no more values than this: their ids end in the number.
LONGEST = 257

FILES = """
edge.comprehensive.csv edge.tolerance.csv edge.raising.csv edge.custom.csv
edge.custom.tolerance.csv edge.cwt_precision12.csv edge.cwt_precision12.tolerance.csv
edge.modern_overrides.csv edge.matrix_profile.csv inputs/edge.csv
irregular.comprehensive.csv irregular.tolerance.csv irregular.cwt_precision12.csv
irregular.cwt_precision12.tolerance.csv irregular.modern_overrides.csv inputs/irregular.csv
multikind.comprehensive.csv multikind.tolerance.csv multikind.custom_kind_only.csv
multikind.custom_kind_with_default.csv multikind.cwt_precision12.csv
multikind.cwt_precision12.tolerance.csv multikind.modern_overrides.csv inputs/multikind.csv
nonfinite.outcomes.csv inputs/nonfinite.csv
random.comprehensive.csv random.tolerance.csv random.custom.csv random.custom.tolerance.csv
random.cwt_precision12.csv random.cwt_precision12.tolerance.csv random.modern_overrides.csv
random.matrix_profile.csv inputs/random.csv
settings_custom.json kx/random.kx-strict.csv
""".split()

# Of the folder of selection: what is made up, and the list of all.
SELECT = ["select/cases.json", "select/fdr.csv", "select/pvalues*.csv", "select/synth_*/*.csv"]

# Of the folder of cross-validation all but its README.
XVAL = ["xval/**/*.json", "xval/**/*.csv"]


def is_kept(row_id):
    length = row_id.rpartition("_")[2]
    return not length.isdigit() or int(length) <= LONGEST


def shorten(content):
    """The lines of the ids that are kept; no cell has a line end."""
    lines = content.decode().splitlines(keepends=True)
    kept = [lines[0]] + [line for line in lines[1:] if is_kept(next(csv.reader(io.StringIO(line)))[0])]
    return "".join(kept).encode()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    source = pathlib.Path(sys.argv[1])
    target = pathlib.Path(__file__).parent.parent / "tests" / "golden"
    listed = [str(path.relative_to(source)) for glob in SELECT + XVAL for path in source.glob(glob)]
    for name in FILES + sorted(listed):
        path = target / (name + ".gz")
        path.parent.mkdir(parents=True, exist_ok=True)
        # No time stamp and no name inside: the same input gives the same bytes.
        folder = source if name.startswith(("kx/", "select/", "xval/")) else source / "extract"
        content = (folder / name).read_bytes()
        if path.name.startswith("random."):
            content = shorten(content)
        path.write_bytes(gzip.compress(content, 9, mtime=0))


if __name__ == "__main__":
    main()
