/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Python objects as values. Everything but the plain types goes through plain() of bootstrap.py
 * first. */
#include <string.h>

#include "plugin_internal.h"

#define DEPTH_MAX 64 /* as ml_value_encode() */

static bool convert(PyObject *object, ml_arena *arena, int depth, ml_value *out);

static bool no_memory(void) {
  PyErr_NoMemory();
  return false;
}

static bool to_int(PyObject *object, ml_value *out) {
  int overflow = 0;
  long long i = PyLong_AsLongLongAndOverflow(object, &overflow);
  if (overflow) {
    PyErr_SetString(PyExc_OverflowError, "an integer beyond 64 bits cannot be returned");
    return false;
  }
  *out = ml_value_int(i);
  return !PyErr_Occurred();
}

static bool copy_text(ml_arena *arena, ml_type type, const char *text, Py_ssize_t n,
                      ml_value *out) {
  char *copy = text ? ml_arena_alloc(arena, (size_t)n + 1) : NULL;
  if (!text) return false; /* the exception is set: lone surrogates */
  if (!copy) return no_memory();
  memcpy(copy, text, (size_t)n);
  *out = ml_value_null();
  out->type = type;
  out->as.s.text = copy;
  out->as.s.n = (size_t)n;
  return true;
}

static bool to_string(PyObject *object, ml_arena *arena, ml_value *out) {
  Py_ssize_t n;
  const char *text = PyUnicode_AsUTF8AndSize(object, &n);
  return copy_text(arena, ML_TYPE_STRING, text, n, out);
}

static bool to_list(PyObject *object, ml_arena *arena, int depth, ml_value *out) {
  bool is_list = PyList_Check(object);
  size_t n = (size_t)Py_SIZE(object);
  ml_value *values = ml_value_new_list(arena, n, out);
  if (n > 0 && !values) return no_memory();
  for (size_t i = 0; i < n; i++) {
    Py_ssize_t at = (Py_ssize_t)i;
    /* Conversion can run Python code, which can shorten the list. */
    if (at >= Py_SIZE(object)) {
      PyErr_SetString(PyExc_RuntimeError, "the list changed while it was returned");
      return false;
    }
    PyObject *item = is_list ? PyList_GET_ITEM(object, at) : PyTuple_GET_ITEM(object, at);
    Py_INCREF(item);
    bool is_done = convert(item, arena, depth + 1, &values[i]);
    Py_DECREF(item);
    if (!is_done) return false;
  }
  return true;
}

static bool to_dict(PyObject *object, ml_arena *arena, int depth, ml_value *out) {
  PyObject *items = PyDict_Items(object); /* a list of its own: the dictionary may change */
  if (!items) return false;
  size_t n = (size_t)PyList_GET_SIZE(items);
  const char **names = ml_arena_alloc(arena, (n + 1) * sizeof *names);
  ml_value *values = names ? ml_value_new_dict(arena, names, n, out) : NULL;
  bool is_done = values || (names && n == 0) ? true : no_memory();
  for (size_t i = 0; i < n && is_done; i++) {
    PyObject *pair = PyList_GET_ITEM(items, (Py_ssize_t)i), *key = PyTuple_GET_ITEM(pair, 0);
    ml_value name = ml_value_null();
    if (!PyUnicode_Check(key)) {
      PyErr_Format(PyExc_TypeError, "a dictionary's key %R is no string", key);
      is_done = false;
    }
    is_done = is_done && to_string(key, arena, &name) &&
              convert(PyTuple_GET_ITEM(pair, 1), arena, depth + 1, &values[i]);
    names[i] = name.as.s.text;
  }
  Py_DECREF(items);
  return is_done;
}

/* ---- arrays ---- */

/* Formats of the buffer protocol whose elements are ours. @return false: another one */
static bool find_dtype(const char *format, Py_ssize_t size, ml_dtype *out) {
  static const struct {
    char code;
    ml_dtype dtype;
  } codes[] = {{'d', ML_DTYPE_F64}, {'f', ML_DTYPE_F32}, {'l', ML_DTYPE_I64}, {'q', ML_DTYPE_I64},
               {'i', ML_DTYPE_I32}, {'l', ML_DTYPE_I32}, {'B', ML_DTYPE_U8},  {'?', ML_DTYPE_BOOL}};
  if (!format) format = "B";
  if (*format == '@' || *format == '=' || *format == '<') format++;
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
    if (format[0] == codes[i].code && !format[1] && (size_t)size == ml_dtype_size(codes[i].dtype)) {
      *out = codes[i].dtype;
      return true;
    }
  return false;
}

/* @return 1: done, 0: not one of ours, -1: an exception is set */
static int to_array(PyObject *object, ml_arena *arena, ml_value *out) {
  Py_buffer view;
  ml_dtype dtype;
  if (!PyObject_CheckBuffer(object)) return 0;
  if (PyObject_GetBuffer(object, &view, PyBUF_FORMAT | PyBUF_ND | PyBUF_C_CONTIGUOUS) < 0) {
    PyErr_Clear(); /* not contiguous, or elements that have no format */
    return 0;
  }
  int is_done = 0;
  if ((view.ndim == 1 || view.ndim == 2) && find_dtype(view.format, view.itemsize, &dtype)) {
    size_t n_rows = (size_t)view.shape[0];
    void *data = view.ndim == 1
                     ? ml_value_new_vector(arena, dtype, n_rows, out)
                     : ml_value_new_matrix(arena, dtype, n_rows, (size_t)view.shape[1], out);
    is_done = data || view.len == 0 ? 1 : -1;
    if (is_done > 0 && view.len > 0) memcpy(data, view.buf, (size_t)view.len);
    if (is_done < 0) no_memory();
  }
  PyBuffer_Release(&view);
  return is_done;
}

/* ---- any ---- */

static bool to_plain(PyObject *object, ml_arena *arena, int depth, ml_value *out) {
  int is_array = to_array(object, arena, out);
  if (is_array != 0) return is_array > 0;
  PyObject *plain = py__bootstrap("plain", "(O)", object);
  bool is_done = plain && convert(plain, arena, depth + 1, out);
  Py_XDECREF(plain);
  return is_done;
}

static bool convert(PyObject *object, ml_arena *arena, int depth, ml_value *out) {
  *out = ml_value_null();
  if (depth > DEPTH_MAX) {
    PyErr_Format(PyExc_ValueError, "the result is nested deeper than %d", DEPTH_MAX);
    return false;
  }
  if (object == Py_None) return true;
  if (PyBool_Check(object)) {
    *out = ml_value_bool(object == Py_True);
    return true;
  }
  if (PyLong_Check(object)) return to_int(object, out);
  if (PyFloat_Check(object)) {
    *out = ml_value_real(PyFloat_AS_DOUBLE(object));
    return true;
  }
  if (PyUnicode_Check(object)) return to_string(object, arena, out);
  if (PyBytes_Check(object))
    return copy_text(arena, ML_TYPE_BYTES, PyBytes_AS_STRING(object), PyBytes_GET_SIZE(object),
                     out);
  if (PyByteArray_Check(object))
    return copy_text(arena, ML_TYPE_BYTES, PyByteArray_AS_STRING(object),
                     PyByteArray_GET_SIZE(object), out);
  if (PyList_Check(object) || PyTuple_Check(object)) return to_list(object, arena, depth, out);
  if (PyDict_Check(object)) return to_dict(object, arena, depth, out);
  return to_plain(object, arena, depth, out);
}

bool py__to_value(PyObject *object, ml_arena *arena, ml_value *out) {
  return convert(object, arena, 0, out);
}
