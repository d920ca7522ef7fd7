# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that cannot be read."""


def func(x)
    return x
