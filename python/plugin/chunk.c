/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many arguments in one pickle, and their results in another: what an item costs is a call. */
#include "plugin_internal.h"

/* The arguments of a chunk: unpickled before, when an item failed and this is what is left. */
static PyObject *arguments(py_rest *rest, const ml_chunk *chunk) {
  PyObject *args = rest->args;
  bool is_rest = args && chunk->first == rest->first && chunk->n == rest->n &&
                 chunk->in == rest->in && chunk->next == rest->failed + 1;
  rest->args = NULL;
  if (is_rest) return args;
  Py_XDECREF(args);
  args = py__unpack(chunk->in, chunk->n_in);
  if (args && (!PyList_CheckExact(args) || (size_t)PyList_GET_SIZE(args) != chunk->n)) {
    PyErr_SetString(PyExc_ValueError, "a chunk's pickle is no list of its arguments");
    Py_CLEAR(args);
  }
  return args;
}

/* @return false with an exception */
static bool put_results(PyObject *results, ml_buf *out) {
  PyObject *bytes = py__dumps(results);
  if (bytes) ml_buf_put(out, PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes));
  Py_XDECREF(bytes);
  return bytes != NULL;
}

/* Call until an item fails; then its exception is set. @return list of results; NULL: no memory */
static PyObject *call_each(PyObject *callable, PyObject *args, ml_chunk *chunk) {
  PyObject *results = PyList_New(0);
  for (; results && chunk->next < chunk->n; chunk->next++) {
    chunk->begin(chunk, chunk->next);
    PyObject *arg = PyList_GET_ITEM(args, (Py_ssize_t)chunk->next);
    PyObject *result = PyObject_CallOneArg(callable, arg);
    int is_kept = result ? PyList_Append(results, result) : -1;
    Py_XDECREF(result);
    if (is_kept < 0) break;
  }
  return results;
}

/* A result cannot be pickled: the chunk ends there, with the results before it and its exception.
 */
static void end_at_odd_result(PyObject *results, size_t first, ml_chunk *chunk, ml_buf *out) {
  PyObject *type, *value, *traceback;
  Py_ssize_t i = 0, n = PyList_GET_SIZE(results);
  PyErr_Clear();
  for (; i < n; i++) {
    PyObject *bytes = py__dumps(PyList_GET_ITEM(results, i));
    if (!bytes) break;
    Py_DECREF(bytes);
  }
  PyErr_Fetch(&type, &value, &traceback);
  chunk->next = first + (size_t)i;
  if (PyList_SetSlice(results, i, n, NULL) < 0 || (i > 0 && !put_results(results, out))) {
    chunk->next = first; /* no memory: nothing counts */
    PyErr_Clear();
  }
  PyErr_Restore(type, value, traceback);
}

/* What was called gave these; an exception may be set, of the item after them. */
static void keep_results(PyObject *results, size_t first, ml_chunk *chunk, ml_buf *out) {
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  if (chunk->next == first || put_results(results, out)) {
    PyErr_Restore(type, value, traceback);
    return;
  }
  Py_XDECREF(type); /* of a later item, which is called again */
  Py_XDECREF(value);
  Py_XDECREF(traceback);
  end_at_odd_result(results, first, chunk, out);
}

/* Many arguments are one pickle: which of them cannot be read is not known. */
static void blame_all(const ml_chunk *chunk, ml_error *err) {
  const ml_error said = *err;
  if (chunk->n > 1)
    ml_error_at(err, said.status, said.source, said.line, said.column,
                "one of items %zu to %zu cannot be unpickled: %s", chunk->first,
                chunk->first + chunk->n - 1, said.message);
}

ml_status py__chunk(PyObject *callable, const char *file, py_rest *rest, ml_chunk *chunk,
                    ml_buf *out, ml_error *err) {
  ml_status status = ML_OK;
  size_t first = chunk->next;
  PyObject *args = arguments(rest, chunk);
  PyObject *results = args ? call_each(callable, args, chunk) : NULL;
  if (results) keep_results(results, first, chunk, out);
  if (PyErr_Occurred()) {
    status = py__failed(file, chunk->trace, err);
    if (!args) blame_all(chunk, err);
    *rest = (py_rest){args, chunk->first, chunk->n, chunk->next, chunk->in};
    args = NULL;
  }
  Py_XDECREF(results);
  Py_XDECREF(args);
  return status;
}
