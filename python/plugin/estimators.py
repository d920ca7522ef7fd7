# SPDX-License-Identifier: GPL-3.0-or-later
"""Classes with fit() and predict() as models: looked at, made, fitted, asked, kept. Functions as
steps of preprocessing.

It is compiled into libml-py.so after bootstrap.py, whose names it uses.
"""

import ast
import contextlib
import difflib
import hashlib
import math
import pickle
import re

SAME_AS = "default"  # of a parameter whose default no text says

# ---- parameters: texts and values -------------------------------------------------------------


def from_text(text):
    """What a text says: a literal of Python, else itself."""
    if text in ("nan", "inf", "-inf"):
        return float(text)
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def is_same(a, b):
    return type(a) is type(b) and (a == b or (a != a and b != b))


def to_text(value):
    """The text that says a default, or a number that is one: None when there is none."""
    if type(value) is int and abs(value) <= 1 << 53:
        return value
    if type(value) is float and math.isfinite(value) and value != int(value):
        return value if abs(value) < 1e300 else None
    for text in (value, repr(value)):
        if isinstance(text, str) and 0 < len(text.encode("utf-8", "replace")) <= 1000:
            with contextlib.suppress(Exception):
                if "\0" not in text and is_same(from_text(text), value):
                    return text
    return None


def parameters_of(cls):
    """{name: default} of what the constructor takes by name; a class is its own "none"."""
    found = {}
    with contextlib.suppress(TypeError, ValueError):
        for p in list(inspect.signature(cls).parameters.values()):
            if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY):
                found[p.name] = cls if p.default is p.empty else p.default
    return found


def help_of(cls, name):
    """What the class says of a parameter, where it does so as numpy's style has it."""
    doc = inspect.getdoc(cls) or ""
    line = re.search(rf"^\s*{re.escape(name)}\s*:\s*(.+)$", doc, re.MULTILINE)
    return clean(" ".join(line.group(1).split())[:200]) if line else f"of {cls.__name__}"


# ---- finding ----------------------------------------------------------------------------------


class NoSuch(Exception):
    """The name leads to nothing that can be used: its words say why."""


def like(name, names):
    near = difflib.get_close_matches(name, [n for n in names if not n.startswith("_")], 1)
    return f" (did you mean '{near[0]}'?)" if near else ""


def import_longest(parts):
    """The innermost module that the first parts name, and how many they are."""
    for n in range(len(parts) - 1, 0, -1):
        name = ".".join(parts[:n])
        try:
            return import_name(name), n
        except ModuleNotFoundError as error:
            # What the module itself imports and is not there is another matter.
            if not error.name or not (name + ".").startswith(error.name + "."):
                raise
    raise NoSuch(f"there is no Python module '{parts[0]}'")


def find_named(name, what, example):
    """(the object, the module it was found in)"""
    parts = name.split(".")
    if len(parts) < 2 or not all(p.isidentifier() for p in parts):
        raise NoSuch(f"a {what} of Python is named with its module, as in py:{example}")
    found, n = import_longest(parts)
    module = found
    for i in range(n, len(parts)):
        if not hasattr(found, parts[i]):
            within = "module" if i == n else "class"
            raise NoSuch(f"{within} '{'.'.join(parts[:i])}' of Python has no '{parts[i]}'"
                         + like(parts[i], dir(found)))
        found = getattr(found, parts[i])
    return found, module


def find_class(name):
    found, _ = find_named(name, "class", "sklearn.linear_model.Ridge")
    if not isinstance(found, type):
        raise NoSuch(f"'{name}' of Python is no class")
    for method in ("fit", "predict"):
        if not callable(getattr(found, method, None)):
            raise NoSuch(f"class '{name}' of Python has no {method}()")
    return found


def sample_of(cls):
    """An object of the class, to look at; the class where it needs to be told more."""
    try:
        return cls()
    except Exception:
        return cls


