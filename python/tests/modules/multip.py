# SPDX-License-Identifier: GPL-3.0-or-later
"""The walk-through of the README: five numbers between 0 and x."""


def func(x):
    """Give 5 evenly spaced numbers between 0 and x."""
    return [x * i / 4 for i in range(5)]
