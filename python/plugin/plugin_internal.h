/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the Python plugin share. */
#ifndef PLUGIN_INTERNAL_H
#define PLUGIN_INTERNAL_H

#define PY_SSIZE_T_CLEAN
#include <Python.h> /* first, as its documentation asks */
#include <ml/functions.h>

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

/* ---- generic.c: module "_python", for callables that come by value ---- */
ml_status py__add_generic(ml_functions *functions, ml_error *err);

#endif