def kind_of(cls, sample):
    """(classifies, regresses): as the class says, else as its methods do."""
    says = getattr(cls, "_estimator_type", None)
    if says is None and hasattr(sample, "__sklearn_tags__"):
        with contextlib.suppress(Exception):
            says = sample.__sklearn_tags__().estimator_type
    if says in ("classifier", "regressor"):
        return says == "classifier", says == "regressor"
    scores = any(hasattr(cls, m) for m in ("predict_proba", "decision_function"))
    return True, not scores


def takes_missing(sample):
    with contextlib.suppress(Exception):
        if hasattr(sample, "__sklearn_tags__"):
            return bool(sample.__sklearn_tags__().input_tags.allow_nan)
        return bool(sample._get_tags().get("allow_nan", False))
    return False


def takes_weights(cls):
    with contextlib.suppress(TypeError, ValueError):
        return "sample_weight" in inspect.signature(cls.fit).parameters
    return False


def package_of(cls):
    """The package that a class is of, with its version where it says one."""
    name = cls.__module__.split(".")[0]
    version = getattr(sys.modules.get(name), "__version__", None)
    return f"{name} {version}" if isinstance(version, str) else name


def find_estimator(name):
    """(class, summary, package, [classifies, regresses, weights, missing, scores, random],
    [(name, default, fallback, help)])"""
    with redirected():
        cls = find_class(name)
        sample = sample_of(cls)
        classifies, regresses = kind_of(cls, sample)
        has_proba = hasattr(sample, "predict_proba")
        parameters = parameters_of(cls)
        if hasattr(sample, "get_params") and sample is not cls:
            with contextlib.suppress(Exception):
                parameters = {**parameters, **sample.get_params(deep=False), **parameters}
    rows = []
    for key, value in parameters.items():
        default = None if value is cls else to_text(value)
        default = SAME_AS if default is None else default
        rows.append((key, default, 1 if key == "n_jobs" else default, help_of(cls, key)))
    traits = [classifies, regresses, takes_weights(cls), takes_missing(sample),
              classifies and not has_proba, "random_state" in parameters]
    summary = clean(first_line(cls)) or f"class {cls.__qualname__} of {cls.__module__}"
    return cls, summary.rstrip("."), package_of(cls), traits, rows


# ---- fitting ----------------------------------------------------------------------------------


def redirected():
    """Standard output is for results."""
    return contextlib.redirect_stdout(sys.stderr)


class Fitted:
    """An estimator that has learnt. classes: codes of the classes it knows, in the order of its
    columns; None: it predicts numbers. n_classes: that there are."""

    def __init__(self, estimator, classes, n_classes, gives_scores):
        self.estimator = estimator
        self.classes = classes
        self.n_classes = n_classes
        self.gives_scores = gives_scores


def known_classes(estimator, y, n_classes):
    import numpy

    trained = numpy.unique(y)
    known = getattr(estimator, "classes_", trained)
    try:
        codes = [operator.index(c) for c in numpy.asarray(known).ravel().tolist()]
    except TypeError:
        codes = []
    if not codes or len(set(codes)) < len(codes) or not set(codes) <= set(range(n_classes)):
        raise ValueError("classes_ has other classes than those it was fitted on")
    return codes


def fit_estimator(cls, given, seed, x, y, weights, n_classes, gives_scores):
    """given: [(name, value or text)]; seed: for random_state; None: it has none."""
    import numpy

    words = {key: from_text(value) if isinstance(value, str) else value for key, value in given}
    if seed is not None:
        words["random_state"] = seed
    x, y = numpy.asarray(x), numpy.asarray(y)
    more = {} if weights is None else {"sample_weight": numpy.asarray(weights)}
    with redirected():
        estimator = cls(**words)
        estimator.fit(x, y, **more)
        classes = known_classes(estimator, y, n_classes) if n_classes else None
    return Fitted(estimator, classes, n_classes, gives_scores)


