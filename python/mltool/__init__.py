# SPDX-License-Identifier: GPL-3.0-or-later
"""Any function, in Python or C, over a pool of worker processes that nothing breaks."""

import importlib

from ._abi import VERSION as __version__
from ._errors import Cancelled, Error, RemoteError, TaskTimeout, WorkerLost
from ._future import Future
from ._pool import Pool

# What needs numpy and pandas: these are imported when it is asked for.
_LATER = {
    "ClusterDaskDistributor": "_distributors",
    "ComprehensiveFCParameters": "_settings",
    "DistributorBaseClass": "_distributors",
    "EfficientFCParameters": "_settings",
    "IndexBasedFCParameters": "_settings",
    "LocalDaskDistributor": "_distributors",
    "MapDistributor": "_distributors",
    "MinimalFCParameters": "_settings",
    "TimeBasedFCParameters": "_settings",
    "add_sub_time_series_index": "_roll",
    "calculate_relevance_table": "_selection",
    "extract_features": "_extract",
    "extract_relevant_features": "_relevant",
    "from_columns": "_settings",
    "get_range_values_per_column": "_impute",
    "impute": "_impute",
    "impute_dataframe_range": "_impute",
    "impute_dataframe_zero": "_impute",
    "make_forecasting_frame": "_roll",
    "roll_time_series": "_roll",
    "select_features": "_selection",
}

__all__ = ["Cancelled", "Error", "Future", "Pool", "RemoteError", "TaskTimeout", "WorkerLost"]


def __getattr__(name):
    if name not in _LATER:
        raise AttributeError(f"module 'mltool' has no attribute '{name}'")
    module = importlib.import_module(f".{_LATER[name]}", __name__)
    globals()[name] = value = getattr(module, name)
    return value


def __dir__():
    return sorted({*globals(), *_LATER})
