/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions of Python as steps of preprocessing: found by their names, and called. */
#include <stdlib.h>
#include <string.h>

#include "plugin_internal.h"

ml_status py__step(const char *name, char digest[ML_PLUGIN_DIGEST], ml_error *err) {
  py_run run;
  ml_status status = py__start(err);
  if (status != ML_OK) return status;
  py__enter(&run, NULL, NULL);
  PyObject *text = py__be_ready() ? py__bootstrap("digest_of_step", "(s)", name) : NULL;
  Py_ssize_t n = 0;
  const char *bytes = text ? PyUnicode_AsUTF8AndSize(text, &n) : NULL;
  if (bytes && n >= ML_PLUGIN_DIGEST) {
    bytes = NULL;
    PyErr_SetString(PyExc_ValueError, "a digest of another length");
  }
  if (bytes)
    memcpy(digest, bytes, (size_t)n + 1);
  else
    status = py__find_failed("step", name, err);
  Py_XDECREF(text);
  py__leave(&run);
  return status;
}

/* @return new reference to a list of texts; NULL with an exception */
static PyObject *list_of(const char *const *names, size_t n) {
  PyObject *list = PyList_New((Py_ssize_t)n);
  for (size_t j = 0; list && j < n; j++) {
    PyObject *text = PyUnicode_DecodeUTF8(names[j], (Py_ssize_t)strlen(names[j]), "replace");
    if (text)
      PyList_SET_ITEM(list, (Py_ssize_t)j, text);
    else
      Py_CLEAR(list);
  }
  return list;
}

/* @return false with an exception */
static bool take_names(PyObject *list, ml_plugin_columns *out) {
  ml_buf names = {0};
  bool ok = true;
  for (Py_ssize_t j = 0; ok && j < PyList_GET_SIZE(list); j++) {
    const char *text = PyUnicode_AsUTF8(PyList_GET_ITEM(list, j));
    if (text) ml_buf_put(&names, text, strlen(text) + 1);
    ok = text != NULL;
  }
  if (ok && names.failed) {
    PyErr_NoMemory();
    ok = false;
  }
  if (!ok) ml_buf_release(&names);
  out->names = names.data;
  return ok;
}

/* @return false with an exception */
static bool take_numbers(PyObject *array, size_t n, ml_plugin_columns *out) {
  Py_buffer view;
  if (PyObject_GetBuffer(array, &view, PyBUF_C_CONTIGUOUS) < 0) return false;
  const size_t size = (size_t)view.len;
  const bool fits = size == n * out->n * sizeof *out->x;
  if (fits) out->x = malloc(size + 1);
  if (!fits)
    PyErr_SetString(PyExc_ValueError, "columns of another size");
  else if (!out->x)
    PyErr_NoMemory();
  else
    memcpy(out->x, view.buf, size);
  PyBuffer_Release(&view);
  return out->x != NULL;
}

/* What transform() of estimators.py gave. @return false with an exception */
static bool take(PyObject *made, size_t n, ml_plugin_columns *out) {
  PyObject *array, *names;
  if (!PyArg_ParseTuple(made, "OO!", &array, &PyList_Type, &names)) return false;
  out->n = (size_t)PyList_GET_SIZE(names);
  if (!take_numbers(array, n, out)) return false;
  if (take_names(names, out)) return true;
  free(out->x);
  return false;
}

ml_status py__transform(const char *name, const ml_view *rows, const char *const *names,
                        ml_plugin_columns *out, ml_error *err) {
  ml_plugin_columns columns = {0};
  py_run run;
  ml_status status = py__start(err);
  if (status != ML_OK) return status;
  py__enter(&run, NULL, NULL);
  PyObject *x = py__be_ready() ? py__features(rows) : NULL;
  PyObject *list = x ? list_of(names, rows->n_columns) : NULL;
  PyObject *made = list ? py__bootstrap("transform", "(sOO)", name, x, list) : NULL;
  if (made && take(made, rows->n, &columns))
    *out = columns;
  else
    status = py__find_failed("step", name, err);
  Py_XDECREF(made);
  Py_XDECREF(list);
  Py_XDECREF(x);
  py__leave(&run);
  return status;
}