# ---- predicting -------------------------------------------------------------------------------


def numbers(made, method, n):
    """An array of doubles with n rows."""
    import numpy

    made = numpy.asarray(made)
    if made.dtype.kind not in "fiub":
        raise TypeError(f"{method}() gave values of dtype {made.dtype}, where numbers belong")
    if made.ndim == 0 or made.shape[0] != n:
        raise ValueError(f"{method}() gave an array of shape {made.shape} for {n} rows")
    made = made.astype(numpy.float64)
    if not numpy.isfinite(made).all():
        row = int(numpy.argmin(numpy.isfinite(made.reshape(n, -1)).all(axis=1)))
        raise ValueError(f"{method}() gave {'NaN' if numpy.isnan(made[row]).any() else 'infinity'}"
                         f" for row {row}")
    return made


def columns(made, method, n, n_columns):
    made = numbers(made, method, n)
    if made.shape != (n, n_columns):
        raise ValueError(f"{method}() gave an array of shape {made.shape}, where "
                         f"({n}, {n_columns}) belongs")
    return made


def class_scores(fitted, x, n):
    """A column for each class of fitted.classes."""
    import numpy

    estimator, classes = fitted.estimator, fitted.classes
    if not fitted.gives_scores:
        return columns(estimator.predict_proba(x), "predict_proba", n, len(classes))
    if hasattr(estimator, "decision_function"):
        made = numbers(estimator.decision_function(x), "decision_function", n)
        if len(classes) == 2 and made.size == n:
            made = made.reshape(n)
            return numpy.column_stack([-made, made])
        return columns(made, "decision_function", n, len(classes))
    made = numbers(estimator.predict(x), "predict", n)
    if made.size != n or not numpy.isin(made, classes).all():
        raise ValueError("predict() gave something else than one of the classes for each row")
    return (made.reshape(n, 1) == numpy.asarray(classes, float)).astype(numpy.float64)


def predict_estimator(fitted, x):
    """Doubles, row after row: a number each, or one for each class."""
    import numpy

    x = numpy.asarray(x)
    n = len(x)
    with redirected():
        if fitted.classes is None:
            made = numbers(fitted.estimator.predict(x), "predict", n)
            if made.size != n:
                raise ValueError(f"predict() gave an array of shape {made.shape} for {n} rows")
            return numpy.ascontiguousarray(made.reshape(n))
        made = class_scores(fitted, x, n)
    # A class that was not among the training rows is never predicted.
    absent = min(-1.0, 2 * float(made.min(initial=0)) - 1) if fitted.gives_scores else 0.0
    out = numpy.full((n, fitted.n_classes), absent)
    out[:, fitted.classes] = made
    return out


# ---- keeping ----------------------------------------------------------------------------------


def python_version():
    return ".".join(map(str, sys.version_info[:3]))


def save_estimator(fitted):
    """(classes, Python, package, pickle)"""
    estimator = fitted.estimator
    return (fitted.classes or [], python_version(), package_of(type(estimator)),
            pickle.dumps(estimator, protocol=5))


def load_estimator(cls, classes, n_columns, n_classes, gives_scores, bytes_, versions):
    """versions: what it was made with, for words."""
    here = f"Python {python_version()}, {package_of(cls)}"
    try:
        with redirected():
            estimator = pickle.loads(bytes_)
    except Exception as error:
        made = "" if versions == here else f" (made with {versions}, and here is {here})"
        raise ValueError(f"the pickle cannot be read{made}: {type(error).__name__}: "
                         f"{words_of(error)}") from error
    if len(set(classes)) < len(classes):
        raise ValueError("it has a class twice")
    if not isinstance(estimator, cls):
        raise ValueError(f"the pickle holds a {type(estimator).__name__}, where a {cls.__name__} "
                         "belongs")
    n_known = getattr(estimator, "n_features_in_", n_columns)
    if n_known != n_columns:
        raise ValueError(f"the pickle has learnt from {n_known} columns, and here are {n_columns}")
    return Fitted(estimator, classes if n_classes else None, n_classes, gives_scores)


