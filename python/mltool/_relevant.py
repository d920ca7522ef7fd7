# SPDX-License-Identifier: GPL-3.0-or-later
"""extract_relevant_features(), as tsfresh has it. Needs pandas."""

import pandas

from . import _extract, _impute, _native, _selection


def _restrict(container, column_id, index):
    """The rows whose ids are in an index."""
    if isinstance(container, dict):
        return {kind: _restrict(df, column_id, index) for kind, df in container.items()}
    if column_id not in container.columns:
        raise ValueError(f"Column not found: {column_id}")
    return container[container[column_id].isin(index)]


def _ids(container, column_id):
    if isinstance(container, dict):
        return set().union(*(_ids(df, column_id) for df in container.values()))
    if not isinstance(container, pandas.DataFrame):
        raise TypeError("df_or_dict should be of type dict or pandas.DataFrame")
    if column_id not in container.columns:
        raise ValueError(f"Column not found: {column_id}")
    return set(container[column_id])


def _check_ids(container, column_id, y):
    in_container, in_y = _ids(container, column_id), set(y.index)
    if in_container - in_y:
        raise ValueError(
            "The following ids are in the time series container but are missing in y: "
            f"{in_container - in_y}"
        )
    if in_y - in_container:
        raise ValueError(
            "The following ids are in y but are missing in the time series container: "
            f"{in_y - in_container}"
        )


def extract_relevant_features(
    timeseries_container,
    y,
    X=None,
    default_fc_parameters=None,
    kind_to_fc_parameters=None,
    column_id=None,
    column_sort=None,
    column_kind=None,
    column_value=None,
    show_warnings=False,
    disable_progressbar=False,
    profile=False,
    profiling_filename="profile.txt",
    profiling_sorting="cumulative",
    test_for_binary_target_binary_feature="fisher",
    test_for_binary_target_real_feature="mann",
    test_for_real_target_binary_feature="mann",
    test_for_real_target_real_feature="kendall",
    fdr_level=0.05,
    hypotheses_independent=False,
    n_jobs=1,
    distributor=None,
    chunksize=None,
    ml_task="auto",
    multiclass=False,
    n_significant=1,
):
    """extract_features(), imputed, then select_features(); their arguments. With X its columns
    come first, and only its ids are extracted."""
    if not isinstance(y, pandas.Series):
        raise TypeError(f"y needs to be a pandas.Series, received type: {type(y)}.")
    if y.nunique() < 2:
        raise ValueError(_selection.ONE_CLASS)
    if X is not None:
        timeseries_container = _restrict(timeseries_container, column_id, X.index)
    _check_ids(timeseries_container, column_id, y)
    with _native.workers(n_jobs) as pool:
        found = _extract.extract_features(
            timeseries_container, default_fc_parameters, kind_to_fc_parameters, column_id,
            column_sort, column_kind, column_value, chunksize, pool, show_warnings,
            disable_progressbar, _impute.impute, profile, profiling_filename, profiling_sorting,
            distributor
        )  # fmt: skip
        selected = _selection.select_features(
            found, y, test_for_binary_target_binary_feature, test_for_binary_target_real_feature,
            test_for_real_target_binary_feature, test_for_real_target_real_feature, fdr_level,
            hypotheses_independent, pool, show_warnings, chunksize, ml_task, multiclass,
            n_significant
        )  # fmt: skip
    if X is None:
        return selected
    return pandas.merge(X, selected, left_index=True, right_index=True, how="left")
