#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy the compact sets of the reference data to tests/golden, each file whole and gzipped.

    scripts/golden_subset.py REFERENCE_FOLDER

The expected values come from the reference alone: nothing of ours is ever written there.
"""
import gzip
import pathlib
import sys

FILES = """
edge.comprehensive.csv edge.tolerance.csv edge.raising.csv edge.custom.csv
edge.custom.tolerance.csv inputs/edge.csv
multikind.comprehensive.csv multikind.tolerance.csv multikind.custom_kind_only.csv
multikind.custom_kind_with_default.csv inputs/multikind.csv
irregular.comprehensive.csv irregular.tolerance.csv inputs/irregular.csv
nonfinite.outcomes.csv inputs/nonfinite.csv
robot_lp1.minimal.csv inputs/robot_lp1.csv
settings_custom.json
""".split()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    source = pathlib.Path(sys.argv[1]) / "extract"
    target = pathlib.Path(__file__).parent.parent / "tests" / "golden"
    for name in FILES:
        path = target / (name + ".gz")
        path.parent.mkdir(parents=True, exist_ok=True)
        # No time stamp and no name inside: the same input gives the same bytes.
        path.write_bytes(gzip.compress((source / name).read_bytes(), 9, mtime=0))


if __name__ == "__main__":
    main()
