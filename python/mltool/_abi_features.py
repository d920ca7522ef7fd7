# SPDX-License-Identifier: GPL-3.0-or-later
"""The structures of libml's headers of features, and their functions: more for _abi.py."""

from ctypes import (
    POINTER,
    Structure,
    c_bool,
    c_char,
    c_char_p,
    c_double,
    c_int,
    c_int64,
    c_size_t,
    c_uint32,
    c_void_p,
)

# ml/series.h
MISSING_ERROR, MISSING_PROPAGATE = 1, 2

# ml/fresh.h
COMPATS = ("reference", "modern")

# ml/problem.h
CLASSIFICATION, REGRESSION = 1, 2

# ml/select.h
TARGET_INTEGER, TARGET_REAL, TARGET_BOOLEAN, TARGET_TEXT = range(4)
SELECT_MANN, SELECT_KS = range(2)
FEATURE_TYPES = ("constant", "binary", "real")
FDR_BY, FDR_BH = range(2)


class SeriesRows(Structure):
    _fields_ = [
        ("n_rows", c_size_t),
        ("id", c_void_p),
        ("ids", POINTER(c_char_p)),
        ("n_ids", c_size_t),
        ("time", c_void_p),
        ("date", c_void_p),
        ("kinds", POINTER(c_char_p)),
        ("values", POINTER(c_void_p)),
        ("n_kinds", c_size_t),
        ("missing", c_int),
        ("infinite", c_int),
        ("window", c_void_p),
    ]


class Matrix(Structure):
    _fields_ = [
        ("n_rows", c_size_t),
        ("n_columns", c_size_t),
        ("values", c_void_p),
        ("by_column", c_bool),
        ("rows", POINTER(c_char_p)),
        ("columns", POINTER(c_char_p)),
        ("row_label", c_char_p),
        ("rows_are_numbers", c_bool),
        ("block", c_void_p),
    ]


class ImputeRange(Structure):
    _fields_ = [("min", c_double), ("max", c_double), ("median", c_double)]


class Target(Structure):
    _fields_ = [
        ("name", c_char_p),
        ("type", c_int),
        ("problem", c_int),
        ("n", c_size_t),
        ("values", c_void_p),
        ("classes", c_void_p),
        ("labels", POINTER(c_char_p)),
        ("n_classes", c_size_t),
    ]


class SelectOpts(Structure):
    _fields_ = [
        ("test", c_int),
        ("method", c_int),
        ("fdr_level", c_double),
        ("k", c_size_t),
        ("percentile", c_double),
        ("n_significant", c_size_t),
        ("redundancy", c_double),
    ]


class ClassRelevance(Structure):
    _fields_ = [("p_value", c_double), ("threshold", c_double), ("is_relevant", c_bool)]


class Relevance(Structure):
    _fields_ = [
        ("column", c_size_t),
        ("type", c_int),
        ("test", c_char_p),
        ("p_value", c_double),
        ("threshold", c_double),
        ("is_relevant", c_bool),
        ("n_significant", c_size_t),
        ("classes", POINTER(ClassRelevance)),
        ("redundant_with", c_size_t),
    ]


class Selection(Structure):
    _fields_ = [
        ("features", POINTER(Relevance)),
        ("n", c_size_t),
        ("n_constant", c_size_t),
        ("selected", POINTER(c_size_t)),
        ("n_selected", c_size_t),
        ("n_classes", c_size_t),
        ("problem", c_int),
        ("threshold", c_double),
    ]


STRUCTURES = {
    "ml_series_rows": SeriesRows,
    "ml_matrix": Matrix,
    "ml_impute_range": ImputeRange,
    "ml_target": Target,
    "ml_select_opts": SelectOpts,
    "ml_class_relevance": ClassRelevance,
    "ml_relevance": Relevance,
    "ml_selection": Selection,
}


def prototypes(Buf, Error, Watch):
    out, error = POINTER(c_void_p), POINTER(Error)
    return (
        ("ml_own_process", None, ()),
        ("ml_series_from_rows", c_int, (POINTER(SeriesRows), out, error)),
        ("ml_series_free", None, (c_void_p,)),
        ("ml_fresh_settings_named", c_int, (c_char_p, out, error)),
        ("ml_fresh_settings_parse", c_int, (c_char_p, c_size_t, c_char_p, out, error)),
        (
            "ml_fresh_settings_from_names",
            c_int,
            (POINTER(c_char_p), c_size_t, c_char_p, out, error),
        ),
        ("ml_fresh_settings_json", None, (c_void_p, POINTER(Buf))),
        ("ml_fresh_settings_set_compat", None, (c_void_p, c_int)),
        ("ml_fresh_settings_free", None, (c_void_p,)),
        (
            "ml_fresh_extract",
            c_int,
            (c_void_p, c_void_p, c_void_p, POINTER(Watch), POINTER(POINTER(Matrix)), error),
        ),
        ("ml_matrix_free", None, (c_void_p,)),
        (
            "ml_impute_learn",
            c_int,
            (POINTER(Matrix), POINTER(ImputeRange), c_void_p, POINTER(Watch), error),
        ),
        ("ml_impute", None, (POINTER(Matrix), POINTER(ImputeRange))),
        (
            "ml_select",
            c_int,
            (
                POINTER(Matrix),
                POINTER(Target),
                POINTER(SelectOpts),
                c_void_p,
                POINTER(Watch),
                POINTER(POINTER(Selection)),
                error,
            ),
        ),
        ("ml_selection_free", None, (POINTER(Selection),)),
    )
