# SPDX-License-Identifier: GPL-3.0-or-later
"""What peers.py has workers do."""

import time


def same(x):
    return x


def total(array):
    return float(array.sum())


def wait_for_numpy(seconds):
    """Long enough that no worker takes two."""
    import numpy  # noqa: F401

    time.sleep(seconds)


def work(n):
    """Pure Python."""
    x = 1
    for i in range(n):
        x = (x * 1103515245 + i) % 2147483648
    return x
