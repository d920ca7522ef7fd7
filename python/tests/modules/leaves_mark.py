# SPDX-License-Identifier: GPL-3.0-or-later
"""Leaves a file when it is imported."""

import os

open(os.environ.get("MARK", os.devnull), "w", encoding="ascii").close()


class Model:
    def fit(self, X, y):
        self.y = float(y[0])

    def predict(self, X):
        return X[:, 0] * 0 + self.y
