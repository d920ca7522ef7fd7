# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be computed, as dictionaries of tsfresh's shape."""

import json
import numbers

from . import _native

TUPLES = {"widths"}  # parameters that tsfresh's grids have as tuples


def _with_tuples(settings):
    for sets in settings.values():
        for parameters in sets or ():
            for name in TUPLES & parameters.keys():
                parameters[name] = tuple(parameters[name])
    return settings


class _Preset(dict):
    """{calculator: None or a list of its parameters}; change it as any dictionary."""

    _name = None

    def __init__(self):
        super().__init__(_with_tuples(json.loads(_native.settings_named(self._name))))


class ComprehensiveFCParameters(_Preset):
    """Every calculator with tsfresh's grid of parameters."""

    _name = "comprehensive"


class EfficientFCParameters(_Preset):
    """Without the two that are quadratic in time."""

    _name = "efficient"


class MinimalFCParameters(_Preset):
    """A few plain statistics."""

    _name = "minimal"


class IndexBasedFCParameters(_Preset):
    """What looks at the index of a series."""

    _name = "index"


class TimeBasedFCParameters(_Preset):
    """What needs dates and times."""

    _name = "time"


def from_columns(columns, columns_to_ignore=None):
    """The kind_to_fc_parameters that give these columns, which extract_features() has named; of a
    DataFrame its columns are meant."""
    names = [str(c) for c in getattr(columns, "columns", columns)]
    ignored = {str(c) for c in columns_to_ignore or ()}
    names = [name for name in names if name not in ignored]
    if not names:
        return {}
    settings = json.loads(_native.settings_of_columns(names))
    kinds = settings.get("kind_to_fc_parameters", {})
    return {kind: _with_tuples(kinds[kind]) for kind in kinds}


def _value(calculator, name, value):
    if hasattr(value, "dtype") and getattr(value, "ndim", None) == 0:  # a number of numpy
        value = value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, numbers.Real):
        return float(value)
    if isinstance(value, list) or (isinstance(value, tuple) and name in TUPLES):
        return [_value(calculator, name, item) for item in value]
    raise TypeError(
        f"{calculator}: the parameter '{name}' cannot be a {type(value).__name__}: {value!r}"
    )


def _sets(calculator, sets):
    if not isinstance(calculator, str):
        raise TypeError(f"{calculator!r}: calculators are given by name; those of your own are not")
    if sets is None:
        return None
    try:
        sets = [dict(parameters) for parameters in sets]
    except (TypeError, ValueError):
        raise TypeError(
            f"{calculator}: expected None or a list of dictionaries, not {sets!r}"
        ) from None
    return [{n: _value(calculator, n, v) for n, v in parameters.items()} for parameters in sets]


def to_json(settings, what):
    """The JSON that libml reads; None: of no calculator.

    what  the name of the argument, for messages
    """
    if not hasattr(settings, "items"):
        raise TypeError(f"{what} is a dictionary of calculators, not {settings!r}")
    plain = {calculator: _sets(calculator, sets) for calculator, sets in settings.items()}
    if not plain:
        return None
    text = json.dumps(plain, ensure_ascii=False)
    try:
        _native.check_settings(text)
    except ValueError as e:
        raise ValueError(f"{what}: {e}") from None
    return text