# ---- steps of preprocessing -------------------------------------------------------------------


class Step:
    """A function of columns. takes_names: they are its second argument. digest: of its file."""

    def __init__(self, function, takes_names, digest):
        self.function = function
        self.takes_names = takes_names
        self.digest = digest


steps = {}  # by their names; a module is imported once, and so is its file read once


def takes_names(function):
    """Is there a second parameter, which has no default or is called names?"""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return False  # of C, which does not say
    if len(parameters) < 2:
        return False
    second = parameters[1]
    if second.kind not in (second.POSITIONAL_ONLY, second.POSITIONAL_OR_KEYWORD):
        return False
    return second.default is second.empty or second.name == "names"


def digest_of(function, module):
    """SHA-256 of the file that the function is in, else of the module it was found in; "" where
    the interpreter has it in itself."""
    own = sys.modules.get(getattr(function, "__module__", None) or "")
    for of in (own, module):
        path = getattr(of, "__file__", None)
        if path:
            with open(path, "rb") as file:
                return hashlib.sha256(file.read()).hexdigest()
    return ""


def find_step(name):
    if name not in steps:
        with redirected():
            function, module = find_named(name, "function", "mymodule.logs")
            if isinstance(function, type):
                raise NoSuch(f"'{name}' of Python is a class, and a step is a function")
            if not callable(function):
                raise NoSuch(f"'{name}' of Python is no function")
            steps[name] = Step(function, takes_names(function), digest_of(function, module))
    return steps[name]


def digest_of_step(name):
    return find_step(name).digest


def check_names(names, called, n):
    if not isinstance(names, (list, tuple)) or not all(isinstance(x, str) for x in names):
        raise TypeError(f"{called} gave names that are no list of texts")
    names = [str(x) for x in names]
    if len(names) != n:
        raise ValueError(f"{called} gave {len(names)} names for {n} columns")
    for x in names:
        if not x or not x.isprintable():
            raise ValueError(f"{called} gave the name {x!r}, which is none for a column")
    if len(set(names)) < n:
        twice = next(x for x in names if names.count(x) > 1)
        raise ValueError(f"{called} called two columns {twice!r}")
    return names


def check_columns(made, called, n):
    """An array of doubles with n rows: two dimensions, without infinity."""
    import numpy

    made = numpy.asarray(made)
    if made.dtype.kind not in "fiub":
        raise TypeError(f"{called} gave values of dtype {made.dtype}, where numbers belong")
    if made.ndim not in (1, 2) or made.shape[0] != n:
        raise ValueError(f"{called} gave an array of shape {made.shape} for {n} rows")
    made = made.astype(numpy.float64).reshape(n, -1) if made.size else made.reshape(n, 0)
    if made.shape[1] == 0:
        raise ValueError(f"{called} gave no column")
    return made


def transform(name, x, names):
    """(doubles, column after column; names of the columns)"""
    import numpy

    step = find_step(name)
    x = numpy.asarray(x)
    called = name.rsplit(".", 1)[1]
    with redirected():
        made = step.function(x, names) if step.takes_names else step.function(x)
    given = None
    if isinstance(made, tuple):
        if len(made) != 2:
            raise TypeError(f"{called}() gave a tuple of {len(made)}, where an array belongs, or "
                            "a pair of an array and names")
        made, given = made
    made = check_columns(made, called + "()", len(x))
    n = made.shape[1]
    given = [f"{called}_{j}" for j in range(n)] if given is None else check_names(
        given, called + "()", n)
    infinite = numpy.isinf(made)
    if infinite.any():
        row, column = numpy.argwhere(infinite)[0]
        raise ValueError(f"{called}() gave infinity in column {given[column]!r} for row {row} of "
                         f"{len(x)}")
    return numpy.ascontiguousarray(made.T), given
