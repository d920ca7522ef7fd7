/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the Python plugin share. */
#ifndef PLUGIN_INTERNAL_H
#define PLUGIN_INTERNAL_H

#define PY_SSIZE_T_CLEAN
#include <Python.h> /* first, as its documentation asks */
#include <ml/functions.h>
#include <ml/model.h>

/* ---- interpreter.c: the one of this process ---- */

/* Objects that are fetched once. Borrow them with the GIL held. */
typedef struct py_state {
  PyObject *bootstrap; /* globals of bootstrap.py */
  PyObject *loads, *dumps;
  PyObject *cloud_dumps; /* NULL: not there, or not looked for yet */
} py_state;

extern py_state py;

/* Start the interpreter when it is not running. */
ml_status py__start(ml_error *err);

/* Evaluate a part in Python among the globals of bootstrap.py. @return false with an exception */
bool py__evaluate(const char *source);

/* Call a function of bootstrap.py. @return new reference; NULL with an exception */
PyObject *py__bootstrap(const char *function, const char *format, ...);

/* ---- run.c: what runs, and how it is told to end ---- */

/* Around user code. The memory of `data` can be shared with it meanwhile; NULL: none. */
typedef struct py_run {
  PyGILState_STATE gil;
  const void *cancel;
  const ml_job_data *data;
} py_run;

void py__enter(py_run *run, const void *cancel, const ml_job_data *data);
void py__leave(py_run *run);
void py__interrupt(void);

/* The block of a job with that id, as bytes without a copy. @return new reference */
PyObject *py__shared(uint64_t id);

/* Take the exception that is set, and tell it. file: of the function; "" */
ml_status py__failed(const char *file, ml_buf *trace, ml_error *err);

/* ---- memory.c: bytes that Python looks at where they are ---- */

extern PyTypeObject py__memory_type;

/* A numpy array over memory of an item, or a memoryview where there is no numpy; the memory is
 * copied when it cannot be pinned. n_cols 0: one dimension. @return new reference */
PyObject *py__array(ml_dtype dtype, const void *data, size_t n_rows, size_t n_cols);

/* The features of a view, n x n_columns, read only: rows that follow one another where they are, or
 * copied to the same places when they cannot be pinned; others are copied column after column.
 * @return new reference to a thing with the buffer protocol */
PyObject *py__features(const ml_view *view);

/* n numbers in memory that is free()d with the object, also after a failure. @return new reference
 */
PyObject *py__own_vector(ml_dtype dtype, void *data, size_t n);

/* Bytes where they are, or a copy. @return new reference, of a thing with the buffer protocol */
PyObject *py__memory(const void *data, size_t size);

/* ---- to_python.c, from_python.c: values ---- */

PyObject *py__from_value(const ml_value *v);

/* @return false with an exception */
bool py__to_value(PyObject *object, ml_arena *arena, ml_value *out);

/* ---- pickle.c ---- */

PyObject *py__loads(const void *bytes, size_t n);

/* Pickle, with cloudpickle when pickle cannot. @return new bytes object */
PyObject *py__dumps(PyObject *object);

/* Pickle with large arrays beside it, as the Python package puts them: see pickle.c. */
PyObject *py__unpack(const void *bytes, size_t n);

/* ---- function.c: functions in the registry ---- */

typedef struct py_function py_function;

/* Add what bootstrap.load() gave. */
ml_status py__add_module(ml_functions *functions, PyObject *loaded, ml_buf *trace, ml_error *err);
ml_status py__add(ml_functions *functions, const char *module, const char *name, PyObject *entry,
                  const char *file, ml_error *err);

/* Find one by "module.name". @return borrowed; NULL with an exception */
PyObject *py__find(const char *name);

/* ---- chunk.c: many arguments in one pickle ---- */

/* Arguments that were unpickled for a chunk in which an item then failed. */
typedef struct py_rest {
  PyObject *args; /* NULL: none */
  size_t first, n, failed;
  const void *in;
} py_rest;

ml_status py__chunk(PyObject *callable, const char *file, py_rest *rest, ml_chunk *chunk,
                    ml_buf *out, ml_error *err);

/* ---- model.c: classes as models ---- */

/* Evaluate estimators.py, when a class or step is asked for: functions do not need it. @return
 * false with an exception */
bool py__be_ready(void);

/* Take the exception that is set. A name that leads to nothing is wrong usage, and no failure of a
 * function. @param what  "model" */
ml_status py__find_failed(const char *what, const char *name, ml_error *err);

/* A class, its table, and the defaults of its own. */
typedef struct py_model {
  ml_model table;
  PyObject *class;
  double *defaults; /* n_params */
  int random_state; /* number of the parameter; -1: there is none */
} py_model;

ml_status py__model(const char *name, const ml_model **out, ml_error *err);

/* ---- estimator.c: what models do ---- */

/* Take the exception that is set, and keep its traceback. The error has no place: that is in a
 * library more often than not. */
ml_status estimator__failed(ml_error *err);
void py__model_trace(ml_buf *out);

ml_status estimator__fit(const py_model *model, const double *params, const ml_view *train,
                         uint64_t seed, const void *cancel, void **fitted, ml_error *err);
ml_status estimator__load(const py_model *model, const ml_value *saved, size_t n_columns,
                          size_t n_classes, void **fitted, ml_error *err);
ml_status estimator__predict(const void *fitted, const ml_view *rows, double *out, ml_error *err);
ml_status estimator__save(const void *fitted, ml_arena *arena, ml_value *out, ml_error *err);
void estimator__free(void *fitted);

/* ---- step.c: functions as steps of preprocessing ---- */
ml_status py__step(const char *name, char digest[ML_PLUGIN_DIGEST], ml_error *err);
ml_status py__transform(const char *name, const ml_view *rows, const char *const *names,
                        ml_plugin_columns *out, ml_error *err);

/* ---- generic.c: module "_python", for callables that come by value ---- */
ml_status py__add_generic(ml_functions *functions, ml_error *err);

#endif
