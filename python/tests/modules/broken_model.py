# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that fails when it is imported."""

1 / 0
