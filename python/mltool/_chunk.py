# SPDX-License-Identifier: GPL-3.0-or-later
"""Series as arrays, what a distributor sends elsewhere, and what is done there. Needs numpy."""

import collections

import numpy

# json: as ml_fresh_settings_parse() reads it; compat: whose numbers, an ml_compat
Settings = collections.namedtuple("Settings", "json compat")


class Part:
    """Series of some kinds that have their rows in common: rows of an id lie together, ids ascend.

    codes    uint32, the id of each row, below n_ids
    dates    int64, nanoseconds since 1970 of each row; None: there are none
    kinds    names of the columns
    columns  float64 arrays
    """

    def __init__(self, codes, n_ids, dates, kinds, columns):
        self.codes = codes
        self.n_ids = n_ids
        self.dates = dates
        self.kinds = kinds
        self.columns = columns

    def __getstate__(self):
        """Rows of large arrays go without the rest of them."""
        columns = [numpy.ascontiguousarray(c) for c in self.columns]
        return {**self.__dict__, "columns": columns}

    def of_kinds(self, places):
        kinds, columns = [self.kinds[k] for k in places], [self.columns[k] for k in places]
        return Part(self.codes, self.n_ids, self.dates, kinds, columns)

    def of_ids(self, first, end):
        """The rows of ids first to end - 1; None: there are none. Only the codes are copied."""
        lo, hi = numpy.searchsorted(self.codes, (first, end))
        if lo == hi:
            return None
        dates = None if self.dates is None else self.dates[lo:hi]
        columns = [column[lo:hi] for column in self.columns]
        codes = self.codes[lo:hi] - numpy.uint32(first)
        return Part(codes, int(end - first), dates, self.kinds, columns)

    def present(self):
        """The codes that have rows, ascending."""
        return self.codes[numpy.flatnonzero(numpy.diff(self.codes, prepend=self.n_ids))]


class Chunk:
    """Some whole ids of one part.

    place     of the part among those of the call
    first     place of the first id among all
    settings  of its kinds, a Settings
    part      the rows, a Part
    """

    def __init__(self, place, first, settings, part):
        self.place = place
        self.first = first
        self.settings = settings
        self.part = part


def extract(chunk):
    """[(place, first, codes with rows, columns, values)] of a Chunk"""
    from . import _native  # loads the library: where the chunk is computed, not where it is made

    columns, values = _native.extract(chunk.part, chunk.settings)
    return [(chunk.place, chunk.first, chunk.part.present(), columns, values)]
